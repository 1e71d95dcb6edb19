//! What a keychain does, and the system's own. What its libraries say is never shown with `Debug`: it may hold a text.

use std::sync::Arc;

use keyring_core::{CredentialStore, Error};
use zeroize::Zeroizing;

use super::Refused;
use crate::secret::Secret;

/// What is asked of a keychain. An entry is named by ids.
pub trait Store {
    /// Keeps a text under a name, in the place of any that is there.
    fn keep(&mut self, name: &str, text: &Secret) -> Result<(), Refused>;
    /// The text under a name.
    fn get(&mut self, name: &str) -> Result<Option<Secret>, Refused>;
    /// Removes a name with its text, whether it is there or not.
    fn remove(&mut self, name: &str) -> Result<(), Refused>;
}

/// What all entries of this program have in common.
const SERVICE: &str = "crosspull";

struct OfSystem(Arc<CredentialStore>);

/// The system's keychain for this user. Opening it may ask a person for a password.
pub(super) fn of_system() -> Result<Box<dyn Store>, Refused> {
    Ok(Box::new(OfSystem(open()?)))
}

#[cfg(all(unix, not(any(target_os = "macos", target_os = "ios", target_os = "android"))))]
fn open() -> Result<Arc<CredentialStore>, Refused> {
    let store: Arc<CredentialStore> =
        zbus_secret_service_keyring_store::Store::new().map_err(|error| missing(&error))?;
    Ok(store)
}

#[cfg(target_os = "macos")]
fn open() -> Result<Arc<CredentialStore>, Refused> {
    let store: Arc<CredentialStore> =
        apple_native_keyring_store::keychain::Store::new().map_err(|error| missing(&error))?;
    Ok(store)
}

#[cfg(windows)]
fn open() -> Result<Arc<CredentialStore>, Refused> {
    let store: Arc<CredentialStore> = windows_native_keyring_store::Store::new().map_err(|error| missing(&error))?;
    Ok(store)
}

#[cfg(not(any(unix, windows)))]
fn open() -> Result<Arc<CredentialStore>, Refused> {
    Err(Refused::Missing("crosspull knows none for this system".to_owned()))
}

fn missing(error: &Error) -> Refused {
    match refused(error) {
        Refused::Failed(why) => Refused::Missing(why),
        other => other,
    }
}

/// Only what the platform itself says is taken over: other errors carry the bytes that they are about.
pub(super) fn refused(error: &Error) -> Refused {
    match error {
        Error::NoStorageAccess(_) => Refused::Locked,
        Error::PlatformFailure(said) => Refused::Failed(said.to_string()),
        Error::NotSupportedByStore(said) => Refused::Failed(said.clone()),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => Refused::Failed("what it gave back is no text".to_owned()),
        Error::Ambiguous(_) => Refused::Failed("it has more than one entry of that name".to_owned()),
        _ => Refused::Failed("its library did not say why".to_owned()),
    }
}

impl OfSystem {
    fn entry(&self, name: &str) -> Result<keyring_core::Entry, Refused> {
        self.0.build(SERVICE, name, None).map_err(|error| refused(&error))
    }
}

impl Store for OfSystem {
    fn keep(&mut self, name: &str, text: &Secret) -> Result<(), Refused> {
        self.entry(name)?.set_secret(text.expose().as_bytes()).map_err(|error| refused(&error))
    }

    fn get(&mut self, name: &str) -> Result<Option<Secret>, Refused> {
        let bytes = match self.entry(name)?.get_secret() {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(Error::NoEntry) => return Ok(None),
            Err(error) => return Err(refused(&error)),
        };
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(_) => Err(Refused::Failed("what it gave back is no text".to_owned())),
        }
    }

    fn remove(&mut self, name: &str) -> Result<(), Refused> {
        match self.entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(refused(&error)),
        }
    }
}

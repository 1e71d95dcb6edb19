use std::{
    collections::HashMap,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use uuid::Uuid;

use super::{Entry, Keychain, Refused, Store};
use crate::{
    domain::{KeyId, SetupId},
    secret::Secret,
};

/// Long enough for any machine: only what never answers waits it out.
const LONG: Duration = Duration::from_mins(1);

fn entry() -> Entry {
    Entry { setup: SetupId(Uuid::from_u128(1)), key: KeyId(Uuid::from_u128(2)) }
}

type Held = Arc<Mutex<HashMap<String, String>>>;

#[derive(Default, Clone)]
struct Fake {
    held: Held,
    forgetful: bool,
    locked: bool,
}

impl Store for Fake {
    fn keep(&mut self, name: &str, text: &Secret) -> Result<(), Refused> {
        if self.locked {
            return Err(Refused::Locked);
        }
        self.held.lock().unwrap().insert(name.to_owned(), text.expose().to_owned());
        Ok(())
    }

    fn get(&mut self, name: &str) -> Result<Option<Secret>, Refused> {
        Ok(self.held.lock().unwrap().get(name).filter(|_| !self.forgetful).map(Secret::new))
    }

    fn remove(&mut self, name: &str) -> Result<(), Refused> {
        self.held.lock().unwrap().remove(name);
        Ok(())
    }
}

fn with(fake: Fake) -> Keychain {
    Keychain::with(move || Ok(Box::new(fake.clone())), LONG, LONG)
}

#[tokio::test]
async fn a_text_is_kept_under_both_ids_given_back_and_removed() {
    let fake = Fake::default();
    let (held, keychain) = (Arc::clone(&fake.held), with(fake));
    keychain.ready().await.unwrap();
    assert!(held.lock().unwrap().is_empty(), "the trial leaves nothing");
    keychain.keep(entry(), Secret::new("hunter2")).await.unwrap();
    let names: Vec<String> = held.lock().unwrap().keys().cloned().collect();
    assert_eq!(names, ["00000000-0000-0000-0000-000000000001 00000000-0000-0000-0000-000000000002"]);
    assert_eq!(keychain.get(entry()).await.unwrap().unwrap().expose(), "hunter2");
    keychain.remove(entry()).await.unwrap();
    keychain.remove(entry()).await.unwrap();
    assert!(keychain.get(entry()).await.unwrap().is_none());
}

#[tokio::test]
async fn one_that_cannot_be_used_is_not_ready() {
    let locked = with(Fake { locked: true, ..Fake::default() });
    assert_eq!(locked.ready().await, Err(Refused::Locked));
    let none = Keychain::with(|| Err(Refused::Missing("no bus".to_owned())), LONG, LONG);
    assert_eq!(none.ready().await, Err(Refused::Missing("no bus".to_owned())));
    assert!(none.get(entry()).await.is_err());
    let fake = Fake { forgetful: true, ..Fake::default() };
    let held = Arc::clone(&fake.held);
    assert!(matches!(with(fake).ready().await, Err(Refused::Failed(_))));
    assert!(held.lock().unwrap().is_empty(), "a failed trial leaves nothing either");
}

#[tokio::test]
async fn one_that_never_answers_is_left_behind() {
    let (release, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let open = move || {
        // Ends with the test.
        let _ = wait.lock().unwrap().recv();
        Err(Refused::Locked)
    };
    let keychain = Keychain::with(open, Duration::from_millis(20), LONG);
    assert_eq!(keychain.ready().await, Err(Refused::Silent));
    // Nobody waits for it a second time.
    assert_eq!(keychain.keep(entry(), Secret::new("hunter2")).await, Err(Refused::Silent));
    drop(release);
}

#[tokio::test]
async fn nothing_is_opened_before_something_is_asked() {
    let keychain = Keychain::with(|| panic!("opened"), LONG, LONG);
    drop(keychain.clone());
    assert_eq!(format!("{keychain:?}"), "Keychain");
}

#[test]
fn what_it_says_holds_no_text() {
    use keyring_core::Error;
    for error in [
        Error::BadEncoding(b"hunter2".to_vec()),
        Error::BadDataFormat(b"hunter2".to_vec(), "hunter2".into()),
        Error::BadStoreFormat("hunter2".to_owned()),
        Error::NoEntry,
    ] {
        assert!(!super::store::refused(&error).to_string().contains("hunter2"));
    }
    assert_eq!(super::store::refused(&Error::NoStorageAccess("a prompt".into())), Refused::Locked);
}

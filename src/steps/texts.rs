//! The texts of the keys that this process made. They are in memory, and end with it; where the operator asked for it, that of
//! the nodes' key is in the keychain of the operating system as well.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use crate::{
    domain::{KeyId, SetupId},
    keychain::{Entry, Keychain, Refused},
    secret::Secret,
};

#[derive(Debug, Default)]
pub(super) struct Texts {
    in_memory: Mutex<HashMap<KeyId, Secret>>,
    keychain: Option<Keychain>,
    in_keychain: Mutex<HashSet<KeyId>>,
}

impl Texts {
    /// Texts that are to outlive this process go to this keychain.
    pub(super) fn keep_in(&mut self, keychain: Keychain) {
        self.keychain = Some(keychain);
    }

    pub(super) fn keep(&self, key: KeyId, text: Secret) {
        lock(&self.in_memory).insert(key, text);
    }

    pub(super) fn get(&self, key: KeyId) -> Option<Secret> {
        lock(&self.in_memory).get(&key).cloned()
    }

    pub(super) fn holds(&self, key: KeyId) -> bool {
        lock(&self.in_memory).contains_key(&key)
    }

    pub(super) fn forget(&self, key: KeyId) {
        lock(&self.in_memory).remove(&key);
    }

    /// Whether a keychain was asked for.
    pub(super) fn has_keychain(&self) -> bool {
        self.keychain.is_some()
    }

    /// Whether the keychain has taken the key's text.
    pub(super) fn outlives(&self, key: KeyId) -> bool {
        lock(&self.in_keychain).contains(&key)
    }

    /// Puts a text that is in memory into the keychain, where one was asked for.
    pub(super) async fn entrust(&self, setup: SetupId, key: KeyId) -> Result<(), Refused> {
        let (Some(keychain), Some(text)) = (&self.keychain, self.get(key)) else { return Ok(()) };
        keychain.keep(Entry { setup, key }, text).await?;
        lock(&self.in_keychain).insert(key);
        Ok(())
    }

    /// Takes what an earlier process put into the keychain into memory.
    pub(super) async fn recall(&self, setup: SetupId, key: KeyId) -> Result<(), Refused> {
        let Some(keychain) = &self.keychain else { return Ok(()) };
        if let Some(text) = keychain.get(Entry { setup, key }).await? {
            self.keep(key, text);
            lock(&self.in_keychain).insert(key);
        }
        Ok(())
    }

    /// Takes a text out of the keychain. `false` where none was asked for.
    pub(super) async fn drop_kept(&self, setup: SetupId, key: KeyId) -> Result<bool, Refused> {
        let Some(keychain) = &self.keychain else { return Ok(false) };
        keychain.remove(Entry { setup, key }).await?;
        lock(&self.in_keychain).remove(&key);
        Ok(true)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

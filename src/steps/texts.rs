//! The texts of the keys that this process made. They are nowhere else, and end with it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{domain::KeyId, secret::Secret};

#[derive(Debug, Default)]
pub(super) struct Texts(Mutex<HashMap<KeyId, Secret>>);

impl Texts {
    pub(super) fn keep(&self, key: KeyId, text: Secret) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, text);
    }

    pub(super) fn get(&self, key: KeyId) -> Option<Secret> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    pub(super) fn holds(&self, key: KeyId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&key)
    }

    pub(super) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    pub(super) fn forget(&self, key: KeyId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

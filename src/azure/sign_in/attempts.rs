//! Whoever waited for an attempt that failed gets its failure, and does not begin another: a person who has refused one sign-in
//! is not asked by each who had waited for it.

use std::sync::{Mutex, PoisonError};

use crate::azure::error::Error;

/// The attempts at one thing, one after the other.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    ended: u64,
    failed: Option<Error>,
}

/// When somebody began to wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queued(u64);

impl Attempts {
    /// Noted before the wait.
    pub(super) fn queue(&self) -> Queued {
        Queued(self.state(|state| state.ended))
    }

    /// What the last attempt has failed with, if it ended after this wait had begun.
    pub(super) fn failed_since(&self, queued: Queued) -> Option<Error> {
        self.state(|state| state.failed.clone().filter(|_| state.ended > queued.0))
    }

    /// Notes how an attempt has ended, and passes that on.
    pub(super) fn ended<T>(&self, came: Result<T, Error>) -> Result<T, Error> {
        self.state(|state| {
            state.ended += 1;
            state.failed = came.as_ref().err().cloned();
        });
        came
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! Reads outside a run, where no step waits: sent again while a service is busy or broken for a moment, and that only.

use std::sync::{Mutex, PoisonError};

use super::fault::fault;
use crate::{
    azure::{Error, ErrorKind},
    engine::{Fault, Pace, Waiter},
};

/// How long such reads are tried.
#[derive(Debug, Clone)]
pub struct Patience(Waiter);

impl Patience {
    /// With the run's own windows.
    pub fn new(pace: Pace) -> Self {
        Self(Waiter::alone(pace))
    }

    /// Reads. A service that cannot be reached at all is said so at once: somebody sits there and waits.
    pub async fn read<T, F, A>(&self, mut send: F) -> Result<T, Error>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<T, Error>> + Send,
        T: Send,
    {
        let last = Mutex::new(None);
        let keep = |error: Error| {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
            if error.status.is_some() && error.transient() { fault(error) } else { Fault::rejected(error.problem()) }
        };
        let again = || {
            let answer = send();
            let keep = &keep;
            async move { answer.await.map_err(keep) }
        };
        // Boxed: many of these are joined, and what they send is large.
        let read = Box::pin(self.0.call("read", again)).await;
        read.map_err(|fault| {
            let last = last.lock().unwrap_or_else(PoisonError::into_inner).take();
            last.unwrap_or_else(|| Error::new(ErrorKind::Local, "read", fault.problem.tried.clone(), "it was stopped"))
        })
    }
}

//! From what the clients say to what the engine needs to know.

use crate::{
    azure::{self, Error},
    domain::{Problem, problem::ProblemKind},
    engine::{
        Fate, Fault,
        wait::{self, Look},
    },
};

/// The engine's view of a client's error.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn fault(error: Error) -> Fault {
    let fate = match error.fate() {
        azure::Fate::NeverSent => Fate::NeverSent,
        azure::Fate::Rejected => Fate::Rejected,
        azure::Fate::Throttled => Fate::Throttled,
        azure::Fate::Unknown => Fate::Unknown,
    };
    Fault {
        retry_after: error.retry_after,
        repeatable: error.repeatable(),
        given_up: error.given_up(),
        problem: Box::new(error.problem()),
        fate,
        again: false,
    }
}

/// A refusal that no service said in these words.
pub(super) fn refused(kind: ProblemKind, tried: &str, message: impl Into<String>) -> Fault {
    Fault::rejected(Problem::new(kind, tried, message, wait::now()))
}

/// Turns an answer that means "not replicated yet" into a look that was too early.
pub(super) fn yet<T>(result: Result<T, Error>, early: impl Fn(&Error) -> bool) -> Result<Look<T>, Fault> {
    match result {
        Ok(value) => Ok(Look::Ready(value)),
        Err(error) if early(&error) => Ok(not_yet(&error)),
        Err(error) => Err(fault(error)),
    }
}

/// A look that was too early, with the code that the service gave.
pub(super) fn not_yet<T>(error: &Error) -> Look<T> {
    Look::NotYet { said: Some(said(error)), after: error.retry_after }
}

/// The shortest true thing about an answer: its code, else its words.
pub(super) fn said(error: &Error) -> String {
    match (error.aadsts, &error.code) {
        (Some(number), _) => format!("AADSTS{number}"),
        (None, Some(code)) => code.clone(),
        (None, None) => error.message.clone(),
    }
}

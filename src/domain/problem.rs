//! A failure as it is journalled and shown: what was tried, what Azure said, and what that means.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Who or what has to move before the work can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The answers do not fit what is there.
    Answers,
    /// The preflight found something that cannot work.
    Preflight,
    /// Azure refused, or its operation failed.
    Azure,
    /// Nothing could be reached, or what answered was not Azure.
    Network,
    /// Signing in failed.
    SignIn,
    /// A person has to act first.
    Waiting,
    /// The operator stopped the run.
    Interrupted,
    /// Somebody else holds the setup.
    Busy,
    /// This machine: files, folders, the journal.
    Local,
    /// A defect of crosspull.
    Internal,
}

/// A failure, without its Rust types: what the journal keeps and every front end shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Who has to move.
    pub kind: ProblemKind,
    /// What was being tried, as it ends the sentence "could not …".
    pub tried: String,
    /// Azure's code, or an AADSTS number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Azure's codes below that one: some services wrap what they mean in a general one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner_codes: Vec<String>,
    /// Azure's words, or what was found instead.
    pub message: String,
    /// The HTTP status, where there was an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The service's id of the request, for a support case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The correlation id of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// Of the cluster update: so far no node can have been given anything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untouched: bool,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

impl Problem {
    /// A failure that no service answered for.
    pub fn new(kind: ProblemKind, tried: impl Into<String>, message: impl Into<String>, at: OffsetDateTime) -> Self {
        Self {
            kind,
            tried: tried.into(),
            code: None,
            inner_codes: Vec::new(),
            message: message.into(),
            status: None,
            request_id: None,
            correlation_id: None,
            untouched: false,
            at,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.tried)?;
        let said = self.code.iter().chain(Some(&self.message)).filter(|said| !said.is_empty());
        said.into_iter().try_for_each(|said| write!(f, ": {said}"))
    }
}

impl std::error::Error for Problem {}

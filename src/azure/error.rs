//! What can go wrong between this program and Azure, in one type.

mod body;
mod fate;
mod known;
mod retry_after;

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use time::OffsetDateTime;

pub(crate) use body::{aadsts_number, clean, parse};
pub use fate::Fate;
pub(crate) use retry_after::retry_after;

use super::clock;
use crate::domain::{Problem, problem::ProblemKind};

/// The result of a call to Azure.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No connection came about: name resolution, TCP, a proxy that is not there.
    Connect,
    /// A proxy stands in between, and does not let the request through.
    Proxy,
    /// The TLS handshake failed, most often over a certificate that this machine does not trust.
    Tls,
    /// The request went out, and no whole answer came back.
    Unanswered,
    /// The service answered with an error of its own.
    Service,
    /// Something answered that is not the service: a proxy's page, a captive portal.
    NotAzure,
    /// The service's answer is not what its contract says.
    Malformed,
    /// The service pointed to another address. Redirects are not followed.
    Redirected,
    /// An address that Azure gave leaves the host that it came from. Nothing was sent there.
    ForeignHost,
    /// Plain HTTP to a host that is not this machine. Nothing was sent.
    Insecure,
    /// No token could be had.
    SignIn,
    /// The token is of another tenant than the one it was asked for.
    WrongTenant,
    /// This machine: options, files, programs.
    Local,
}

/// Whether a request may be sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Safety {
    /// It changes nothing.
    Read,
    /// Sent twice it does what it does once.
    Idempotent,
    /// Each one counts: a second one may make a second object.
    Once,
}

/// A failed call. Reads like [`Details`].
#[derive(Clone)]
pub struct Error(Box<Details>);

/// All that is known of a failed call.
#[derive(Debug, Clone)]
pub struct Details {
    pub kind: ErrorKind,
    /// What was being tried, as it ends the sentence "could not …".
    pub tried: String,
    /// The call's name, such as `graph.applications.addPassword`.
    pub operation: &'static str,
    pub status: Option<u16>,
    /// The service's code.
    pub code: Option<String>,
    /// The service's words, or what was found instead.
    pub message: String,
    /// Codes below the first one: `details`, `innererror`, `subcode`.
    pub inner_codes: Vec<String>,
    /// Entra's number, wherever in the answer it stands.
    pub aadsts: Option<u32>,
    pub request_id: Option<String>,
    pub correlation_id: Option<String>,
    pub retry_after: Option<Duration>,
    /// A claims challenge that a new sign-in has to satisfy.
    pub claims: Option<String>,
    pub at: OffsetDateTime,
    /// Whether the request may be sent twice.
    pub safety: Safety,
    pub source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error that no service answered for.
    pub(crate) fn new(
        kind: ErrorKind,
        operation: &'static str,
        tried: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self(Box::new(Details {
            kind,
            tried: tried.into(),
            operation,
            status: None,
            code: None,
            message: message.into(),
            inner_codes: Vec::new(),
            aadsts: None,
            request_id: None,
            correlation_id: None,
            retry_after: None,
            claims: None,
            at: clock::now(),
            safety: Safety::Read,
            source: None,
        }))
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Details)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn with_source(self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.with(|details| details.source = Some(Arc::new(source)))
    }

    /// The failure as it is journalled and shown.
    pub fn problem(&self) -> Problem {
        Problem {
            kind: self.problem_kind(),
            tried: self.tried.clone(),
            code: self.aadsts.map(|number| format!("AADSTS{number}")).or_else(|| self.code.clone()),
            inner_codes: self.inner_codes.clone(),
            message: self.message.clone(),
            status: self.status,
            request_id: self.request_id.clone(),
            correlation_id: self.correlation_id.clone(),
            untouched: false,
            at: self.at,
        }
    }

    fn problem_kind(&self) -> ProblemKind {
        match self.kind {
            ErrorKind::Connect
            | ErrorKind::Proxy
            | ErrorKind::Tls
            | ErrorKind::Unanswered
            | ErrorKind::NotAzure
            | ErrorKind::Redirected
            | ErrorKind::Insecure => ProblemKind::Network,
            ErrorKind::SignIn | ErrorKind::WrongTenant => ProblemKind::SignIn,
            // A token that Resource Manager or Graph no longer takes is a matter of signing in again. What Entra and the
            // registry refuse is about the app.
            ErrorKind::Service
                if self.status == Some(401)
                    && !["registry.", "entra."].iter().any(|room| self.operation.starts_with(room)) =>
            {
                ProblemKind::SignIn
            }
            ErrorKind::Service | ErrorKind::Malformed | ErrorKind::ForeignHost => ProblemKind::Azure,
            ErrorKind::Local => ProblemKind::Local,
        }
    }
}

impl Deref for Error {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}: ", self.tried)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        error.problem()
    }
}

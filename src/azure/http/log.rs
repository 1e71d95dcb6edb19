//! What has been sent: never a body, never a header.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use time::OffsetDateTime;
use tokio::sync::broadcast;
use url::Url;
use uuid::Uuid;

use super::{Call, authority};
use crate::azure::{clock, error::ErrorKind};

/// How many requests are remembered.
const KEPT: usize = 1000;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Status(u16),
    /// It was not, and this is why, in a word.
    Failed(&'static str),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.fmt(f),
            Self::Failed(word) => f.pad(word),
        }
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct RequestRecord {
    /// When it was sent.
    pub at: OffsetDateTime,
    /// The call's name.
    pub operation: &'static str,
    pub method: String,
    /// The address without its query, but for the API version.
    pub url: String,
    pub outcome: Outcome,
    pub duration: Duration,
    pub request_id: Option<String>,
    /// The service's, where it names one; else the one that was sent.
    pub correlation_id: Option<String>,
}

impl RequestRecord {
    /// Of a call that is just going out, and that counts as given up until it is answered.
    pub(super) fn sent(call: &Call, correlation: Uuid) -> Self {
        Self {
            at: clock::now(),
            operation: call.operation,
            method: call.method.to_string(),
            url: shown(&call.url),
            outcome: Outcome::Failed("given up"),
            duration: Duration::ZERO,
            request_id: None,
            correlation_id: Some(correlation.to_string()),
        }
    }
}

impl RequestRecord {
    /// Takes over the id that the service gave, if it gave one.
    pub(super) fn answered_with(&mut self, correlation: Option<&String>) {
        if let Some(id) = correlation {
            self.correlation_id = Some(id.clone());
        }
    }
}

impl fmt::Display for RequestRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} -> {}", self.method, self.url, self.outcome)?;
        write!(f, " in {} ms", self.duration.as_millis())?;
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        if let Some(id) = &self.correlation_id {
            write!(f, ", correlation {id}")?;
        }
        Ok(())
    }
}

/// The last requests, and a feed of new ones.
#[derive(Debug)]
pub struct RequestLog {
    ring: Mutex<VecDeque<Arc<RequestRecord>>>,
    feed: broadcast::Sender<Arc<RequestRecord>>,
}

impl Default for RequestLog {
    fn default() -> Self {
        Self { ring: Mutex::default(), feed: broadcast::channel(256).0 }
    }
}

impl RequestLog {
    /// The requests so far, oldest first; the oldest are forgotten.
    pub fn records(&self) -> Vec<Arc<RequestRecord>> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Every request from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<RequestRecord>> {
        self.feed.subscribe()
    }

    pub(super) fn push(&self, record: RequestRecord) {
        tracing::debug!(
            operation = record.operation,
            request_id = record.request_id.as_deref(),
            correlation_id = record.correlation_id.as_deref(),
            "{record}"
        );
        let record = Arc::new(record);
        let mut ring = self.ring.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.len() >= KEPT {
            ring.pop_front();
        }
        ring.push_back(Arc::clone(&record));
        drop(ring);
        // Without a listener there is nobody to miss it.
        let _ = self.feed.send(record);
    }
}

/// An address as it may be logged: queries can hold anything, an API version cannot.
fn shown(url: &Url) -> String {
    let version = url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("api-version"));
    let mut shown = format!("{}://{}{}", url.scheme(), authority(url), url.path());
    if let Some((_, version)) = version {
        shown.push_str("?api-version=");
        shown.extend(version.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).take(32));
    }
    shown
}

/// A failure in a word.
pub(super) fn word(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Connect => "no connection",
        ErrorKind::Proxy => "refused by a proxy",
        ErrorKind::Tls => "TLS failed",
        ErrorKind::Unanswered => "no answer",
        ErrorKind::NotAzure => "not Azure",
        ErrorKind::Malformed => "malformed answer",
        ErrorKind::Redirected => "redirected",
        _ => "failed",
    }
}

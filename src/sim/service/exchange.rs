//! The log of every exchange.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{body::Bytes, http::HeaderMap};
use time::OffsetDateTime;

use super::Service;

/// How many exchanges are kept; the oldest go first.
const KEPT: usize = 20_000;

/// One request and what became of it.
#[derive(Clone)]
pub struct Exchange {
    pub at: OffsetDateTime,
    /// The table's name, or `unknown`.
    pub operation: &'static str,
    pub service: Service,
    pub method: String,
    pub url: String,
    /// Without `Authorization` and `Cookie`.
    pub request_headers: HeaderMap,
    /// Empty unless bodies are recorded.
    pub request_body: Bytes,
    pub status: u16,
    pub response_headers: HeaderMap,
    /// Empty unless bodies are recorded.
    pub response_body: Bytes,
    /// The connection was closed without an answer, by a fault rule.
    pub dropped: bool,
    /// A fault rule gave the answer.
    pub faulted: bool,
}

impl std::fmt::Debug for Exchange {
    /// Bodies and headers may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} → {}", self.operation, self.method, self.url, self.status)?;
        if self.dropped { f.write_str(" (dropped)") } else { Ok(()) }
    }
}

/// The log, shared.
#[derive(Clone)]
pub struct Log {
    entries: Arc<Mutex<VecDeque<Exchange>>>,
    record_bodies: bool,
}

impl Log {
    /// An empty log.
    pub fn new(record_bodies: bool) -> Self {
        Self { entries: Arc::default(), record_bodies }
    }

    /// Everything kept, oldest first.
    pub fn all(&self) -> Vec<Exchange> {
        self.lock().iter().cloned().collect()
    }

    /// What fits no row of the table.
    pub fn unknown(&self) -> Vec<Exchange> {
        self.lock().iter().filter(|entry| entry.operation == super::plumbing::UNKNOWN).cloned().collect()
    }

    pub(super) fn push(&self, mut exchange: Exchange) {
        exchange.request_headers.remove("authorization");
        exchange.request_headers.remove("cookie");
        if !self.record_bodies {
            exchange.request_body = Bytes::new();
            exchange.response_body = Bytes::new();
        }
        let mut entries = self.lock();
        if entries.len() == KEPT {
            entries.pop_front();
        }
        entries.push_back(exchange);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Exchange>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

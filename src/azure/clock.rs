//! The one place of this room that asks what time it is.

use std::time::{Duration, Instant};

use time::OffsetDateTime;

/// The present time, in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the one source of it here; the engine is above")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// How long something takes, on a clock that is never set back.
#[derive(Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

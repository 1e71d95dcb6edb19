//! The integration tests: one binary, a module a concern.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "helpers of tests fail as tests do, and are seen in this binary only"
)]

mod engine;
mod journal;
mod setup;
mod world;

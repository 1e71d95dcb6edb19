//! The integration tests: one binary, a module a concern.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "helpers of tests fail as tests do, and are seen in this binary only"
)]

mod contracts;
mod engine;
mod house;
mod journal;
mod setup;
mod world;

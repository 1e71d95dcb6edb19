//! The integration tests: one binary, a module a concern.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "tests fail by panicking, and share their helpers"
)]

mod contracts;
mod engine;
mod house;
mod journal;
mod paging;
mod requests;
mod setup;
mod world;

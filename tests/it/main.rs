//! The integration tests: one binary, a module a concern.

#![expect(
    clippy::expect_used,
    clippy::large_futures,
    clippy::panic,
    clippy::print_stdout,
    clippy::similar_names,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "helpers of tests fail and print as tests do, and are seen in this binary only"
)]

mod contracts;
mod engine;
mod house;
mod journal;
mod keychain;
mod leaks;
mod lookups;
mod paging;
mod person;
mod program;
mod proof;
mod requests;
mod setup;
mod sign_in;
mod terminal;
mod world;

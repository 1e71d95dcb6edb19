//! The integration tests: one binary, a module a concern.

#![expect(unreachable_pub, reason = "a test binary has no outside")]

mod contracts;
mod engine;
mod house;
mod journal;
mod program;
mod setup;
mod world;

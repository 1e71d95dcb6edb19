//! The integration tests: one binary, a module a concern.

mod contracts;
mod engine;
mod house;
mod journal;
mod setup;
mod world;

//! The integration tests: one binary, a module a concern.

mod engine;
mod journal;
mod setup;
mod world;

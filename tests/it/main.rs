//! The integration tests: one binary, a module a concern.

mod engine;
mod program;
mod setup;
mod world;

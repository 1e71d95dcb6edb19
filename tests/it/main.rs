//! The integration tests: one binary, a module a concern.

mod engine;
mod setup;
mod world;

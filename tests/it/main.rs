//! The integration tests: one binary, a module a concern.

mod contracts;
mod engine;
mod house;
mod setup;
mod world;

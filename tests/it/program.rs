//! The real program, run as people and scripts run it, against a simulator in the test's own process.

mod bad_input;
mod consent;
mod explain;
mod failing;
pub(crate) mod harness;
mod interrupted;
mod keep;
mod network;
mod nobody;
mod preflight;
pub(crate) mod secrets;
mod setups;
mod sign_in;
pub(crate) mod truth;
mod unread;
mod whole;

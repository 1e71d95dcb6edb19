//! The simulator: an embedded Azure of several tenants over real HTTPS on loopback.
//!
//! It shares no wire structs with crosspull's clients, so that a misspelt field cannot agree with itself; only ids of
//! `domain` are common. It is judged by clients that others wrote (the Azure CLI, skopeo, containerd, a browser).

#![expect(
    clippy::disallowed_methods,
    reason = "the simulator stands for other machines, which have their own clock; its tests are foreign clients"
)]

pub mod admin;
pub mod aks;
pub mod arm;
pub mod changes;
pub mod directory;
pub mod entra;
pub mod estate;
pub mod faults;
pub mod graph;
pub mod hands;
pub mod image;
pub mod machine;
pub mod nodes;
pub mod operations;
pub mod rbac;
pub mod ready;
pub mod registry;
pub mod roles;
pub mod scenario;
pub mod serve;
mod server;
pub mod service;
#[cfg(test)]
mod tests;
mod tls;
pub mod tokens;
pub mod world;

pub use faults::{Action, Faults, Rule};
pub use hands::Hand;
pub use ready::Ready;
pub use scenario::Scenario;
pub use server::{NodeReport, Options, SimError, Simulator};
pub use service::Exchange;
pub use world::{Shared, World};

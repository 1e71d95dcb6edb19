//! The clients of Microsoft Entra, Microsoft Graph, Azure Resource Manager and container registries.
//!
//! Each call is one request and is sent once. A failed one is an [`Error`] that knows its [`Fate`]; whether to wait and
//! send again is decided by whoever waits. Wire structs lie beside the calls that use them.

pub mod acr;
pub mod aks;
mod api;
mod api_version;
pub mod arm;
mod clock;
pub mod entra;
pub mod error;
pub mod graph;
pub mod http;
pub mod metadata;
mod pages;
pub mod rbac;
pub mod registry;
pub mod sign_in;
mod tenant;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use arm::ResourceManager;
pub(crate) use clock::Stopwatch;
pub use clock::now;
pub use error::{Error, ErrorKind, Fate, Result, Safety};
pub use graph::Graph;
pub use http::{Http, HttpOptions, Outcome, RequestLog, RequestRecord};
pub use pages::Pages;
pub use tenant::TenantClients;

//! The clients of Microsoft Entra, Microsoft Graph, Azure Resource Manager and container registries.
//!
//! Each call is one request and is sent once. A failed one is an [`Error`] that knows its [`Fate`]; whether to wait and
//! send again is decided by whoever waits. Wire structs lie beside the calls that use them.

mod api_version;
mod clock;
pub mod error;
pub mod http;

pub use clock::now;
pub use error::{Error, ErrorKind, Fate, Result, Safety};
pub use http::{Http, HttpOptions, RequestLog, RequestRecord};

//! The simulator: an embedded Azure of two tenants over real HTTPS on loopback.
//!
//! It shares no wire structs with crosspull's clients, so that a misspelt field cannot agree with itself; only ids of
//! `domain` are common. It is judged by clients that others wrote (the Azure CLI, skopeo, containerd, a browser).

pub mod directory;
pub mod estate;
pub mod world;

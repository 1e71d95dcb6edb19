//! crosspull connects an AKS cluster in one Microsoft Entra tenant to a container registry in another.

pub mod azure;
pub mod domain;
pub mod secret;

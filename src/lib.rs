//! crosspull connects an AKS cluster in one Microsoft Entra tenant to a container registry in another.

pub mod azure;
pub mod catalogue;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod error;
pub mod paths;
pub mod plain;
pub mod program;
pub mod report;
#[cfg(test)]
mod sample;
pub mod secret;
pub mod session;
pub mod setup_file;
#[cfg(feature = "sim")]
pub mod sim;
pub mod steps;

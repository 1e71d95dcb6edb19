//! Credentials, one file a kind, and the tokens they give.

mod azure_cli;
mod classify;
mod cli_accounts;
mod service_principal;
mod token;

pub use azure_cli::{CliAccount, azure_cli};
pub use cli_accounts::{FoundAccount, cli_accounts};
pub use service_principal::service_principal;
pub use token::Tokens;

#[cfg(test)]
pub(in crate::azure) use classify::classify;

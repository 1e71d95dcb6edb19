//! Credentials, one file a kind, and the tokens they give.

mod attempts;
mod azure_cli;
mod azure_developer_cli;
mod browser;
mod certificate;
mod challenge;
mod classify;
mod cli_accounts;
mod desk;
mod device_code;
mod endpoint;
mod executor;
mod managed_identity;
mod names;
mod person;
mod returned;
mod same_account;
mod service_principal;
mod token;
mod transport;
mod workload_identity;

pub use azure_cli::azure_cli;
pub use azure_developer_cli::{azure_developer_cli, developer_cli_account};
pub use certificate::certificate;
pub use challenge::Challenge;
pub use cli_accounts::{FoundAccount, cli_accounts};
pub use desk::{Closed, Desk, Pasted, Wanted, Way};
pub use managed_identity::managed_identity;
pub use names::Names;
pub use person::{Means, person};
pub use returned::{Returned, Said, names_an_error};
pub use service_principal::service_principal;
pub use token::{Tokens, claims_of};
pub use workload_identity::workload_identity;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use self::{
    challenge::parameter, classify::classify, cli_accounts::read_accounts, device_code::read_device_code,
};

//! An operator who is signed in to the Azure CLI.

use std::{ffi::OsStr, io, path::PathBuf, process::Output, process::Stdio, sync::Arc, time::Duration};

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use tokio::process::Command;

use super::classify::classify;
use crate::{
    azure::error::Result,
    domain::{SubscriptionId, TenantId},
};

/// How long the Azure CLI may take. It starts an interpreter and asks Entra.
const DEADLINE: Duration = Duration::from_secs(30);

/// Which of its accounts the Azure CLI is to use. It takes a tenant or a subscription, never both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CliAccount {
    /// The account of its default subscription, in this tenant.
    Tenant(TenantId),
    /// The account that it keeps for a subscription, in that subscription's tenant. The way to a second account.
    Subscription(SubscriptionId),
    /// The account that was signed in with `--allow-no-subscriptions`: the CLI then keeps the tenant's id as that of a
    /// subscription.
    TenantAsSubscription(TenantId),
}

/// Signs in as an account of the Azure CLI. `config_dir` chooses another folder of accounts than the usual one.
pub fn azure_cli(account: CliAccount, config_dir: Option<PathBuf>) -> Result<Arc<dyn TokenCredential>> {
    let (tenant_id, subscription) = match account {
        CliAccount::Tenant(tenant) => (Some(tenant.to_string()), None),
        CliAccount::Subscription(subscription) => (None, Some(subscription.to_string())),
        CliAccount::TenantAsSubscription(tenant) => (None, Some(tenant.to_string())),
    };
    let executor: Option<Arc<dyn Executor>> = Some(Arc::new(Quiet { config_dir, deadline: DEADLINE }));
    let options = AzureCliCredentialOptions { subscription, tenant_id, executor };
    AzureCliCredential::new(Some(options))
        .map(|credential| credential as Arc<dyn TokenCredential>)
        .map_err(|error| classify("use the Azure CLI's account", &error))
}

/// Runs the Azure CLI without the terminal: it would take the keys that are meant for this program.
#[derive(Debug)]
struct Quiet {
    config_dir: Option<PathBuf>,
    deadline: Duration,
}

#[async_trait::async_trait]
impl Executor for Quiet {
    async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command
            .args(args)
            .env("AZURE_CORE_NO_COLOR", "1")
            .env("AZURE_CORE_ONLY_SHOW_ERRORS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if let Some(folder) = &self.config_dir {
            command.env("AZURE_CONFIG_DIR", folder);
        }
        let timeout = |_| io::Error::new(io::ErrorKind::TimedOut, "the Azure CLI did not answer in time");
        tokio::time::timeout(self.deadline, command.output()).await.map_err(timeout)?
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    async fn run(quiet: Quiet, script: &str) -> io::Result<Output> {
        quiet.run(OsStr::new("/bin/sh"), &[OsStr::new("-c"), OsStr::new(script)]).await
    }

    #[tokio::test]
    async fn the_cli_gets_no_keys_and_its_settings() {
        let quiet = Quiet { config_dir: Some("/tmp/accounts".into()), deadline: DEADLINE };
        let output =
            run(quiet, "cat; echo $AZURE_CORE_NO_COLOR $AZURE_CORE_ONLY_SHOW_ERRORS $AZURE_CONFIG_DIR").await.unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 1 /tmp/accounts\n");
    }

    #[tokio::test]
    async fn a_cli_that_hangs_is_given_up() {
        let quiet = Quiet { config_dir: None, deadline: Duration::from_millis(50) };
        assert_eq!(run(quiet, "sleep 600").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}

//! An operator who is signed in to the Azure CLI.

use std::{
    ffi::OsStr,
    io,
    path::PathBuf,
    process::{Output, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use tokio::process::Command;

use super::classify::{classify, subscription_unknown};
use crate::{
    azure::error::Result,
    domain::{SubscriptionId, TenantId},
};

/// How long the Azure CLI may take. It starts an interpreter and asks Entra.
const DEADLINE: Duration = Duration::from_secs(30);

/// How long it may take to list its accounts: nobody is asked for that.
const LISTING: Duration = Duration::from_secs(10);

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

/// Signs in as an account of the Azure CLI: the first of `accounts` that it knows. `config_dir` chooses another folder of
/// accounts than the usual one.
pub fn azure_cli(accounts: &[CliAccount], config_dir: Option<PathBuf>) -> Result<Arc<dyn TokenCredential>> {
    let executor: Arc<dyn Executor> = Arc::new(Quiet { config_dir, deadline: DEADLINE });
    let credential =
        first_known(accounts, &executor).map_err(|error| classify("use the Azure CLI's account", &error))?;
    Ok(Arc::new(credential))
}

fn first_known(accounts: &[CliAccount], executor: &Arc<dyn Executor>) -> azure_core::Result<FirstKnown> {
    let credential = |account: &CliAccount| {
        let (tenant_id, subscription) = match account {
            CliAccount::Tenant(tenant) => (Some(tenant.to_string()), None),
            CliAccount::Subscription(subscription) => (None, Some(subscription.to_string())),
            CliAccount::TenantAsSubscription(tenant) => (None, Some(tenant.to_string())),
        };
        let options = AzureCliCredentialOptions { subscription, tenant_id, executor: Some(Arc::clone(executor)) };
        AzureCliCredential::new(Some(options))
    };
    Ok(FirstKnown {
        accounts: accounts.iter().map(credential).collect::<azure_core::Result<_>>()?,
        known: OnceLock::new(),
    })
}

/// One account after the other, until the Azure CLI knows one; that one then stays. An account that it knows and that Entra
/// refuses is the answer: with another one somebody else would act.
#[derive(Debug)]
struct FirstKnown {
    accounts: Vec<Arc<AzureCliCredential>>,
    known: OnceLock<usize>,
}

#[async_trait::async_trait]
impl TokenCredential for FirstKnown {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let first = self.known.get().copied().unwrap_or(0);
        let mut answer =
            Err(azure_core::Error::with_message(ErrorKind::Credential, "no account of the Azure CLI is named"));
        for (at, account) in self.accounts.iter().enumerate().skip(first) {
            answer = account.get_token(scopes, options.clone()).await;
            if !answer.as_ref().is_err_and(|error| subscription_unknown(&error.to_string())) {
                // Two that ask at once find the same one.
                let _ = self.known.set(at);
                break;
            }
        }
        answer
    }
}

/// Runs the Azure CLI without the terminal: it would take the keys that are meant for this program.
#[derive(Debug)]
pub(super) struct Quiet {
    config_dir: Option<PathBuf>,
    deadline: Duration,
}

impl Quiet {
    /// For what the Azure CLI reads from its own files.
    pub(super) fn listing(config_dir: Option<PathBuf>) -> Self {
        Self { config_dir, deadline: LISTING }
    }
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

    /// The Azure CLI of somebody whose only account is found by this argument; it notes what it is asked.
    #[derive(Debug)]
    struct Knows(&'static str, std::sync::Mutex<Vec<String>>);

    #[async_trait::async_trait]
    impl Executor for Knows {
        async fn run(&self, _: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
            let line = args.last().map(|line| line.to_string_lossy().into_owned()).unwrap_or_default();
            let script = if line.contains(self.0) {
                r#"echo '{"accessToken":"t","expiresOn":"","expires_on":4102444800,"subscription":"","tenant":"","tokenType":"Bearer"}'"#
            } else {
                "echo \"ERROR: Subscription 'x' not found. Check the spelling and casing and try again.\" >&2; exit 1"
            };
            self.1.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(line);
            run(Quiet { config_dir: None, deadline: DEADLINE }, script).await
        }
    }

    #[tokio::test]
    async fn the_first_account_that_the_cli_knows_is_taken_and_stays() {
        let id = "22222222-2222-4222-8222-222222222222";
        let cli = Arc::new(Knows("--tenant", std::sync::Mutex::default()));
        let executor: Arc<dyn Executor> = cli.clone();
        let accounts = [CliAccount::Subscription(id.parse().unwrap()), CliAccount::Tenant(id.parse().unwrap())];
        let credential = first_known(&accounts, &executor).unwrap();
        for _ in 0..2 {
            assert_eq!(credential.get_token(&["s/.default"], None).await.unwrap().token.secret(), "t");
        }
        let asked = cli.1.lock().unwrap();
        let with: Vec<bool> = asked.iter().map(|line| line.contains("--subscription")).collect();
        assert_eq!(with, [true, false, false], "{asked:?}");
    }

    #[tokio::test]
    async fn a_cli_that_hangs_is_given_up() {
        let quiet = Quiet { config_dir: None, deadline: Duration::from_millis(50) };
        assert_eq!(run(quiet, "sleep 600").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}

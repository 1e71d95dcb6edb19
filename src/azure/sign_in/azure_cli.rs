//! An operator who is signed in to the Azure CLI.

use std::{path::PathBuf, sync::Arc, time::Duration};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind as CoreKind,
};
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use tokio::sync::OnceCell;

use super::{
    classify::accounts_unread,
    cli_accounts::subscriptions,
    executor::{Quiet, TIMED_OUT},
};
use crate::domain::{SubscriptionId, TenantId};

/// How long the Azure CLI may take. It starts an interpreter and asks Entra.
const DEADLINE: Duration = Duration::from_secs(30);

/// How often it is asked when it does not find its own accounts.
const ATTEMPTS: usize = 3;

/// Signs in with the Azure CLI's account for a tenant, or for one of its subscriptions.
///
/// Asked for a tenant alone, the Azure CLI takes the account of its default subscription, which is often the one of the other
/// tenant. But it keeps one account a subscription, so a subscription of the right tenant leads to the right account. One that
/// was signed in with `--allow-no-subscriptions` is kept under the tenant's own id. It takes a tenant or a subscription,
/// never both. `config_dir` chooses another folder of accounts than the usual one.
pub fn azure_cli(
    tenant: TenantId,
    subscription: Option<SubscriptionId>,
    config_dir: Option<PathBuf>,
) -> Arc<dyn TokenCredential> {
    with_executor(tenant, subscription, Arc::new(Quiet { config_dir, deadline: DEADLINE }))
}

fn with_executor(
    tenant: TenantId,
    subscription: Option<SubscriptionId>,
    executor: Arc<dyn Executor>,
) -> Arc<dyn TokenCredential> {
    Arc::new(CliCredential { tenant, subscription, executor, chosen: OnceCell::new() })
}

#[derive(Debug)]
struct CliCredential {
    tenant: TenantId,
    subscription: Option<SubscriptionId>,
    executor: Arc<dyn Executor>,
    /// The account that was chosen first stays: with another one somebody else would act.
    chosen: OnceCell<Arc<AzureCliCredential>>,
}

impl CliCredential {
    async fn choose(&self) -> azure_core::Result<Arc<AzureCliCredential>> {
        let known = subscriptions(self.executor.as_ref()).await;
        let of_tenant = || {
            // The one that has the tenant's own id was signed in for the tenant itself.
            let mut ids = known.iter().filter(|one| one.tenant == self.tenant).map(|one| one.id);
            ids.clone().find(|id| id.0 == self.tenant.0).or_else(|| ids.next())
        };
        let wanted = self.subscription.filter(|id| known.iter().any(|one| one.id == *id));
        let subscription = wanted.or_else(of_tenant);
        AzureCliCredential::new(Some(AzureCliCredentialOptions {
            tenant_id: subscription.is_none().then(|| self.tenant.to_string()),
            subscription: subscription.map(|id| id.to_string()),
            executor: Some(Arc::clone(&self.executor)),
        }))
    }
}

#[async_trait::async_trait]
impl TokenCredential for CliCredential {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        // One that hangs, hangs at every question: they share the time.
        let asked = tokio::time::timeout(DEADLINE, self.asked(scopes, options)).await;
        asked.unwrap_or_else(|_| Err(azure_core::Error::with_message(CoreKind::Credential, TIMED_OUT)))
    }
}

impl CliCredential {
    async fn asked(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        if let Some(chosen) = self.chosen.get() {
            return ask(chosen, scopes, options).await;
        }
        let chosen = self.choose().await?;
        let token = ask(&chosen, scopes, options).await?;
        // An account that gave nothing is looked for anew: the person may sign in meanwhile.
        let _ = self.chosen.set(chosen);
        Ok(token)
    }
}

/// Asks for a token, and again where the Azure CLI was disturbed: its file of accounts is empty for a moment while another one
/// writes it, and several of ours run side by side.
async fn ask(
    chosen: &AzureCliCredential,
    scopes: &[&str],
    options: Option<TokenRequestOptions<'_>>,
) -> azure_core::Result<AccessToken> {
    let mut given = chosen.get_token(scopes, options.clone()).await;
    for _ in 1..ATTEMPTS {
        match &given {
            Err(error) if accounts_unread(&error.to_string()) => {
                given = chosen.get_token(scopes, options.clone()).await;
            }
            Ok(_) | Err(_) => break,
        }
    }
    given
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{ffi::OsStr, io, process::Output, sync::Mutex};

    use super::*;

    const TENANT: &str = "22222222-2222-4222-8222-222222222222";
    const OTHER: &str = "66666666-6666-4666-8666-666666666666";

    /// The Azure CLI of somebody who has these subscriptions; it notes what it is asked for.
    #[derive(Debug)]
    struct Fake {
        list: String,
        asked: Mutex<Vec<String>>,
        /// How often it finds its accounts empty at first.
        disturbed: usize,
    }

    impl Fake {
        fn noted(&self, line: String) -> usize {
            let mut asked = self.asked.lock().unwrap();
            asked.push(line);
            asked.len()
        }
    }

    #[async_trait::async_trait]
    impl Executor for Fake {
        async fn run(&self, program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
            let line = args.last().map(|line| line.to_string_lossy().into_owned()).unwrap_or_default();
            let script = if line.contains("account list") {
                format!("echo '{}'", self.list)
            } else if self.noted(line) <= self.disturbed {
                "echo \"ERROR: User 'ana' does not exist in MSAL token cache. Run \\`az login\\`.\" >&2; exit 1"
                    .to_owned()
            } else {
                r#"echo '{"accessToken":"t","expiresOn":"","expires_on":4102444800,"subscription":"","tenant":"","tokenType":"Bearer"}'"#.to_owned()
            };
            let quiet = Quiet { config_dir: None, deadline: DEADLINE };
            quiet.run(program, &[OsStr::new("-c"), OsStr::new(&script)]).await
        }
    }

    /// The Azure CLI of somebody whose files another one holds.
    #[derive(Debug)]
    struct Hangs;

    #[async_trait::async_trait]
    impl Executor for Hangs {
        async fn run(&self, _: &OsStr, _: &[&OsStr]) -> io::Result<Output> {
            tokio::time::sleep(DEADLINE).await;
            Err(io::Error::new(io::ErrorKind::TimedOut, TIMED_OUT))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_costs_its_time_once() {
        let credential = with_executor(TENANT.parse().unwrap(), None, Arc::new(Hangs));
        let began = tokio::time::Instant::now();
        let error = credential.get_token(&["s/.default"], None).await.unwrap_err();
        assert!(began.elapsed() < DEADLINE * 3 / 2, "{:?}", began.elapsed());
        let told = super::super::classify::classify("sign in", &error);
        assert_eq!(told.code.as_deref(), Some("AzureCliTimeout"));
    }

    async fn asked(list: &str, subscription: Option<&str>) -> String {
        let cli = Arc::new(Fake { list: list.to_owned(), asked: Mutex::default(), disturbed: 0 });
        let subscription = subscription.map(|id| id.parse().unwrap());
        let credential = with_executor(TENANT.parse().unwrap(), subscription, cli.clone());
        for _ in 0..2 {
            assert_eq!(credential.get_token(&["s/.default"], None).await.unwrap().token.secret(), "t");
        }
        let asked = cli.asked.lock().unwrap();
        assert_eq!(asked.len(), 2);
        asked[1].clone()
    }

    fn listed(id: &str, tenant: &str) -> String {
        format!(r#"{{"id":"{id}","tenantId":"{tenant}","user":{{"name":"ana","type":"user"}}}}"#)
    }

    #[tokio::test]
    async fn a_subscription_of_the_tenant_leads_to_its_account() {
        let (sub, wanted) = ("33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444");
        let both = format!("[{},{},{}]", listed(OTHER, OTHER), listed(sub, TENANT), listed(wanted, TENANT));
        assert!(asked(&both, Some(wanted)).await.contains(&format!("--subscription \"{wanted}\"")));
        // One that the Azure CLI does not know would only be refused.
        assert!(
            asked(&both, Some("55555555-5555-4555-8555-555555555555"))
                .await
                .contains(&format!("--subscription \"{sub}\""))
        );
        assert!(asked(&both, None).await.contains(&format!("--subscription \"{sub}\"")));
        let itself = format!("[{},{}]", listed(sub, TENANT), listed(TENANT, TENANT));
        assert!(asked(&itself, None).await.contains(&format!("--subscription \"{TENANT}\"")));
        // A guest may see the tenant without any of its subscriptions.
        let none = asked("[]", Some(wanted)).await;
        assert!(none.contains(&format!("--tenant {TENANT}")) && !none.contains("--subscription"), "{none}");
    }

    #[tokio::test]
    async fn one_that_was_disturbed_is_asked_again_and_not_for_ever() {
        for (disturbed, given, asked) in [(2, true, 3), (9, false, 3)] {
            let cli = Arc::new(Fake { list: "[]".to_owned(), asked: Mutex::default(), disturbed });
            let credential = with_executor(TENANT.parse().unwrap(), None, cli.clone());
            assert_eq!(credential.get_token(&["s/.default"], None).await.is_ok(), given);
            assert_eq!(cli.asked.lock().unwrap().len(), asked);
        }
    }
}

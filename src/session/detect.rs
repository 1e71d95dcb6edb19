//! Who is signed in on this machine already, without asking anybody: accounts of other programs, and what the environment
//! names.

use std::time::Duration;

use super::{Account, CloudChoice, Environment, Session};
use crate::{
    azure::{entra::Claims, sign_in},
    domain::{AppId, TenantId, answers::SignIn},
};

/// How long an account may take to be found. Nobody has asked for it.
const PATIENCE: Duration = Duration::from_secs(12);

impl Session {
    /// The accounts that are at hand: those that the session was opened with, else those of the Azure CLI and of the Azure
    /// Developer CLI, and the identities that the environment names.
    pub async fn accounts(&self) -> Vec<Account> {
        if !self.options.accounts.is_empty() {
            return self.options.accounts.clone();
        }
        let (cli, developer_cli, machine) =
            tokio::join!(sign_in::cli_accounts(None), self.developer_cli(), self.this_machine());
        let mut accounts: Vec<Account> = Vec::new();
        accounts.extend(cli.into_iter().map(|found| Account {
            sign_in: SignIn::AzureCli,
            name: found.user,
            via: "Azure CLI".to_owned(),
            tenant: Some(found.tenant),
            tenant_name: found.tenant_name,
        }));
        accounts.extend(self.named_by_environment());
        accounts.extend(developer_cli);
        accounts.extend(machine);
        accounts
    }

    async fn developer_cli(&self) -> Option<Account> {
        // It knows the clouds by their names.
        let known = !matches!(self.options.cloud, Some(CloudChoice::Custom(_)));
        let scope = if known { self.cloud().await.ok()?.resource_manager_scope() } else { return None };
        let found = tokio::time::timeout(PATIENCE, sign_in::developer_cli_account(&scope)).await.ok()??;
        Some(of_claims(&found, SignIn::AzureDeveloperCli, "Azure Developer CLI"))
    }

    /// The identity of a machine that says where to ask for it. A virtual machine does not, and is not asked: elsewhere that
    /// takes long, and fails.
    async fn this_machine(&self) -> Option<Account> {
        self.options.environment.variable("IDENTITY_ENDPOINT")?;
        let kind = SignIn::ManagedIdentity { client_id: None };
        let cloud = self.cloud().await.ok()?;
        let credential = sign_in::managed_identity(&self.http, &cloud, None).ok()?;
        let scope = cloud.resource_manager_scope();
        let asked = sign_in::claims_of(credential, &scope);
        let found = tokio::time::timeout(PATIENCE, asked).await.ok()??;
        Some(of_claims(&found, kind, "this machine's identity"))
    }

    /// A service principal or a workload, as the Azure SDKs have it named.
    fn named_by_environment(&self) -> Option<Account> {
        let environment: &Environment = &self.options.environment;
        let tenant: TenantId = environment.variable("AZURE_TENANT_ID")?.parse().ok()?;
        let client_id: AppId = environment.variable("AZURE_CLIENT_ID")?.parse().ok()?;
        let kind = if environment.variable("AZURE_CLIENT_SECRET").is_some() {
            SignIn::ServicePrincipal { client_id, client_secret_env: "AZURE_CLIENT_SECRET".to_owned() }
        } else if let Some(file) = environment.variable("AZURE_CLIENT_CERTIFICATE_PATH") {
            SignIn::Certificate { client_id, client_certificate: file.into() }
        } else {
            let file = environment.variable("AZURE_FEDERATED_TOKEN_FILE")?;
            SignIn::WorkloadIdentity { client_id: Some(client_id), token_file: Some(file.into()) }
        };
        Some(Account {
            name: format!("app {client_id}"),
            via: "environment variables (AZURE_CLIENT_ID)".to_owned(),
            tenant: Some(tenant),
            tenant_name: None,
            sign_in: kind,
        })
    }
}

fn of_claims(claims: &Claims, sign_in: SignIn, via: &str) -> Account {
    Account { sign_in, name: claims.who(), via: via.to_owned(), tenant: Some(claims.tid), tenant_name: None }
}

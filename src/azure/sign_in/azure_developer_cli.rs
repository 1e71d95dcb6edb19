//! An operator who is signed in to the Azure Developer CLI.

use std::{sync::Arc, time::Duration};

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions};

use super::{classify::classify, executor::Quiet, token::claims_of};
use crate::{
    azure::{entra::Claims, error::Result},
    domain::TenantId,
};

/// How long it may take: it asks Entra.
const DEADLINE: Duration = Duration::from_secs(30);

/// Signs in with the Azure Developer CLI's account, in this tenant.
pub fn azure_developer_cli(tenant: TenantId) -> Result<Arc<dyn TokenCredential>> {
    credential(Some(tenant)).map_err(|error| classify(&format!("sign in to tenant {tenant}"), &error))
}

/// Who is signed in to the Azure Developer CLI, in the tenant that it takes by itself. `None` where nobody is, or there is no
/// Azure Developer CLI.
pub async fn developer_cli_account(scope: &str) -> Option<Claims> {
    claims_of(credential(None).ok()?, scope).await
}

fn credential(tenant: Option<TenantId>) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let options = AzureDeveloperCliCredentialOptions {
        executor: Some(Arc::new(Quiet { config_dir: None, deadline: DEADLINE })),
        tenant_id: tenant.map(|tenant| tenant.to_string()),
    };
    AzureDeveloperCliCredential::new(Some(options)).map(|credential| credential as Arc<dyn TokenCredential>)
}

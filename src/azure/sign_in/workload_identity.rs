//! An operator that another issuer vouches for: a pod with a service account, a pipeline with a token of its own.

use std::{path::PathBuf, sync::Arc};

use azure_core::credentials::TokenCredential;
use azure_identity::{ClientAssertionCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions};

use super::{classify::classify, transport::client_options};
use crate::{
    azure::{error::Result, http::Http},
    domain::{AppId, Cloud, TenantId},
};

/// Signs in with the token in a file, which its issuer renews. What is not given is taken from `AZURE_CLIENT_ID` and
/// `AZURE_FEDERATED_TOKEN_FILE`, as the workload identity webhook sets them.
pub fn workload_identity(
    http: &Http,
    cloud: &Cloud,
    tenant: TenantId,
    client: Option<AppId>,
    token_file: Option<PathBuf>,
) -> Result<Arc<dyn TokenCredential>> {
    let options = WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions { client_options: client_options(http, cloud) },
        client_id: client.map(|id| id.to_string()),
        tenant_id: Some(tenant.to_string()),
        token_file_path: token_file,
    };
    WorkloadIdentityCredential::new(Some(options))
        .map(|credential| credential as Arc<dyn TokenCredential>)
        .map_err(|error| classify(&format!("sign in to tenant {tenant}"), &error))
}

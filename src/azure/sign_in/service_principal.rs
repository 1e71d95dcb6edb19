//! An operator that is a service principal with a secret, for pipelines and tests.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};

use super::{classify::classify, transport::client_options};
use crate::{
    azure::{error::Result, http::Http},
    domain::{AppId, Cloud, TenantId},
    secret::Secret,
};

/// Signs in as a service principal. Its requests go through `http` like all others.
pub fn service_principal(
    http: &Http,
    cloud: &Cloud,
    tenant: TenantId,
    client: AppId,
    secret: &Secret,
) -> Result<Arc<dyn TokenCredential>> {
    let options = ClientSecretCredentialOptions { client_options: client_options(http, cloud) };
    let secret = azure_core::credentials::Secret::new(secret.expose().to_owned());
    ClientSecretCredential::new(&tenant.to_string(), client.to_string(), secret, Some(options))
        .map(|credential| credential as Arc<dyn TokenCredential>)
        .map_err(|error| classify(&format!("sign in to tenant {tenant}"), &error))
}

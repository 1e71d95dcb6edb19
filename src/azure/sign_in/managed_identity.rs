//! An operator that is the identity of the Azure machine that this runs on.

use std::{sync::Arc, time::Duration};

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind as CoreKind,
};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use super::{classify::classify, transport::client_options};
use crate::{
    azure::{error::Result, http::Http},
    domain::{AppId, Cloud},
};

/// How long the machine's endpoint may take. Where there is none, nothing answers, and the credential tries several times.
const DEADLINE: Duration = Duration::from_secs(20);

/// Signs in as this machine, or as one of the identities that it has.
pub fn managed_identity(http: &Http, cloud: &Cloud, client: Option<AppId>) -> Result<Arc<dyn TokenCredential>> {
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client.map(|id| UserAssignedId::ClientId(id.to_string())),
        client_options: client_options(http, cloud),
    };
    let credential =
        ManagedIdentityCredential::new(Some(options)).map_err(|error| classify("sign in as this machine", &error))?;
    Ok(Arc::new(InTime(credential)))
}

#[derive(Debug)]
struct InTime(Arc<ManagedIdentityCredential>);

#[async_trait::async_trait]
impl TokenCredential for InTime {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        tokio::time::timeout(DEADLINE, self.0.get_token(scopes, options)).await.unwrap_or_else(|_| {
            let words = "no managed identity endpoint answers on this machine";
            Err(azure_core::Error::with_message(CoreKind::Credential, words))
        })
    }
}

//! Entra's token endpoint for people: a code, a device's code or a refresh token becomes an access token.

use std::{borrow::Cow, sync::Arc};

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use time::{Duration, OffsetDateTime};
use url::Url;

use super::challenge::{Challenge, parameter};
use crate::{
    azure::{
        api::address,
        clock,
        error::Result,
        http::{Call, Http},
    },
    domain::{AppId, Cloud, TenantId},
    secret::Secret,
};

/// The Azure CLI's public client: known in every tenant, and allowed to act as the person in Graph and Resource Manager.
pub(super) const AZURE_CLI: AppId = AppId(uuid::uuid!("04b07795-8ddb-461a-bbee-02f9e1bf7b46"));

/// One tenant's endpoint, for one public client.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) http: Http,
    pub(super) cloud: Arc<Cloud>,
    pub(super) tenant: TenantId,
    pub(super) client: AppId,
}

/// What a sign-in gives.
pub(super) struct Granted {
    pub(super) access: Secret,
    pub(super) expires: OffsetDateTime,
    pub(super) refresh: Option<Secret>,
    pub(super) id: Option<Secret>,
}

#[derive(Deserialize)]
struct Wire {
    access_token: Secret,
    #[serde(default)]
    expires_in: Value,
    refresh_token: Option<Secret>,
    id_token: Option<Secret>,
}

/// One resource with all that is granted for it, and what keeps a person signed in.
pub(super) fn scopes(scope: &str) -> String {
    format!("{scope} openid profile offline_access")
}

impl Endpoint {
    pub(super) fn tried(&self) -> String {
        format!("sign in to tenant {}", self.tenant)
    }

    /// An address of this tenant at the sign-in service.
    pub(super) fn address(&self, path: &str, query: &[(&str, &str)]) -> Url {
        address(&self.cloud.login, [self.tenant.to_string().as_str(), path], query)
    }

    /// A request to this tenant at the sign-in service. Every secret among the fields is kept out of an error's words.
    pub(super) fn call(
        &self,
        operation: &'static str,
        path: &str,
        fields: Vec<(&'static str, Secret)>,
        hidden: &[&str],
    ) -> Call {
        let hide: Vec<Secret> =
            fields.iter().filter(|(name, _)| hidden.contains(name)).map(|(_, value)| value.clone()).collect();
        let mut form: Vec<(Cow<'static, str>, Secret)> =
            vec![("client_id".into(), Secret::new(self.client.to_string()))];
        form.extend(fields.into_iter().map(|(name, value)| (name.into(), value)));
        let call = Call::new(operation, self.tried(), Method::POST, self.address(path, &[])).read().form(form);
        hide.iter().fold(call, Call::hide)
    }

    /// Trades a grant for tokens.
    pub(super) async fn token(
        &self,
        grant: Vec<(&'static str, Secret)>,
        scope: &str,
        challenge: Option<&Challenge>,
    ) -> Result<Granted> {
        let mut fields = grant;
        fields.push(("scope", Secret::new(scopes(scope))));
        fields.push(("claims", Secret::new(parameter(challenge))));
        let hidden = ["code", "code_verifier", "device_code", "refresh_token"];
        let call = self.call("sign_in.token", "/oauth2/v2.0/token", fields, &hidden);
        let response = self.http.send(call).await?;
        let wire: Wire = response.json()?;
        let seconds = number(&wire.expires_in).unwrap_or(0).clamp(0, 172_800);
        Ok(Granted {
            access: wire.access_token,
            expires: clock::now() + Duration::seconds(seconds),
            refresh: wire.refresh_token,
            id: wire.id_token,
        })
    }

    /// Trades the token that keeps a person signed in. It is good for every resource of the tenant.
    pub(super) async fn refresh(
        &self,
        refresh: &Secret,
        scope: &str,
        challenge: Option<&Challenge>,
    ) -> Result<Granted> {
        let grant = vec![("grant_type", Secret::new("refresh_token")), ("refresh_token", refresh.clone())];
        self.token(grant, scope, challenge).await
    }
}

/// A number that some servers write as a text.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

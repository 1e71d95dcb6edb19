//! Azure Resource Manager: what does not belong to one resource provider.

mod locks;
mod permissions;
mod room;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

pub use locks::{Level, Lock};
pub use permissions::{Permission, Permissions};
pub use room::{Subnet, Usage};

use super::{
    Http, Result,
    api::{Api, address, found, lacks, nullable},
    api_version,
    http::Call,
    pages::Pages,
    sign_in::Tokens,
};
use crate::domain::{Cloud, SubscriptionId, TenantId};

/// Resource Manager, as one operator. The resource providers' calls are in `aks`, `acr` and `rbac`.
#[derive(Clone, Debug)]
pub struct ResourceManager {
    pub(crate) api: Api,
}

/// A tenant that the operator can reach.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    pub tenant_id: TenantId,
    /// Missing for many tenants in which the operator is a guest.
    pub display_name: Option<String>,
    pub default_domain: Option<String>,
    pub country_code: Option<String>,
}

/// A subscription of the token's tenant; with delegated management also one of another tenant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subscription {
    pub subscription_id: SubscriptionId,
    #[serde(default, deserialize_with = "nullable")]
    pub display_name: String,
    pub tenant_id: Option<TenantId>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled`, `Deleted`.
    #[serde(default, deserialize_with = "nullable")]
    pub state: String,
}

impl Subscription {
    /// Whether its resources can be changed.
    pub fn usable(&self) -> bool {
        !["Disabled", "Deleted"].iter().any(|state| self.state.eq_ignore_ascii_case(state))
    }
}

impl ResourceManager {
    /// Resource Manager of `cloud`.
    pub fn new(http: Http, cloud: &Cloud, tokens: Tokens) -> Self {
        Self { api: Api::new(http, tokens, cloud.resource_manager.clone(), cloud.resource_manager_scope()) }
    }

    /// Gets a token, and does nothing with it: shows whether the credential is taken.
    pub async fn sign_in(&self) -> Result<()> {
        self.api.sign_in().await
    }

    /// The address of something in Resource Manager, with its API version.
    pub(crate) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>, version: &str) -> Url {
        self.api.url(segments, &[("api-version", version)])
    }

    /// The tenants that the operator's account can reach, as far as Resource Manager knows.
    pub fn tenants(&self) -> Pages<Tenant> {
        let url = self.url(["tenants"], api_version::RESOURCES);
        Pages::new(self.api.clone(), "arm.tenants.list", "list the tenants", url)
    }

    /// The subscriptions of the token's tenant.
    pub fn subscriptions(&self) -> Pages<Subscription> {
        let url = self.url(["subscriptions"], api_version::RESOURCES);
        Pages::new(self.api.clone(), "arm.subscriptions.list", "list the subscriptions", url)
    }

    /// One subscription; `None` where it does not exist.
    pub async fn subscription(&self, id: SubscriptionId) -> Result<Option<Subscription>> {
        let url = self.url(["subscriptions", &id.to_string()], api_version::RESOURCES);
        let call = Call::get("arm.subscriptions.get", format!("read subscription {id}"), url);
        found(async { self.api.send(call).await?.json() }.await)
    }

    /// What the operator may do at a scope. Deny assignments are not in it; conditions are, where Azure knows the version
    /// that tells them.
    pub async fn permissions(&self, scope: &str) -> Result<Permissions> {
        match self.permissions_as_of(scope, api_version::AUTHORIZATION_CONDITIONS).await {
            // Some clouds are a version behind.
            Err(error) if error.status == Some(400) => self.permissions_as_of(scope, api_version::AUTHORIZATION).await,
            answer => answer,
        }
    }

    async fn permissions_as_of(&self, scope: &str, version: &str) -> Result<Permissions> {
        let url = self.url([scope, "/providers/Microsoft.Authorization/permissions"], version);
        let tried = format!("read your permissions at {scope}");
        let entries = Pages::new(self.api.clone(), "arm.permissions.list", tried, url).all(2000).await?;
        Ok(Permissions::new(entries))
    }
}

/// The tenant of a subscription, asked without signing in: the refusal names it. `None` where there is no such subscription.
pub async fn subscription_tenant(http: &Http, cloud: &Cloud, subscription: SubscriptionId) -> Result<Option<TenantId>> {
    let query = [("api-version", api_version::RESOURCES)];
    let url = address(&cloud.resource_manager, ["subscriptions", &subscription.to_string()], &query);
    let tried = format!("find the tenant of subscription {subscription}");
    let call = Call::get("arm.subscriptions.tenant", tried, url).takes(&[401, 404]);
    let response = http.send(call).await?;
    if let Some(tenant) = response.header_all("www-authenticate").find_map(tenant_of_challenge) {
        return Ok(Some(tenant));
    }
    let code = response.json::<Value>().ok().and_then(|body| body["error"]["code"].as_str().map(str::to_owned));
    match code.as_deref() {
        Some("SubscriptionNotFound" | "InvalidSubscriptionId") => Ok(None),
        _ => Err(lacks(&response, "tenant of the subscription")),
    }
}

/// The tenant in the `authorization_uri` of a challenge.
fn tenant_of_challenge(header: &str) -> Option<TenantId> {
    let challenges = http_auth::parse_challenges(header).ok()?;
    let (_, uri) = challenges.into_iter().flat_map(|challenge| challenge.params).find(|(name, _)| {
        name.eq_ignore_ascii_case("authorization_uri") || name.eq_ignore_ascii_case("authorization")
    })?;
    Url::parse(&uri.to_unescaped()).ok()?.path_segments()?.find_map(|segment| segment.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_names_the_tenant() {
        let id = "72f988bf-86f1-41af-91ab-2d7cd011db47";
        let header = format!(
            r#"Bearer authorization_uri="https://login.windows.net/{id}", error="invalid_token", error_description="The authentication failed, because of missing, or bad 'Authorization' header.""#
        );
        assert_eq!(tenant_of_challenge(&header).unwrap().to_string(), id);
        for other in
            ["", "Basic realm=\"x\"", "Bearer authorization_uri=\"https://login.windows.net/common\"", "Bearer ="]
        {
            assert_eq!(tenant_of_challenge(other), None, "{other}");
        }
    }
}

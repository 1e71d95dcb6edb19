//! Registries as resources (Microsoft.ContainerRegistry). What they answer themselves is in `registry`.

use serde::Deserialize;

use super::{Result, api::nullable, api_version, arm::ResourceManager, http::Call, pages::Pages};
use crate::domain::{LoginServer, ResourceId, SubscriptionId, plan::RoleMode};

/// A registry.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
pub struct Registry {
    pub id: ResourceId,
    pub name: String,
    pub location: String,
    pub login_server: LoginServer,
    /// `Basic`, `Standard`, `Premium` or `Classic`.
    pub sku: String,
    pub provisioning_state: String,
    /// Which role grants a pull; `None` for a mode that this program does not know.
    pub mode: Option<RoleMode>,
    /// The mode in Azure's word, where it gave one.
    pub mode_word: Option<String>,
    /// Anyone can pull, so that a pull proves nothing.
    pub anonymous_pull: bool,
    pub admin_user: bool,
    pub public_network: bool,
    /// The firewall refuses whom no rule lets in.
    pub default_deny: bool,
    pub ip_rules: Vec<String>,
    pub private_endpoints: usize,
    pub data_endpoint: bool,
    /// Whether it takes tokens for Resource Manager, beside those for registries.
    pub arm_tokens_accepted: bool,
}

#[derive(Deserialize)]
struct Wire {
    id: ResourceId,
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    location: String,
    #[serde(default, deserialize_with = "nullable")]
    sku: WireSku,
    properties: WireProperties,
}

#[derive(Deserialize, Default)]
struct WireSku {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    login_server: LoginServer,
    #[serde(default, deserialize_with = "nullable")]
    provisioning_state: String,
    role_assignment_mode: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    anonymous_pull_enabled: bool,
    #[serde(default, deserialize_with = "nullable")]
    admin_user_enabled: bool,
    public_network_access: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    network_rule_set: WireRules,
    #[serde(default, deserialize_with = "nullable")]
    private_endpoint_connections: Vec<serde_json::Value>,
    #[serde(default, deserialize_with = "nullable")]
    data_endpoint_enabled: bool,
    #[serde(default, deserialize_with = "nullable")]
    policies: WirePolicies,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireRules {
    default_action: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    ip_rules: Vec<WireIpRule>,
}

#[derive(Deserialize)]
struct WireIpRule {
    #[serde(default, deserialize_with = "nullable")]
    value: String,
}

#[derive(Deserialize, Default)]
struct WirePolicies {
    #[serde(rename = "azureADAuthenticationAsArmPolicy", default, deserialize_with = "nullable")]
    arm_tokens: WirePolicy,
}

#[derive(Deserialize, Default)]
struct WirePolicy {
    status: Option<String>,
}

impl From<Wire> for Registry {
    fn from(Wire { id, name, location, sku, properties }: Wire) -> Self {
        let is = |word: Option<&str>, value: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(value));
        let word = properties.role_assignment_mode.filter(|word| !word.is_empty());
        let mode = match word.as_deref() {
            None => Some(RoleMode::Legacy),
            word if is(word, "LegacyRegistryPermissions") => Some(RoleMode::Legacy),
            word if is(word, "AbacRepositoryPermissions") => Some(RoleMode::Abac),
            Some(_) => None,
        };
        Self {
            id,
            name,
            location,
            login_server: properties.login_server,
            sku: sku.name,
            provisioning_state: properties.provisioning_state,
            mode,
            mode_word: word,
            anonymous_pull: properties.anonymous_pull_enabled,
            admin_user: properties.admin_user_enabled,
            public_network: !is(properties.public_network_access.as_deref(), "Disabled"),
            default_deny: is(properties.network_rule_set.default_action.as_deref(), "Deny"),
            ip_rules: properties.network_rule_set.ip_rules.into_iter().map(|rule| rule.value).collect(),
            private_endpoints: properties.private_endpoint_connections.len(),
            data_endpoint: properties.data_endpoint_enabled,
            arm_tokens_accepted: !is(properties.policies.arm_tokens.status.as_deref(), "disabled"),
        }
    }
}

impl ResourceManager {
    /// One registry. An error with [`super::Error::not_found`] where it is gone.
    pub async fn registry(&self, id: &ResourceId) -> Result<Registry> {
        let url = self.url([id.as_str()], api_version::CONTAINER_REGISTRY);
        let call = Call::get("acr.registries.get", format!("read registry {}", id.name()), url);
        self.api.send(call).await?.json()
    }

    /// The registries of a subscription.
    pub fn registries(&self, subscription: SubscriptionId) -> Pages<Registry> {
        let subscription = subscription.to_string();
        let segments = ["subscriptions", &subscription, "/providers/Microsoft.ContainerRegistry/registries"];
        let url = self.url(segments, api_version::CONTAINER_REGISTRY);
        let tried = format!("list the registries of subscription {subscription}");
        Pages::new(self.api.clone(), "acr.registries.list", tried, url)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn registry(properties: &Value) -> Registry {
        serde_json::from_value(json!({
            "id": "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages",
            "name": "fabrikamimages", "location": "westeurope", "sku": {"name": "Premium"}, "properties": properties,
        }))
        .unwrap()
    }

    #[test]
    fn the_mode_that_is_not_said_is_the_old_one_and_an_unknown_one_stays_unknown() {
        let mode = |word: Value| registry(&json!({"loginServer": "x.azurecr.io", "roleAssignmentMode": word})).mode;
        assert_eq!(mode(Value::Null), Some(RoleMode::Legacy));
        assert_eq!(mode(json!("LegacyRegistryPermissions")), Some(RoleMode::Legacy));
        assert_eq!(mode(json!("AbacRepositoryPermissions")), Some(RoleMode::Abac));
        assert_eq!(mode(json!("Later")), None);
    }

    #[test]
    fn absent_settings_have_azures_defaults() {
        let plain = registry(&json!({"loginServer": "x.azurecr.io", "networkRuleSet": null, "policies": {}}));
        assert!(plain.public_network && plain.arm_tokens_accepted && !plain.default_deny && !plain.anonymous_pull);
        let closed = registry(&json!({
            "loginServer": "x.azurecr.io", "publicNetworkAccess": "Disabled",
            "networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"action": "Allow", "value": "203.0.113.0/24"}]},
            "policies": {"azureADAuthenticationAsArmPolicy": {"status": "disabled"}},
        }));
        assert!(!closed.public_network && !closed.arm_tokens_accepted && closed.default_deny);
        assert_eq!(closed.ip_rules, ["203.0.113.0/24"]);
    }
}

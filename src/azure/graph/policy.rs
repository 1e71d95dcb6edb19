//! What a tenant allows: keys, how long they live, multitenant apps, and who may register apps.

use serde::Deserialize;
use time::OffsetDateTime;

use super::{Graph, duration};
use crate::{
    azure::{
        Result,
        api::{lenient_time, nullable},
        http::Call,
        pages::Pages,
    },
    domain::ObjectId,
};

/// Rules for apps: the tenant's for every app, or those of one app.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "Wire")]
pub struct AppManagementPolicy {
    pub enabled: bool,
    secrets: Vec<Rule>,
    multitenant: Option<Rule>,
    /// The rules for secrets on the principals of apps, which may be at home elsewhere.
    principal_secrets: Vec<Rule>,
}

/// Rules of one app's own, which stand above those of the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireAssigned")]
pub struct AssignedPolicy(AppManagementPolicy);

impl AssignedPolicy {
    /// The rules.
    pub fn rules(self) -> AppManagementPolicy {
        self.0
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    kind: String,
    enabled: bool,
    max_lifetime: Option<time::Duration>,
    /// The rule spares apps that are older.
    created_after: Option<OffsetDateTime>,
}

impl Rule {
    fn holds(&self, created: OffsetDateTime) -> bool {
        self.enabled && self.created_after.is_none_or(|after| created > after)
    }
}

impl AppManagementPolicy {
    fn holding(&self, kind: &str, created: OffsetDateTime) -> impl Iterator<Item = &Rule> {
        let enabled = self.enabled;
        self.secrets.iter().filter(move |rule| enabled && rule.kind.eq_ignore_ascii_case(kind) && rule.holds(created))
    }

    /// Whether an app made at `created` may have secrets at all.
    pub fn secrets_allowed(&self, created: OffsetDateTime) -> bool {
        self.holding("passwordAddition", created).next().is_none()
    }

    /// Whether the principal of an app may have secrets of its own. The app's own secrets are another matter.
    pub fn principal_secrets_allowed(&self, created: OffsetDateTime) -> bool {
        let forbids = |rule: &Rule| rule.kind.eq_ignore_ascii_case("passwordAddition") && rule.holds(created);
        !(self.enabled && self.principal_secrets.iter().any(forbids))
    }

    /// How long a secret of an app made at `created` may live; `None` where no rule says.
    pub fn max_secret_lifetime(&self, created: OffsetDateTime) -> Option<time::Duration> {
        self.holding("passwordLifetime", created).filter_map(|rule| rule.max_lifetime).min()
    }

    /// The same in whole days.
    pub fn max_secret_days(&self, created: OffsetDateTime) -> Option<u32> {
        self.max_secret_lifetime(created).map(|lifetime| u32::try_from(lifetime.whole_days()).unwrap_or(0))
    }

    /// Whether an app made at `created` may be opened to other tenants; `None` where the policy does not speak of it.
    pub fn multitenant_allowed(&self, created: OffsetDateTime) -> Option<bool> {
        self.multitenant.as_ref().map(|rule| !(self.enabled && rule.holds(created)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "nullable")]
    is_enabled: bool,
    #[serde(default, deserialize_with = "nullable")]
    application_restrictions: WireRestrictions,
    #[serde(default, deserialize_with = "nullable")]
    service_principal_restrictions: WireRestrictions,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAssigned {
    #[serde(default, deserialize_with = "nullable")]
    is_enabled: bool,
    #[serde(default, deserialize_with = "nullable")]
    restrictions: WireAssignedRestrictions,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireAssignedRestrictions {
    #[serde(default, deserialize_with = "nullable")]
    password_credentials: Vec<WireRule>,
    #[serde(default, deserialize_with = "nullable")]
    application_restrictions: WireRestrictions,
}

impl From<WireAssigned> for AssignedPolicy {
    fn from(wire: WireAssigned) -> Self {
        Self(AppManagementPolicy {
            enabled: wire.is_enabled,
            secrets: wire.restrictions.password_credentials.into_iter().map(Rule::from).collect(),
            multitenant: wire.restrictions.application_restrictions.audiences.multiple.map(Rule::from),
            principal_secrets: Vec::new(),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireRestrictions {
    #[serde(default, deserialize_with = "nullable")]
    password_credentials: Vec<WireRule>,
    #[serde(default, deserialize_with = "nullable")]
    audiences: WireAudiences,
}

#[derive(Deserialize, Default)]
struct WireAudiences {
    #[serde(rename = "azureAdMultipleOrgs")]
    multiple: Option<WireRule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireRule {
    restriction_type: Option<String>,
    state: Option<String>,
    max_lifetime: Option<String>,
    #[serde(default, deserialize_with = "lenient_time")]
    restrict_for_apps_created_after_date_time: Option<OffsetDateTime>,
}

impl From<WireRule> for Rule {
    fn from(wire: WireRule) -> Self {
        Self {
            kind: wire.restriction_type.unwrap_or_default(),
            // In the policy's first form a rule had no state, and held by being there.
            enabled: wire.state.is_none_or(|state| state.eq_ignore_ascii_case("enabled")),
            max_lifetime: wire.max_lifetime.as_deref().and_then(duration::parse),
            created_after: wire.restrict_for_apps_created_after_date_time,
        }
    }
}

impl From<Wire> for AppManagementPolicy {
    fn from(wire: Wire) -> Self {
        let restrictions = wire.application_restrictions;
        Self {
            enabled: wire.is_enabled,
            secrets: restrictions.password_credentials.into_iter().map(Rule::from).collect(),
            multitenant: restrictions.audiences.multiple.map(Rule::from),
            principal_secrets: wire
                .service_principal_restrictions
                .password_credentials
                .into_iter()
                .map(Rule::from)
                .collect(),
        }
    }
}

/// What users may do without a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthorizationPolicy {
    /// Whether anyone may register apps.
    pub allowed_to_create_apps: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAuthorization {
    #[serde(default, deserialize_with = "nullable")]
    default_user_role_permissions: WirePermissions,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WirePermissions {
    allowed_to_create_apps: Option<bool>,
}

impl Graph {
    /// The tenant's rules for apps. Few may read them: a refusal says nothing about the rules.
    pub async fn default_app_management_policy(&self) -> Result<AppManagementPolicy> {
        let url = self.url(["policies", "defaultAppManagementPolicy"], &[]);
        let tried = "read the tenant's rules for app registrations";
        self.api.send(Call::get("graph.policies.defaultAppManagementPolicy", tried, url)).await?.json()
    }

    /// The rules of an app's own; at most one set of them.
    pub fn policies_of_application(&self, id: ObjectId) -> Pages<AssignedPolicy> {
        let url = self.url(["applications", &id.to_string(), "appManagementPolicies"], &[]);
        Pages::new(self.api.clone(), "graph.applications.policies", "read the rules for this app registration", url)
    }

    /// What users of the tenant may do.
    pub async fn authorization_policy(&self) -> Result<AuthorizationPolicy> {
        let url = self.url(["policies", "authorizationPolicy"], &[]);
        let call = Call::get("graph.policies.authorizationPolicy", "read what users of the tenant may do", url);
        let wire: WireAuthorization = self.api.send(call).await?.json()?;
        Ok(AuthorizationPolicy { allowed_to_create_apps: wire.default_user_role_permissions.allowed_to_create_apps })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::macros::datetime;

    use super::*;

    const NEW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);
    const OLD: OffsetDateTime = datetime!(2020-01-01 00:00 UTC);

    fn policy(enabled: bool, rules: &Value) -> AppManagementPolicy {
        serde_json::from_value(json!({
            "isEnabled": enabled,
            "applicationRestrictions": {"passwordCredentials": rules, "audiences": null},
        }))
        .unwrap()
    }

    #[test]
    fn rules_hold_for_apps_made_after_their_date() {
        let rules = json!([
            {"restrictionType": "passwordAddition", "state": "disabled", "maxLifetime": null},
            {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P90D", "restrictForAppsCreatedAfterDateTime": "2021-01-01T00:00:00Z"},
            {"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P180D"},
        ]);
        let rules = policy(true, &rules);
        assert!(rules.secrets_allowed(NEW));
        assert_eq!((rules.max_secret_days(NEW), rules.max_secret_days(OLD)), (Some(90), Some(180)));
        assert_eq!(rules.multitenant_allowed(NEW), None);
    }

    #[test]
    fn a_policy_that_is_off_forbids_nothing() {
        let rules = json!([{"restrictionType": "passwordAddition", "state": "enabled"}]);
        assert!(!policy(true, &rules).secrets_allowed(NEW));
        assert!(policy(false, &rules).secrets_allowed(NEW));
        let bare: AppManagementPolicy =
            serde_json::from_value(json!({"isEnabled": true, "applicationRestrictions": null})).unwrap();
        assert!(bare.secrets_allowed(NEW));
    }

    #[test]
    fn an_apps_own_rules_are_read_in_their_own_form() {
        let own: AssignedPolicy = serde_json::from_value(json!({
            "id": "x", "isEnabled": true,
            "restrictions": {
                "passwordCredentials": [{"restrictionType": "passwordLifetime", "state": "enabled", "maxLifetime": "P30D"}],
                "applicationRestrictions": {"audiences": {"azureAdMultipleOrgs": {"state": "enabled"}}},
            },
        }))
        .unwrap();
        let rules = own.rules();
        assert_eq!((rules.max_secret_days(NEW), rules.multitenant_allowed(NEW)), (Some(30), Some(false)));
        let bare: AssignedPolicy = serde_json::from_value(json!({"isEnabled": true})).unwrap();
        assert!(bare.rules().secrets_allowed(NEW));
    }

    #[test]
    fn rules_for_principals_do_not_touch_the_apps_own_secrets() {
        let rules: AppManagementPolicy = serde_json::from_value(json!({
            "isEnabled": true,
            "servicePrincipalRestrictions": {"passwordCredentials": [{"restrictionType": "passwordAddition", "state": "enabled"}]},
        }))
        .unwrap();
        assert!(rules.secrets_allowed(NEW) && !rules.principal_secrets_allowed(NEW));
    }

    #[test]
    fn multitenant_apps_can_be_forbidden() {
        let rules: AppManagementPolicy = serde_json::from_value(json!({
            "isEnabled": true,
            "applicationRestrictions": {"audiences": {"azureAdMultipleOrgs": {"state": "enabled", "restrictForAppsCreatedAfterDateTime": "2021-01-01T00:00:00Z"}}},
        }))
        .unwrap();
        assert_eq!((rules.multitenant_allowed(NEW), rules.multitenant_allowed(OLD)), (Some(false), Some(true)));
    }
}

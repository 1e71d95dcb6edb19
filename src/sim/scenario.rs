//! Scenarios: data from which a world is built, embedded or from a file.

mod build;
mod estate;
mod guests;

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use toml::{Table, Value};

pub(in crate::sim) use build::random_secret;

use super::{
    SimError,
    directory::{AppRole, DirectoryRole, EXCHANGE_AUDIENCE, FederatedCredential, Issuer, SignInPolicy},
    faults::{Action, Rule, StatusFault},
    world::ResetFate,
};
use crate::domain::{AppId, SubscriptionId, TenantId};

/// The embedded scenarios: name and text.
const EMBEDDED: &[(&str, &str)] = &[
    ("default", include_str!("../../assets/scenarios/default.toml")),
    ("policy-no-secrets", include_str!("../../assets/scenarios/policy-no-secrets.toml")),
    ("policy-lifetime", include_str!("../../assets/scenarios/policy-lifetime.toml")),
    ("throttled", include_str!("../../assets/scenarios/throttled.toml")),
    ("reset-fails", include_str!("../../assets/scenarios/reset-fails.toml")),
    ("slow", include_str!("../../assets/scenarios/slow.toml")),
    ("big", include_str!("../../assets/scenarios/big.toml")),
    ("handed-over", include_str!("../../assets/scenarios/handed-over.toml")),
    ("managed-identity", include_str!("../../assets/scenarios/managed-identity.toml")),
    ("firewall", include_str!("../../assets/scenarios/firewall.toml")),
    ("stops", include_str!("../../assets/scenarios/stops.toml")),
    ("policy-no-apps", include_str!("../../assets/scenarios/policy-no-apps.toml")),
    ("short-of-room", include_str!("../../assets/scenarios/short-of-room.toml")),
];

/// The scenarios that the demo offers, in its order.
const DEMOS: &[&str] =
    &["default", "handed-over", "managed-identity", "policy-no-secrets", "firewall", "throttled", "reset-fails"];

/// What a demo in this scenario suggests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoSpec {
    /// In a few words.
    pub title: String,
    /// What one learns from it.
    pub about: String,
    /// The company that owns the cluster, by its domain; it is asked for first.
    pub cluster_tenant: String,
    /// The company that owns the registry.
    pub registry_tenant: String,
    /// The cluster's name.
    pub cluster: String,
    /// The registry's name.
    pub registry: String,
    /// An image that is there.
    pub image: String,
    /// Nobody signs in to the registry's tenant.
    #[serde(default)]
    pub handed_over: bool,
}

/// A scenario, parsed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line for people.
    pub about: String,
    /// What the demo suggests in it.
    #[serde(default)]
    pub demo: Option<DemoSpec>,
    /// The scenario that this one changes; its tables are merged, its lists get longer.
    #[serde(default, rename = "extends")]
    _extends: Option<String>,
    timing: TimingSpec,
    #[serde(default = "hundred")]
    page_size: usize,
    /// How long an access token lives, in seconds; the speed does not touch it.
    #[serde(default = "an_hour")]
    token_life: u32,
    #[serde(default)]
    policies: BTreeMap<String, PolicySpec>,
    #[serde(default)]
    reset_fate: Option<ResetFate>,
    #[serde(default)]
    bulk: BulkSpec,
    tenants: Vec<TenantSpec>,
    #[serde(default)]
    subscriptions: Vec<SubscriptionSpec>,
    #[serde(default)]
    people: Vec<PersonSpec>,
    #[serde(default)]
    public_clients: Vec<PublicClientSpec>,
    #[serde(default)]
    machine: Option<MachineSpec>,
    #[serde(default)]
    clusters: Vec<ClusterSpec>,
    #[serde(default)]
    registries: Vec<RegistrySpec>,
    #[serde(default)]
    locks: Vec<LockSpec>,
    #[serde(default)]
    room: RoomSpec,
    #[serde(default)]
    faults: Vec<Rule>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockSpec {
    scope: String,
    name: String,
    /// `CanNotDelete` or `ReadOnly`.
    level: String,
}

/// Room for further nodes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RoomSpec {
    cores_used: i64,
    cores_limit: i64,
    subnet_prefix: String,
}

impl Default for RoomSpec {
    fn default() -> Self {
        Self { cores_used: 52, cores_limit: 100, subnet_prefix: "10.224.0.0/16".to_owned() }
    }
}

/// Delays in seconds, before the speed divides them.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimingSpec {
    graph_lag: f64,
    #[serde(default)]
    flapping: bool,
    arm_principal_lag: f64,
    key_lag: f64,
    role_lag: f64,
    token_lag: f64,
    per_node: f64,
    retry_after: u32,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the portal too")]
struct PolicySpec {
    users_may_not_register_apps: bool,
    secrets_forbidden: bool,
    secret_max_days: Option<u32>,
    principal_secrets_forbidden: bool,
    multitenant_forbidden: bool,
    users_may_not_consent: bool,
    hidden: bool,
    sign_in: SignInPolicy,
}

/// Long lists, for what has to stay quick with thousands of rows.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BulkSpec {
    subscriptions: usize,
    clusters: usize,
    registries: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TenantSpec {
    id: TenantId,
    name: String,
    domain: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubscriptionSpec {
    id: SubscriptionId,
    name: String,
    /// A domain.
    tenant: String,
}

/// A person, and a service principal with the same rights for programs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonSpec {
    /// The part before the @.
    user: String,
    name: String,
    /// A domain: where the person is at home.
    tenant: String,
    client_id: AppId,
    #[serde(default)]
    directory_roles: Vec<DirectoryRole>,
    /// Of the service principal alone.
    #[serde(default)]
    app_roles: Vec<AppRole>,
    #[serde(default)]
    roles: Vec<RoleSpec>,
    /// Where else the person is, as a guest.
    #[serde(default)]
    guest_in: Vec<GuestSpec>,
    /// With which the service principal may sign, in PEM.
    #[serde(default)]
    certificates: Vec<String>,
    /// Whose word counts for the service principal.
    #[serde(default)]
    federated: Vec<FederatedSpec>,
}

/// A person's other self, in a tenant that is not home.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct GuestSpec {
    /// A domain.
    tenant: String,
    #[serde(default)]
    directory_roles: Vec<DirectoryRole>,
    #[serde(default)]
    roles: Vec<RoleSpec>,
}

/// A program's own client: registered, public, with a loopback redirect.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicClientSpec {
    client_id: AppId,
    name: String,
    /// A domain: where it is registered.
    tenant: String,
    /// Domains: where an administrator consented to it.
    consented_in: Vec<String>,
}

/// A machine of the simulator's with managed identities.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct MachineSpec {
    /// A domain.
    tenant: String,
    #[serde(default)]
    system_assigned: Option<IdentitySpec>,
    #[serde(default)]
    user_assigned: Vec<IdentitySpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentitySpec {
    client_id: AppId,
    name: String,
    /// The identity's resource, where it is one of its own; the machine's otherwise.
    resource_id: String,
    #[serde(default)]
    directory_roles: Vec<DirectoryRole>,
    #[serde(default)]
    roles: Vec<RoleSpec>,
}

/// A federated identity credential, of a cluster's issuer or of another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::sim) struct FederatedSpec {
    #[serde(default)]
    cluster: Option<String>,
    #[serde(default)]
    issuer: Option<String>,
    subject: String,
    #[serde(default)]
    audience: Option<String>,
}

impl FederatedSpec {
    /// The credential, if it names its issuer.
    pub(in crate::sim) fn credential(&self) -> Option<FederatedCredential> {
        let cluster = self.cluster.clone().map(Issuer::Cluster);
        Some(FederatedCredential {
            issuer: cluster.or_else(|| self.issuer.clone().map(Issuer::Url))?,
            subject: self.subject.clone(),
            audience: self.audience.clone().unwrap_or_else(|| EXCHANGE_AUDIENCE.to_owned()),
        })
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleSpec {
    /// A built-in role's name, or its id.
    role: String,
    scope: String,
    #[serde(default)]
    condition: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterSpec {
    name: String,
    group: String,
    subscription: SubscriptionId,
    location: String,
    /// The application whose credential the nodes hold; none for a managed identity.
    app: Option<ClusterAppSpec>,
    pools: Vec<PoolSpec>,
    #[serde(default = "succeeded")]
    provisioning_state: String,
    #[serde(default = "running")]
    power_state: String,
    egress_ip: String,
    #[serde(default)]
    azure_rbac_aad: bool,
    #[serde(default)]
    run_command_disabled: bool,
    #[serde(default)]
    subnet_id: Option<String>,
    #[serde(default)]
    outbound_ip_ids: Vec<String>,
    #[serde(default)]
    disk_encryption_set_id: Option<String>,
    #[serde(default)]
    private_dns_zone_id: Option<String>,
    #[serde(default)]
    maintenance: BTreeMap<String, serde_json::Value>,
    /// Further members of `properties`.
    #[serde(default)]
    extra: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClusterAppSpec {
    client_id: AppId,
    name: String,
    #[serde(default)]
    multitenant: bool,
    /// Its principal was deleted at home.
    #[serde(default)]
    principal_gone: bool,
    /// People's user names: they own the registration.
    #[serde(default)]
    owners: Vec<String>,
    /// Beside Contributor on the node resource group.
    #[serde(default)]
    roles: Vec<RoleSpec>,
    /// Further tenants where the application has a principal.
    #[serde(default)]
    presences: Vec<PresenceSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PresenceSpec {
    /// A domain.
    tenant: String,
    #[serde(default)]
    roles: Vec<RoleSpec>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolSpec {
    name: String,
    mode: String,
    nodes: usize,
    #[serde(default = "linux")]
    os_type: String,
    #[serde(default = "scale_sets")]
    pool_type: String,
    #[serde(default = "succeeded")]
    provisioning_state: String,
    #[serde(default = "running")]
    power_state: String,
    #[serde(default)]
    subnet_id: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistrySpec {
    name: String,
    group: String,
    subscription: SubscriptionId,
    location: String,
    #[serde(default = "premium")]
    sku: String,
    /// `AbacRepositoryPermissions` or `LegacyRegistryPermissions`.
    mode: String,
    #[serde(default = "enabled")]
    public_network_access: String,
    #[serde(default = "allow")]
    default_action: String,
    #[serde(default)]
    ip_rules: Vec<String>,
    #[serde(default)]
    anonymous_pull: bool,
    #[serde(default = "succeeded")]
    provisioning_state: String,
    #[serde(default)]
    private_endpoints: usize,
    #[serde(default)]
    arm_tokens_refused: bool,
    /// Repository and its tags.
    repositories: BTreeMap<String, Vec<String>>,
}

impl Scenario {
    /// The names of the embedded scenarios.
    pub fn names() -> impl Iterator<Item = &'static str> {
        EMBEDDED.iter().map(|(name, _)| *name)
    }

    /// The scenarios that the demo offers, with what it suggests in each.
    pub fn demos() -> Vec<(&'static str, DemoSpec)> {
        DEMOS.iter().filter_map(|name| Some((*name, Self::load(name).ok()?.demo?))).collect()
    }

    /// An embedded scenario by name, or one from a file.
    pub fn load(name_or_file: &str) -> Result<Self, SimError> {
        let table = if let Some(text) = embedded(name_or_file) {
            merged(text)?
        } else {
            let text = std::fs::read_to_string(Path::new(name_or_file)).map_err(|error| {
                let names = Self::names().collect::<Vec<_>>().join(", ");
                SimError::Scenario(format!("{name_or_file} is no scenario ({names}) and no readable file: {error}"))
            })?;
            merged(&text)?
        };
        Value::Table(table).try_into().map_err(|error| SimError::Scenario(format!("{error}")))
    }

    /// The fault rules that are set from the start; their waits run as fast as everything else.
    pub(super) fn faults(&self, speed: f64) -> Vec<Rule> {
        let mut rules = self.faults.clone();
        for rule in &mut rules {
            if let Action::Status(StatusFault { retry_after: Some(wait), .. }) = &mut rule.action
                && let Ok(seconds) = wait.parse::<f64>()
            {
                *wait = format!("{:.0}", seconds / speed.max(0.001));
            }
        }
        rules
    }
}

fn embedded(name: &str) -> Option<&'static str> {
    EMBEDDED.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// A scenario's text with the one that it extends beneath it.
fn merged(text: &str) -> Result<Table, SimError> {
    let table: Table = toml::from_str(text).map_err(|error| SimError::Scenario(error.to_string()))?;
    let Some(base) = table.get("extends").and_then(Value::as_str) else { return Ok(table) };
    let base = embedded(base).ok_or_else(|| SimError::Scenario(format!("it extends {base}, which is not embedded")))?;
    let mut whole = merged(base)?;
    lay_over(&mut whole, table);
    Ok(whole)
}

fn lay_over(beneath: &mut Table, above: Table) {
    for (key, value) in above {
        match (beneath.get_mut(&key), value) {
            (Some(Value::Table(beneath)), Value::Table(above)) => lay_over(beneath, above),
            (Some(Value::Array(beneath)), Value::Array(above)) => beneath.extend(above),
            (_, value) => {
                beneath.insert(key, value);
            }
        }
    }
}

fn an_hour() -> u32 {
    3599
}

fn hundred() -> usize {
    100
}

fn succeeded() -> String {
    "Succeeded".into()
}

fn running() -> String {
    "Running".into()
}

fn linux() -> String {
    "Linux".into()
}

fn scale_sets() -> String {
    "VirtualMachineScaleSets".into()
}

fn premium() -> String {
    "Premium".into()
}

fn enabled() -> String {
    "Enabled".into()
}

fn allow() -> String {
    "Allow".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_scenario_builds_a_world() {
        for name in Scenario::names() {
            let scenario = Scenario::load(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            let (world, operators) = scenario.build(1.0).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(world.tenants.len() >= 3 && operators.len() >= 7, "{name}");
        }
    }

    #[test]
    fn every_demo_is_told_and_finds_what_it_suggests() {
        assert_eq!(Scenario::demos().len(), DEMOS.len());
        let mut titles = std::collections::BTreeSet::new();
        for (name, demo) in Scenario::demos() {
            assert!(titles.insert(demo.title.clone()), "{name} has another one's title");
            let (world, _) = Scenario::load(name).unwrap().build(1.0).unwrap();
            assert!(world.clusters.iter().any(|cluster| cluster.name == demo.cluster), "{name}");
            assert!(world.registries.iter().any(|registry| registry.name == demo.registry), "{name}");
            for domain in [demo.cluster_tenant, demo.registry_tenant] {
                assert!(world.tenants.iter().any(|tenant| tenant.domain == domain), "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = Scenario::load("defualt").unwrap_err().to_string();
        assert!(error.contains("policy-no-secrets"), "{error}");
    }

    #[test]
    fn nodes_hold_a_secret_that_their_app_has() {
        let (world, _) = Scenario::load("default").unwrap().build(1.0).unwrap();
        let shop = world.clusters.iter().find(|cluster| cluster.name == "shop-prod").unwrap();
        let (_, app) = world.application(shop.client_id.unwrap()).unwrap();
        let mut nodes = shop.pools.iter().flat_map(|pool| &pool.nodes);
        assert!(nodes.all(|node| node.client_id == app.app_id && node.secret == app.passwords[0].text));
    }
}

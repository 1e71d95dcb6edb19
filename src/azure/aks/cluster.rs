//! A cluster and its pools, as far as a setup needs them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    azure::api::nullable,
    domain::{AppId, ObjectId, ResourceId},
};

/// Whose rights a cluster acts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterClient {
    /// A managed identity: it cannot be given an app any more.
    ManagedIdentity,
    /// An app with a key.
    ServicePrincipal(AppId),
    /// Neither was said.
    Unknown,
}

impl ClusterClient {
    /// The app, where there is one.
    pub fn app(self) -> Option<AppId> {
        match self {
            Self::ServicePrincipal(app) => Some(app),
            _ => None,
        }
    }
}

/// A cluster.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Wire")]
pub struct Cluster {
    pub id: ResourceId,
    pub name: String,
    pub location: String,
    pub provisioning_state: String,
    /// `Running` or `Stopped`.
    pub power: Option<String>,
    pub client: ClusterClient,
    pub identity_type: Option<String>,
    pub kubelet_object_id: Option<ObjectId>,
    pub node_resource_group: String,
    pub pools: Vec<AgentPool>,
    pub kubernetes_version: Option<String>,
    pub disable_run_command: bool,
    pub private: bool,
    /// Users sign in to it with Entra, so that a command needs a cluster token.
    pub aad_managed: bool,
    pub disable_local_accounts: bool,
    /// Add-ons and whether each is on.
    pub addons: Vec<(String, bool)>,
    pub disk_encryption_set: Option<String>,
    /// Resource ids of public addresses that belong to whoever made the cluster.
    pub outbound_ips: Vec<String>,
    /// Subnet of the API server, where it is in a network of the owner's.
    pub api_server_subnet: Option<String>,
    /// Resource id of a private DNS zone of the owner's.
    pub private_dns_zone: Option<String>,
    /// `nodeDisruptionPolicy`: `Block` and `AllowDuringMaintenanceWindow` hold a reset back.
    pub disruption_policy: Option<String>,
}

impl Cluster {
    /// Another operation runs on it or on one of its pools.
    pub fn busy(&self) -> bool {
        let settled =
            |state: &str| ["Succeeded", "Failed", "Canceled", ""].iter().any(|s| s.eq_ignore_ascii_case(state));
        !settled(&self.provisioning_state) || self.pools.iter().any(|pool| !settled(&pool.provisioning_state))
    }

    /// It has been stopped.
    pub fn stopped(&self) -> bool {
        self.power.as_deref().is_some_and(|power| power.eq_ignore_ascii_case("Stopped"))
    }

    /// A node disruption policy holds the replacement of nodes back.
    pub fn disruption_policy_blocks(&self) -> bool {
        self.disruption_policy.as_deref().is_some_and(|policy| !policy.eq_ignore_ascii_case("Allow"))
    }

    /// What it uses that belongs to its owner: its identity may have been given rights there by name.
    pub fn used_resources(&self) -> Vec<String> {
        let pools = self.pools.iter().flat_map(|pool| [pool.subnet.clone(), pool.pod_subnet.clone()]);
        let single = [self.disk_encryption_set.clone(), self.api_server_subnet.clone(), self.private_dns_zone.clone()];
        let mut ids: Vec<String> = pools
            .chain(single)
            .flatten()
            .chain(self.outbound_ips.iter().cloned())
            .filter(|id| id.starts_with('/'))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Its last operation failed.
    pub fn failed(&self) -> bool {
        self.provisioning_state.eq_ignore_ascii_case("Failed")
    }

    /// It and all its pools are as they should be.
    pub fn succeeded(&self) -> bool {
        let succeeded = |state: &str| state.eq_ignore_ascii_case("Succeeded");
        succeeded(&self.provisioning_state) && self.pools.iter().all(|pool| succeeded(&pool.provisioning_state))
    }
}

/// A node pool.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WirePool")]
pub struct AgentPool {
    pub name: String,
    /// `System`, `User` or `Gateway`.
    pub mode: String,
    pub count: u32,
    pub min_count: Option<u32>,
    pub max_count: Option<u32>,
    pub autoscaling: bool,
    /// `Linux` or `Windows`.
    pub os_type: String,
    /// `VirtualMachineScaleSets`, `AvailabilitySet` or `VirtualMachines`.
    pub pool_type: String,
    pub provisioning_state: String,
    /// `Running` or `Stopped`.
    pub power: Option<String>,
    pub node_image: Option<String>,
    pub subnet: Option<String>,
    pub pod_subnet: Option<String>,
    pub vm_size: String,
    pub max_surge: Option<String>,
    pub max_pods: Option<u32>,
}

impl AgentPool {
    /// It has not been stopped.
    pub fn running(&self) -> bool {
        !self.power.as_deref().is_some_and(|power| power.eq_ignore_ascii_case("Stopped"))
    }
}

#[derive(Deserialize)]
struct Wire {
    id: ResourceId,
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    location: String,
    #[serde(default, deserialize_with = "nullable")]
    identity: WireIdentity,
    #[serde(default, deserialize_with = "nullable")]
    properties: WireProperties,
}

#[derive(Deserialize, Default)]
struct WireIdentity {
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    #[serde(default, deserialize_with = "nullable")]
    provisioning_state: String,
    #[serde(default, deserialize_with = "nullable")]
    power_state: WirePower,
    #[serde(default, deserialize_with = "nullable")]
    service_principal_profile: WireServicePrincipal,
    #[serde(default, deserialize_with = "nullable")]
    identity_profile: BTreeMap<String, Option<WireUserIdentity>>,
    #[serde(default, deserialize_with = "nullable")]
    node_resource_group: String,
    #[serde(default, deserialize_with = "nullable")]
    agent_pool_profiles: Vec<AgentPool>,
    current_kubernetes_version: Option<String>,
    kubernetes_version: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    api_server_access_profile: WireApiServer,
    #[serde(default, deserialize_with = "nullable")]
    aad_profile: WireAad,
    #[serde(default, deserialize_with = "nullable")]
    disable_local_accounts: bool,
    #[serde(default, deserialize_with = "nullable")]
    addon_profiles: BTreeMap<String, Option<WireAddon>>,
    #[serde(rename = "diskEncryptionSetID")]
    disk_encryption_set: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    network_profile: WireNetwork,
    #[serde(default, deserialize_with = "nullable")]
    node_disruption_profile: WireDisruption,
}

#[derive(Deserialize, Default)]
struct WirePower {
    code: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireServicePrincipal {
    client_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUserIdentity {
    object_id: Option<ObjectId>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireApiServer {
    #[serde(default, deserialize_with = "nullable")]
    enable_private_cluster: bool,
    #[serde(default, deserialize_with = "nullable")]
    disable_run_command: bool,
    subnet_id: Option<String>,
    #[serde(rename = "privateDNSZone")]
    private_dns_zone: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireDisruption {
    node_disruption_policy: Option<String>,
}

#[derive(Deserialize, Default)]
struct WireAad {
    #[serde(default, deserialize_with = "nullable")]
    managed: bool,
}

#[derive(Deserialize)]
struct WireAddon {
    #[serde(default, deserialize_with = "nullable")]
    enabled: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireNetwork {
    #[serde(default, deserialize_with = "nullable")]
    load_balancer_profile: WireLoadBalancer,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireLoadBalancer {
    #[serde(rename = "outboundIPs", default, deserialize_with = "nullable")]
    outbound_ips: WireAddresses,
    #[serde(rename = "outboundIPPrefixes", default, deserialize_with = "nullable")]
    outbound_prefixes: WireAddresses,
}

#[derive(Deserialize, Default)]
struct WireAddresses {
    #[serde(rename = "publicIPs", alias = "publicIPPrefixes", default, deserialize_with = "nullable")]
    list: Vec<WireReference>,
}

#[derive(Deserialize)]
struct WireReference {
    id: Option<String>,
}

impl From<Wire> for Cluster {
    fn from(wire: Wire) -> Self {
        let Wire { id, name, location, identity, properties } = wire;
        let client = match properties.service_principal_profile.client_id.as_deref() {
            Some(word) if word.eq_ignore_ascii_case("msi") => ClusterClient::ManagedIdentity,
            Some(text) => text.parse().map_or(ClusterClient::Unknown, ClusterClient::ServicePrincipal),
            // Without a profile an identity is all that is left; without both nothing is known.
            None if identity.kind.as_deref().is_some_and(|kind| !kind.eq_ignore_ascii_case("None")) => {
                ClusterClient::ManagedIdentity
            }
            None => ClusterClient::Unknown,
        };
        let load_balancer = properties.network_profile.load_balancer_profile;
        let addresses = load_balancer.outbound_ips.list.into_iter().chain(load_balancer.outbound_prefixes.list);
        Self {
            id,
            name,
            location,
            provisioning_state: properties.provisioning_state,
            power: properties.power_state.code,
            client,
            identity_type: identity.kind,
            kubelet_object_id: properties
                .identity_profile
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("kubeletidentity"))
                .and_then(|(_, identity)| identity?.object_id),
            node_resource_group: properties.node_resource_group,
            pools: properties.agent_pool_profiles,
            kubernetes_version: properties.current_kubernetes_version.or(properties.kubernetes_version),
            disable_run_command: properties.api_server_access_profile.disable_run_command,
            private: properties.api_server_access_profile.enable_private_cluster,
            aad_managed: properties.aad_profile.managed,
            disable_local_accounts: properties.disable_local_accounts,
            addons: properties
                .addon_profiles
                .into_iter()
                .map(|(name, addon)| (name, addon.is_some_and(|addon| addon.enabled)))
                .collect(),
            disk_encryption_set: properties.disk_encryption_set.filter(|id| !id.is_empty()),
            outbound_ips: addresses.filter_map(|address| address.id).collect(),
            api_server_subnet: properties.api_server_access_profile.subnet_id.filter(|id| !id.is_empty()),
            // `system` and `none` are words, not resources.
            private_dns_zone: properties.api_server_access_profile.private_dns_zone.filter(|id| id.starts_with('/')),
            disruption_policy: properties.node_disruption_profile.node_disruption_policy,
        }
    }
}

/// A pool stands flat inside its cluster, and under `properties` in a list of its own.
#[derive(Deserialize)]
struct WirePool {
    name: String,
    properties: Option<WirePoolProperties>,
    #[serde(flatten)]
    flat: WirePoolProperties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WirePoolProperties {
    mode: Option<String>,
    count: Option<u32>,
    min_count: Option<u32>,
    max_count: Option<u32>,
    enable_auto_scaling: Option<bool>,
    os_type: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    provisioning_state: Option<String>,
    power_state: Option<WirePower>,
    node_image_version: Option<String>,
    #[serde(rename = "vnetSubnetID")]
    vnet_subnet_id: Option<String>,
    #[serde(rename = "podSubnetID")]
    pod_subnet_id: Option<String>,
    vm_size: Option<String>,
    upgrade_settings: Option<WireUpgrade>,
    max_pods: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUpgrade {
    max_surge: Option<String>,
}

impl From<WirePool> for AgentPool {
    fn from(wire: WirePool) -> Self {
        let properties = wire.properties.unwrap_or(wire.flat);
        Self {
            name: wire.name,
            mode: properties.mode.unwrap_or_else(|| "User".to_owned()),
            count: properties.count.unwrap_or_default(),
            min_count: properties.min_count,
            max_count: properties.max_count,
            autoscaling: properties.enable_auto_scaling.unwrap_or_default(),
            os_type: properties.os_type.unwrap_or_else(|| "Linux".to_owned()),
            pool_type: properties.kind.unwrap_or_default(),
            provisioning_state: properties.provisioning_state.unwrap_or_default(),
            power: properties.power_state.and_then(|power| power.code),
            node_image: properties.node_image_version.filter(|image| !image.is_empty()),
            subnet: properties.vnet_subnet_id.filter(|id| !id.is_empty()),
            pod_subnet: properties.pod_subnet_id.filter(|id| !id.is_empty()),
            vm_size: properties.vm_size.unwrap_or_default(),
            max_surge: properties.upgrade_settings.and_then(|settings| settings.max_surge),
            max_pods: properties.max_pods,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn cluster(properties: Value) -> Cluster {
        serde_json::from_value(json!({
            "id": "/subscriptions/11111111-1111-4111-8111-111111111111/resourcegroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod",
            "name": "shop-prod", "location": "westeurope", "identity": null, "properties": properties,
        }))
        .unwrap()
    }

    #[test]
    fn a_cluster_with_an_app_is_told_from_one_with_an_identity() {
        let app = "99999999-9999-4999-8999-999999999999";
        let own = cluster(json!({"servicePrincipalProfile": {"clientId": app}, "identityProfile": null}));
        assert_eq!(own.client.app().unwrap().to_string(), app);
        assert_eq!(
            cluster(json!({"servicePrincipalProfile": {"clientId": "MSI"}})).client,
            ClusterClient::ManagedIdentity
        );
        assert_eq!(cluster(json!({})).client, ClusterClient::Unknown);
        assert_eq!(cluster(Value::Null).client, ClusterClient::Unknown);
    }

    #[test]
    fn states_of_pools_count() {
        let with = |state: &str| {
            cluster(json!({
                "provisioningState": "Succeeded", "powerState": {"code": "Running"},
                "agentPoolProfiles": [{"name": "web", "count": 6, "provisioningState": state, "type": "VirtualMachineScaleSets"}],
            }))
        };
        assert!(with("Succeeded").succeeded() && !with("Succeeded").busy());
        assert!(with("UpgradingNodeImageVersion").busy() && !with("Updating").succeeded());
        assert!(!with("Failed").busy() && !with("Failed").stopped());
    }

    #[test]
    fn a_pool_is_read_flat_and_wrapped() {
        let flat: AgentPool =
            serde_json::from_value(json!({"name": "web", "count": 6, "upgradeSettings": {"maxSurge": "33%"}})).unwrap();
        let wrapped: AgentPool = serde_json::from_value(json!({
            "id": "x", "name": "web", "type": "Microsoft.ContainerService/managedClusters/agentPools",
            "properties": {"count": 6, "upgradeSettings": {"maxSurge": "33%"}},
        }))
        .unwrap();
        assert_eq!(flat, wrapped);
        assert!(flat.running());
        assert_eq!(flat.pool_type, "");
    }

    #[test]
    fn addresses_and_encryption_of_the_owner_are_seen() {
        let own = cluster(json!({
            "diskEncryptionSetID": "/subscriptions/x/des",
            "networkProfile": {"loadBalancerProfile": {
                "outboundIPs": {"publicIPs": [{"id": "/ip/1"}]}, "outboundIPPrefixes": {"publicIPPrefixes": [{"id": "/prefix/1"}]},
            }},
            "addonProfiles": {"omsagent": {"enabled": true}, "azurepolicy": null},
            "apiServerAccessProfile": {"enablePrivateCluster": true, "disableRunCommand": null},
        }));
        assert_eq!(own.outbound_ips, ["/ip/1", "/prefix/1"]);
        assert_eq!(own.addons, [("azurepolicy".to_owned(), false), ("omsagent".to_owned(), true)]);
        assert!(own.private && !own.disable_run_command);
    }
}

//! Clusters and pools as Azure writes them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{AgentPool, Cluster, ClusterClient};
use crate::{
    azure::api::nullable,
    domain::{ObjectId, ResourceId},
};

#[derive(Deserialize)]
pub(super) struct Wire {
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
    #[serde(default, deserialize_with = "nullable")]
    nat_gateway_profile: WireGateway,
    outbound_type: Option<String>,
    network_plugin: Option<String>,
    network_plugin_mode: Option<String>,
}

#[derive(Deserialize, Default)]
struct WireGateway {
    #[serde(rename = "effectiveOutboundIPs", default, deserialize_with = "nullable")]
    effective: Vec<WireReference>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireLoadBalancer {
    #[serde(rename = "outboundIPs", default, deserialize_with = "nullable")]
    outbound_ips: WireAddresses,
    #[serde(rename = "outboundIPPrefixes", default, deserialize_with = "nullable")]
    outbound_prefixes: WireAddresses,
    #[serde(rename = "effectiveOutboundIPs", default, deserialize_with = "nullable")]
    effective: Vec<WireReference>,
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
        let network = properties.network_profile;
        let is = |word: Option<&str>, value: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(value));
        let load_balancer = network.load_balancer_profile;
        let effective = load_balancer.effective.into_iter().chain(network.nat_gateway_profile.effective);
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
            egress_ips: effective.filter_map(|address| address.id).collect(),
            pods_in_subnet: is(network.network_plugin.as_deref(), "azure")
                && !is(network.network_plugin_mode.as_deref(), "overlay"),
            outbound_type: network.outbound_type,
            outbound_ips: addresses.filter_map(|address| address.id).collect(),
            api_server_subnet: properties.api_server_access_profile.subnet_id.filter(|id| !id.is_empty()),
            // `system` and `none` are words, not resources.
            private_dns_zone: properties.api_server_access_profile.private_dns_zone.filter(|id| id.starts_with('/')),
        }
    }
}

/// A pool stands flat inside its cluster, and under `properties` in a list of its own.
#[derive(Deserialize)]
pub(super) struct WirePool {
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

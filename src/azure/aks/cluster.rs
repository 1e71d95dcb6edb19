//! A cluster and its pools, as far as a setup needs them.

mod wire;

use serde::Deserialize;

use self::wire::{Wire, WirePool};
use crate::domain::{AppId, ObjectId, ResourceId};

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
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
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
    /// Resource ids of the public addresses that its nodes go out by, as far as Azure keeps them.
    pub egress_ips: Vec<String>,
    /// `loadBalancer`, `userDefinedRouting`, `managedNATGateway`, `userAssignedNATGateway`, `none`, `block`.
    pub outbound_type: Option<String>,
    /// Pods have addresses of the nodes' subnet, so that a node takes many of them.
    pub pods_in_subnet: bool,
    /// Subnet of the API server, where it is in a network of the owner's.
    pub api_server_subnet: Option<String>,
    /// Resource id of a private DNS zone of the owner's.
    pub private_dns_zone: Option<String>,
}

impl Cluster {
    /// Another operation runs on it or on one of its pools.
    pub fn busy(&self) -> bool {
        self.changing() || self.pools.iter().any(AgentPool::changing)
    }

    /// Another operation runs on the cluster as a whole.
    pub fn changing(&self) -> bool {
        !settled(&self.provisioning_state)
    }

    /// It has been stopped.
    pub fn stopped(&self) -> bool {
        self.power.as_deref().is_some_and(|power| power.eq_ignore_ascii_case("Stopped"))
    }

    /// What it uses that belongs to its owner: its identity may have been given rights there by name.
    pub fn used_resources(&self) -> Vec<String> {
        let pools = self.pools.iter().flat_map(|pool| [pool.subnet.clone(), pool.pod_subnet.clone()]);
        let single = [self.disk_encryption_set.clone(), self.api_server_subnet.clone(), self.private_dns_zone.clone()];
        let all = pools.chain(single).flatten().chain(self.outbound_ips.iter().cloned());
        let mut ids: Vec<String> = all.filter(|id| id.starts_with('/')).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Its last operation failed, or was broken off.
    pub fn failed(&self) -> bool {
        ended_badly(&self.provisioning_state)
    }

    /// It and all its pools are as they should be.
    pub fn succeeded(&self) -> bool {
        let succeeded = |state: &str| state.eq_ignore_ascii_case("Succeeded");
        succeeded(&self.provisioning_state) && self.pools.iter().all(|pool| succeeded(&pool.provisioning_state))
    }
}

/// A state in which no operation is at work.
fn settled(state: &str) -> bool {
    state.is_empty() || state.eq_ignore_ascii_case("Succeeded") || ended_badly(state)
}

fn ended_badly(state: &str) -> bool {
    state.eq_ignore_ascii_case("Failed") || state.eq_ignore_ascii_case("Canceled")
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
    /// An operation runs on it.
    pub fn changing(&self) -> bool {
        !settled(&self.provisioning_state)
    }

    /// Its last operation failed, or was broken off.
    pub fn failed(&self) -> bool {
        ended_badly(&self.provisioning_state)
    }

    /// How many nodes it gets for a while, so that others can be replaced: a number, or a share of its nodes, rounded up.
    pub fn surge(&self) -> u32 {
        let text = self.max_surge.as_deref().unwrap_or_default().trim();
        let of_nodes = text.strip_suffix('%').and_then(|share| share.trim().parse::<u32>().ok());
        let share = of_nodes.map(|share| self.count.saturating_mul(share).div_ceil(100).max(1));
        share.or_else(|| text.parse().ok()).unwrap_or(1)
    }

    /// It has not been stopped.
    pub fn running(&self) -> bool {
        !self.power.as_deref().is_some_and(|power| power.eq_ignore_ascii_case("Stopped"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn cluster(properties: &Value) -> Cluster {
        serde_json::from_value(json!({
            "id": "/subscriptions/11111111-1111-4111-8111-111111111111/resourcegroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod",
            "name": "shop-prod", "location": "westeurope", "identity": null, "properties": properties,
        }))
        .unwrap()
    }

    #[test]
    fn a_cluster_with_an_app_is_told_from_one_with_an_identity() {
        let app = "99999999-9999-4999-8999-999999999999";
        let own = cluster(&json!({"servicePrincipalProfile": {"clientId": app}, "identityProfile": null}));
        assert_eq!(own.client.app().unwrap().to_string(), app);
        assert_eq!(
            cluster(&json!({"servicePrincipalProfile": {"clientId": "MSI"}})).client,
            ClusterClient::ManagedIdentity
        );
        assert_eq!(cluster(&json!({})).client, ClusterClient::Unknown);
        assert_eq!(cluster(&Value::Null).client, ClusterClient::Unknown);
    }

    #[test]
    fn states_of_pools_count() {
        let with = |state: &str| {
            cluster(&json!({
                "provisioningState": "Succeeded", "powerState": {"code": "Running"},
                "agentPoolProfiles": [{"name": "web", "count": 6, "provisioningState": state, "type": "VirtualMachineScaleSets"}],
            }))
        };
        assert!(with("Succeeded").succeeded() && !with("Succeeded").busy());
        assert!(with("UpgradingNodeImageVersion").busy() && !with("Updating").succeeded());
        assert!(!with("Failed").busy() && !with("Failed").stopped());
    }

    #[test]
    fn surge_is_a_number_or_a_share_of_the_nodes() {
        let surge = |text: &str, count: u32| {
            let pool: AgentPool =
                serde_json::from_value(json!({"name": "web", "count": count, "upgradeSettings": {"maxSurge": text}}))
                    .unwrap();
            pool.surge()
        };
        assert_eq!((surge("33%", 6), surge("10%", 3), surge("2", 9), surge("0", 9)), (2, 1, 2, 0));
        assert_eq!((surge("", 5), surge("many", 5)), (1, 1));
    }

    #[test]
    fn addresses_that_nodes_go_out_by_are_told_whatever_makes_them() {
        let out = |profile: Value| cluster(&json!({"networkProfile": profile}));
        let balancer = out(
            json!({"outboundType": "loadBalancer", "loadBalancerProfile": {"effectiveOutboundIPs": [{"id": "/ip/1"}]}}),
        );
        assert_eq!(balancer.egress_ips, ["/ip/1"]);
        let gateway = out(
            json!({"outboundType": "managedNATGateway", "natGatewayProfile": {"effectiveOutboundIPs": [{"id": "/ip/2"}]}}),
        );
        assert_eq!(gateway.egress_ips, ["/ip/2"]);
        let routed = out(json!({"outboundType": "userDefinedRouting", "loadBalancerProfile": null}));
        assert!(routed.egress_ips.is_empty());
        let pods =
            |plugin: &str, mode: Value| out(json!({"networkPlugin": plugin, "networkPluginMode": mode})).pods_in_subnet;
        assert!(pods("azure", Value::Null));
        assert!(!pods("azure", json!("overlay")) && !pods("kubenet", Value::Null));
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
        let own = cluster(&json!({
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

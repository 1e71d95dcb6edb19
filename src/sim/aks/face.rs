//! A cluster as reads show it, which for a moment after a reset was accepted is as it was before.

use serde_json::{Value, json};

use super::CLUSTER_TYPE;
use crate::{
    domain::AppId,
    sim::{
        arm::Scope,
        estate::{Cluster, OperationKind, Pool},
        world::World,
    },
};

const VERSION: &str = "1.33.4";

/// What a lagging read shows instead of the truth.
struct Shown<'w> {
    client_id: Option<AppId>,
    state: &'w str,
    lagging: bool,
}

fn shown<'w>(world: &'w World, cluster: &'w Cluster) -> Shown<'w> {
    let operation = cluster.current_operation.and_then(|id| world.operations.get(&id));
    if let Some(operation) = operation
        && let OperationKind::Reset { previous, .. } = &operation.kind
        && operation.started + world.scaled(world.timing.graph_lag) > world.read_at()
    {
        return Shown { client_id: Some(*previous), state: "Succeeded", lagging: true };
    }
    Shown { client_id: cluster.client_id, state: &cluster.provisioning_state, lagging: false }
}

/// The cluster.
pub(super) fn cluster(world: &World, cluster: &Cluster) -> Value {
    let shown = shown(world, cluster);
    let pools: Vec<Value> = cluster
        .pools
        .iter()
        .map(|pool| {
            let mut profile = pool_properties(pool, shown.lagging);
            profile["name"] = json!(pool.name);
            profile
        })
        .collect();
    let host = format!("{}-dns-5f2c0a1e.hcp.{}.azmk8s.io", cluster.name, cluster.location);
    let mut properties = json!({
        "provisioningState": shown.state,
        "powerState": {"code": cluster.power_state},
        "kubernetesVersion": VERSION,
        "currentKubernetesVersion": VERSION,
        "dnsPrefix": format!("{}-dns", cluster.name),
        "fqdn": host,
        "azurePortalFQDN": host.replace(".hcp.", ".portal.hcp."),
        "agentPoolProfiles": pools,
        "servicePrincipalProfile":
            {"clientId": shown.client_id.map_or_else(|| "msi".to_owned(), |id| id.to_string())},
        "nodeResourceGroup": cluster.node_resource_group,
        "enableRBAC": true,
        "supportPlan": "KubernetesOfficial",
        "networkProfile": network(cluster),
        "apiServerAccessProfile": api_server(cluster),
        "maxAgentPools": 100,
        "disableLocalAccounts": false,
    });
    if let Some(id) = &cluster.disk_encryption_set_id {
        properties["diskEncryptionSetID"] = json!(id);
    }
    if cluster.azure_rbac_aad {
        properties["aadProfile"] = json!({"managed": true, "enableAzureRBAC": true, "tenantID": cluster.tenant});
    }
    let mut face = json!({
        "id": cluster.id,
        "name": cluster.name,
        "type": CLUSTER_TYPE,
        "location": cluster.location,
        "tags": {},
        "sku": {"name": "Base", "tier": "Standard"},
    });
    if cluster.client_id.is_none() {
        let id = |what: &str| uuid::Uuid::new_v5(&cluster.tenant.0, format!("{}/{what}", cluster.id).as_bytes());
        face["identity"] = json!({"type": "SystemAssigned", "principalId": id("identity"), "tenantId": cluster.tenant});
        properties["identityProfile"] = json!({"kubeletidentity": {
            "resourceId": in_node_group(
                cluster,
                &format!("Microsoft.ManagedIdentity/userAssignedIdentities/{}-agentpool", cluster.name),
            ),
            "clientId": id("kubelet client"),
            "objectId": id("kubelet object"),
        }});
    }
    if let Some(properties) = properties.as_object_mut() {
        properties.extend(cluster.extra.clone());
    }
    face["properties"] = properties;
    face
}

/// A pool as a resource of its own.
pub(super) fn pool(world: &World, cluster: &Cluster, pool: &Pool) -> Value {
    json!({
        "id": format!("{}/agentPools/{}", cluster.id, pool.name),
        "name": pool.name,
        "type": format!("{CLUSTER_TYPE}/agentPools"),
        "properties": pool_properties(pool, shown(world, cluster).lagging),
    })
}

fn pool_properties(pool: &Pool, lagging: bool) -> Value {
    let mut properties = json!({
        "count": pool.nodes.len(),
        "vmSize": pool.vm_size,
        "osDiskSizeGB": 128,
        "osDiskType": "Managed",
        "maxPods": 110,
        "type": pool.pool_type,
        "mode": pool.mode,
        "osType": pool.os_type,
        "osSKU": if pool.os_type == "Windows" { "Windows2022" } else { "Ubuntu" },
        "orchestratorVersion": VERSION,
        "currentOrchestratorVersion": VERSION,
        "nodeImageVersion": pool.node_image,
        "provisioningState": if lagging { "Succeeded" } else { pool.provisioning_state.as_str() },
        "powerState": {"code": pool.power_state},
        "enableAutoScaling": false,
        "upgradeSettings": {"maxSurge": "10%"},
    });
    if let Some(subnet) = &pool.subnet_id {
        properties["vnetSubnetID"] = json!(subnet);
    }
    properties
}

fn network(cluster: &Cluster) -> Value {
    let ids = |ids: &[String]| ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>();
    let balancer = if cluster.outbound_ip_ids.is_empty() {
        json!({"managedOutboundIPs": {"count": 1}, "effectiveOutboundIPs": ids(&cluster.outbound_ids())})
    } else {
        let given = ids(&cluster.outbound_ip_ids);
        json!({"outboundIPs": {"publicIPs": given}, "effectiveOutboundIPs": given})
    };
    json!({
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "podCidr": "10.244.0.0/16",
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10",
        "outboundType": "loadBalancer",
        "loadBalancerSku": "standard",
        "loadBalancerProfile": balancer,
    })
}

fn api_server(cluster: &Cluster) -> Value {
    let mut profile = json!({"disableRunCommand": cluster.run_command_disabled});
    if let Some(zone) = &cluster.private_dns_zone_id {
        profile["enablePrivateCluster"] = json!(true);
        profile["privateDNSZone"] = json!(zone);
    }
    profile
}

fn in_node_group(cluster: &Cluster, resource: &str) -> String {
    let subscription = Scope::parsed(&cluster.id).subscription.unwrap_or_default();
    format!("/subscriptions/{subscription}/resourceGroups/{}/providers/{resource}", cluster.node_resource_group)
}

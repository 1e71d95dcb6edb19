//! What other providers tell of room: quota for machines, public addresses, subnets.

use serde_json::{Value, json};

use super::{Answer, Asked, resource_not_found};
use crate::sim::{estate::Cluster, rbac, service::json, world::World};

const ADDRESSES: &str = "Microsoft.Network/publicIPAddresses";
const NETWORKS: &str = "Microsoft.Network/virtualNetworks";

/// Every machine here is of one family.
pub(super) fn usages(asked: &Asked<'_>, world: &World) -> Answer {
    asked.require(world, &asked.scope.text, "Microsoft.Compute/locations/usages/read")?;
    let usage = |value: &str, words: &str| {
        json!({
            "unit": "Count",
            "currentValue": world.cores.used,
            "limit": world.cores.limit,
            "name": {"value": value, "localizedValue": words},
        })
    };
    let value = [usage("cores", "Total Regional vCPUs"), usage("standardDSv5Family", "Standard DSv5 Family vCPUs")];
    Ok(json(200, &json!({ "value": value })))
}

/// The address that a cluster goes out by.
pub(super) fn public_ip(asked: &Asked<'_>, world: &World) -> Answer {
    let name = asked.call.param("address");
    let id = asked.scope.resource_id(ADDRESSES, name);
    asked.require(world, &id, &format!("{ADDRESSES}/read"))?;
    let uses = |cluster: &&Cluster| cluster.outbound_ids().iter().any(|own| rbac::same_scope(own, &id));
    let group = asked.scope.group.as_deref().unwrap_or_default();
    let cluster = world.clusters.iter().find(uses).ok_or_else(|| resource_not_found(ADDRESSES, name, group))?;
    let face = json!({
        "id": id,
        "name": name,
        "type": ADDRESSES,
        "location": cluster.location,
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": {
            "provisioningState": "Succeeded",
            "publicIPAllocationMethod": "Static",
            "publicIPAddressVersion": "IPv4",
            "ipAddress": cluster.egress_ip,
        },
    });
    Ok(json(200, &face))
}

/// A subnet that a cluster's nodes are in. Each node takes one address.
pub(super) fn subnet(asked: &Asked<'_>, world: &World) -> Answer {
    let (network, name) = (asked.call.param("network"), asked.call.param("subnet"));
    let id = format!("{}/subnets/{name}", asked.scope.resource_id(NETWORKS, network));
    asked.require(world, &id, &format!("{NETWORKS}/subnets/read"))?;
    let pools = world.clusters.iter().flat_map(|cluster| &cluster.pools);
    let inside = pools.filter(|pool| pool.subnet_id.as_deref().is_some_and(|own| rbac::same_scope(own, &id)));
    let nodes: Vec<Value> = inside
        .flat_map(|pool| &pool.nodes)
        .map(|node| json!({"id": format!("{id}/ipConfigurations/{}", node.name)}))
        .collect();
    let group = asked.scope.group.as_deref().unwrap_or_default();
    if nodes.is_empty() {
        return Err(resource_not_found(NETWORKS, network, group).into());
    }
    let face = json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "properties": {
            "provisioningState": "Succeeded",
            "addressPrefix": world.subnet_prefix,
            "ipConfigurations": nodes,
        },
    });
    Ok(json(200, &face))
}

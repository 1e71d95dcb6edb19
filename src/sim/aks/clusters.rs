//! Reading clusters and pools.

use serde_json::{Value, json};

use super::{CLUSTER_TYPE, face, named};
use crate::sim::{
    arm::{Answer, Asked, Sight, paged},
    rbac,
    service::{arm_error, json},
    world::World,
};

pub(super) fn list(asked: &Asked<'_>, world: &World) -> Answer {
    let sight = Sight::of(asked, world, "Microsoft.ContainerService/managedClusters/read")?;
    let seen =
        world.clusters.iter().filter(|cluster| rbac::covers(&asked.scope.text, &cluster.id) && sight.sees(&cluster.id));
    Ok(paged(asked, world, seen, |cluster| as_of(asked, face::cluster(world, cluster))))
}

pub(super) fn get(asked: &Asked<'_>, world: &World) -> Answer {
    let cluster = &world.clusters[named(asked, world, "read")?];
    Ok(json(200, &as_of(asked, face::cluster(world, cluster))))
}

/// The node disruption policy is a preview: stable versions do not know it.
fn as_of(asked: &Asked<'_>, mut face: Value) -> Value {
    if !asked.api_version().ends_with("-preview")
        && let Some(properties) = face["properties"].as_object_mut()
    {
        properties.remove("nodeDisruptionProfile");
    }
    face
}

pub(super) fn maintenance(asked: &Asked<'_>, world: &World) -> Answer {
    let cluster = &world.clusters[named(asked, world, "maintenanceConfigurations/read")?];
    let value = cluster.maintenance.iter().map(|(name, properties)| {
        let id = format!("{}/maintenanceConfigurations/{name}", cluster.id);
        json!({"id": id, "name": name, "type": format!("{CLUSTER_TYPE}/maintenanceConfigurations"), "properties": properties})
    });
    Ok(json(200, &json!({ "value": value.collect::<Vec<Value>>() })))
}

pub(super) fn pools(asked: &Asked<'_>, world: &World) -> Answer {
    let cluster = &world.clusters[named(asked, world, "agentPools/read")?];
    let value: Vec<Value> = cluster.pools.iter().map(|pool| face::pool(world, cluster, pool)).collect();
    Ok(json(200, &json!({ "value": value })))
}

pub(super) fn pool(asked: &Asked<'_>, world: &World) -> Answer {
    let cluster = &world.clusters[named(asked, world, "agentPools/read")?];
    let name = asked.call.param("pool");
    let pool = cluster.pools.iter().find(|pool| pool.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let message = format!("Could not find agent pool '{name}' in {CLUSTER_TYPE}/{}.", cluster.name);
        arm_error(404, "NotFound", &message)
    })?;
    Ok(json(200, &face::pool(world, cluster, pool)))
}

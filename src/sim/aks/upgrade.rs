//! `upgradeNodeImageVersion`: replaces one pool's nodes, which get the credential that the cluster has now.

use super::{face, idle, named, progress, reset::started, watched};
use crate::sim::{
    arm::{Answer, Asked},
    estate::OperationKind,
    service::{aks_flat_error, arm_error, json},
    world::World,
};

pub(super) fn post(asked: &Asked<'_>, world: &mut World) -> Answer {
    let index = named(asked, world, "agentPools/upgradeNodeImageVersion/write")?;
    let name = asked.call.param("pool").to_owned();
    let cluster = &world.clusters[index];
    let place = cluster.pools.iter().position(|pool| pool.name.eq_ignore_ascii_case(&name));
    let place = place.ok_or_else(|| arm_error(404, "NotFound", &format!("Could not find agent pool '{name}'.")))?;
    idle(cluster)?;
    let kind = OperationKind::UpgradeNodeImage { pool: name };
    if !progress::concerns(&kind, &cluster.pools[place]) {
        let message = "Operation is not allowed: the agent pool is not running.";
        return Err(aks_flat_error(409, "OperationNotAllowed", message).into());
    }
    let nodes = progress::affected(&kind, cluster);
    let operation = started(asked, world, index, kind, nodes, None);
    let cluster = &world.clusters[index];
    let response = json(202, &face::pool(world, cluster, &cluster.pools[place]));
    Ok(watched(asked.state, world, &operation, response))
}

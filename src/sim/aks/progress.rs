//! Operations proceed with the clock: whoever asks finds them as far as they have come.

use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    domain::AppId,
    sim::{
        estate::{Cluster, Operation, OperationKind, Pool},
        world::World,
    },
};

/// A replaced node gets the newest image, whatever it had before.
const NEWEST_IMAGE: &str = "AKSUbuntu-2204gen2containerd-202611.12.0";

/// Brings every operation to where it is now.
pub fn advance(world: &mut World) {
    let now = world.now();
    let per_node = world.scaled(world.timing.per_node);
    let running: Vec<Uuid> =
        world.operations.values().filter(|operation| !operation.finished).map(|operation| operation.id).collect();
    for id in running {
        let delivered = delivered(world, id);
        let Some(operation) = world.operations.get_mut(&id) else { continue };
        let Some(cluster) = world.clusters.iter_mut().find(|cluster| cluster.id == operation.cluster) else {
            operation.finished = true;
            continue;
        };
        step(operation, cluster, delivered.as_ref(), per_node, now);
    }
}

/// The nodes that an operation replaces, one after the other.
pub(super) fn affected(kind: &OperationKind, cluster: &Cluster) -> usize {
    cluster.pools.iter().filter(|pool| concerns(kind, pool)).map(|pool| pool.nodes.len()).sum()
}

/// A stopped pool keeps what it has; so does a Windows pool.
pub(super) fn concerns(kind: &OperationKind, pool: &Pool) -> bool {
    let replaceable = pool.power_state == "Running" && pool.os_type == "Linux";
    match kind {
        OperationKind::Reset { .. } => replaceable,
        OperationKind::UpgradeNodeImage { pool: name } => replaceable && pool.name.eq_ignore_ascii_case(name),
        OperationKind::RunCommand { .. } => false,
    }
}

/// The credential that the cluster was given last: what a node gets that is replaced now.
fn delivered(world: &World, id: Uuid) -> Option<(AppId, String)> {
    let operation = world.operations.get(&id)?;
    let resets = world.operations.values().filter(|other| other.cluster == operation.cluster);
    let latest = resets
        .filter_map(|other| match &other.kind {
            OperationKind::Reset { client_id, secret, .. } => Some((other.started, *client_id, secret)),
            _ => None,
        })
        .max_by_key(|(started, ..)| *started)?;
    Some((latest.1, latest.2.clone()))
}

fn step(
    operation: &mut Operation,
    cluster: &mut Cluster,
    delivered: Option<&(AppId, String)>,
    per_node: Duration,
    now: OffsetDateTime,
) {
    let over = now >= operation.ends;
    let last = match &operation.kind {
        OperationKind::Reset { fail_after_nodes: Some(nodes), .. } => *nodes,
        kind => affected(kind, cluster),
    };
    let mut index = 0;
    let mut interrupted = false;
    for pool in cluster.pools.iter_mut().filter(|pool| concerns(&operation.kind, pool)) {
        let mut complete = true;
        for node in &mut pool.nodes {
            let due = operation.started + per_node.saturating_mul(u32::try_from(index + 1).unwrap_or(u32::MAX));
            let reached = index < last && (over || due <= now);
            if reached && index >= operation.nodes_done {
                if let Some((client_id, secret)) = delivered {
                    node.client_id = *client_id;
                    node.secret.clone_from(secret);
                }
                node.replaced_at = Some(due);
                operation.nodes_done = index + 1;
            }
            complete &= reached;
            index += 1;
        }
        if complete {
            NEWEST_IMAGE.clone_into(&mut pool.node_image);
            "Succeeded".clone_into(&mut pool.provisioning_state);
        } else if over {
            // The pool where it stopped says so; those behind it were never begun.
            let state = if interrupted { "Succeeded" } else { operation.outcome.as_str() };
            state.clone_into(&mut pool.provisioning_state);
            interrupted = true;
        }
    }
    if over {
        // One that was stopped meanwhile keeps what it has, and is at rest.
        for pool in cluster.pools.iter_mut().filter(|pool| pool.power_state != "Running") {
            "Succeeded".clone_into(&mut pool.provisioning_state);
        }
        operation.finished = true;
        if cluster.current_operation == Some(operation.id) {
            cluster.current_operation = None;
            cluster.provisioning_state.clone_from(&operation.outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Scenario, estate::Operation};

    fn after(seconds: i64, fate: Option<usize>, change: impl Fn(&mut Cluster)) -> Cluster {
        let (mut world, _) = Scenario::load("default").unwrap().build(1.0).unwrap();
        world.timing.per_node = Duration::from_secs(20);
        let index = world.clusters.iter().position(|cluster| cluster.name == "shop-prod").unwrap();
        change(&mut world.clusters[index]);
        let cluster = world.clusters[index].clone();
        let now = world.now();
        let kind = OperationKind::Reset {
            client_id: AppId(Uuid::from_u128(1)),
            secret: "new".into(),
            fail_after_nodes: fate,
            previous: cluster.client_id.unwrap(),
        };
        let nodes = i64::try_from(fate.unwrap_or_else(|| affected(&kind, &cluster))).unwrap();
        let operation = Operation {
            id: Uuid::from_u128(2),
            cluster: cluster.id,
            subscription: crate::domain::SubscriptionId(Uuid::nil()),
            location: cluster.location,
            kind,
            started: now,
            ends: now + time::Duration::seconds(20 * nodes),
            outcome: if fate.is_some() { "Failed".into() } else { "Succeeded".into() },
            error: None,
            nodes_done: 0,
            finished: false,
            vanishes_at: None,
        };
        world.clusters[index].current_operation = Some(operation.id);
        world.clusters[index].provisioning_state = "Updating".into();
        world.operations.insert(operation.id, operation);
        world.clock_offset = time::Duration::seconds(seconds);
        advance(&mut world);
        world.clusters.swap_remove(index)
    }

    fn replaced(cluster: &Cluster) -> usize {
        cluster.pools.iter().flat_map(|pool| &pool.nodes).filter(|node| node.secret == "new").count()
    }

    #[test]
    fn nodes_get_the_new_credential_one_after_the_other() {
        let midway = after(70, None, |_| ());
        assert_eq!((replaced(&midway), midway.provisioning_state.as_str()), (3, "Updating"));
        let done = after(1000, None, |_| ());
        assert_eq!((replaced(&done), done.provisioning_state.as_str()), (9, "Succeeded"));
    }

    #[test]
    fn a_failed_reset_leaves_a_mixture() {
        let failed = after(1000, Some(4), |_| ());
        let states: Vec<&str> = failed.pools.iter().map(|pool| pool.provisioning_state.as_str()).collect();
        assert_eq!((replaced(&failed), states), (4, vec!["Succeeded", "Failed"]));
        assert_eq!(failed.provisioning_state, "Failed");
    }

    #[test]
    fn a_stopped_pool_keeps_the_old_credential() {
        let done = after(1000, None, |cluster| cluster.pools[1].power_state = "Stopped".into());
        assert_eq!((replaced(&done), done.provisioning_state.as_str()), (3, "Succeeded"));
    }
}

//! Right before every node is replaced, the cluster is read again: days can lie between the plan and this moment.

use super::{Steps, cluster_update, fault::fault, look, plan};
use crate::{
    domain::plan::{CarryLine, Plan},
    engine::{Fault, StepContext, event::NodesReview},
};

pub(super) async fn nodes(steps: &Steps, cx: &StepContext) -> Result<NodesReview, Fault> {
    let planned = cx.plan()?;
    let answers = cx.answers()?;
    let principal = planned.cluster.principal;
    let (cluster, subscriptions) = tokio::join!(cluster_update::read(steps, cx), look::subscriptions(steps));
    let cluster = cluster?;
    let carried = match principal {
        Some(principal) => look::assignments(steps, &answers, principal, &cluster, subscriptions).await?,
        None => Vec::new(),
    };
    let app = super::app_id(cx)?;
    let facts = cx.facts();
    let has_app = cluster.client == crate::azure::aks::ClusterClient::ServicePrincipal(app);
    let sent = facts.delivered_to_cluster().next().is_some();
    if has_app && !sent {
        return Err(cluster_update::stranger_in_the_cluster());
    }
    let mut seen = plan::cluster_seen(&cluster, &planned.cluster)?;
    seen.way_back = planned.cluster.way_back;
    let now = Plan { cluster: seen.clone(), carry_over: carried.clone(), ..(*planned).clone() };
    let mut blocking = Vec::new();
    if has_app {
        blocking.push("the cluster names the app already; which of its keys the nodes have is not proven".to_owned());
    }
    if seen.client_id != planned.cluster.client_id && seen.client_id != app {
        blocking.push("the cluster has another app than when the plan was made".to_owned());
    }
    if seen.client_id == planned.cluster.client_id {
        blocking.extend(others_served(steps, cx, &planned).await);
    }
    if cluster.busy() || cluster.stopped() || cluster.failed() {
        blocking.push(format!(
            "the cluster is {} ({})",
            cluster.provisioning_state,
            cluster.power.as_deref().unwrap_or("running")
        ));
    }
    blocking.extend(pools(&planned, &now));
    blocking.extend(roles(&planned.carry_over, &carried));
    let mut differences = blocking.clone();
    for pool in &seen.pools {
        let before = planned.cluster.pools.iter().find(|before| before.name == pool.name);
        if let Some(before) = before.filter(|before| before.count != pool.count) {
            differences.push(format!("pool {} has {} nodes; it had {}", pool.name, pool.count, before.count));
        }
    }
    Ok(NodesReview { hash: now.nodes_hash(), cluster: seen, differences, as_planned: blocking.is_empty() })
}

/// Whether the app that is about to be replaced serves other tenants: it may have been opened since the plan, or could not be
/// read for it. Consent that was given in advance does not cover that.
async fn others_served(steps: &Steps, cx: &StepContext, planned: &Plan) -> Option<String> {
    let (graph, app) = (&steps.cluster.graph, planned.cluster.client_id);
    let read = || async { graph.application_by_app_id(app).await.map_err(fault) };
    match cx.wait.call("read the cluster's present app", read).await {
        Ok(app) => plan::serves_others(app.as_ref()).then(|| {
            "the cluster's present app serves other tenants now: a new one in its place cuts the cluster off from their \
             registries"
                .to_owned()
        }),
        Err(fault) => Some(format!(
            "whether the cluster's present app serves other tenants could not be read ({}). If it does, a new one in its \
             place cuts the cluster off from their registries",
            fault.problem.message
        )),
    }
}

fn pools(planned: &Plan, now: &Plan) -> Vec<String> {
    let names =
        |plan: &Plan| plan.cluster.pools.iter().map(|pool| (pool.name.clone(), pool.running)).collect::<Vec<_>>();
    let (before, after) = (names(planned), names(now));
    let state = |running: bool| if running { "running" } else { "stopped" };
    let new = after.iter().filter(|(name, _)| !before.iter().any(|(other, _)| other == name));
    let gone = before.iter().filter(|(name, _)| !after.iter().any(|(other, _)| other == name));
    let turned =
        after.iter().filter(|(name, running)| before.iter().any(|(other, was)| other == name && was != running));
    new.map(|(name, _)| format!("pool {name} is new"))
        .chain(gone.map(|(name, _)| format!("pool {name} is gone")))
        .chain(turned.map(|(name, running)| format!("pool {name} is {} now", state(*running))))
        .collect()
}

/// A role that the present principal got since the plan would be lost with the update.
fn roles(planned: &[CarryLine], now: &[CarryLine]) -> Vec<String> {
    now.iter()
        .filter(|line| !planned.iter().any(|before| before.id.eq_ignore_ascii_case(&line.id)))
        .map(|line| {
            format!(
                "the cluster's present identity has a new role, which the plan does not carry over: {} on {}",
                line.role_name, line.scope
            )
        })
        .collect()
}

//! What the replacement of a cluster's nodes means.

use super::layout::count;
use crate::domain::plan::ClusterSeen;

/// So many nodes.
pub fn nodes(number: u32) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), "node")
}

/// Which nodes are replaced, and what that does.
pub fn replaced(cluster: &ClusterSeen) -> String {
    let nodes = usize::try_from(cluster.nodes()).unwrap_or(usize::MAX);
    let pools: Vec<String> = cluster.pools.iter().map(|pool| format!("{} ({})", pool.name, pool.count)).collect();
    format!(
        "REPLACES {} of {}, one after the other: {}. Pods restart, and the node image moves to the newest.",
        count(nodes, "NODE").to_uppercase(),
        cluster.id.name(),
        pools.join(", ")
    )
}

/// The only way back from a reset, and whether this operator could take it.
pub fn way_back(cluster: &ClusterSeen) -> &'static str {
    match cluster.way_back {
        Some(true) => "Way back: a new secret for the old app, which you may make; all nodes again.",
        Some(false) => "Way back: a new secret for the old app. YOU MAY NOT MAKE ONE: find who may.",
        None => "Way back: a new secret for the old app. It is not known whether you may make one.",
    }
}

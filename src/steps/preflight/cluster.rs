//! The cluster: whether its identity can be replaced, or reused, at all.

use super::{note, stop, warning};
use crate::{
    azure::aks::{Cluster, ClusterClient},
    domain::{Finding, answers::Route},
    steps::{look::Seen, plan},
};

const RESET: &str = "Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action";
const RUN: &str = "Microsoft.ContainerService/managedClusters/runCommand/action";
const RUN_RESULT: &str = "Microsoft.ContainerService/managedClusters/commandResults/read";

/// Why something in a list cannot be used, in a few words, and the catalogue's code for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The words, behind "cannot be used:".
    pub words: String,
    /// The code, where the catalogue says more.
    pub code: Option<&'static str>,
}

/// Why no setup can be made for a cluster: what a list of clusters shows. The findings say it in full.
pub fn unusable(cluster: &Cluster) -> Option<Unusable> {
    let why = |code: &'static str, words: String| Some(Unusable { words, code: Some(code) });
    if cluster.client == ClusterClient::ManagedIdentity {
        return why("CP-101", "it has a managed identity".to_owned());
    }
    if cluster.stopped() {
        return why("CP-102", "it is stopped".to_owned());
    }
    if cluster.busy() {
        return why("CP-103", "something else is changing it now".to_owned());
    }
    cluster.pools.iter().find_map(|pool| {
        if pool.os_type.eq_ignore_ascii_case("Windows") {
            return why("CP-106", format!("its pool {} runs Windows", pool.name));
        }
        let set = pool.pool_type.eq_ignore_ascii_case("AvailabilitySet");
        set.then(|| why("CP-107", format!("its pool {} is made of an availability set", pool.name)))?
    })
}

pub(super) fn findings(seen: &Seen, route: Route) -> Vec<Finding> {
    let cluster = match &seen.cluster {
        Ok(cluster) => cluster,
        Err(error) => return vec![stop("CP-109", error.to_string(), &[])],
    };
    let name = cluster.name.as_str();
    let mut found = Vec::new();
    if cluster.client == ClusterClient::ManagedIdentity {
        found.push(stop("CP-101", format!("{name} uses a managed identity"), &[("cluster", name)]));
    }
    if route == Route::NewApp {
        found.extend(state(cluster));
        found.extend(cluster.pools.iter().filter_map(|pool| {
            let what = format!("Pool {} of {name}", pool.name);
            let values = [("cluster", name), ("pool", pool.name.as_str())];
            if pool.os_type.eq_ignore_ascii_case("Windows") {
                return Some(stop("CP-106", format!("{what} runs Windows"), &values));
            }
            if pool.pool_type.eq_ignore_ascii_case("AvailabilitySet") {
                return Some(stop("CP-107", format!("{what} is made of an availability set"), &values));
            }
            if pool.running() && !at_rest(&pool.provisioning_state) {
                return Some(stop("CP-104", format!("{what} is {}", pool.provisioning_state), &values));
            }
            (!pool.running()).then(|| warning("CP-105", format!("{what} is stopped"), &values))
        }));
        if cluster.disruption_policy_blocks() {
            found.push(stop(
                "CP-116",
                format!("The node disruption policy of {name} holds updates back"),
                &[("cluster", name)],
            ));
        }
        match &seen.cluster_rights {
            Ok(rights) if rights.allows(RESET) => {}
            Ok(_) => found.push(stop(
                "CP-108",
                format!("This account may not reset the identity of {name}"),
                &[("cluster", name)],
            )),
            Err(error) => found.push(warning(
                "CP-108",
                format!("What this account may do on {name} could not be read: {error}"),
                &[("cluster", name)],
            )),
        }
        if plan::way_back(seen) != Some(true) {
            found.push(warning(
                "CP-113",
                format!("Whether this account can put a new secret on {name}'s present app is not known"),
                &[("cluster", name)],
            ));
        }
    }
    if plan::serves_others(seen) && route == Route::NewApp {
        found.push(stop(
            "CP-114",
            format!("The present app of {name} serves other tenants already"),
            &[("cluster", name)],
        ));
    }
    if !run_command(seen) {
        found.push(note("CP-110", format!("No command can be run inside {name} from here"), &[("cluster", name)]));
    }
    found
}

fn state(cluster: &Cluster) -> Option<Finding> {
    let name = cluster.name.as_str();
    let values = [("cluster", name)];
    if cluster.stopped() {
        return Some(stop("CP-102", format!("{name} is stopped"), &values));
    }
    if cluster.busy() {
        return Some(stop("CP-103", format!("{name} is {}", cluster.provisioning_state), &values));
    }
    cluster.failed().then(|| stop("CP-115", format!("{name} is in state {}", cluster.provisioning_state), &values))
}

fn at_rest(state: &str) -> bool {
    state.eq_ignore_ascii_case("Succeeded")
}

/// Whether the proof may run a pod on each pool. A cluster with managed Entra sign-in asks for a person's token besides.
pub(crate) fn run_command(seen: &Seen) -> bool {
    let Ok(cluster) = &seen.cluster else { return false };
    let may = seen.cluster_rights.as_ref().is_ok_and(|rights| rights.allows(RUN) && rights.allows(RUN_RESULT));
    may && !cluster.disable_run_command && !cluster.aad_managed && !cluster.stopped()
}

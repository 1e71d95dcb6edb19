//! The cluster: whether its identity can be replaced, or reused, at all.

use super::{Draft, limits, note, stop, unread_rights, warning, why};
use crate::{
    azure::{
        Error,
        aks::{AgentPool, Cluster, ClusterClient, NodeDisruption},
        arm::{Level, Lock, Permissions},
    },
    domain::answers::Route,
    steps::look::Look,
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

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let (arm, patience) = (&look.steps.cluster.arm, &look.steps.patience);
    let id = look.answers.cluster.id.as_str();
    let (cluster, rights, locks, (route, _)) =
        tokio::join!(look.cluster(), look.cluster_rights(), limits::locks(patience, arm, id), look.route());
    let cluster = match cluster {
        Ok(cluster) => cluster,
        Err(error) if error.hidden() => return vec![stop("CP-109", error.to_string(), &[])],
        // There is no plan without it, and that is said as the failure which it is.
        Err(_) => return Vec::new(),
    };
    let name = cluster.name.as_str();
    let values = [("cluster", name)];
    let mut found: Vec<Draft> = client(cluster).into_iter().collect();
    if route == Route::NewApp {
        found.extend(state(cluster));
        found.extend(cluster.pools.iter().filter_map(|pool| of_pool(pool, name)));
        found.extend(disruption(look, cluster).await);
    }
    found.extend(may(rights, route, name));
    if route == Route::NewApp
        && let Some(lock) = limits::locked(&locks, Level::ReadOnly, id)
    {
        found.push(stop("CP-414", format!("{name} is held by {lock}"), &values));
    }
    found.extend(kept(&locks, cluster));
    found.extend(limits::unread(&locks, name));
    if cluster.private {
        found.push(note("CP-117", format!("{name} is a private cluster"), &values));
    }
    // Where rights are not known, that is said already.
    if !run_command(cluster, rights) && (rights.is_ok() || !takes_commands(cluster)) {
        found.push(note("CP-110", format!("No command can be run inside {name} from here"), &values));
    }
    found
}

fn client(cluster: &Cluster) -> Option<Draft> {
    let name = cluster.name.as_str();
    match cluster.client {
        ClusterClient::ManagedIdentity => {
            Some(stop("CP-101", format!("{name} uses a managed identity"), &[("cluster", name)]))
        }
        ClusterClient::Unknown => {
            Some(stop("CP-118", format!("{name} names neither an app nor an identity"), &[("cluster", name)]))
        }
        ClusterClient::ServicePrincipal(_) => None,
    }
}

fn state(cluster: &Cluster) -> Option<Draft> {
    let name = cluster.name.as_str();
    let values = [("cluster", name)];
    if cluster.stopped() {
        return Some(stop("CP-102", format!("{name} is stopped"), &values));
    }
    if cluster.changing() {
        return Some(stop("CP-103", format!("{name} is {}", cluster.provisioning_state), &values));
    }
    cluster.failed().then(|| stop("CP-115", format!("{name} is in state {}", cluster.provisioning_state), &values))
}

fn of_pool(pool: &AgentPool, cluster: &str) -> Option<Draft> {
    let what = format!("Pool {} of {cluster}", pool.name);
    let name = format!("pool {}", pool.name);
    let values = [("cluster", cluster), ("pool", name.as_str())];
    if pool.os_type.eq_ignore_ascii_case("Windows") {
        return Some(stop("CP-106", format!("{what} runs Windows"), &values));
    }
    if pool.pool_type.eq_ignore_ascii_case("AvailabilitySet") {
        return Some(stop("CP-107", format!("{what} is made of an availability set"), &values));
    }
    if !pool.running() {
        return Some(warning("CP-105", format!("{what} is stopped"), &values));
    }
    if pool.changing() {
        return Some(stop("CP-104", format!("{what} is {}", pool.provisioning_state), &values));
    }
    if pool.failed() {
        return Some(stop("CP-115", format!("{what} is in state {}", pool.provisioning_state), &values));
    }
    (pool.count == 0 && !pool.autoscaling).then(|| warning("CP-105", format!("{what} has no nodes"), &values))
}

/// A policy that forbids is a stop. One that asks for the maintenance window is none: the nodes are asked about when all
/// else is done, and that can wait for the window.
async fn disruption(look: &Look<'_>, cluster: &Cluster) -> Option<Draft> {
    let name = cluster.name.as_str();
    let values = [("cluster", name)];
    match look.steps.patience.read(|| look.steps.cluster.arm.node_disruption(&cluster.id)).await {
        Ok(NodeDisruption::Allowed) => return None,
        Err(error) => {
            let what = format!("Whether a policy protects the nodes of {name} could not be read: {}", why(&error));
            return Some(note("CP-150", what, &[]));
        }
        Ok(NodeDisruption::Blocked) => {
            return Some(stop(
                "CP-116",
                format!("The node disruption policy of {name} forbids that nodes are replaced"),
                &values,
            ));
        }
        Ok(NodeDisruption::InWindow) => {}
    }
    let windows = || look.steps.cluster.arm.maintenance_windows(&cluster.id).all(100);
    let windows = look.steps.patience.read(windows).await.unwrap_or_default();
    let words: Vec<&str> = windows.iter().map(|one| one.words.as_str()).filter(|words| !words.is_empty()).collect();
    let when = if words.is_empty() { "which could not be read".to_owned() } else { words.join("; ") };
    Some(warning("CP-116", format!("{name} lets nodes be replaced in its maintenance window alone ({when})"), &values))
}

/// Only a reset takes more than reading; without one, rights are for the proof alone.
fn may(rights: &Result<Permissions, Error>, route: Route, cluster: &str) -> Option<Draft> {
    match (rights, route) {
        (Ok(rights), Route::NewApp) if !rights.allows(RESET) => {
            let what = format!("This account may not reset the identity of {cluster}");
            Some(stop("CP-108", what, &[("cluster", cluster)]))
        }
        (Ok(_), _) => None,
        (Err(error), Route::NewApp) => Some(warning("CP-151", unread_rights(cluster, error), &[("scope", cluster)])),
        (Err(error), Route::KeepApp) => Some(note("CP-151", unread_rights(cluster, error), &[("scope", cluster)])),
    }
}

fn kept(locks: &Result<Vec<Lock>, Error>, cluster: &Cluster) -> Option<Draft> {
    let lock = limits::locked(locks, Level::CanNotDelete, cluster.id.as_str())?;
    Some(note("CP-148", format!("{} is held by {lock}", cluster.name), &[]))
}

/// Whether the proof may run a pod on each pool. A cluster with managed Entra sign-in asks for a person's token besides.
pub(crate) fn run_command(cluster: &Cluster, rights: &Result<Permissions, Error>) -> bool {
    let may = rights.as_ref().is_ok_and(|rights| rights.allows(RUN) && rights.allows(RUN_RESULT));
    may && takes_commands(cluster)
}

fn takes_commands(cluster: &Cluster) -> bool {
    !cluster.disable_run_command && !cluster.aad_managed && !cluster.stopped()
}

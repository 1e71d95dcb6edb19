//! The AKS provider: clusters, pools, the reset of a cluster's service principal, commands run inside.
//!
//! The truth of a cluster is what its nodes hold; what reads show is its face.

mod clusters;
mod command;
mod face;
mod operations;
mod progress;
mod reset;
mod upgrade;

use axum::{
    http::{HeaderValue, header},
    response::Response,
};

use super::{
    arm::{Answer, Asked, resource_not_found},
    estate::{Cluster, Operation},
    rbac,
    service::{State, aks_flat_error, empty},
    world::World,
};

pub use progress::advance;

/// The resource type of clusters.
pub const CLUSTER_TYPE: &str = "Microsoft.ContainerService/managedClusters";

pub(super) fn answer(asked: &Asked<'_>, world: &mut World) -> Answer {
    match asked.call.operation.name {
        "aks.clusters.list" => clusters::list(asked, world),
        "aks.clusters.get" => clusters::get(asked, world),
        "aks.maintenance.list" => clusters::maintenance(asked, world),
        "aks.pools.list" => clusters::pools(asked, world),
        "aks.pools.get" => clusters::pool(asked, world),
        "aks.clusters.reset_service_principal" => reset::post(asked, world),
        "aks.pools.upgrade_node_image" => upgrade::post(asked, world),
        "aks.clusters.run_command" => command::post(asked, world),
        "aks.command_results.get" => command::result(asked, world),
        "aks.operations.get" => operations::status(asked, world),
        "aks.operation_results.get" => operations::result(asked, world),
        _ => Ok(empty(501)),
    }
}

/// The cluster that the path names, for a caller who may do `action` on it: its place in the world.
fn named(asked: &Asked<'_>, world: &World, action: &str) -> Result<usize, Box<Response>> {
    let name = asked.call.param("cluster");
    let id = asked.scope.resource_id(CLUSTER_TYPE, name);
    asked.require(world, &id, &format!("{CLUSTER_TYPE}/{action}"))?;
    let found = world.clusters.iter().position(|cluster| rbac::same_scope(&cluster.id, &id));
    let group = asked.scope.group.as_deref().unwrap_or_default();
    Ok(found.ok_or_else(|| resource_not_found(CLUSTER_TYPE, name, group))?)
}

/// Refuses what a stopped or busy cluster refuses.
fn idle(cluster: &Cluster) -> Result<(), Box<Response>> {
    if cluster.power_state != "Running" {
        let message = format!(
            "managed cluster is in Provisioning State({}) and Power State({}). Start the cluster before this operation.",
            cluster.provisioning_state, cluster.power_state
        );
        return Err(aks_flat_error(409, "OperationNotAllowed", &message).into());
    }
    let is_final = |state: &str| ["Succeeded", "Failed", "Canceled"].contains(&state);
    let pool = cluster.pools.iter().find(|pool| !is_final(&pool.provisioning_state));
    let what = match pool {
        _ if !is_final(&cluster.provisioning_state) => cluster.provisioning_state.clone(),
        Some(pool) => format!("{} - {}", pool.name, pool.provisioning_state),
        None => return Ok(()),
    };
    let message = format!(
        "Operation is not allowed: Another operation ({what}) is in progress, please wait for it to finish before \
         starting a new operation. See https://aka.ms/aks-pending-operation for more details"
    );
    Err(aks_flat_error(409, "OperationNotAllowed", &message).into())
}

/// Adds the addresses where an operation can be watched. They carry a version of their own, older than any that a
/// client would send, and are long: clients follow them as they come.
fn watched(state: &State, world: &World, operation: &Operation, mut response: Response) -> Response {
    let base = format!(
        "{}/subscriptions/{}/providers/Microsoft.ContainerService/locations/{}",
        state.hosts.resource_manager, operation.subscription, operation.location
    );
    let seal = "MIIHpTCCBo2gAwIBAgITfwTYu0qoRwcN0bP8jwAEBNi7SjANBgkqhkiG9w0BAQsFADBE".repeat(14);
    let query = format!("api-version=2017-08-31&t={}&c={seal}", operation.started.unix_timestamp());
    let id = operation.id;
    let headers = response.headers_mut();
    for (name, kind) in [("azure-asyncoperation", "operations"), ("location", "operationresults")] {
        if let Ok(value) = HeaderValue::from_str(&format!("{base}/{kind}/{id}?{query}")) {
            headers.insert(name, value);
        }
    }
    headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after(world)));
    response
}

/// `Retry-After` as the speed has it; 0 where that is less than half a second.
fn retry_after(world: &World) -> u64 {
    let full = std::time::Duration::from_secs(u64::from(world.timing.retry_after));
    let scaled = world.scaled(full);
    scaled.as_secs() + u64::from(scaled.subsec_millis() >= 500)
}

//! `runCommand`: of what kubectl can do, the one thing that matters here is whether a pod's image can be pulled.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{idle, named, retry_after};
use crate::sim::{
    arm::{Answer, Asked},
    estate::{Cluster, Operation, OperationKind, Pool, Registry},
    nodes,
    service::{aks_flat_error, arm_error, empty, json},
    world::World,
};

pub(super) fn post(asked: &Asked<'_>, world: &mut World) -> Answer {
    let index = named(asked, world, "runCommand/action")?;
    let body = asked.call.json();
    let command = body["command"].as_str().unwrap_or_default().to_owned();
    let cluster = &world.clusters[index];
    if cluster.run_command_disabled {
        let message = "Run command is disabled for this cluster by apiServerAccessProfile.disableRunCommand.";
        return Err(aks_flat_error(400, "BadRequest", message).into());
    }
    if cluster.azure_rbac_aad && body["clusterToken"].as_str().unwrap_or_default().is_empty() {
        let message = "A clusterToken is required to run commands in a cluster with managed AAD integration.";
        return Err(aks_flat_error(400, "BadRequest", message).into());
    }
    if command.is_empty() {
        return Err(aks_flat_error(400, "InvalidParameter", "The command must not be empty.").into());
    }
    if cluster.power_state != "Running" {
        idle(cluster)?;
    }
    let (exit_code, logs) = outcome(world, cluster, &command);
    let now = world.now();
    let ends = now + world.scaled(world.timing.per_node) / 4;
    let operation = Operation {
        id: Uuid::new_v4(),
        cluster: cluster.id.clone(),
        subscription: asked.scope.subscription_id().unwrap_or(crate::domain::SubscriptionId(Uuid::nil())),
        location: cluster.location.clone(),
        kind: OperationKind::RunCommand { command, exit_code, logs },
        started: now,
        ends,
        outcome: "Succeeded".into(),
        error: None,
        nodes_done: 0,
        finished: false,
        vanishes_at: Some(ends + time::Duration::hours(1)),
    };
    let response = watched(asked, world, &operation, empty(202));
    world.operations.insert(operation.id, operation);
    Ok(response)
}

pub(super) fn result(asked: &Asked<'_>, world: &World) -> Answer {
    let index = named(asked, world, "commandResults/read")?;
    let id = Uuid::try_parse(asked.call.param("id")).ok();
    let operation = id.and_then(|id| world.operations.get(&id)).filter(|operation| {
        operation.cluster == world.clusters[index].id && operation.vanishes_at.is_none_or(|at| at > world.now())
    });
    let Some((operation, OperationKind::RunCommand { exit_code, logs, .. })) =
        operation.map(|operation| (operation, &operation.kind))
    else {
        return Err(arm_error(404, "NotFound", "The entity was not found.").into());
    };
    if !operation.finished {
        // The Azure CLI's poller reads the state in the body, and refuses a 202 without one.
        let state = json!({"id": operation.id.simple().to_string(), "properties": {"provisioningState": "Running"}});
        return Ok(watched(asked, world, operation, json(202, &state)));
    }
    let date = |at: time::OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let properties = json!({
        "provisioningState": "Succeeded",
        "exitCode": exit_code,
        "startedAt": date(operation.started),
        "finishedAt": date(operation.ends),
        "logs": logs,
    });
    Ok(json(200, &json!({"id": operation.id.simple().to_string(), "properties": properties})))
}

/// An answer with the place and time of the next look.
fn watched(asked: &Asked<'_>, world: &World, operation: &Operation, mut response: Response) -> Response {
    let id = operation.id.simple();
    let place = format!(
        "{}{}/commandResults/{id}?api-version={}",
        asked.state.hosts.resource_manager,
        operation.cluster,
        asked.api_version()
    );
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&place) {
        headers.insert(header::LOCATION, value);
    }
    headers.insert(header::RETRY_AFTER, HeaderValue::from(retry_after(world)));
    response
}

/// Exit code and output: the images of our registries that the command names are pulled on the pools that it names, or
/// on all that run. A pod lands on whichever node is free: here on one that cannot pull, if there is one.
fn outcome(world: &World, cluster: &Cluster, command: &str) -> (i32, String) {
    let pools: Vec<&Pool> = cluster.pools.iter().filter(|pool| pool.power_state == "Running").collect();
    let named: Vec<&Pool> = pools.iter().filter(|pool| selects(command, &pool.name)).copied().collect();
    let pools = if named.is_empty() { pools } else { named };
    let mut logs = Vec::new();
    let mut exit_code = 0;
    for (image, registry, repository, reference) in images(world, command) {
        for pool in &pools {
            let pulls = pool.nodes.iter().map(|node| {
                nodes::pull(world, cluster, node, registry, repository, reference)
                    .map_err(|failure| (node.name.clone(), failure))
            });
            match pulls.collect::<Result<Vec<_>, _>>() {
                Ok(digests) if digests.is_empty() => {
                    exit_code = 1;
                    logs.push(format!("0/0 nodes are available for pool {}: pod is Pending", pool.name));
                }
                Ok(_) => logs.push(format!("Successfully pulled image \"{image}\" on pool {}", pool.name)),
                Err((node, failure)) => {
                    exit_code = 1;
                    let why = failure.message();
                    logs.push(format!("ErrImagePull: Failed to pull image \"{image}\" on node {node}: {why}"));
                }
            }
        }
    }
    (exit_code, logs.join("\n"))
}

/// The images in a command line that belong to registries of the world: whole text, registry, repository, reference.
fn images<'w, 'c>(world: &'w World, command: &'c str) -> Vec<(&'c str, &'w Registry, &'c str, &'c str)> {
    let separates = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '=' | ',' | '\\' | '{' | '}' | ';');
    let mut found: Vec<(&str, &Registry, &str, &str)> = Vec::new();
    for word in command.split(separates) {
        let Some((host, path)) = word.split_once('/') else { continue };
        let Some(registry) = world.registries.iter().find(|registry| registry.login_server == host) else { continue };
        let (repository, reference) = match path.split_once('@') {
            Some((repository, digest)) => (repository.split(':').next().unwrap_or(repository), digest),
            None => path.rsplit_once(':').unwrap_or((path, "latest")),
        };
        if !found.iter().any(|(known, ..)| *known == word) {
            found.push((word, registry, repository, reference));
        }
    }
    found
}

/// Whether a node selector or affinity in the command names the pool.
fn selects(command: &str, pool: &str) -> bool {
    let bare: String = command.chars().filter(|c| !matches!(c, '"' | '\'' | '\\' | ' ')).collect();
    bare.match_indices("agentpool").any(|(at, word)| {
        let rest = bare[at + word.len()..].trim_start_matches([':', '=']);
        let named = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        named.eq_ignore_ascii_case(pool)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_is_named_by_a_selector_in_any_quoting() {
        for command in [
            r#"kubectl run x --overrides='{"spec":{"nodeSelector":{"kubernetes.azure.com/agentpool":"web"}}}'"#,
            "kubectl run x --overrides=\\\"agentpool\\\": \\\"web\\\"",
            "kubectl get nodes -l agentpool=web",
        ] {
            assert!(selects(command, "web") && !selects(command, "system"), "{command}");
        }
        assert!(!selects("kubectl get nodes -l agentpool=web2", "web"));
    }
}

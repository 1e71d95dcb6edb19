//! `resetServicePrincipalProfile`: checked against Entra at once, then node by node.

use axum::response::Response;
use uuid::Uuid;

use super::{idle, named, progress, watched};
use crate::{
    domain::AppId,
    sim::{
        arm::{Answer, Asked, unlocked},
        entra::credentials::{self, CredentialFault},
        estate::{Cluster, Operation, OperationKind},
        service::{aks_flat_error, empty},
        world::{ResetFate, World},
    },
};

/// What AKS writes to its nodes can be no longer.
const LONGEST_SECRET: usize = 190;
/// How long an operation can be asked for after its end.
const KEPT: time::Duration = time::Duration::hours(24);

pub(super) fn post(asked: &Asked<'_>, world: &mut World) -> Answer {
    let index = named(asked, world, "resetServicePrincipalProfile/action")?;
    unlocked(world, &world.clusters[index].id, "write")?;
    let body = asked.call.json();
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty());
    let (Some(client), Some(secret)) = (text("clientId"), text("secret")) else {
        let message = "The value of parameter servicePrincipalProfile is invalid: clientId and secret are required.";
        return Err(aks_flat_error(400, "InvalidParameter", message).into());
    };
    let cluster = &world.clusters[index];
    let previous = eligible(cluster)?;
    let client_id = valid(world, cluster, client, secret)?;

    let fate = next_fate(world);
    let mut kind = OperationKind::Reset {
        client_id,
        secret: secret.to_owned(),
        fail_after_nodes: fate.as_ref().map(|fate| fate.after_nodes),
        previous,
    };
    let nodes = progress::affected(&kind, &world.clusters[index]);
    if let OperationKind::Reset { fail_after_nodes: Some(after), .. } = &mut kind {
        *after = nodes.min(*after);
    }
    let operation = started(asked, world, index, kind, nodes, fate);
    let cluster = &mut world.clusters[index];
    cluster.client_id = Some(client_id);
    Ok(watched(asked.state, world, &operation, empty(202)))
}

/// Refuses clusters whose nodes cannot be given another credential; the answer is the present one's id.
fn eligible(cluster: &Cluster) -> Result<AppId, Box<Response>> {
    let Some(previous) = cluster.client_id else {
        let message = "This action cannot be performed on a cluster that is not using a service principal";
        return Err(aks_flat_error(400, "BadRequest", message).into());
    };
    idle(cluster)?;
    let other =
        |kind: &str| format!("Resetting the service principal profile is not supported for {kind} agent pools.");
    if cluster.pools.iter().any(|pool| pool.os_type == "Windows") {
        return Err(aks_flat_error(400, "BadRequest", &other("Windows")).into());
    }
    if cluster.pools.iter().any(|pool| pool.pool_type != "VirtualMachineScaleSets") {
        return Err(aks_flat_error(400, "BadRequest", &other("AvailabilitySet")).into());
    }
    Ok(previous)
}

/// The application, if Entra takes the pair in the cluster's own tenant.
fn valid(world: &World, cluster: &Cluster, client: &str, secret: &str) -> Result<AppId, Box<Response>> {
    if secret.len() > LONGEST_SECRET {
        let message = format!("Service principal client secret is too long: at most {LONGEST_SECRET} bytes.");
        return Err(aks_flat_error(400, "InvalidParameter", &message).into());
    }
    let not_found = || {
        let message = format!(
            "Service principal clientID: {client} not found in Active Directory tenant {}, Please see \
             https://aka.ms/aks-sp-help for more details.",
            cluster.tenant
        );
        aks_flat_error(400, "BadRequest", &message)
    };
    let app = client.parse().map_err(|_| not_found())?;
    let refused = |fault: CredentialFault| match fault {
        CredentialFault::NotInTenant | CredentialFault::NoPrincipalAtHome => not_found(),
        CredentialFault::Disabled | CredentialFault::WrongSecret | CredentialFault::ExpiredSecret => {
            let refusal = fault.refusal(world, cluster.tenant, app);
            let message = format!(
                "The credentials in ServicePrincipalProfile were invalid. Please see https://aka.ms/aks-sp-help for \
                 more details. (Details: adal: Refresh request failed. Status Code = '{}'. Response body: \
                 {{\"error\":\"{}\",\"error_description\":\"AADSTS{}: {}\"}})",
                refusal.status, refusal.error, refusal.number, refusal.message
            );
            aks_flat_error(400, "BadRequest", &message)
        }
    };
    credentials::authenticate(world, cluster.tenant, app, secret).map_err(refused)?;
    Ok(app)
}

/// How this reset ends, where the scenario wants it to end otherwise than well.
fn next_fate(world: &mut World) -> Option<ResetFate> {
    let fate = world.reset_fate.as_mut()?;
    match &mut fate.times {
        Some(0) => return None,
        Some(times) => *times -= 1,
        None => {}
    }
    Some(fate.clone())
}

/// Begins an operation that replaces nodes: cluster and pools are busy from now on.
pub(super) fn started(
    asked: &Asked<'_>,
    world: &mut World,
    index: usize,
    kind: OperationKind,
    nodes: usize,
    fate: Option<ResetFate>,
) -> Operation {
    let now = world.now();
    let per_node = world.scaled(world.timing.per_node);
    let nodes = fate.as_ref().map_or(nodes, |fate| fate.after_nodes.min(nodes));
    // Even without a node to replace it takes a moment.
    let ends = now + per_node.saturating_mul(u32::try_from(nodes.max(1)).unwrap_or(u32::MAX));
    let cluster = &mut world.clusters[index];
    let operation = Operation {
        id: Uuid::new_v4(),
        cluster: cluster.id.clone(),
        subscription: asked.scope.subscription_id().unwrap_or(crate::domain::SubscriptionId(Uuid::nil())),
        location: cluster.location.clone(),
        outcome: fate.as_ref().map_or_else(|| "Succeeded".to_owned(), |fate| fate.outcome.clone()),
        error: fate.map(|fate| (fate.code, fate.message)),
        kind,
        started: now,
        ends,
        nodes_done: 0,
        finished: false,
        vanishes_at: Some(ends + KEPT),
    };
    cluster.current_operation = Some(operation.id);
    let (state, of_pools) = match &operation.kind {
        OperationKind::UpgradeNodeImage { .. } => ("Updating", "UpgradingNodeImageVersion"),
        _ => ("Updating", "Updating"),
    };
    state.clone_into(&mut cluster.provisioning_state);
    for pool in cluster.pools.iter_mut().filter(|pool| progress::concerns(&operation.kind, pool)) {
        of_pools.clone_into(&mut pool.provisioning_state);
    }
    world.operations.insert(operation.id, operation.clone());
    operation
}

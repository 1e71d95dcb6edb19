//! Somebody else's hand: what the other people of both companies do to the same objects while a setup is under way.

use serde::{Deserialize, Serialize};
use time::Duration;
use uuid::Uuid;

use super::{
    aks,
    directory::{Application, Password},
    estate::{Cluster, Node, Operation, OperationKind, Pool},
    scenario::random_secret,
    world::World,
};
use crate::domain::{AppId, KeyId};

/// One act.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "hand", rename_all = "snake_case")]
pub enum Hand {
    /// An app goes to the recycle bin, and its principal at home with it; or for good.
    DeleteApp { app_id: AppId, for_good: bool },
    /// An app is for its own tenant only again.
    CloseApp { app_id: AppId },
    /// Every key of an app is removed.
    RemoveKeys { app_id: AppId },
    /// An app gets one more key.
    AddKey { app_id: AppId, label: String },
    /// A principal may sign in no more, or again.
    EnablePrincipal { app_id: AppId, tenant: String, enabled: bool },
    /// A principal is deleted.
    DeletePrincipal { app_id: AppId, tenant: String },
    /// An app's roles at places whose ids end so are taken away.
    TakeRoles { app_id: AppId, at: String },
    /// A registry's rights are given in the other way: with repository permissions, or without.
    SwitchMode { registry: String },
    /// A registry lets nobody in from public addresses, or everybody.
    Firewall { registry: String, closed: bool },
    /// A registry is deleted, or made anew under its name with what it held.
    DeleteRegistry { registry: String, deleted: bool },
    /// A cluster is given another app, with a key made for it under a label; at once.
    ResetCluster { cluster: String, app_id: AppId, label: String },
    /// A cluster is stopped, or started.
    StopCluster { cluster: String, stopped: bool },
    /// Somebody's operation runs on a cluster, or has ended.
    UpdateCluster { cluster: String, running: bool },
    /// A cluster gets a pool.
    AddPool { cluster: String, pool: String, nodes: usize },
    /// A pool is stopped, or started: its nodes keep what they have.
    StopPool { cluster: String, pool: String, stopped: bool },
    /// A pool gets another number of nodes; new ones get the credential that the cluster was given last.
    ScalePool { cluster: String, pool: String, nodes: usize },
}

/// What a registry that is deleted is called meanwhile.
const DELETED: &str = "-deleted";

/// Does it. The error says what is not there.
pub fn act(world: &mut World, hand: &Hand) -> Result<(), String> {
    aks::advance(world);
    let now = world.now();
    match hand {
        Hand::DeleteApp { app_id, for_good } => delete(world, *app_id, *for_good)?,
        Hand::CloseApp { app_id } => "AzureADMyOrg".clone_into(&mut app(world, *app_id)?.sign_in_audience),
        Hand::RemoveKeys { app_id } => app(world, *app_id)?.passwords.iter_mut().for_each(|key| key.removed = true),
        Hand::AddKey { app_id, label } => {
            add_key(world, *app_id, label)?;
        }
        Hand::EnablePrincipal { app_id, tenant, enabled } => {
            principal(world, *app_id, tenant)?.enabled = *enabled;
        }
        Hand::DeletePrincipal { app_id, tenant } => principal(world, *app_id, tenant)?.deleted = Some(now),
        Hand::TakeRoles { app_id, at } => {
            let ids: Vec<_> = world
                .tenants
                .iter()
                .filter_map(|tenant| tenant.principal_of(*app_id))
                .map(|principal| principal.object_id)
                .collect();
            world.assignments.retain(|one| !(ids.contains(&one.principal) && one.scope.ends_with(at.as_str())));
        }
        Hand::SwitchMode { registry: name } => {
            let mode = &mut registry(world, name)?.role_assignment_mode;
            let abac = "AbacRepositoryPermissions";
            if mode == abac { "LegacyRegistryPermissions" } else { abac }.clone_into(mode);
        }
        Hand::Firewall { registry: name, closed } => {
            let action = if *closed { "Deny" } else { "Allow" };
            action.clone_into(&mut registry(world, name)?.default_action);
        }
        Hand::DeleteRegistry { registry: name, deleted } => {
            let registry = registry(world, name)?;
            // Neither found nor given a role under the names that it had.
            for own in [&mut registry.id, &mut registry.login_server] {
                let name = own.strip_suffix(DELETED).unwrap_or(own).to_owned();
                *own = if *deleted { format!("{name}{DELETED}") } else { name };
            }
            // Nobody answers under its name.
            (if *deleted { "Deny" } else { "Allow" }).clone_into(&mut registry.default_action);
        }
        Hand::ResetCluster { cluster: name, app_id, label } => reset(world, name, *app_id, label)?,
        Hand::StopCluster { cluster: name, stopped } => {
            let state = power(*stopped);
            let cluster = cluster(world, name)?;
            state.clone_into(&mut cluster.power_state);
            cluster.pools.iter_mut().for_each(|pool| state.clone_into(&mut pool.power_state));
        }
        Hand::UpdateCluster { cluster: name, running } => {
            let cluster = cluster(world, name)?;
            if cluster.current_operation.is_none() {
                (if *running { "Updating" } else { "Succeeded" }).clone_into(&mut cluster.provisioning_state);
            }
        }
        Hand::AddPool { cluster: name, pool, nodes } => {
            let given = last_given(world, name)?;
            let cluster = cluster(world, name)?;
            let first = cluster.pools.first().ok_or("the cluster has no pool to take after")?;
            let mut new = Pool { name: pool.clone(), mode: "User".into(), nodes: Vec::new(), ..first.clone() };
            "Running".clone_into(&mut new.power_state);
            "Succeeded".clone_into(&mut new.provisioning_state);
            grow(&mut new, *nodes, &given);
            cluster.pools.push(new);
        }
        Hand::StopPool { cluster: name, pool: of, stopped } => {
            power(*stopped).clone_into(&mut pool(cluster(world, name)?, of)?.power_state);
        }
        Hand::ScalePool { cluster: name, pool: of, nodes } => {
            let given = last_given(world, name)?;
            grow(pool(cluster(world, name)?, of)?, *nodes, &given);
        }
    }
    Ok(())
}

fn power(stopped: bool) -> &'static str {
    if stopped { "Stopped" } else { "Running" }
}

fn app(world: &mut World, app_id: AppId) -> Result<&mut Application, String> {
    let apps = world.tenants.iter_mut().flat_map(|tenant| tenant.applications.values_mut());
    apps.into_iter().find(|app| app.app_id == app_id && app.deleted.is_none()).ok_or("there is no such app".to_owned())
}

fn delete(world: &mut World, app_id: AppId, for_good: bool) -> Result<(), String> {
    let now = world.now();
    let object_id = app(world, app_id)?.object_id;
    for tenant in world.tenants.iter_mut().filter(|tenant| tenant.applications.contains_key(&object_id)) {
        for principal in tenant.principals.values_mut().filter(|principal| principal.app_id == app_id) {
            principal.deleted = principal.deleted.or(Some(now));
        }
        if for_good {
            tenant.applications.remove(&object_id);
            tenant.principals.retain(|_, principal| principal.app_id != app_id);
        } else if let Some(app) = tenant.applications.get_mut(&object_id) {
            app.deleted = Some(now);
        }
    }
    Ok(())
}

fn add_key(world: &mut World, app_id: AppId, label: &str) -> Result<String, String> {
    let now = world.now();
    let text = random_secret();
    app(world, app_id)?.passwords.push(Password {
        key_id: KeyId(Uuid::new_v4()),
        display_name: Some(label.to_owned()),
        text: text.clone(),
        start: now,
        end: now + Duration::days(365),
        usable_from: now,
        removed: false,
    });
    Ok(text)
}

fn principal<'w>(
    world: &'w mut World,
    app_id: AppId,
    tenant: &str,
) -> Result<&'w mut super::directory::ServicePrincipal, String> {
    let id =
        world.tenant_named(tenant).map(|tenant| tenant.id).ok_or_else(|| format!("there is no tenant {tenant}"))?;
    let principals = world.tenant_mut(id).into_iter().flat_map(|tenant| tenant.principals.values_mut());
    let mut live = principals.filter(|principal| principal.app_id == app_id && principal.deleted.is_none());
    live.next().ok_or_else(|| "the app has no principal there".to_owned())
}

fn registry<'w>(world: &'w mut World, name: &str) -> Result<&'w mut super::estate::Registry, String> {
    let found = world.registries.iter_mut().find(|registry| registry.name == name);
    found.ok_or_else(|| format!("there is no registry {name}"))
}

fn cluster<'w>(world: &'w mut World, name: &str) -> Result<&'w mut Cluster, String> {
    let found = world.clusters.iter_mut().find(|cluster| cluster.name == name);
    found.ok_or_else(|| format!("there is no cluster {name}"))
}

fn pool<'c>(cluster: &'c mut Cluster, name: &str) -> Result<&'c mut Pool, String> {
    let found = cluster.pools.iter_mut().find(|pool| pool.name == name);
    found.ok_or_else(|| format!("there is no pool {name}"))
}

/// A node with the credential that the cluster was given last: by the last reset, or what its first node has.
fn last_given(world: &mut World, name: &str) -> Result<Node, String> {
    let (id, first) = {
        let cluster = cluster(world, name)?;
        let first = cluster.pools.iter().flat_map(|pool| &pool.nodes).next().cloned();
        (cluster.id.clone(), first.ok_or("the cluster has no node to take after")?)
    };
    let resets = world.operations.values().filter(|operation| operation.cluster == id);
    let last = resets
        .filter_map(|operation| match &operation.kind {
            OperationKind::Reset { client_id, secret, .. } => Some((operation.started, *client_id, secret.clone())),
            _ => None,
        })
        .max_by_key(|(started, ..)| *started);
    Ok(last.map_or(first.clone(), |(_, client_id, secret)| Node { client_id, secret, ..first }))
}

fn grow(pool: &mut Pool, nodes: usize, given: &Node) {
    pool.nodes.truncate(nodes);
    for number in pool.nodes.len()..nodes {
        pool.nodes.push(Node { name: format!("aks-{}-{number:06}", pool.name), ..given.clone() });
    }
}

fn reset(world: &mut World, name: &str, app_id: AppId, label: &str) -> Result<(), String> {
    if cluster(world, name)?.current_operation.is_some() {
        return Err("another operation runs on the cluster".to_owned());
    }
    let secret = add_key(world, app_id, label)?;
    let now = world.now();
    let cluster = cluster(world, name)?;
    let previous = cluster.client_id.ok_or("the cluster has no service principal")?;
    cluster.client_id = Some(app_id);
    for node in cluster.pools.iter_mut().filter(|pool| pool.power_state == "Running").flat_map(|pool| &mut pool.nodes) {
        node.client_id = app_id;
        node.secret.clone_from(&secret);
        node.replaced_at = Some(now);
    }
    let nodes_done = cluster.pools.iter().map(|pool| pool.nodes.len()).sum();
    let id = Uuid::new_v4();
    let operation = Operation {
        id,
        cluster: cluster.id.clone(),
        subscription: crate::domain::SubscriptionId(Uuid::nil()),
        location: cluster.location.clone(),
        kind: OperationKind::Reset { client_id: app_id, secret, fail_after_nodes: None, previous },
        started: now,
        ends: now,
        outcome: "Succeeded".into(),
        error: None,
        nodes_done,
        finished: true,
        vanishes_at: None,
    };
    world.operations.insert(id, operation);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::Scenario;

    fn nodes<'w>(world: &'w World, name: &str) -> Vec<&'w Node> {
        let cluster = world.clusters.iter().find(|cluster| cluster.name == name).unwrap();
        cluster.pools.iter().flat_map(|pool| &pool.nodes).collect()
    }

    #[test]
    fn another_hand_gives_a_cluster_another_app_and_new_nodes_have_it_too() {
        let (mut world, _) = Scenario::load("default").unwrap().build(1.0).unwrap();
        let other = world.clusters.iter().find(|cluster| cluster.name == "shop-keep").unwrap().client_id.unwrap();
        let cluster = || "shop-prod".to_owned();
        let reset = Hand::ResetCluster { cluster: cluster(), app_id: other, label: "by hand".into() };
        act(&mut world, &reset).unwrap();
        act(&mut world, &Hand::AddPool { cluster: cluster(), pool: "more".into(), nodes: 2 }).unwrap();
        let nodes = nodes(&world, "shop-prod");
        assert_eq!(nodes.len(), 11);
        assert!(nodes.iter().all(|node| node.client_id == other && node.secret == nodes[0].secret));
    }

    #[test]
    fn what_is_not_there_is_said() {
        let (mut world, _) = Scenario::load("default").unwrap().build(1.0).unwrap();
        assert!(act(&mut world, &Hand::SwitchMode { registry: "nowhere".into() }).unwrap_err().contains("nowhere"));
        let read: Hand =
            serde_json::from_str(r#"{"hand":"stop_cluster","cluster":"shop-prod","stopped":true}"#).unwrap();
        act(&mut world, &read).unwrap();
        assert_eq!(world.clusters[0].power_state, "Stopped");
    }
}

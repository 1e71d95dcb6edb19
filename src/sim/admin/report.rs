//! The truth, in JSON and for tests: never the text of a key.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use crate::{
    domain::{AppId, KeyId},
    sim::{
        aks,
        directory::{Application, Tenant},
        estate::{Cluster, NOBODY, Node, Registry},
        nodes as evaluation,
        world::{Shared, World},
    },
};

/// What one node holds, and what it can pull with it.
#[derive(Debug, Clone, Serialize)]
pub struct NodeReport {
    pub cluster: String,
    pub pool: String,
    pub node: String,
    pub client_id: AppId,
    /// The key whose text the node holds, if any application ever had such a key.
    pub key_id: Option<KeyId>,
    /// `registry/repository:tag` of every image there is.
    pub can_pull: BTreeMap<String, bool>,
}

impl NodeReport {
    /// Whether the node can pull that image; no for one that does not exist.
    pub fn can_pull(&self, registry: &str, repository: &str, tag: &str) -> bool {
        self.can_pull.get(&format!("{registry}/{repository}:{tag}")).copied().unwrap_or(false)
    }
}

/// Every node of every cluster, as it is now.
pub fn nodes(world: &Shared) -> Vec<NodeReport> {
    let mut world = world.lock();
    aks::advance(&mut world);
    let mut known = HashMap::new();
    let mut reports = Vec::new();
    for cluster in &world.clusters {
        for pool in &cluster.pools {
            for node in &pool.nodes {
                // Nodes with the same credential behind the same address can pull the same.
                let key = (cluster.egress_ip.as_str(), node.client_id, node.secret.as_str());
                let can_pull = known.entry(key).or_insert_with(|| can_pull(&world, cluster, node));
                reports.push(NodeReport {
                    cluster: cluster.name.clone(),
                    pool: pool.name.clone(),
                    node: node.name.clone(),
                    client_id: node.client_id,
                    key_id: evaluation::key_id(&world, node),
                    can_pull: can_pull.clone(),
                });
            }
        }
    }
    reports
}

fn can_pull(world: &World, cluster: &Cluster, node: &Node) -> BTreeMap<String, bool> {
    let mut images = BTreeMap::new();
    for registry in world.registries.iter().filter(|registry| answers(registry)) {
        for (repository, tags) in &registry.repositories {
            for tag in tags.keys() {
                let pulled = evaluation::pull(world, cluster, node, registry, repository, tag).is_ok();
                images.insert(format!("{}/{repository}:{tag}", registry.name), pulled);
            }
        }
    }
    images
}

/// Those of a long list are names only.
fn answers(registry: &Registry) -> bool {
    !registry.login_server.ends_with(NOBODY)
}

/// The world without the texts of keys, passwords and tokens.
pub(super) fn world(world: &Shared) -> Value {
    let mut world = world.lock();
    aks::advance(&mut world);
    let world = &*world;
    json!({
        "now": date(world.now()),
        "tenants": world.tenants.iter().map(tenant).collect::<Vec<_>>(),
        "assignments": world.assignments.iter().map(|one| json!({
            "name": one.name,
            "tenant": one.tenant,
            "scope": one.scope,
            "role": one.role,
            "principal": one.principal,
            "condition": one.condition,
            "effective_from": date(one.effective_from),
        })).collect::<Vec<_>>(),
        "clusters": world.clusters.iter().map(|cluster| self::cluster(world, cluster)).collect::<Vec<_>>(),
        "registries": world.registries.iter().map(|registry| json!({
            "id": registry.id,
            "name": registry.name,
            "tenant": registry.tenant,
            "login_server": registry.login_server,
            "role_assignment_mode": registry.role_assignment_mode,
            "repositories": registry.repositories,
        })).collect::<Vec<_>>(),
        "operations": world.operations.values().map(|operation| json!({
            "id": operation.id,
            "cluster": operation.cluster,
            "kind": format!("{:?}", operation.kind),
            "started": date(operation.started),
            "ends": date(operation.ends),
            "outcome": operation.outcome,
            "nodes_done": operation.nodes_done,
            "finished": operation.finished,
        })).collect::<Vec<_>>(),
    })
}

fn date(at: time::OffsetDateTime) -> String {
    at.format(&Rfc3339).unwrap_or_default()
}

fn tenant(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "domain": tenant.domain,
        "display_name": tenant.display_name,
        "sign_in_policy": tenant.policy.sign_in,
        "users": tenant.users.iter().map(|user| json!({"id": user.id, "upn": user.upn})).collect::<Vec<_>>(),
        "applications": tenant.applications.values().map(application).collect::<Vec<_>>(),
        "principals": tenant.principals.values().map(|principal| json!({
            "object_id": principal.object_id,
            "app_id": principal.app_id,
            "display_name": principal.display_name,
            "enabled": principal.enabled,
            "deleted": principal.deleted.is_some(),
            "grants": principal.grants,
        })).collect::<Vec<_>>(),
    })
}

fn application(app: &Application) -> Value {
    json!({
        "object_id": app.object_id,
        "app_id": app.app_id,
        "display_name": app.display_name,
        "unique_name": app.unique_name,
        "sign_in_audience": app.sign_in_audience,
        "redirect_uris": app.web_redirect_uris,
        "deleted": app.deleted.is_some(),
        "keys": app.passwords.iter().map(|key| json!({
            "key_id": key.key_id,
            "display_name": key.display_name,
            "end": date(key.end),
            "removed": key.removed,
        })).collect::<Vec<_>>(),
    })
}

fn cluster(world: &World, cluster: &Cluster) -> Value {
    let pools = cluster.pools.iter().map(|pool| {
        let nodes = pool.nodes.iter().map(|node| {
            json!({
                "name": node.name,
                "client_id": node.client_id,
                "key_id": evaluation::key_id(world, node),
                "can_pull": can_pull(world, cluster, node),
            })
        });
        json!({
            "name": pool.name,
            "os_type": pool.os_type,
            "provisioning_state": pool.provisioning_state,
            "power_state": pool.power_state,
            "nodes": nodes.collect::<Vec<_>>(),
        })
    });
    json!({
        "id": cluster.id,
        "name": cluster.name,
        "tenant": cluster.tenant,
        "client_id": cluster.client_id,
        "provisioning_state": cluster.provisioning_state,
        "power_state": cluster.power_state,
        "current_operation": cluster.current_operation,
        "pools": pools.collect::<Vec<_>>(),
    })
}

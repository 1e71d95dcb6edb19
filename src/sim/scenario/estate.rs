//! From a scenario to the estate's part of a world: clusters, registries, and long lists of both.

use uuid::Uuid;

use super::{
    BulkSpec, ClusterSpec, PersonSpec, RegistrySpec, RoleSpec,
    build::{Builder, NewApp, derived},
};
use crate::{
    domain::{AppId, ObjectId, SubscriptionId, TenantId},
    sim::{
        SimError,
        estate::{Cluster, NOBODY, Node, Pool, Registry, Subscription},
        image,
    },
};

const NODE_IMAGE: &str = "AKSUbuntu-2204gen2containerd-202610.19.0";
/// What the firewall of a registry sees of a client on loopback.
const SEEN_FROM: &str = "203.0.113.7";

impl Builder {
    fn tenant_of(&self, subscription: SubscriptionId) -> Result<TenantId, SimError> {
        let found = self.world.subscriptions.iter().find(|known| known.id == subscription);
        let missing = || SimError::Scenario(format!("there is no subscription {subscription}"));
        found.map(|subscription| subscription.tenant).ok_or_else(missing)
    }

    pub(super) fn cluster(&mut self, spec: &ClusterSpec) -> Result<(), SimError> {
        let tenant = self.tenant_of(spec.subscription)?;
        let node_resource_group = format!("MC_{}_{}_{}", spec.group, spec.name, spec.location);
        let (client_id, secret) = match &spec.app {
            Some(app) => (Some(app.client_id), self.cluster_app(spec, tenant, &node_resource_group)?),
            // Nodes with a managed identity hold no secret of an application.
            None => (None, String::new()),
        };
        let node_id = client_id.unwrap_or(AppId(Uuid::nil()));
        let pools = spec.pools.iter().map(|pool| Pool {
            name: pool.name.clone(),
            mode: pool.mode.clone(),
            os_type: pool.os_type.clone(),
            pool_type: pool.pool_type.clone(),
            vm_size: "Standard_D4s_v5".into(),
            provisioning_state: pool.provisioning_state.clone(),
            power_state: pool.power_state.clone(),
            node_image: NODE_IMAGE.into(),
            subnet_id: pool.subnet_id.clone().or_else(|| spec.subnet_id.clone()),
            nodes: (0..pool.nodes)
                .map(|index| Node {
                    name: format!("aks-{}-30417781-vmss{index:06}", pool.name),
                    client_id: node_id,
                    secret: secret.clone(),
                    replaced_at: None,
                })
                .collect(),
        });
        let cluster = Cluster {
            id: format!(
                "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService/managedClusters/{}",
                spec.subscription, spec.group, spec.name
            ),
            name: spec.name.clone(),
            location: spec.location.clone(),
            tenant,
            client_id,
            provisioning_state: spec.provisioning_state.clone(),
            power_state: spec.power_state.clone(),
            node_resource_group,
            pools: pools.collect(),
            azure_rbac_aad: spec.azure_rbac_aad,
            run_command_disabled: spec.run_command_disabled,
            subnet_id: spec.subnet_id.clone(),
            outbound_ip_ids: spec.outbound_ip_ids.clone(),
            egress_ip: spec.egress_ip.clone(),
            disk_encryption_set_id: spec.disk_encryption_set_id.clone(),
            private_dns_zone_id: spec.private_dns_zone_id.clone(),
            current_operation: None,
            maintenance: spec.maintenance.clone(),
            extra: spec.extra.clone(),
        };
        self.world.clusters.push(cluster);
        Ok(())
    }

    /// The cluster's present application, its principals and their rights; the answer is the secret of the nodes.
    fn cluster_app(&mut self, spec: &ClusterSpec, home: TenantId, node_group: &str) -> Result<String, SimError> {
        let Some(app) = &spec.app else { return Ok(String::new()) };
        let owners = app.owners.iter().map(|owner| self.owner(home, owner)).collect::<Result<Vec<_>, _>>()?;
        let new =
            NewApp { client_id: app.client_id, name: &app.name, multitenant: app.multitenant, owners: owners.concat() };
        let secret = self.application(home, &new);
        let principal = self.principal(home, app.client_id, &app.name, home);
        let nodes = RoleSpec {
            role: "Contributor".into(),
            scope: format!("/subscriptions/{}/resourceGroups/{node_group}", spec.subscription),
            condition: None,
        };
        for role in std::iter::once(&nodes).chain(&app.roles) {
            self.assign(home, role, principal, "ServicePrincipal")?;
        }
        if app.principal_gone
            && let Some(tenant) = self.world.tenant_mut(home)
        {
            tenant.principals.remove(&principal);
        }
        for presence in &app.presences {
            let tenant = self.tenant_id(&presence.tenant)?;
            let principal = self.principal(tenant, app.client_id, &app.name, home);
            for role in &presence.roles {
                self.assign(tenant, role, principal, "ServicePrincipal")?;
            }
        }
        Ok(secret)
    }

    /// A person's user and service principal: each may act for them.
    fn owner(&self, tenant: TenantId, user: &str) -> Result<Vec<ObjectId>, SimError> {
        let missing = || SimError::Scenario(format!("there is no person {user}"));
        let tenant = self.world.tenant(tenant).ok_or_else(missing)?;
        let person = tenant.users.iter().find(|known| known.upn == format!("{user}@{}", tenant.domain));
        let name = format!("operator {user}");
        let principal = tenant.principals.values().find(|principal| principal.display_name == name);
        Ok([person.ok_or_else(missing)?.id, principal.ok_or_else(missing)?.object_id].to_vec())
    }

    pub(super) fn registry(&mut self, spec: &RegistrySpec) -> Result<(), SimError> {
        let tenant = self.tenant_of(spec.subscription)?;
        let tags =
            |name: &str, tags: &[String]| tags.iter().map(|tag| (tag.clone(), image::digest(name, tag))).collect();
        self.world.registries.push(Registry {
            id: registry_id(spec.subscription, &spec.group, &spec.name),
            name: spec.name.clone(),
            location: spec.location.clone(),
            tenant,
            login_server: String::new(),
            sku: spec.sku.clone(),
            role_assignment_mode: spec.mode.clone(),
            public_network_access: spec.public_network_access.clone(),
            default_action: spec.default_action.clone(),
            ip_rules: spec.ip_rules.clone(),
            anonymous_pull: spec.anonymous_pull,
            provisioning_state: spec.provisioning_state.clone(),
            private_endpoints: spec.private_endpoints,
            arm_tokens_accepted: !spec.arm_tokens_refused,
            repositories: spec.repositories.iter().map(|(name, list)| (name.clone(), tags(name, list))).collect(),
            seen_from: SEEN_FROM.into(),
        });
        Ok(())
    }

    /// Thousands of rows for the lists: subscriptions and clusters in the tenant of the first cluster, registries in
    /// that of the first registry. People with Azure rights there get Reader above all of it.
    pub(super) fn bulk(&mut self, bulk: BulkSpec, people: &[PersonSpec]) -> Result<(), SimError> {
        if bulk.subscriptions + bulk.clusters + bulk.registries == 0 {
            return Ok(());
        }
        let (Some(cluster), Some(registry)) =
            (self.world.clusters.first().cloned(), self.world.registries.first().cloned())
        else {
            return Err(SimError::Scenario("a long list needs a cluster and a registry to be like".into()));
        };
        for index in 0..bulk.subscriptions {
            let id = SubscriptionId(derived(cluster.tenant.0, &format!("subscription {index}")));
            let name = format!("team-{index:05}");
            self.world.subscriptions.push(Subscription { id, tenant: cluster.tenant, name });
        }
        for index in 0..bulk.clusters {
            let name = format!("bulk-{index:05}");
            let client_id = (index % 2 == 0).then(|| AppId(derived(cluster.tenant.0, &name)));
            let id = cluster.id.replace(&cluster.name, &name);
            let pools = cluster.pools.iter().map(|pool| Pool { nodes: Vec::new(), ..pool.clone() }).collect();
            self.world.clusters.push(Cluster { id, name, client_id, pools, ..cluster.clone() });
        }
        for index in 0..bulk.registries {
            let name = format!("bulkregistry{index:05}");
            let id = registry.id.replace(&registry.name, &name);
            let login_server = format!("{name}{NOBODY}");
            self.world.registries.push(Registry { id, name, login_server, ..registry.clone() });
        }
        for person in people.iter().filter(|person| !person.roles.is_empty()) {
            let home = self.tenant_id(&person.tenant)?;
            let role = RoleSpec { role: "Reader".into(), scope: "/".into(), condition: None };
            let ids = self.owner(home, &person.user)?;
            for (id, kind) in ids.into_iter().zip(["User", "ServicePrincipal"]) {
                self.assign(home, &role, id, kind)?;
            }
        }
        Ok(())
    }
}

fn registry_id(subscription: SubscriptionId, group: &str, name: &str) -> String {
    format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{name}"
    )
}

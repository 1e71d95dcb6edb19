//! What the plan and the preflight read, side by side, before anything is changed. A read that this operator may not make
//! is kept as its error: what that means is the preflight's to say.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use super::{Steps, Tenants, fault::fault, known, patience::Patience, together};
use crate::{
    azure::{
        Error,
        acr::Registry,
        aks::{Cluster, ClusterClient},
        arm::Permissions,
        graph::{AppManagementPolicy, Application, AuthorizationPolicy, ServicePrincipal},
        rbac::{AssignmentFilter, RoleAssignment},
    },
    domain::{Answers, ObjectId, SubscriptionId, answers::CarryOver, plan::CarryLine},
    engine::Fault,
};

/// More role assignments than a tenant may have in one subscription.
const MOST_ASSIGNMENTS: usize = 20_000;

/// Everything that was read.
#[derive(Debug)]
pub struct Seen {
    /// Both tenants, with names and domains where they can be read.
    pub tenants: Tenants,
    /// The cluster.
    pub cluster: Result<Cluster, Error>,
    /// What the operator may do on it.
    pub cluster_rights: Result<Permissions, Error>,
    /// The registry; `None` where its tenant is handed over.
    pub registry: Option<Result<Registry, Error>>,
    /// What the operator there may do on it.
    pub registry_rights: Option<Result<Permissions, Error>>,
    /// The rules for apps of the cluster tenant.
    pub policy: Result<AppManagementPolicy, Error>,
    /// Whether users of the cluster tenant may register apps.
    pub authorization: Result<AuthorizationPolicy, Error>,
    /// The directory roles of the cluster tenant's operator, where a person is signed in and they can be read.
    pub directory_roles: Option<Vec<String>>,
    /// The same in the registry tenant.
    pub registry_directory_roles: Option<Vec<String>>,
    /// What belongs to the cluster's present app.
    pub present: Present,
}

/// The cluster's present identity.
#[derive(Debug)]
pub struct Present {
    /// Its registration; `None` where the cluster tenant has none.
    pub app: Option<Result<Option<Application>, Error>>,
    /// Its principal in the cluster tenant.
    pub principal: Option<Result<Option<ServicePrincipal>, Error>>,
    /// Its principal in the registry tenant: there already where the app serves that tenant too.
    pub abroad: Result<Option<ServicePrincipal>, Error>,
    /// Its role assignments.
    pub assignments: Assignments,
}

impl Default for Present {
    fn default() -> Self {
        Self { app: None, principal: None, abroad: Ok(None), assignments: Assignments::default() }
    }
}

/// The role assignments of the present principal.
#[derive(Debug, Default)]
pub struct Assignments {
    /// Each of its own.
    pub lines: Vec<CarryLine>,
    /// Those that it has through a group: `(role, scope)`. The new principal has to be put into the group by hand.
    pub through_groups: Vec<(String, String)>,
    /// Where the list was refused.
    pub refused: Vec<(String, Error)>,
    /// Scopes at which this operator may not give roles.
    pub may_not_give: Vec<String>,
    /// How many subscriptions were looked at.
    pub subscriptions: usize,
}

/// Reads everything. Only the cluster's own answer is needed for what comes after it.
pub async fn all(steps: &Steps, answers: &Answers) -> Seen {
    let (cluster_id, registry_id) = (&answers.cluster.id, answers.registry.id.as_ref());
    let (arm, graph) = (&steps.cluster.arm, &steps.cluster.graph);
    let abroad = steps.registry.as_ref().zip(registry_id);
    let patience = &steps.patience;
    let cluster_and_present = async {
        let cluster = patience.read(|| arm.cluster(cluster_id)).await;
        let present = match &cluster {
            Ok(cluster) => Box::pin(present(steps, cluster)).await,
            Err(_) => Present::default(),
        };
        (cluster, present)
    };
    let registry = async {
        match abroad {
            Some((tenant, id)) => {
                let (registry, rights) = tokio::join!(
                    patience.read(|| tenant.arm.registry(id)),
                    patience.read(|| tenant.arm.permissions(id.as_str())),
                );
                (Some(registry), Some(rights))
            }
            None => (None, None),
        }
    };
    let (
        tenants,
        (cluster, present),
        cluster_rights,
        (registry, registry_rights),
        policy,
        authorization,
        roles,
        roles_abroad,
    ) = tokio::join!(
        named(steps),
        cluster_and_present,
        patience.read(|| arm.permissions(cluster_id.as_str())),
        registry,
        patience.read(|| graph.default_app_management_policy()),
        patience.read(|| graph.authorization_policy()),
        directory_roles(patience, &steps.cluster),
        async {
            match &steps.registry {
                Some(tenant) => directory_roles(patience, tenant).await,
                None => None,
            }
        },
    );
    Seen {
        tenants,
        cluster,
        cluster_rights,
        registry,
        registry_rights,
        policy,
        authorization,
        directory_roles: roles,
        registry_directory_roles: roles_abroad,
        present,
    }
}

/// Both tenants with their names and domains. Without them their ids have to do.
async fn named(steps: &Steps) -> Tenants {
    let graph = &steps.cluster.graph;
    let registry = async {
        if let Some(tenant) = &steps.registry {
            let found = steps.patience.read(|| tenant.graph.organization()).await.ok();
            found.map(|one| (one.display_name, one.default_domain))
        } else {
            let found = graph.find_tenant(steps.tenants.registry.id).await.ok();
            found.map(|one| (one.display_name, one.default_domain_name))
        }
    };
    let (cluster, registry) = tokio::join!(steps.patience.read(|| graph.organization()), registry);
    let mut tenants = steps.tenants.clone();
    if let Ok(cluster) = cluster {
        tenants.cluster.display_name = cluster.display_name;
        tenants.cluster.domain = cluster.default_domain.or(tenants.cluster.domain);
    }
    if let Some((display_name, domain)) = registry {
        tenants.registry.display_name = display_name;
        tenants.registry.domain = domain.or(tenants.registry.domain);
    }
    tenants
}

/// A person's directory roles. Graph has no such question for a service principal that asks about itself.
async fn directory_roles(patience: &Patience, tenant: &crate::azure::TenantClients) -> Option<Vec<String>> {
    patience.read(|| tenant.operator()).await.ok()?.upn?;
    let roles = patience.read(|| tenant.graph.my_directory_roles().all(1_000)).await.ok()?;
    Some(roles.into_iter().map(|role| role.role_template_id).collect())
}

async fn present(steps: &Steps, cluster: &Cluster) -> Present {
    let ClusterClient::ServicePrincipal(app_id) = cluster.client else { return Present::default() };
    let graph = &steps.cluster.graph;
    let principal_and_roles = async {
        let (principal, subscriptions) =
            tokio::join!(steps.patience.read(|| graph.service_principal_by_app_id(app_id)), subscriptions(steps));
        let assignments = match &principal {
            Ok(Some(principal)) => collect(steps, principal.id, cluster, subscriptions, Depth::Plan).await,
            _ => Assignments::default(),
        };
        (principal, assignments)
    };
    let abroad = async {
        match &steps.registry {
            Some(tenant) => steps.patience.read(|| tenant.graph.service_principal_by_app_id(app_id)).await,
            None => Ok(None),
        }
    };
    let (app, (principal, assignments), abroad) =
        tokio::join!(steps.patience.read(|| graph.application_by_app_id(app_id)), principal_and_roles, abroad);
    Present { app: Some(app), principal: Some(principal), abroad, assignments }
}

/// The present principal's own role assignments as they are now, for the review right before the cluster update.
pub(super) async fn assignments(
    steps: &Steps,
    answers: &Answers,
    principal: ObjectId,
    cluster: &Cluster,
    subscriptions: Result<Vec<SubscriptionId>, Error>,
) -> Result<Vec<CarryLine>, Fault> {
    let found = collect(steps, principal, cluster, subscriptions, Depth::Review).await;
    // A list that is not whole proves nothing, unless the operator gave up carrying anything over.
    let accepted = answers.options.carry_over == CarryOver::None;
    if let Some((_, error)) = found.refused.into_iter().next().filter(|_| !accepted) {
        return Err(fault(error));
    }
    let mut lines = found.lines;
    choose(&mut lines, answers);
    Ok(lines)
}

/// Marks the lines that the answers take.
pub(super) fn choose(lines: &mut [CarryLine], answers: &Answers) {
    for line in lines {
        line.carry = answers.options.carry_over.takes(&line.id, &line.scope);
    }
}

/// How much is asked about role assignments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Also those through groups, and where the operator may give roles.
    Plan,
    /// The principal's own: all that can have changed for the cluster.
    Review,
}

async fn collect(
    steps: &Steps,
    principal: ObjectId,
    cluster: &Cluster,
    subscriptions: Result<Vec<SubscriptionId>, Error>,
    depth: Depth,
) -> Assignments {
    let mut found = Assignments::default();
    let scopes = scopes(cluster, subscriptions, &mut found);
    let arm = &steps.cluster.arm;
    let lists = together::all(scopes.into_iter().map(|scope| async move {
        let list = |filter| {
            let (patience, scope) = (&steps.patience, &scope);
            async move { patience.read(|| arm.role_assignments(scope, filter).all(MOST_ASSIGNMENTS)).await }
        };
        let through_groups = async {
            match depth {
                Depth::Plan => list(AssignmentFilter::AssignedTo(principal)).await.unwrap_or_default(),
                Depth::Review => Vec::new(),
            }
        };
        let (own, assigned) = tokio::join!(list(AssignmentFilter::PrincipalId(principal)), through_groups);
        (scope, own, assigned)
    }))
    .await;
    let mut own: BTreeMap<String, RoleAssignment> = BTreeMap::new();
    let mut groups = Vec::new();
    for (scope, principals, assigned) in lists {
        match principals {
            Ok(list) => own.extend(list.into_iter().map(|one| (one.id.to_ascii_lowercase(), one))),
            Err(error) => found.refused.push((scope, error)),
        }
        groups.extend(assigned.into_iter().filter(|one| one.principal_id != principal));
    }
    // A list may name assignments of the principal that hold elsewhere; each is wanted once, and only its own.
    own.retain(|_, one| one.principal_id == principal);
    let may_not_give = async {
        match depth {
            Depth::Plan => may_not_give(steps, own.values().map(|one| one.scope.as_str()).collect()).await,
            Depth::Review => Vec::new(),
        }
    };
    let (names, may_not_give) = tokio::join!(role_names(steps, own.values().chain(&groups)), may_not_give);
    found.may_not_give = may_not_give;
    let name = |role: Option<Uuid>| {
        let role = role.unwrap_or_default();
        names.get(&role).cloned().unwrap_or_else(|| role.to_string())
    };
    let mut seen = HashSet::new();
    groups.retain(|one| seen.insert(one.id.to_ascii_lowercase()));
    found.through_groups = groups.into_iter().map(|one| (name(one.role), one.scope)).collect();
    found.lines = own
        .into_values()
        .map(|one| CarryLine {
            role_name: name(one.role),
            id: one.id,
            scope: one.scope,
            role_definition: one.role_definition_id,
            role: one.role.unwrap_or_default(),
            condition: one.condition,
            condition_version: one.condition_version,
            carry: true,
        })
        .collect();
    found
}

/// Every visible subscription of the cluster tenant. There can be thousands: no more of each is kept than its id.
pub(super) async fn subscriptions(steps: &Steps) -> Result<Vec<SubscriptionId>, Error> {
    steps.patience.read(|| visible(steps)).await
}

async fn visible(steps: &Steps) -> Result<Vec<SubscriptionId>, Error> {
    let tenant = steps.tenants.cluster.id;
    let mut pages = steps.cluster.arm.subscriptions();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        // Through Lighthouse a subscription of another tenant can show up.
        let ours = page?.into_iter().filter(|one| one.tenant_id.is_none_or(|id| id == tenant) && one.usable());
        ids.extend(ours.map(|one| one.subscription_id));
    }
    Ok(ids)
}

/// The subscriptions, and by name what the cluster uses in others.
fn scopes(
    cluster: &Cluster,
    subscriptions: Result<Vec<SubscriptionId>, Error>,
    found: &mut Assignments,
) -> Vec<String> {
    let mut visible = subscriptions.unwrap_or_else(|error| {
        found.refused.push(("the list of subscriptions".to_owned(), error));
        Vec::new()
    });
    if visible.is_empty() {
        visible.push(cluster.id.subscription());
    }
    found.subscriptions = visible.len();
    let elsewhere = cluster
        .used_resources()
        .into_iter()
        .filter(|id| !visible.iter().any(|one| id.to_ascii_lowercase().starts_with(&format!("/subscriptions/{one}"))));
    let mut scopes: Vec<String> = visible.iter().map(|id| format!("/subscriptions/{id}")).collect();
    scopes.extend(elsewhere);
    scopes
}

async fn role_names<'a>(steps: &Steps, all: impl Iterator<Item = &'a RoleAssignment>) -> BTreeMap<Uuid, String> {
    let roles: BTreeMap<Uuid, String> = all.filter_map(|one| Some((one.role?, one.scope.clone()))).collect();
    let named = roles.into_iter().map(|(role, scope)| async move {
        let definition = steps.patience.read(|| known::role(steps, &scope, role)).await.ok().flatten();
        definition.map(|definition| (role, definition.role_name))
    });
    together::all(named).await.into_iter().flatten().collect()
}

async fn may_not_give(steps: &Steps, scopes: BTreeSet<&str>) -> Vec<String> {
    let refused = scopes.into_iter().map(|scope| async move {
        let rights = steps.patience.read(|| steps.cluster.arm.permissions(scope)).await;
        let may = rights.is_ok_and(|rights| rights.allows("Microsoft.Authorization/roleAssignments/write"));
        (!may).then(|| scope.to_owned())
    });
    together::all(refused).await.into_iter().flatten().collect()
}

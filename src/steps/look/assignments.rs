//! The role assignments of the cluster's present principal: in every subscription that can be seen, and by name at what
//! the cluster uses elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use crate::{
    azure::{
        Error,
        aks::Cluster,
        arm::Permissions,
        rbac::{AssignmentFilter, RoleAssignment},
    },
    domain::{Answers, ObjectId, SubscriptionId, answers::CarryOver, plan::CarryLine},
    engine::Fault,
    steps::{Steps, fault::fault, known, together},
};

/// More role assignments than a tenant may have in one subscription.
const MOST_ASSIGNMENTS: usize = 20_000;

/// The role assignments of the present principal.
#[derive(Debug, Default)]
pub struct Assignments {
    /// Each of its own.
    pub lines: Vec<CarryLine>,
    /// Those that it has through a group: `(role, scope)`. The new principal has to be put into the group by hand.
    pub through_groups: Vec<(String, String)>,
    /// Where the list was refused.
    pub refused: Vec<(String, Error)>,
    /// Where the list of those through groups was refused, and that of its own was not.
    pub groups_refused: Vec<(String, Error)>,
    /// What this operator may do at the scopes of its own ones.
    pub rights: BTreeMap<String, Result<Permissions, Error>>,
    /// How many subscriptions were looked at.
    pub subscriptions: usize,
}

/// Everything about them, for the plan.
pub(super) async fn for_plan(
    steps: &Steps,
    principal: ObjectId,
    cluster: &Cluster,
    subscriptions: Result<Vec<SubscriptionId>, Error>,
) -> Assignments {
    collect(steps, principal, cluster, subscriptions, Depth::Plan).await
}

/// The present principal's own role assignments as they are now, for the review right before the cluster update.
pub(in crate::steps) async fn assignments(
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
pub(in crate::steps) fn choose(lines: &mut [CarryLine], answers: &Answers) {
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
                Depth::Plan => list(AssignmentFilter::AssignedTo(principal)).await,
                Depth::Review => Ok(Vec::new()),
            }
        };
        let (own, assigned) = tokio::join!(list(AssignmentFilter::PrincipalId(principal)), through_groups);
        (scope, own, assigned)
    }))
    .await;
    let mut own: BTreeMap<String, RoleAssignment> = BTreeMap::new();
    let mut groups = Vec::new();
    for (scope, principals, assigned) in lists {
        if let Ok(assigned) = &assigned {
            groups.extend(assigned.iter().filter(|one| one.principal_id != principal).cloned());
        }
        match (principals, assigned) {
            (Err(error), _) => found.refused.push((scope, error)),
            (Ok(list), assigned) => {
                own.extend(list.into_iter().map(|one| (one.id.to_ascii_lowercase(), one)));
                found.groups_refused.extend(assigned.err().map(|error| (scope, error)));
            }
        }
    }
    // A list may name assignments of the principal that hold elsewhere; each is wanted once, and only its own.
    own.retain(|_, one| one.principal_id == principal);
    let rights = async {
        match depth {
            Depth::Plan => rights(steps, own.values().map(|one| one.scope.as_str()).collect()).await,
            Depth::Review => BTreeMap::new(),
        }
    };
    let (names, rights) = tokio::join!(role_names(steps, own.values().chain(&groups)), rights);
    found.rights = rights;
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
pub(in crate::steps) async fn subscriptions(steps: &Steps) -> Result<Vec<SubscriptionId>, Error> {
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

async fn rights(steps: &Steps, scopes: BTreeSet<&str>) -> BTreeMap<String, Result<Permissions, Error>> {
    let each = scopes.into_iter().map(|scope| async move {
        let rights = steps.patience.read(|| steps.cluster.arm.permissions(scope)).await;
        (scope.to_owned(), rights)
    });
    together::all(each).await.into_iter().collect()
}

//! Making an assignment, with every refusal that people meet.

use axum::response::Response;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{super::resources, Answer, Asked, Scope, attributes, single};
use crate::{
    domain::{ObjectId, TenantId},
    sim::{
        aks,
        arm::{registries, resource_not_found, unlocked},
        estate::RoleAssignment,
        rbac::{self, condition},
        roles,
        service::{arm_error, json},
        world::World,
    },
};

const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";

pub(in crate::sim::arm) fn put(asked: &Asked<'_>, world: &mut World) -> Answer {
    let body = asked.call.json();
    let wanted = wanted(asked, &body["properties"], world)?;
    let attributes = attributes(&wanted);
    let attributes: Vec<(&str, &str)> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    asked.require_with(world, &asked.scope.text, &condition::Request { action: WRITE, attributes: &attributes })?;
    unlocked(world, &asked.scope.text, "write")?;
    place_exists(world, &asked.scope)?;
    if roles::by_id(wanted.role).is_none() {
        let message = format!("The specified role definition with ID '{}' does not exist.", wanted.role.simple());
        return Err(arm_error(400, "RoleDefinitionDoesNotExist", &message).into());
    }
    let typed = body["properties"]["principalType"].is_string();
    principal_exists(world, asked.caller.tenant, &wanted, typed)?;

    let same_triple = |known: &RoleAssignment| {
        known.principal == wanted.principal
            && known.role == wanted.role
            && rbac::same_scope(&known.scope, &wanted.scope)
    };
    // A name is unique in the whole tenant, wherever it was used.
    let named = world.assignments.iter_mut().find(|known| known.tenant == wanted.tenant && known.name == wanted.name);
    if let Some(known) = named {
        if !same_triple(known) {
            let message = "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
            return Err(arm_error(400, "RoleAssignmentUpdateNotPermitted", message).into());
        }
        known.condition = wanted.condition;
        known.description = wanted.description;
        return Ok(json(200, &single(known)));
    }
    if world.assignments.iter().any(same_triple) {
        // The answer does not say under which name.
        return Err(arm_error(409, "RoleAssignmentExists", "The role assignment already exists.").into());
    }
    let answer = json(201, &single(&wanted));
    world.assignments.push(wanted);
    Ok(answer)
}

/// The assignment that the request describes.
fn wanted(asked: &Asked<'_>, properties: &Value, world: &World) -> Result<RoleAssignment, Box<Response>> {
    let text = |name: &str| properties[name].as_str().filter(|text| !text.is_empty());
    let bad = |message: &str| arm_error(400, "InvalidCreateRoleAssignmentRequest", message);
    let guid = |text: &str| Uuid::try_parse(text).ok();
    let name = guid(asked.call.param("name")).ok_or_else(|| {
        let message = format!("The role assignment ID '{}' is not valid.", asked.call.param("name"));
        arm_error(400, "InvalidRoleAssignmentId", &message)
    })?;
    let role = text("roleDefinitionId").and_then(|id| guid(id.rsplit('/').next().unwrap_or(id)));
    let role = role.ok_or_else(|| bad("The request to create role assignment is not valid: roleDefinitionId."))?;
    let principal = text("principalId").and_then(guid);
    let principal = principal.ok_or_else(|| bad("The request to create role assignment is not valid: principalId."))?;
    let condition = text("condition");
    if condition.is_some() != text("conditionVersion").is_some() {
        return Err(bad("A condition and its version have to be given together.").into());
    }
    if let Some(condition) = condition
        && !condition::is_well_formed(condition)
    {
        return Err(arm_error(400, "InvalidConditionFormat", "The role assignment condition is not valid.").into());
    }
    let tenant = asked.caller.tenant;
    let now = world.now();
    let kind = kind_of(world, tenant, ObjectId(principal)).unwrap_or("User");
    Ok(RoleAssignment {
        name,
        tenant,
        scope: asked.scope.text.clone(),
        role,
        principal: ObjectId(principal),
        principal_type: text("principalType").unwrap_or(kind).to_owned(),
        condition: condition.map(str::to_owned),
        description: text("description").map(str::to_owned),
        created: now,
        visible_from: later(world, now, world.timing.graph_lag),
        effective_from: later(world, now, world.timing.role_lag),
    })
}

fn later(world: &World, now: OffsetDateTime, delay: std::time::Duration) -> OffsetDateTime {
    now + world.scaled(delay)
}

fn kind_of(world: &World, tenant: TenantId, id: ObjectId) -> Option<&'static str> {
    let tenant = world.tenant(tenant)?;
    if tenant.users.iter().any(|user| user.id == id) {
        return Some("User");
    }
    tenant.principals.get(&id).filter(|principal| principal.deleted.is_none()).map(|_| "ServicePrincipal")
}

/// A principal of another tenant is never found; one that is young is, if its type is sent with it.
fn principal_exists(
    world: &World,
    tenant: TenantId,
    wanted: &RoleAssignment,
    typed: bool,
) -> Result<(), Box<Response>> {
    let id = wanted.principal;
    let young = world
        .tenant(tenant)
        .and_then(|tenant| tenant.principals.get(&id))
        .is_some_and(|principal| principal.arm_visible_from > world.now());
    match kind_of(world, tenant, id) {
        Some(_) if young && !typed => Err(principal_not_found(tenant, id).into()),
        Some(kind) if kind == wanted.principal_type => Ok(()),
        Some(kind) => {
            let message = format!(
                "The PrincipalId '{}' has type '{kind}' , which is different from specified PrinciaplType '{}'.",
                id.0.simple(),
                wanted.principal_type
            );
            Err(arm_error(400, "UnmatchedPrincipalType", &message).into())
        }
        None => Err(principal_not_found(tenant, id).into()),
    }
}

fn principal_not_found(tenant: TenantId, id: ObjectId) -> Response {
    let message = format!(
        "Principal {} does not exist in the directory {tenant}. Check that you have the correct principal ID. If you \
         are creating this principal and then immediately assigning a role, this error might be related to a \
         replication delay. In this case, set the role assignment principalType property to a value, such as \
         ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
        id.0.simple()
    );
    arm_error(400, "PrincipalNotFound", &message)
}

/// Nothing can be assigned on a group, a cluster or a registry that is not there. Other resources are taken as given.
fn place_exists(world: &World, scope: &Scope) -> Result<(), Box<Response>> {
    let Some(group) = &scope.group else { return Ok(()) };
    if resources::known_groups(world, &scope.text).is_empty() {
        return Err(resources::group_not_found(group).into());
    }
    let Some((kind, name)) = &scope.resource else { return Ok(()) };
    let there = if kind.eq_ignore_ascii_case(aks::CLUSTER_TYPE) {
        world.clusters.iter().any(|cluster| rbac::same_scope(&cluster.id, &scope.text))
    } else if kind.eq_ignore_ascii_case(registries::TYPE) {
        world.registries.iter().any(|registry| rbac::same_scope(&registry.id, &scope.text))
    } else {
        true
    };
    if there { Ok(()) } else { Err(resource_not_found(kind, name, group).into()) }
}

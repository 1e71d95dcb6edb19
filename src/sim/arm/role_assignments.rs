//! Role assignments: made once a triple, named once a tenant, seen and in effect only after a while.

mod create;
mod filter;

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{Answer, Asked, Scope, list::paged, role_definitions};
use crate::sim::{
    estate::RoleAssignment,
    rbac::{self, condition::Request},
    service::{arm_error, empty, json},
    world::World,
};

pub(super) use create::put;

const TYPE: &str = "Microsoft.Authorization/roleAssignments";
const READ: &str = "Microsoft.Authorization/roleAssignments/read";
const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";

pub(super) fn list(asked: &Asked<'_>, world: &World) -> Answer {
    asked.require(world, &asked.scope.text, READ)?;
    let text = asked.call.query("$filter").unwrap_or_default();
    let filter = filter::parsed(text).ok_or_else(|| {
        arm_error(400, "UnsupportedQuery", &format!("The filter '{text}' is not supported by this operation."))
    })?;
    let now = world.read_at();
    let seen = world.assignments.iter().filter(|assignment| {
        assignment.tenant == asked.caller.tenant
            && rbac::visible(assignment, now)
            && filter.fits(assignment, &asked.scope.text)
    });
    Ok(paged(asked, world, seen, |assignment| {
        face(assignment, &role_definitions::id(assignment.role, &Scope::parsed(&assignment.scope)))
    }))
}

pub(super) fn get(asked: &Asked<'_>, world: &World) -> Answer {
    asked.require(world, &asked.scope.text, READ)?;
    let now = world.read_at();
    let found = at(asked, world).map(|index| &world.assignments[index]);
    let assignment = found.filter(|assignment| rbac::visible(assignment, now)).ok_or_else(|| {
        let name = asked.call.param("name");
        arm_error(404, "RoleAssignmentNotFound", &format!("The role assignment '{name}' is not found."))
    })?;
    Ok(json(200, &single(assignment)))
}

pub(super) fn delete(asked: &Asked<'_>, world: &mut World) -> Answer {
    let index = at(asked, world);
    let attributes = index.map(|index| attributes(&world.assignments[index])).unwrap_or_default();
    let attributes: Vec<(&str, &str)> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    asked.require_with(world, &asked.scope.text, &Request { action: DELETE, attributes: &attributes })?;
    let Some(index) = index else { return Ok(empty(204)) };
    Ok(json(200, &single(&world.assignments.remove(index))))
}

/// The assignment that the path names, at that very scope.
fn at(asked: &Asked<'_>, world: &World) -> Option<usize> {
    let name = Uuid::try_parse(asked.call.param("name")).ok()?;
    world.assignments.iter().position(|assignment| {
        assignment.name == name
            && assignment.tenant == asked.caller.tenant
            && rbac::same_scope(&assignment.scope, &asked.scope.text)
    })
}

/// What delegation conditions look at.
fn attributes(assignment: &RoleAssignment) -> Vec<(&'static str, String)> {
    vec![
        ("Microsoft.Authorization/roleAssignments:RoleDefinitionId", assignment.role.to_string()),
        ("Microsoft.Authorization/roleAssignments:PrincipalId", assignment.principal.to_string()),
        ("Microsoft.Authorization/roleAssignments:PrincipalType", assignment.principal_type.clone()),
    ]
}

/// One assignment alone: its role is named without a subscription, in lists with one. Clients have to compare the last
/// segment.
fn single(assignment: &RoleAssignment) -> Value {
    face(assignment, &format!("/providers/Microsoft.Authorization/roleDefinitions/{}", assignment.role))
}

fn face(assignment: &RoleAssignment, role: &str) -> Value {
    let created = assignment.created.format(&Rfc3339).unwrap_or_default();
    let scope = assignment.scope.trim_end_matches('/');
    let mut properties = json!({
        "scope": if scope.is_empty() { "/" } else { scope },
        "roleDefinitionId": role,
        "principalId": assignment.principal,
        "principalType": assignment.principal_type,
        "createdOn": created,
        "updatedOn": created,
    });
    if let Some(condition) = &assignment.condition {
        properties["condition"] = json!(condition);
        properties["conditionVersion"] = json!("2.0");
    }
    if let Some(description) = &assignment.description {
        properties["description"] = json!(description);
    }
    json!({
        "id": format!("{scope}/providers/{TYPE}/{}", assignment.name),
        "name": assignment.name,
        "type": TYPE,
        "properties": properties,
    })
}

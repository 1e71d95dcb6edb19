//! Role definitions: the built-in ones, by id and by name.

use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Asked, Scope, list::paged, permissions};
use crate::sim::{
    roles::{self, RoleDefinition},
    service::{arm_error, json},
    world::World,
};

const READ: &str = "Microsoft.Authorization/roleDefinitions/read";

pub(super) fn list(asked: &Asked<'_>, world: &World) -> Answer {
    readable(asked, world)?;
    let filter = asked.call.query("$filter").unwrap_or_default();
    let wanted = parsed(filter).ok_or_else(|| {
        arm_error(400, "UnsupportedQuery", &format!("The filter '{filter}' is not supported by this operation."))
    })?;
    let roles = roles::BUILT_IN.iter().filter(|role| wanted.iter().all(|test| test.fits(role)));
    Ok(paged(asked, world, roles, |role| face(role, &asked.scope)))
}

pub(super) fn get(asked: &Asked<'_>, world: &World) -> Answer {
    readable(asked, world)?;
    let name = asked.call.param("name");
    let role = Uuid::try_parse(name).ok().and_then(roles::by_id).ok_or_else(|| not_found(name))?;
    Ok(json(200, &face(role, &asked.scope)))
}

/// Built-in definitions can be read at the tenant's root by anybody; at a scope by those who may read it.
fn readable(asked: &Asked<'_>, world: &World) -> Result<(), Box<Response>> {
    if asked.scope.text == "/" { Ok(()) } else { asked.require(world, &asked.scope.text, READ) }
}

fn not_found(name: &str) -> Response {
    let message = format!("The specified role definition with ID '{name}' does not exist.");
    arm_error(404, "RoleDefinitionDoesNotExist", &message)
}

enum Test {
    Name(String),
    BuiltIn(bool),
    AtScope,
}

impl Test {
    fn fits(&self, role: &RoleDefinition) -> bool {
        match self {
            Self::Name(name) => role.name.eq_ignore_ascii_case(name),
            Self::BuiltIn(built_in) => *built_in,
            Self::AtScope => true,
        }
    }
}

/// `roleName eq '…'`, `type eq '…'`, `atScopeAndBelow()`, joined by `and`.
fn parsed(filter: &str) -> Option<Vec<Test>> {
    let parts = filter.split(" and ").map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            if ["atScopeAndBelow()", "atScope()"].iter().any(|known| part.eq_ignore_ascii_case(known)) {
                return Some(Test::AtScope);
            }
            let (field, value) = part.split_once(" eq ")?;
            let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
            match field.trim().to_lowercase().as_str() {
                "rolename" => Some(Test::Name(value)),
                "type" => Some(Test::BuiltIn(value.eq_ignore_ascii_case("BuiltInRole"))),
                _ => None,
            }
        })
        .collect()
}

/// A definition's id as a scope shows it: with the subscription in front where there is one.
pub(super) fn id(role: Uuid, scope: &Scope) -> String {
    let subscription = scope.subscription.as_ref().map(|id| format!("/subscriptions/{id}")).unwrap_or_default();
    format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}")
}

fn face(role: &RoleDefinition, scope: &Scope) -> Value {
    json!({
        "id": id(role.id, scope),
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": role.name,
            "type": "BuiltInRole",
            "description": role.description,
            "assignableScopes": ["/"],
            "permissions": [permissions::entry(role)],
            "createdOn": "2015-02-02T21:55:09.8806423Z",
            "updatedOn": "2023-07-10T15:10:53.8942350Z",
        },
    })
}

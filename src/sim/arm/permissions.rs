//! What the caller may do at a scope, one entry an assignment.

use axum::response::Response;
use serde_json::{Value, json};

use super::Asked;
use crate::sim::{roles::RoleDefinition, service::json, world::World};

pub(super) fn list(asked: &Asked<'_>, world: &World) -> Response {
    let rights = asked.rights(world);
    // Conditions came with 2022-05-01-preview.
    let with_conditions = asked.api_version() >= "2022-05-01";
    let value: Vec<Value> = rights
        .at(&asked.scope.text)
        .map(|grant| {
            let mut entry = entry(grant.role);
            if let (true, Some(condition)) = (with_conditions, &grant.assignment.condition) {
                entry["condition"] = json!(condition);
                entry["conditionVersion"] = json!("2.0");
            }
            entry
        })
        .collect();
    json(200, &json!({ "value": value }))
}

/// A role's permissions, as this list and the definitions show them.
pub(super) fn entry(role: &RoleDefinition) -> Value {
    json!({
        "actions": role.actions,
        "notActions": role.not_actions,
        "dataActions": role.data_actions,
        "notDataActions": [],
    })
}

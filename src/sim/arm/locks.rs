//! Locks: who may read them, and what they hold back.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Answer, Asked};
use crate::sim::{
    estate::Lock,
    rbac,
    service::{arm_error, json},
    world::World,
};

/// Those at, above and below the scope.
pub(super) fn list(asked: &Asked<'_>, world: &World) -> Answer {
    let scope = &asked.scope.text;
    asked.require(world, scope, "Microsoft.Authorization/locks/read")?;
    let near = |lock: &&Lock| rbac::covers(&lock.scope, scope) || rbac::covers(scope, &lock.scope);
    let value: Vec<Value> = world.locks.iter().filter(near).map(face).collect();
    Ok(json(200, &json!({ "value": value })))
}

fn face(lock: &Lock) -> Value {
    json!({
        "id": format!("{}/providers/Microsoft.Authorization/locks/{}", lock.scope, lock.name),
        "name": lock.name,
        "type": "Microsoft.Authorization/locks",
        "properties": {"level": lock.level},
    })
}

/// Refuses a change, or an action, under a read-only lock.
pub(in crate::sim) fn unlocked(world: &World, scope: &str, action: &str) -> Result<(), Box<Response>> {
    let holds = |lock: &&Lock| lock.level == "ReadOnly" && rbac::covers(&lock.scope, scope);
    let Some(lock) = world.locks.iter().find(holds) else { return Ok(()) };
    let message = format!(
        "The scope '{scope}' cannot perform {action} operation because following scope(s) are locked: '{}'. Please remove \
         the lock and try again.",
        lock.scope
    );
    Err(arm_error(409, "ScopeLocked", &message).into())
}

//! Where running operations are watched: by status, or until there is a result.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::json;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::{CLUSTER_TYPE, empty, retry_after, watched};
use crate::sim::{
    arm::{Answer, Asked},
    estate::{Operation, OperationKind},
    service::{arm_error, json},
    world::World,
};

/// 200 whatever has become of the operation: its end stands in the body.
pub(super) fn status(asked: &Asked<'_>, world: &World) -> Answer {
    let operation = found(asked, world)?;
    let date = |at: time::OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let mut body = json!({
        "name": operation.id,
        "status": if operation.finished { operation.outcome.as_str() } else { "InProgress" },
        "startTime": date(operation.started),
        "percentComplete": percent(operation, world),
    });
    if operation.finished {
        body["endTime"] = json!(date(operation.ends));
        if operation.outcome != "Succeeded" {
            let (code, message) = failure(operation);
            body["error"] = json!({"code": code, "message": message});
        }
    }
    let mut response = json(200, &body);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after(world)));
    Ok(response)
}

/// 202 while it runs, then what the call would have answered.
pub(super) fn result(asked: &Asked<'_>, world: &World) -> Answer {
    let operation = found(asked, world)?;
    if !operation.finished {
        let mut response = watched(asked.state, world, operation, empty(202));
        response.headers_mut().remove("azure-asyncoperation");
        return Ok(response);
    }
    if operation.outcome == "Succeeded" {
        return Ok(empty(204));
    }
    let (code, message) = failure(operation);
    Err(arm_error(409, &code, &message).into())
}

fn percent(operation: &Operation, world: &World) -> i64 {
    let total = (operation.ends - operation.started).whole_milliseconds().max(1);
    let done = (world.now() - operation.started).whole_milliseconds();
    i64::try_from((done * 100 / total).clamp(0, if operation.finished { 100 } else { 99 })).unwrap_or_default()
}

fn failure(operation: &Operation) -> (String, String) {
    match &operation.error {
        Some((code, message)) if !code.is_empty() => (code.clone(), message.clone()),
        _ if operation.outcome == "Canceled" => {
            ("OperationPreempted".into(), "The operation was preempted by another operation.".into())
        }
        _ => ("CreateRoleAssignmentError".into(), String::new()),
    }
}

/// The operation, for a caller who may read its cluster.
fn found<'w>(asked: &Asked<'_>, world: &'w World) -> Result<&'w Operation, Box<Response>> {
    let id = Uuid::try_parse(asked.call.param("id")).ok();
    let operation = id.and_then(|id| world.operations.get(&id)).filter(|operation| {
        Some(operation.subscription) == asked.scope.subscription_id()
            && !matches!(operation.kind, OperationKind::RunCommand { .. })
            && operation.vanishes_at.is_none_or(|at| at > world.now())
    });
    let operation = operation.ok_or_else(|| arm_error(404, "NotFound", "The entity was not found."))?;
    asked.require(world, &operation.cluster, &format!("{CLUSTER_TYPE}/read"))?;
    Ok(operation)
}

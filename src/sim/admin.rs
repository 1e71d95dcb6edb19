//! The simulator's own endpoint, under `/_sim` of Resource Manager's host: a look at the truth, and the acts of those
//! who are not there (the other company's administrator, time, bad luck). No credential: it is on loopback only.

mod acts;
mod report;
mod sign_in;

use axum::{
    Json, Router,
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{
    faults::Rule,
    operations::OPERATIONS,
    service::{Exchange, State, empty, json as answer},
};

pub use report::{NodeReport, nodes};

/// The routes.
pub fn router(state: &State) -> Router {
    let given = |act: fn(&State, &Value) -> Result<Value, String>| {
        let state = state.clone();
        post(move |Json(body): Json<Value>| async move { done(act(&state, &body)) })
    };
    let told = |what: fn(&State) -> Value| {
        let state = state.clone();
        get(move || async move { answer(200, &what(&state)) })
    };
    let clearing = state.clone();
    let clear = move || async move {
        clearing.faults.clear();
        empty(204)
    };
    Router::new()
        .route("/_sim/world", told(|state| report::world(&state.world)))
        .route("/_sim/nodes", told(|state| json!(nodes(&state.world))))
        .route("/_sim/requests", told(|state| exchanges(&state.log.all())))
        .route("/_sim/unknown", told(|state| exchanges(&state.log.unknown())))
        .route("/_sim/operations", told(|_| operations()))
        .route("/_sim/faults", told(faults).merge(given(set_faults)).delete(clear))
        .route("/_sim/clock", given(acts::clock))
        .route("/_sim/consent", given(acts::consent))
        .route("/_sim/role", given(acts::role))
        .route("/_sim/expire-key", given(acts::expire_key))
        .route("/_sim/reset-fate", given(acts::reset_fate))
        .route("/_sim/page-size", given(acts::page_size))
        .route("/_sim/hand", given(acts::hand))
        .route("/_sim/sign-in-policy", given(sign_in::policy))
        .route("/_sim/revoke", given(sign_in::revoke))
        .route("/_sim/end-tokens", given(|state, _| Ok(sign_in::end_tokens(state))))
        .route("/_sim/certificate", given(sign_in::certificate))
        .route("/_sim/federated-credential", given(sign_in::federated_credential))
        .route("/_sim/service-account-token", given(sign_in::service_account_token))
        .route("/_sim/machine", given(sign_in::machine))
        .route("/_sim/token-life", given(sign_in::token_life))
}

fn done(result: Result<Value, String>) -> Response {
    match result {
        Ok(body) => answer(200, &body),
        Err(message) => answer(400, &json!({"error": message})),
    }
}

fn operations() -> Value {
    let row = |operation: &super::operations::Operation| {
        json!({
            "name": operation.name,
            "service": operation.service,
            "method": operation.method,
            "path": operation.pattern,
        })
    };
    OPERATIONS.iter().map(row).collect()
}

/// The log without headers and bodies: these hold tokens and texts of keys.
fn exchanges(list: &[Exchange]) -> Value {
    let row = |one: &Exchange| {
        json!({
            "at": one.at.unix_timestamp_nanos() / 1_000_000,
            "operation": one.operation,
            "service": one.service,
            "method": one.method,
            "url": one.url,
            "status": one.status,
            "dropped": one.dropped,
        })
    };
    list.iter().map(row).collect()
}

fn faults(state: &State) -> Value {
    state.faults.list().into_iter().map(|(rule, struck)| json!({"rule": rule, "struck": struck})).collect()
}

/// One rule or a list of them.
fn set_faults(state: &State, body: &Value) -> Result<Value, String> {
    let list = if body.is_array() { body.clone() } else { json!([body]) };
    let rules: Vec<Rule> = serde_json::from_value(list).map_err(|error| error.to_string())?;
    for rule in rules {
        state.faults.add(rule);
    }
    Ok(faults(state))
}

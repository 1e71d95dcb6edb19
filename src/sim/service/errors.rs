//! The bodies of answers: Azure has a form of its own for errors in every service.

use axum::{
    body::Body,
    http::{StatusCode, header},
    response::Response,
};
use serde_json::{Value, json};

/// The plumbing writes request ids into a body that carries this.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantsIds;

/// An answer with a JSON body.
pub fn json(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = header::HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// An answer without a body.
pub fn empty(status: u16) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}

/// Resource Manager's form: `{"error": {code, message}}`.
pub fn arm_error(status: u16, code: &str, message: &str) -> Response {
    json(status, &json!({"error": {"code": code, "message": message}}))
}

/// What the AKS provider often sends instead: no `error` around it.
pub fn aks_flat_error(status: u16, code: &str, message: &str) -> Response {
    json(status, &json!({"code": code, "details": null, "message": message, "subcode": ""}))
}

/// Graph's form; `innerError` is written by the plumbing.
pub fn graph_error(status: u16, code: &str, message: &str) -> Response {
    wanting_ids(json(status, &json!({"error": {"code": code, "message": message}})))
}

/// Graph's form with `details`, as policies answer.
pub fn graph_error_with_details(status: u16, code: &str, message: &str, details: &Value) -> Response {
    wanting_ids(json(status, &json!({"error": {"code": code, "message": message, "details": details}})))
}

/// Entra's form; ids and time are written by the plumbing. `number` is the one after `AADSTS`.
pub fn entra_error(status: u16, error: &str, number: u32, message: &str) -> Response {
    entra_error_with(status, error, number, message, &Value::Null)
}

/// Entra's form with what some refusals carry beside: `suberror`, `claims`.
pub fn entra_error_with(status: u16, error: &str, number: u32, message: &str, more: &Value) -> Response {
    let description = format!("AADSTS{number}: {message}");
    let mut body = json!({"error": error, "error_description": description, "error_codes": [number]});
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    wanting_ids(json(status, &body))
}

/// The registry's form: `{"errors": [{code, message, detail}]}`.
pub fn registry_error(status: u16, code: &str, message: &str, detail: &Value) -> Response {
    let mut error = json!({"code": code, "message": message});
    if !detail.is_null() {
        error["detail"] = detail.clone();
    }
    json(status, &json!({"errors": [error]}))
}

fn wanting_ids(mut response: Response) -> Response {
    response.extensions_mut().insert(WantsIds);
    response
}

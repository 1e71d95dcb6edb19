//! What every service shares: its state, the request as the handlers see it, who is calling, how errors look, the log.

mod caller;
mod errors;
mod exchange;
mod plumbing;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use uuid::Uuid;

pub(in crate::sim) use caller::audience_of;
pub use caller::{Audience, Caller, TokenFault, Who, bearer, caller, insufficient, token_caller};
pub use errors::{
    aks_flat_error, arm_error, empty, entra_error, entra_error_with, graph_error, graph_error_with_details, json,
    registry_error,
};
pub use exchange::{Exchange, Log};
pub use plumbing::mount;

use super::{
    faults::Faults,
    operations::{Operation, Params},
    world::Shared,
};

/// A kind of host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    Login,
    Graph,
    ResourceManager,
    Registry,
}

/// Where every service listens.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Base addresses, `https://localhost:PORT` without a slash at the end.
    pub resource_manager: String,
    pub login: String,
    pub graph: String,
    /// The pages for people again, over plain http.
    pub pages: String,
    /// What login servers end with, but for their ports.
    pub(super) registry_suffix: String,
    /// Login servers, `localhost:PORT`, in the order of `World::registries`.
    pub registries: Vec<String>,
}

/// What a handler works on. Cheap to clone.
#[derive(Clone)]
pub struct State {
    pub world: Shared,
    pub hosts: Arc<Hosts>,
    pub log: Log,
    pub faults: Faults,
    /// How long each request waits before it is answered.
    pub latency: Duration,
}

/// An answer that ends a handler early, boxed because an answer is large.
#[derive(Debug)]
pub struct Refusal(Box<Response>);

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl From<Box<Response>> for Refusal {
    fn from(response: Box<Response>) -> Self {
        Self(response)
    }
}

impl From<Refusal> for Box<Response> {
    fn from(refusal: Refusal) -> Self {
        refusal.0
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A request that fits a row of the table, with its body read.
#[derive(Debug, Clone)]
pub struct Call {
    pub operation: &'static Operation,
    pub params: Params,
    pub method: Method,
    /// The path as sent.
    pub path: String,
    /// The query, decoded, in order; names may repeat.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The service's id of this request, as its response headers give it.
    pub request_id: Uuid,
}

impl Call {
    /// A value of the path by its name in the pattern; empty where the pattern has no such name.
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value)
    }

    /// The first query parameter of that name, without regard to case.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as a form, in order.
    pub fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// The plumbing puts the call into the request's extensions; a handler takes it from there.
impl<S: Sync> FromRequest<S> for Call {
    type Rejection = Response;

    async fn from_request(request: Request, _: &S) -> Result<Self, Response> {
        request.extensions().get::<Self>().cloned().ok_or_else(|| StatusCode::NOT_IMPLEMENTED.into_response())
    }
}

/// The first value of a form or query by exact name.
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

//! Who is calling: a bearer token, verified.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use serde_json::Value;
use uuid::Uuid;

use super::{Refusal, State, arm_error, graph_error};
use crate::{
    domain::{AppId, ObjectId, TenantId},
    sim::tokens,
};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    ResourceManager,
    Graph,
    /// `https://containerregistry.azure.net`, for the registry's exchange.
    ContainerRegistry,
}

/// A person or an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    User { upn: String },
    App { app_id: AppId },
}

/// The principal behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The tenant that the token is of.
    pub tenant: TenantId,
    /// The principal's object id in that tenant.
    pub object_id: ObjectId,
    pub who: Who,
    pub audience: Audience,
}

impl Caller {
    /// What Azure calls the client in its messages: the user's name, or the app's id.
    pub fn name(&self) -> String {
        match &self.who {
            Who::User { upn } => upn.clone(),
            Who::App { app_id } => app_id.to_string(),
        }
    }
}

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    Missing,
    Invalid,
    Expired,
    WrongAudience,
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The caller of a request to Resource Manager or Graph, or the refusal in that service's form.
pub fn caller(state: &State, headers: &HeaderMap, audience: Audience) -> Result<Caller, Refusal> {
    let fault = match bearer(headers) {
        None => TokenFault::Missing,
        Some(token) => match token_caller(state, token, &[audience]) {
            Ok(caller) => return Ok(caller),
            Err(fault) => fault,
        },
    };
    Err(Refusal::from(match audience {
        Audience::Graph => graph_refusal(fault),
        Audience::ResourceManager | Audience::ContainerRegistry => arm_refusal(state, fault),
    }))
}

/// The caller that a token names, if the token is ours, in time, and for one of these audiences.
pub fn token_caller(state: &State, token: &str, audiences: &[Audience]) -> Result<Caller, TokenFault> {
    let claims = tokens::verified(token).ok_or(TokenFault::Invalid)?;
    let now = state.world.lock().now().unix_timestamp();
    if claims["exp"].as_i64().unwrap_or_default() <= now {
        return Err(TokenFault::Expired);
    }
    let audience = audience_of(state, claims["aud"].as_str().unwrap_or_default())
        .filter(|audience| audiences.contains(audience))
        .ok_or(TokenFault::WrongAudience)?;
    let id = |name: &str| claims[name].as_str().and_then(|text| Uuid::try_parse(text).ok()).ok_or(TokenFault::Invalid);
    let who = match &claims["upn"] {
        Value::String(upn) => Who::User { upn: upn.clone() },
        _ => Who::App { app_id: AppId(id("appid")?) },
    };
    Ok(Caller { tenant: TenantId(id("tid")?), object_id: ObjectId(id("oid")?), who, audience })
}

/// The service that an `aud` or a scope's resource stands for, slashes at its end aside.
pub(in crate::sim) fn audience_of(state: &State, resource: &str) -> Option<Audience> {
    let resource = resource.trim_end_matches('/').to_lowercase();
    let known = [
        (Audience::ResourceManager, tokens::RESOURCE_MANAGER_AUDIENCE),
        (Audience::ResourceManager, state.hosts.resource_manager.as_str()),
        (Audience::Graph, state.hosts.graph.as_str()),
        (Audience::Graph, tokens::GRAPH_APP),
        (Audience::ContainerRegistry, tokens::REGISTRY_AUDIENCE),
    ];
    known.into_iter().find(|(_, name)| name.trim_end_matches('/').eq_ignore_ascii_case(&resource)).map(|(kind, _)| kind)
}

fn graph_refusal(fault: TokenFault) -> Response {
    let message = match fault {
        TokenFault::Missing => "Access token is empty.",
        TokenFault::Invalid => "Signature is invalid.",
        TokenFault::Expired => "Lifetime validation failed, the token is expired.",
        TokenFault::WrongAudience => "Access token validation failure. Invalid audience.",
    };
    graph_error(401, "InvalidAuthenticationToken", message)
}

fn arm_refusal(state: &State, fault: TokenFault) -> Response {
    let (code, message) = match fault {
        TokenFault::Missing => {
            ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        }
        TokenFault::Invalid => ("InvalidAuthenticationToken", "The access token is invalid."),
        TokenFault::Expired => ("ExpiredAuthenticationToken", "The access token expiry time is in the past."),
        TokenFault::WrongAudience => (
            "InvalidAuthenticationTokenAudience",
            "The access token has been obtained for wrong audience or resource. It should match one of the allowed \
             audiences of Azure Resource Manager.",
        ),
    };
    let mut response = arm_error(401, code, message);
    let challenge = format!(
        "Bearer authorization_uri=\"{}/common\", error=\"invalid_token\", error_description=\"{message}\"",
        state.hosts.login
    );
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

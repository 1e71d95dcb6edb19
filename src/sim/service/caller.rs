//! Who is calling: a bearer token, verified.

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use time::OffsetDateTime;
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
    /// A person who did more than type a password.
    pub mfa: bool,
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
    /// The person's sessions were revoked at this time; the client said that it would understand.
    Revoked {
        at: i64,
    },
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
        Audience::Graph => graph_refusal(state, fault),
        Audience::ResourceManager | Audience::ContainerRegistry => arm_refusal(state, fault),
    }))
}

/// The caller that a token names, if the token is ours, in time, and for one of these audiences.
pub fn token_caller(state: &State, token: &str, audiences: &[Audience]) -> Result<Caller, TokenFault> {
    let claims = tokens::verified(token).ok_or(TokenFault::Invalid)?;
    let (now, ended) = {
        let world = state.world.lock();
        (world.now().unix_timestamp(), world.tokens_ended.is_some_and(|moment| issued(&claims) <= nanos(moment)))
    };
    if claims["exp"].as_i64().unwrap_or_default() <= now || ended {
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
    if audience != Audience::ContainerRegistry
        && let Some(at) = revoked(state, &claims)
    {
        return Err(TokenFault::Revoked { at });
    }
    let mfa = claims["amr"].as_array().is_some_and(|methods| methods.iter().any(|method| method == "mfa"));
    Ok(Caller { tenant: TenantId(id("tid")?), object_id: ObjectId(id("oid")?), who, audience, mfa })
}

/// When a token was issued, to the nanosecond.
fn issued(claims: &Value) -> i128 {
    claims["aio"].as_str().and_then(|text| text.parse().ok()).unwrap_or_default()
}

fn nanos(moment: OffsetDateTime) -> i128 {
    moment.unix_timestamp_nanos()
}

/// Continuous access evaluation: a revoked session's tokens end at once where the client can be told so, and live out
/// their time where it cannot.
fn revoked(state: &State, claims: &Value) -> Option<i64> {
    let capable = claims["xms_cc"].as_array()?.iter().any(|name| name == "CP1");
    let (tenant, user) = (claims["tid"].as_str()?.parse().ok()?, claims["oid"].as_str()?.parse::<ObjectId>().ok()?);
    let world = state.world.lock();
    let user = world.tenant(tenant)?.users.iter().find(|known| known.id == user)?;
    let moment = user.sessions_valid_from?;
    (capable && issued(claims) <= nanos(moment)).then(|| moment.unix_timestamp())
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

fn graph_refusal(state: &State, fault: TokenFault) -> Response {
    let message = match fault {
        TokenFault::Missing => "Access token is empty.",
        TokenFault::Invalid => "Signature is invalid.",
        TokenFault::Expired => "Lifetime validation failed, the token is expired.",
        TokenFault::WrongAudience => "Access token validation failure. Invalid audience.",
        TokenFault::Revoked { .. } => {
            "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
             TokenIssuedBeforeRevocationTimestamp"
        }
    };
    let response = graph_error(401, "InvalidAuthenticationToken", message);
    let TokenFault::Revoked { at } = fault else { return response };
    let challenge = format!(
        "Bearer realm=\"\", authorization_uri=\"{}/common/oauth2/authorize\", client_id=\"{}\", {}",
        state.hosts.login,
        tokens::GRAPH_APP,
        insufficient(&not_before(at))
    );
    challenged(response, &challenge)
}

/// The claim of a challenge after a revocation: a token that is younger.
fn not_before(at: i64) -> Value {
    json!({"nbf": {"essential": true, "value": at.to_string()}})
}

/// The end of a challenge that demands claims of the access token.
pub fn insufficient(of_token: &Value) -> String {
    let claims = STANDARD.encode(json!({"access_token": of_token}).to_string());
    format!("error=\"insufficient_claims\", claims=\"{claims}\"")
}

fn challenged(mut response: Response, challenge: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
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
        TokenFault::Revoked { .. } => (
            "InvalidAuthenticationToken",
            "Continuous access evaluation resulted in claims challenge with result: InteractionRequired and code: \
             TokenIssuedBeforeRevocationTimestamp",
        ),
    };
    let error = match fault {
        TokenFault::Revoked { at } => insufficient(&not_before(at)),
        _ => format!("error=\"invalid_token\", error_description=\"{message}\""),
    };
    let challenge = format!("Bearer authorization_uri=\"{}/common\", {error}", state.hosts.login);
    challenged(arm_error(401, code, message), &challenge)
}

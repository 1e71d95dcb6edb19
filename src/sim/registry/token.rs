//! The token endpoints: Basic and password for an app's secret, refresh token, and the exchange of an Entra token.

use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    AUTHORIZATION_NEEDED, Answer, Asked,
    access::{self, Refusal, ScopeRequest},
    unauthorized,
};
use crate::{
    domain::ObjectId,
    sim::{
        service::{Audience, Call, Caller, State, json, registry_error, token_caller, value},
        tokens,
    },
};

/// The issuer of a registry's own tokens.
pub(super) const ISSUER: &str = "Azure Container Registry";
/// 75 minutes, as the registry's documentation has it.
const ACCESS_SECONDS: i64 = 75 * 60;
/// About three hours.
const REFRESH_SECONDS: i64 = 3 * 60 * 60;

pub(super) fn answer(asked: &Asked<'_>) -> Answer {
    let form = asked.call.form();
    if asked.call.method == axum::http::Method::GET {
        let principal = match asked.call.header("authorization").and_then(|header| header.split_once(' ')) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") => {
                Some(asked.basic(rest).map_err(unauthorized)?)
            }
            _ => anonymous(asked)?,
        };
        return Ok(issued(asked, principal, &scopes(&asked.call.query)));
    }
    let principal = match value(&form, "grant_type") {
        Some("password") => {
            let field = |name| value(&form, name).unwrap_or_default();
            Some(asked.password(field("username"), field("password")).map_err(unauthorized)?)
        }
        Some("refresh_token") => {
            let claims = asked.own_token(value(&form, "refresh_token").unwrap_or_default(), "refresh_token");
            Some(claims.as_ref().and_then(access::principal_of).ok_or_else(|| unauthorized(Refusal::BadCredential))?)
        }
        _ => return Err(unsupported().into()),
    };
    Ok(issued(asked, principal, &scopes(&form)))
}

/// A client without a credential gets a token where anybody may pull.
fn anonymous(asked: &Asked<'_>) -> Result<Option<ObjectId>, Box<Response>> {
    if asked.registry.anonymous_pull {
        Ok(None)
    } else {
        Err(registry_error(401, "UNAUTHORIZED", AUTHORIZATION_NEEDED, &Value::Null).into())
    }
}

/// The exchange of an Entra token of the registry's tenant for a refresh token of the registry.
pub(super) fn exchange(asked: &Asked<'_>) -> Answer {
    let form = asked.call.form();
    let Some("access_token" | "access_token_refresh_token") = value(&form, "grant_type") else {
        return Err(unsupported().into());
    };
    let caller = asked.exchanged.as_ref().filter(|caller| {
        let audience = caller.audience == Audience::ContainerRegistry || asked.registry.arm_tokens_accepted;
        audience
            && caller.tenant == asked.registry.tenant
            && access::knows(asked.world, asked.registry, caller.object_id)
    });
    let Some(caller) = caller else {
        return Err(registry_error(401, "UNAUTHORIZED", AUTHORIZATION_NEEDED, &Value::Null).into());
    };
    let mut claims = common_claims(asked, Some(caller.object_id), REFRESH_SECONDS);
    claims["grant_type"] = json!("refresh_token");
    claims["tenant"] = json!(caller.tenant);
    claims["permissions"] = json!({"actions": ["read"]});
    Ok(json(200, &json!({"refresh_token": tokens::signed_with_certificate(&claims)})))
}

/// The caller of the token in an exchange, if it is one that a registry may take.
pub(super) fn exchanged(state: &State, call: &Call) -> Option<Caller> {
    let form = call.form();
    token_caller(state, value(&form, "access_token")?, &[Audience::ContainerRegistry, Audience::ResourceManager]).ok()
}

/// An access token for as much of the scopes as the principal may have. One that may nothing gets a token too.
fn issued(asked: &Asked<'_>, principal: Option<ObjectId>, scopes: &[ScopeRequest]) -> Response {
    let access: Vec<Value> = scopes
        .iter()
        .map(|scope| {
            let actions = access::granted(asked.world, asked.registry, principal, scope);
            json!({"type": scope.kind, "name": scope.name, "actions": actions})
        })
        .collect();
    let mut claims = common_claims(asked, principal, ACCESS_SECONDS);
    claims["grant_type"] = json!("access_token");
    claims["access"] = json!(access);
    claims["roles"] = json!([]);
    json(200, &json!({"access_token": tokens::signed_with_certificate(&claims)}))
}

fn common_claims(asked: &Asked<'_>, principal: Option<ObjectId>, seconds: i64) -> Value {
    let now = asked.now();
    json!({
        "jti": Uuid::new_v4(),
        "sub": principal.map(|id| id.to_string()).unwrap_or_default(),
        // Clients compare with clocks of their own.
        "nbf": now - 15 * 60,
        "iat": now,
        "exp": now + seconds,
        "iss": ISSUER,
        "aud": asked.registry.login_server,
        "version": "1.0",
        "rid": Uuid::new_v5(&Uuid::NAMESPACE_URL, asked.registry.id.as_bytes()).simple().to_string(),
    })
}

/// Clients repeat `scope`, or put several into one.
fn scopes(pairs: &[(String, String)]) -> Vec<ScopeRequest> {
    pairs
        .iter()
        .filter(|(name, _)| name == "scope")
        .flat_map(|(_, value)| value.split_whitespace())
        .filter_map(ScopeRequest::parsed)
        .collect()
}

fn unsupported() -> Response {
    registry_error(400, "UNSUPPORTED", "The operation is unsupported.", &Value::Null)
}

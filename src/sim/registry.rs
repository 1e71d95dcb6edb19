//! A registry's own endpoints: challenge, tokens, manifests and blobs, lists.

pub mod access;
mod content;
mod lists;
mod token;

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    estate::Registry,
    image,
    service::{Call, Caller, State, empty, json, registry_error},
    tokens,
    world::World,
};
use crate::domain::ObjectId;
use access::{Refusal, ScopeRequest};

/// An answer, or the refusal that takes its place.
type Answer = Result<Response, Box<Response>>;

/// The message of a registry that knows who is asking and grants nothing, and of one that does not.
const AUTHORIZATION_NEEDED: &str =
    "authentication required, visit https://aka.ms/acr/authorization for more information.";

/// The routes of one registry.
pub fn router(state: State, registry_index: usize) -> Router {
    complete(&mut state.world.lock(), registry_index);
    Router::new().fallback(move |call: Call| {
        let state = state.clone();
        async move {
            // Reading a token looks at the clock, which is the world's: before the world is held.
            let exchanged = (call.operation.name == "registry.exchange").then(|| token::exchanged(&state, &call));
            let world = state.world.lock();
            let Some(registry) = world.registries.get(registry_index) else { return empty(404) };
            let asked = Asked { world: &world, registry, call: &call, exchanged: exchanged.flatten() };
            answer(&asked).unwrap_or_else(|refusal| *refusal)
        }
    })
}

/// Scenarios name tags; what they point to is the image builder's matter.
fn complete(world: &mut World, registry_index: usize) {
    let Some(registry) = world.registries.get_mut(registry_index) else { return };
    for (repository, tags) in &mut registry.repositories {
        for (tag, digest) in tags {
            if digest.is_empty() {
                *digest = image::digest(repository, tag);
            }
        }
    }
}

/// One request to one registry.
struct Asked<'a> {
    world: &'a World,
    registry: &'a Registry,
    call: &'a Call,
    /// Whose Entra token is to be exchanged, if it is one.
    exchanged: Option<Caller>,
}

fn answer(asked: &Asked<'_>) -> Answer {
    if let Err(address) = access::firewall(asked.registry, &asked.registry.seen_from)
        && !asked.is_challenged()
    {
        return Err(denied(&address).into());
    }
    let mut response = match asked.call.operation.name {
        "registry.challenge" => asked.base()?,
        "registry.token" => token::answer(asked)?,
        "registry.exchange" => token::exchange(asked)?,
        "registry.catalog" | "registry.acr_catalog" => lists::catalog(asked)?,
        "registry.tags" => lists::tags(asked)?,
        "registry.acr_tags" => lists::tag_attributes(asked)?,
        "registry.manifests.get" | "registry.manifests.head" => content::manifest(asked)?,
        "registry.blobs.get" | "registry.blobs.head" => content::blob(asked)?,
        _ => empty(501),
    };
    response.headers_mut().insert("docker-distribution-api-version", HeaderValue::from_static("registry/2.0"));
    Ok(response)
}

/// Who a request's `Authorization` header says is asking.
enum Credential {
    None,
    /// The `access` claim of one of our tokens.
    Token(Value),
    /// Registries take the pair of user name and password on every endpoint.
    Principal(ObjectId),
}

impl Asked<'_> {
    /// A registry with rules still says to strangers where the token is, and looks at their address there. One without
    /// public access says nothing.
    fn is_challenged(&self) -> bool {
        let token = ["registry.token", "registry.exchange"].contains(&self.call.operation.name);
        let stranger = !self.call.headers.contains_key(header::AUTHORIZATION);
        !token && stranger && self.registry.public_network_access != "Disabled"
    }

    fn now(&self) -> i64 {
        self.world.now().unix_timestamp()
    }

    /// `GET /v2/`: are you there, and do you take this credential?
    fn base(&self) -> Answer {
        match self.credential(None)? {
            Credential::None => Err(self.challenge(None, "authentication required").into()),
            Credential::Token(_) | Credential::Principal(_) => Ok(json(200, &json!({}))),
        }
    }

    /// Lets a request through that may do one of `actions`, the first being what the challenge asks for.
    fn permit(&self, kind: &str, name: &str, actions: &[&str]) -> Result<(), Box<Response>> {
        let scope = ScopeRequest {
            kind: kind.to_owned(),
            name: name.to_owned(),
            actions: actions.iter().map(|&action| action.to_owned()).collect(),
        };
        let granted: Vec<String> = match self.credential(Some(&scope))? {
            Credential::None => return Err(self.challenge(Some(&scope), AUTHORIZATION_NEEDED).into()),
            Credential::Principal(principal) => access::granted(self.world, self.registry, Some(principal), &scope),
            Credential::Token(access) => access
                .as_array()
                .into_iter()
                .flatten()
                .filter(|entry| entry["type"] == kind && entry["name"] == name)
                .flat_map(|entry| entry["actions"].as_array().into_iter().flatten())
                .filter_map(|action| action.as_str().map(str::to_owned))
                .collect(),
        };
        if actions.iter().any(|action| granted.iter().any(|granted| granted == action)) {
            Ok(())
        } else {
            Err(self.challenge(Some(&scope), AUTHORIZATION_NEEDED).into())
        }
    }

    fn credential(&self, scope: Option<&ScopeRequest>) -> Result<Credential, Box<Response>> {
        let Some(header) = self.call.header("authorization") else { return Ok(Credential::None) };
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            let principal = self.basic(rest).map_err(unauthorized)?;
            return Ok(Credential::Principal(principal));
        }
        match self.own_token(rest.trim(), "access_token") {
            Some(claims) => Ok(Credential::Token(claims["access"].clone())),
            None => Err(self.challenge(scope, AUTHORIZATION_NEEDED).into()),
        }
    }

    /// The principal behind `Basic …`.
    fn basic(&self, encoded: &str) -> Result<ObjectId, Refusal> {
        let text = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let (user, password) = text.as_deref().and_then(|text| text.split_once(':')).ok_or(Refusal::BadCredential)?;
        self.password(user, password)
    }

    /// The principal behind a user name and password; the nil user name goes with a refresh token of ours.
    fn password(&self, user: &str, password: &str) -> Result<ObjectId, Refusal> {
        if user == uuid::Uuid::nil().to_string() {
            let claims = self.own_token(password, "refresh_token").ok_or(Refusal::BadCredential)?;
            return access::principal_of(&claims).ok_or(Refusal::BadCredential);
        }
        access::authenticate(self.world, self.registry, user, password)
    }

    /// The claims of a token that this registry signed, of one kind, in time.
    fn own_token(&self, token: &str, kind: &str) -> Option<Value> {
        let claims = tokens::verified(token)?;
        let ours = claims["iss"] == token::ISSUER
            && claims["aud"] == self.registry.login_server
            && claims["grant_type"] == kind
            && claims["exp"].as_i64().is_some_and(|exp| exp > self.now());
        ours.then_some(claims)
    }

    /// 401 with the way to a token.
    fn challenge(&self, scope: Option<&ScopeRequest>, message: &str) -> Response {
        let server = &self.registry.login_server;
        let mut value = format!("Bearer realm=\"https://{server}/oauth2/token\",service=\"{server}\"");
        let mut detail = Value::Null;
        if let Some(scope) = scope {
            let action = scope.actions.first().map_or("pull", String::as_str);
            value = format!("{value},scope=\"{}:{}:{action}\"", scope.kind, scope.name);
            if self.call.headers.contains_key(header::AUTHORIZATION) {
                value.push_str(",error=\"insufficient_scope\"");
            }
            detail = json!([{"Type": scope.kind, "Name": scope.name, "Action": action}]);
        }
        let mut response = registry_error(401, "UNAUTHORIZED", message, &detail);
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }
}

/// 401 with what is wrong about the credential.
fn unauthorized(refusal: Refusal) -> Response {
    registry_error(401, "UNAUTHORIZED", refusal.message(), &Value::Null)
}

/// The firewall's refusal.
fn denied(address: &str) -> Response {
    let message =
        format!("client with IP '{address}' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.");
    registry_error(403, "DENIED", &message, &Value::Null)
}

/// The media types that a request accepts, over all its `Accept` headers.
fn accepted(headers: &HeaderMap) -> Vec<&str> {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.split(';').next().unwrap_or(one).trim())
        .filter(|one| !one.is_empty())
        .collect()
}

//! Microsoft Entra's sign-in endpoints: discovery, tokens, and the pages for people.

mod assertion;
mod authorize;
mod claims;
mod consent;
pub mod credentials;
mod device;
mod discovery;
mod issue;
pub(super) mod issuer;
mod managed;
mod pages;
mod rules;
mod scope;
mod token;

use axum::{
    Router,
    response::{IntoResponse, Response},
};

use super::{
    directory::Tenant,
    service::{Call, Refusal, State, empty, entra_error, json},
    tokens,
    world::World,
};

pub(super) use claims::AUTHENTICATION_CONTEXT;

/// An answer, or the refusal that takes its place.
type Answer = Result<Response, Refusal>;

/// The routes; they are the same for the TLS listener and the plain one.
pub fn router(state: State) -> Router {
    Router::new().fallback(move |call: Call| {
        let state = state.clone();
        async move { answer(&state, &call).unwrap_or_else(IntoResponse::into_response) }
    })
}

fn answer(state: &State, call: &Call) -> Answer {
    match call.operation.name {
        "login.instance_discovery" => Ok(discovery::instance(state)),
        "login.user_realm" => Ok(discovery::user_realm(state, call)),
        "login.discovery" => discovery::document(state, call),
        "login.keys" => Ok(json(200, &tokens::key_set())),
        "login.cluster_issuer" => issuer::document(state, call),
        "login.cluster_keys" => issuer::keys(state, call),
        "identity.app_service" => managed::app_service(state, call),
        "identity.metadata" => managed::metadata(state, call),
        "login.token" => token::answer(state, call),
        "login.device_code" => device::start(state, call),
        "login.device_page" => device::page(state, call),
        "login.authorize" => authorize::page(state, call),
        "login.authorize_form" => authorize::posted(state, call),
        "login.admin_consent" => consent::page(state, call),
        "login.admin_consent_form" => consent::posted(state, call),
        _ => Ok(empty(501)),
    }
}

/// Whether an address names no tenant in particular.
fn is_shared(name: &str) -> bool {
    ["common", "organizations"].iter().any(|shared| name.eq_ignore_ascii_case(shared))
}

/// The tenant of an address, or the answer for one that does not exist.
fn tenant_named<'w>(world: &'w World, name: &str) -> Result<&'w Tenant, Refusal> {
    world.tenant_named(name).ok_or_else(|| {
        Refusal::from(entra_error(
            400,
            "invalid_request",
            90002,
            &format!(
                "Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the \
                 correct cloud. Check with your subscription administrator, this may happen if there are no active \
                 subscriptions for the tenant."
            ),
        ))
    })
}

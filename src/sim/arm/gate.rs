//! What every request but the metadata's has to pass: an API version, a known subscription, a token of its tenant.

use axum::{
    http::{HeaderValue, Method, header},
    response::Response,
};
use serde_json::json;

use super::{Asked, Scope};
use crate::{
    domain::TenantId,
    sim::{
        entra::AUTHENTICATION_CONTEXT,
        service::{self, Audience, Call, Caller, State, Who, arm_error, bearer, caller},
    },
};

pub(super) fn enter<'a>(state: &'a State, call: &'a Call) -> Result<Asked<'a>, Box<Response>> {
    api_version(call)?;
    let scope = Scope::of(call);
    let owner = owner(state, &scope)?;
    if let (Some(tenant), None) = (owner, bearer(&call.headers)) {
        // The one thing that Resource Manager tells strangers: whose subscription this is.
        return Err(unauthenticated(state, tenant).into());
    }
    let caller = caller(state, &call.headers, Audience::ResourceManager)?;
    match owner {
        Some(tenant) if tenant != caller.tenant => Err(wrong_tenant(state, caller.tenant, tenant).into()),
        _ if changes(call) && lacks_second_factor(state, &caller) => Err(mfa_required(state, call, &caller).into()),
        _ => Ok(Asked { state, call, caller, scope }),
    }
}

/// Whether a request changes anything. A POST does, unless its operation says that it only asks.
fn changes(call: &Call) -> bool {
    match call.method {
        Method::GET | Method::HEAD => false,
        Method::POST => !["list", "get", "check", "query"].iter().any(|verb| call.operation.name.ends_with(verb)),
        _ => true,
    }
}

/// Applications have no second factor and need none.
fn lacks_second_factor(state: &State, caller: &Caller) -> bool {
    let person = matches!(caller.who, Who::User { .. });
    let world = state.world.lock();
    person && !caller.mfa && world.tenant(caller.tenant).is_some_and(|tenant| tenant.policy.sign_in.mfa_for_writes)
}

fn mfa_required(state: &State, call: &Call, caller: &Caller) -> Response {
    let message = format!(
        "Resource '{}' was disallowed by policy. Reasons: 'Users must use MFA for Create, Update or Delete operation. \
         Users must authenticate with multi-factor authentication to create, update or delete resources.'.",
        call.path.rsplit('/').next().unwrap_or_default()
    );
    let error = service::insufficient(&json!({"acrs": {"essential": true, "values": [AUTHENTICATION_CONTEXT]}}));
    challenged(arm_error(401, "RequestDisallowedByPolicy", &message), state, caller.tenant, &error)
}

/// Any version is taken that looks like one: clients are newer than this table of theirs could be.
fn api_version(call: &Call) -> Result<(), Box<Response>> {
    let Some(version) = call.query("api-version").filter(|version| !version.is_empty()) else {
        let message = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(arm_error(400, "MissingApiVersionParameter", message).into());
    };
    let date: Vec<&str> = version.splitn(4, '-').take(3).collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if date.len() == 3 && date.iter().all(is_number) {
        return Ok(());
    }
    let message = format!("The api-version '{version}' is invalid. The supported versions are dates.");
    Err(arm_error(400, "InvalidApiVersionParameter", &message).into())
}

/// The tenant of the path's subscription; none where the path names no subscription.
fn owner(state: &State, scope: &Scope) -> Result<Option<TenantId>, Box<Response>> {
    let Some(text) = &scope.subscription else { return Ok(None) };
    let id = scope.subscription_id().ok_or_else(|| {
        let message = format!("The provided subscription identifier '{text}' is malformed or invalid.");
        arm_error(400, "InvalidSubscriptionId", &message)
    })?;
    let world = state.world.lock();
    let found = world.subscriptions.iter().find(|subscription| subscription.id == id);
    let missing = || {
        let message = format!("The subscription '{id}' could not be found.");
        arm_error(404, "SubscriptionNotFound", &message)
    };
    Ok(Some(found.ok_or_else(missing)?.tenant))
}

fn unauthenticated(state: &State, tenant: TenantId) -> Response {
    let message = "Authentication failed. The 'Authorization' header is missing.";
    let error = "error=\"invalid_token\", error_description=\"The authentication failed because of missing \
                 'Authorization' header.\"";
    challenged(arm_error(401, "AuthenticationFailed", message), state, tenant, error)
}

fn wrong_tenant(state: &State, of_token: TenantId, of_subscription: TenantId) -> Response {
    let message = format!(
        "The access token is from the wrong issuer 'https://sts.windows.net/{of_token}/'. It must match the tenant \
         'https://sts.windows.net/{of_subscription}/' associated with this subscription. Please use the authority \
         (URL) '{}/{of_subscription}' to get the token. Note, if the subscription is transferred to another tenant \
         there is no impact to the services, but information about new tenant could take time to propagate (up to an \
         hour). If you just transferred your subscription and see this error message, please try back later.",
        state.hosts.login
    );
    let error = "error=\"invalid_token\", error_description=\"The access token is from the wrong issuer.\"";
    challenged(arm_error(401, "InvalidAuthenticationTokenTenant", &message), state, of_subscription, error)
}

fn challenged(mut response: Response, state: &State, tenant: TenantId, error: &str) -> Response {
    let challenge = format!("Bearer authorization_uri=\"{}/{tenant}\", {error}", state.hosts.login);
    if let Ok(value) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

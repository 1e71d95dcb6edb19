//! The token endpoint: an application's secret, a code, a device code, a refresh token.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    Answer, Call, Refusal, State, assertion,
    claims::{self, ClaimsAsked},
    credentials, device, entra_error, is_shared,
    issue::{self, ForUser, Proof},
    json,
    rules::{self, Way},
    scope, tenant_named,
};
use crate::{
    domain::{AppId, ObjectId, TenantId},
    sim::{
        directory::{DeviceOutcome, SignIn},
        service::{entra_error_with, value},
        world::World,
    },
};

/// Who asks, and what for.
struct Asked {
    form: Vec<(String, String)>,
    client: AppId,
    secret: Option<String>,
    /// None for an address of all tenants.
    tenant: Option<TenantId>,
    claims: ClaimsAsked,
}

impl Asked {
    fn get(&self, name: &str) -> Option<&str> {
        value(&self.form, name).filter(|text| !text.is_empty())
    }

    fn scope(&self) -> &str {
        self.get("scope").unwrap_or_default()
    }
}

pub(super) fn answer(state: &State, call: &Call) -> Answer {
    let asked = &mut asked(state, call)?;
    let public = asked.get("grant_type").is_some_and(|kind| kind != "client_credentials");
    if public && !known(state, asked.client) {
        let name = call.param("tenant");
        let message =
            format!("Application with identifier '{}' was not found in the directory '{name}'.", asked.client);
        return Err(refused(400, "unauthorized_client", 700_016, &message));
    }
    match asked.get("grant_type") {
        Some("client_credentials") => client_credentials(state, asked),
        Some("authorization_code") => code(state, asked),
        Some("refresh_token") => refresh(state, asked),
        Some("urn:ietf:params:oauth:grant-type:device_code" | "device_code") => device_code(state, asked),
        Some(other) => {
            let message = format!("The app requested an unsupported grant type '{other}'.");
            Err(refused(400, "unsupported_grant_type", 70003, &message))
        }
        None => Err(missing("grant_type")),
    }
}

fn known(state: &State, client: AppId) -> bool {
    scope::is_first_party(&client.to_string()) || state.world.lock().application(client).is_some()
}

fn asked(state: &State, call: &Call) -> Result<Asked, Refusal> {
    let form = call.form();
    let name = call.param("tenant");
    let tenant = if is_shared(name) { None } else { Some(tenant_named(&state.world.lock(), name)?.id) };
    let basic = call.header("authorization").and_then(|text| text.strip_prefix("Basic ")).and_then(|text| {
        let text = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
        // RFC 6749 has both halves form-encoded.
        let decoded = |half: &str| {
            url::form_urlencoded::parse(format!("x={half}").as_bytes()).next().map(|(_, half)| half.into_owned())
        };
        let (id, secret) = text.split_once(':')?;
        Some((decoded(id)?, decoded(secret)?))
    });
    let (id, secret) = match basic {
        Some((id, secret)) => (Some(id), Some(secret)),
        None => (value(&form, "client_id").map(str::to_owned), value(&form, "client_secret").map(str::to_owned)),
    };
    let id = id.ok_or_else(|| missing("client_id"))?;
    let client = id.parse().map_err(|_| {
        let message = format!("Application with identifier '{id}' was not found in the directory '{name}'.");
        refused(400, "unauthorized_client", 700_016, &message)
    })?;
    let claims = claims::asked(value(&form, "claims").filter(|text| !text.is_empty()))?;
    Ok(Asked { form, client, secret: secret.filter(|text| !text.is_empty()), tenant, claims })
}

fn client_credentials(state: &State, asked: &Asked) -> Answer {
    let Some(tenant) = asked.tenant else {
        let message = "The grant type is not supported over the /common or /consumers endpoints. Please use the \
                       /organizations or tenant-specific endpoint.";
        return Err(refused(400, "invalid_request", 9_001_023, message));
    };
    let world = state.world.lock();
    let principal = proven(state, &world, tenant, asked)?;
    let wanted = scope::wanted(state, asked.scope())?;
    if !wanted.all {
        let message = format!(
            "The provided value for scope {} is not valid. Client credential flows must have a scope value with \
             /.default suffixed to the resource identifier (application ID URI).",
            asked.scope()
        );
        return Err(refused(400, "invalid_scope", 1_002_012, &message));
    }
    scope::known(state, &wanted, directory(&world, tenant))?;
    let proof = if asked.get("client_assertion").is_some() { Proof::Signature } else { Proof::Secret };
    Ok(json(200, &issue::for_app(&world, tenant, asked.client, principal, &wanted.resource, proof)))
}

fn code(state: &State, asked: &mut Asked) -> Answer {
    let code = asked.get("code").ok_or_else(|| missing("code"))?;
    let mut world = state.world.lock();
    let Some(grant) = world.grants.codes.remove(code) else {
        let message = "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an \
                       existing refresh token.";
        return Err(refused(400, "invalid_grant", 54005, message));
    };
    if grant.expires <= world.now() {
        let message = "The provided authorization code or refresh token has expired due to inactivity.";
        return Err(refused(400, "invalid_grant", 70008, message));
    }
    if grant.sign_in.client != asked.client {
        let message = format!("The provided value for the 'code' was not issued to the client '{}'.", asked.client);
        return Err(refused(400, "invalid_grant", 70000, &message));
    }
    if asked.get("redirect_uri").is_some_and(|uri| uri != grant.redirect_uri) {
        let message = "The reply address does not match the reply address provided when requesting Authorization code.";
        return Err(refused(400, "invalid_client", 500_112, message));
    }
    if let Some(challenge) = &grant.code_challenge {
        let verifier = asked.get("code_verifier").unwrap_or_default();
        if *challenge != URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) {
            let message = "The Code_Verifier does not match the code_challenge supplied in the authorization request.";
            return Err(refused(400, "invalid_grant", 501_481, message));
        }
    }
    confidential(state, &world, grant.sign_in.tenant, asked)?;
    asked.claims.client_capable |= grant.client_capable;
    let scope = if asked.scope().is_empty() { &grant.scope } else { asked.scope() };
    user_tokens(state, &mut world, grant.sign_in, scope, grant.nonce.as_deref(), asked)
}

fn device_code(state: &State, asked: &mut Asked) -> Answer {
    let code = asked.get("device_code").or_else(|| asked.get("code")).ok_or_else(|| missing("device_code"))?;
    let code = &code.to_owned();
    let mut world = state.world.lock();
    let unknown = || refused(400, "bad_verification_code", 70018, "Invalid verification code.");
    let grant = world.grants.devices.get(code).cloned().filter(|grant| grant.client == asked.client);
    let grant = grant.ok_or_else(unknown)?;
    if grant.expires <= world.now() {
        return Err(refused(400, "expired_token", 70019, "Verification code expired."));
    }
    match grant.outcome {
        DeviceOutcome::Pending => {
            let now = world.now();
            // Clocks and networks differ by a little.
            let least = world.scaled(device::INTERVAL).mul_f64(0.8);
            let asked = world.grants.devices.get_mut(code).and_then(|grant| grant.asked.replace(now));
            if asked.is_some_and(|before| now < before + least) {
                return Err(Refusal::from(slow_down()));
            }
            let message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
            Err(refused(400, "authorization_pending", 70016, message))
        }
        DeviceOutcome::Declined => Err(refused(400, "authorization_declined", 70000, "The user declined.")),
        DeviceOutcome::Blocked => Err(Refusal::from(rules::blocked())),
        DeviceOutcome::SignedIn(sign_in) => {
            asked.claims.client_capable |= claims::asked(grant.claims.as_deref())?.client_capable;
            world.grants.devices.remove(code);
            user_tokens(state, &mut world, sign_in, &grant.scope, None, asked)
        }
    }
}

/// RFC 8628's word, which carries no number of Entra's.
fn slow_down() -> axum::response::Response {
    json(400, &serde_json::json!({"error": "slow_down", "error_description": "The device asks too often."}))
}

fn refresh(state: &State, asked: &Asked) -> Answer {
    let text = asked.get("refresh_token").ok_or_else(|| missing("refresh_token"))?;
    let mut world = state.world.lock();
    let grant = world.grants.refresh.get(text).cloned().filter(|grant| grant.sign_in.client == asked.client);
    let Some(grant) = grant.filter(|grant| grant.expires > world.now()) else {
        let message = "The provided authorization code or refresh token has expired due to inactivity. Send a new \
                       interactive authorization request for this user and resource.";
        return Err(refused(400, "invalid_grant", 700_082, message));
    };
    let sign_in = match asked.tenant {
        Some(tenant) if tenant != grant.sign_in.tenant => elsewhere(&world, grant.sign_in, tenant)?,
        _ => grant.sign_in,
    };
    rules::admitted(&world, sign_in, Way::Renewal)
        .map_err(|barred| refused(400, "invalid_grant", barred.number, &barred.message))?;
    let scope = if asked.scope().is_empty() { grant.scope } else { format!("{} offline_access", asked.scope()) };
    user_tokens(state, &mut world, sign_in, &scope, None, asked)
}

/// The same person in another tenant, where there as a guest.
fn elsewhere(world: &World, sign_in: SignIn, tenant: TenantId) -> Result<SignIn, Refusal> {
    let known = world.tenant(sign_in.tenant).and_then(|home| home.users.iter().find(|user| user.id == sign_in.user));
    let upn = known.map(|user| user.upn.clone()).unwrap_or_default();
    let there = world.tenant(tenant);
    match there.and_then(|tenant| tenant.users.iter().find(|user| user.upn == upn)) {
        Some(user) => Ok(SignIn { tenant, user: user.id, ..sign_in }),
        None => Err(refused(400, "invalid_grant", 50020, &not_a_member(world, &upn, tenant, sign_in))),
    }
}

/// What Entra says to a person of another company.
pub(super) fn not_a_member(world: &World, upn: &str, tenant: TenantId, sign_in: SignIn) -> String {
    format!(
        "User account '{upn}' from identity provider 'https://sts.windows.net/{}/' does not exist in tenant '{}' and \
         cannot access the application '{}' in that tenant. The account needs to be added as an external user in the \
         tenant first. Sign out and sign in again with a different Azure Active Directory user account.",
        sign_in.tenant,
        directory(world, tenant),
        sign_in.client
    )
}

/// A client with web redirects has to prove itself; a public one must not.
fn confidential(state: &State, world: &World, tenant: TenantId, asked: &Asked) -> Result<(), Refusal> {
    let Some((_, app)) = world.application(asked.client) else { return Ok(()) };
    let redirect = asked.get("redirect_uri").unwrap_or_default();
    if !app.web_redirect_uris.iter().any(|uri| uri == redirect) {
        return Ok(());
    }
    proven(state, world, tenant, asked).map(|_| ())
}

/// The application's principal in a tenant, if its secret or its assertion is right.
fn proven(state: &State, world: &World, tenant: TenantId, asked: &Asked) -> Result<ObjectId, Refusal> {
    let found = match (asked.get("client_assertion"), &asked.secret) {
        (Some(assertion), _) => {
            if asked.get("client_assertion_type") != Some(assertion::KIND) {
                return Err(missing("client_assertion_type"));
            }
            match credentials::present(world, tenant, asked.client) {
                Ok((principal, _)) => {
                    assertion::proven(state, world, tenant, asked.client, assertion)?;
                    Ok(principal)
                }
                Err(fault) => Err(fault),
            }
        }
        (None, Some(secret)) => credentials::authenticate(world, tenant, asked.client, secret),
        (None, None) => {
            let message =
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(refused(401, "invalid_client", 7_000_218, message));
        }
    };
    found.map_err(|fault| {
        let refusal = fault.refusal(world, tenant, asked.client);
        refused(refusal.status, refusal.error, refusal.number, &refusal.message)
    })
}

fn user_tokens(
    state: &State,
    world: &mut World,
    sign_in: SignIn,
    scope: &str,
    nonce: Option<&str>,
    asked: &Asked,
) -> Answer {
    let wanted = scope::wanted(state, scope)?;
    scope::known(state, &wanted, directory(world, sign_in.tenant))?;
    if !scope::is_first_party(&asked.client.to_string()) && !consented(world, sign_in) {
        return Err(Refusal::from(not_consented(asked.client)));
    }
    if let Some(refusal) = revoked(world, sign_in) {
        return Err(refusal);
    }
    if rules::mfa_wanted(world, sign_in, asked.claims) {
        return Err(Refusal::from(rules::mfa_missing(&wanted.resource)));
    }
    let what = ForUser {
        sign_in,
        wanted: &wanted,
        scope,
        nonce,
        client_info: asked.get("client_info") == Some("1"),
        client_capable: asked.claims.client_capable,
    };
    issue::for_user(state, world, &what)
        .map(|body| json(200, &body))
        .ok_or_else(|| refused(400, "invalid_grant", 50034, "The user account does not exist in the directory."))
}

/// Whether somebody has let the client into the tenant that the sign-in is in.
fn consented(world: &World, sign_in: SignIn) -> bool {
    let principal = world.tenant(sign_in.tenant).and_then(|tenant| tenant.principal_of(sign_in.client));
    principal.is_some_and(|principal| !principal.grants.is_empty())
}

fn not_consented(client: AppId) -> axum::response::Response {
    let message = format!(
        "The user or administrator has not consented to use the application with ID '{client}'. Send an interactive \
         authorization request for this user and resource."
    );
    entra_error_with(400, "invalid_grant", 65001, &message, &serde_json::json!({"suberror": "consent_required"}))
}

/// What a revoked session gets.
fn revoked(world: &World, sign_in: SignIn) -> Option<Refusal> {
    let user = world.tenant(sign_in.tenant)?.users.iter().find(|user| user.id == sign_in.user)?;
    let moment = user.sessions_valid_from.filter(|moment| sign_in.since <= *moment)?;
    let date = |moment: time::OffsetDateTime| {
        let form = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].0000000Z");
        moment.format(form).unwrap_or_default()
    };
    let message = format!(
        "The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have \
         changed or reset their password. The grant was issued on '{}' and the TokensValidFrom date (before which \
         tokens are not valid) for this user is '{}'.",
        date(sign_in.since),
        date(moment)
    );
    Some(refused(400, "invalid_grant", 50173, &message))
}

fn directory(world: &World, tenant: TenantId) -> &str {
    world.tenant(tenant).map_or("", |tenant| tenant.display_name.as_str())
}

fn missing(name: &str) -> Refusal {
    let message = format!("The request body must contain the following parameter: '{name}'.");
    refused(400, "invalid_request", 900_144, &message)
}

fn refused(status: u16, error: &str, number: u32, message: &str) -> Refusal {
    Refusal::from(entra_error(status, error, number, message))
}

//! What administrators and time do to those who are signed in.

use serde_json::{Value, json};

use super::acts::text;
use crate::sim::{directory::SignInPolicy, service::State};

/// Some of a tenant's rules for signing in change; the others stay.
pub(super) fn policy(state: &State, body: &Value) -> Result<Value, String> {
    let name = text(body, "tenant")?;
    let mut world = state.world.lock();
    let id = world.tenant_named(name).ok_or_else(|| format!("there is no tenant {name}"))?.id;
    let policy = world.tenant_mut(id).map(|tenant| &mut tenant.policy.sign_in).ok_or("the tenant is gone")?;
    let mut merged = json!(policy);
    for (name, value) in body.as_object().into_iter().flatten().filter(|(name, _)| *name != "tenant") {
        merged[name] = value.clone();
    }
    *policy = serde_json::from_value::<SignInPolicy>(merged).map_err(|error| error.to_string())?;
    Ok(json!(policy))
}

/// The sessions of a person end, at home and wherever a guest.
pub(super) fn revoke(state: &State, body: &Value) -> Result<Value, String> {
    let name = text(body, "user")?;
    let mut world = state.world.lock();
    let now = world.now();
    let users = world.tenants.iter_mut().flat_map(|tenant| tenant.users.iter_mut());
    let mut found = 0;
    for user in users.filter(|user| user.upn.eq_ignore_ascii_case(name)) {
        user.sessions_valid_from = Some(now);
        found += 1;
    }
    if found == 0 { Err(format!("there is no person {name}")) } else { Ok(json!({"user": name, "directories": found})) }
}

/// Services take none of the access tokens that are out; refresh tokens go on working.
pub(super) fn end_tokens(state: &State) -> Value {
    let mut world = state.world.lock();
    let now = world.now();
    world.tokens_ended = Some(now);
    json!({"ended_at": now.unix_timestamp()})
}

/// How long access tokens live from now on, in seconds.
pub(super) fn token_life(state: &State, body: &Value) -> Result<Value, String> {
    let seconds = body["seconds"].as_u64().and_then(|seconds| u32::try_from(seconds).ok()).filter(|life| *life > 0);
    state.world.lock().token_life = seconds.ok_or("'seconds' is missing")?;
    Ok(body.clone())
}

//! What others do, or time does.

use serde_json::{Value, json};
use time::Duration;

use crate::{
    domain::{AppId, KeyId},
    sim::{
        changes::{self, PrincipalFault},
        hands::{self, Hand},
        roles,
        service::State,
        world::ResetFate,
    },
};

pub(super) fn text<'b>(body: &'b Value, name: &str) -> Result<&'b str, String> {
    body[name].as_str().ok_or_else(|| format!("'{name}' is missing"))
}

pub(super) fn app_id(body: &Value) -> Result<AppId, String> {
    text(body, "app_id")?.parse().map_err(|_| "'app_id' is no UUID".to_owned())
}

/// Moves the simulated time: lags end, operations proceed, keys and tokens expire.
pub(super) fn clock(state: &State, body: &Value) -> Result<Value, String> {
    let seconds = body["advance_seconds"].as_f64().ok_or("'advance_seconds' is missing")?;
    let mut world = state.world.lock();
    world.clock_offset += Duration::seconds_f64(seconds);
    Ok(json!({"offset_seconds": world.clock_offset.as_seconds_f64()}))
}

/// The administrator of a tenant consents to an application.
pub(super) fn consent(state: &State, body: &Value) -> Result<Value, String> {
    let mut world = state.world.lock();
    let name = text(body, "tenant")?;
    let tenant = world.tenant_named(name).ok_or_else(|| format!("there is no tenant {name}"))?.id;
    let id = changes::consent(&mut world, tenant, app_id(body)?).map_err(|fault| match fault {
        PrincipalFault::NoApplication => "there is no such application, or it cannot be seen yet".to_owned(),
        PrincipalFault::NotMultitenant => "the application is for its own tenant only".to_owned(),
    })?;
    Ok(json!({"object_id": id.to_string()}))
}

/// The owner of a registry gives an application the role that the registry's mode asks for, or the role named.
pub(super) fn role(state: &State, body: &Value) -> Result<Value, String> {
    let mut world = state.world.lock();
    let name = text(body, "registry")?;
    let named = |id: &str| id.eq_ignore_ascii_case(name) || id.rsplit('/').next() == Some(name);
    let registry = world.registries.iter().find(|registry| named(&registry.id));
    let registry = registry.ok_or_else(|| format!("there is no registry {name}"))?.clone();
    let app = app_id(body)?;
    let tenant = world.tenant(registry.tenant).ok_or("the registry has no tenant")?;
    let principal = tenant.principal_of(app).ok_or("the application has no principal there: consent first")?.object_id;
    let wanted = body["role"].as_str().unwrap_or_else(|| changes::pulling_role(&registry)).to_owned();
    let role = roles::by_name(&wanted).ok_or_else(|| format!("there is no role {wanted}"))?.id;
    let assignment = changes::give_role(&mut world, &registry, role, principal);
    Ok(json!({"assignment": assignment.to_string(), "role": wanted}))
}

/// A key's end comes.
pub(super) fn expire_key(state: &State, body: &Value) -> Result<Value, String> {
    let id: KeyId = text(body, "key_id")?.parse().map_err(|_| "'key_id' is no UUID".to_owned())?;
    let mut world = state.world.lock();
    let now = world.now();
    let apps = world.tenants.iter_mut().flat_map(|tenant| tenant.applications.values_mut());
    let mut keys = apps.flat_map(|app| app.passwords.iter_mut());
    let key = keys.find(|key| key.key_id == id).ok_or_else(|| format!("there is no key {id}"))?;
    key.end = now;
    Ok(json!({"key_id": id.to_string()}))
}

/// How resets end from now on; `null` for well.
pub(super) fn reset_fate(state: &State, body: &Value) -> Result<Value, String> {
    let fate: Option<ResetFate> = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
    state.world.lock().reset_fate.clone_from(&fate);
    Ok(json!(fate))
}

/// What somebody else does to the same objects.
pub(super) fn hand(state: &State, body: &Value) -> Result<Value, String> {
    let hand: Hand = serde_json::from_value(body.clone()).map_err(|error| error.to_string())?;
    hands::act(&mut state.world.lock(), &hand)?;
    Ok(body.clone())
}

/// How many entries a page of a list holds.
pub(super) fn page_size(state: &State, body: &Value) -> Result<Value, String> {
    let size = body["page_size"].as_u64().and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0);
    state.world.lock().page_size = size.ok_or("'page_size' is missing")?;
    Ok(body.clone())
}

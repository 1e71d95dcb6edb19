//! The recycle bin.

use serde_json::{Value, json};

use super::{
    Answer, Context, application, application_body, denied, empty, json as answer, not_found, principal, query,
};
use crate::{
    domain::ObjectId,
    sim::{directory::Tenant, world::World},
};

pub(super) fn applications(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let tenant = context.tenant(&world)?;
        let now = world.read_at();
        let apps = tenant.applications.values().filter_map(|app| app.seen(now)).filter(|app| app.deleted.is_some());
        apps.map(|app| application_body::body(app, tenant)).collect::<Vec<Value>>()
    };
    query::page(context, application::SET, objects.into_iter())
}

pub(super) fn principals(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let gone = context.tenant(&world)?.principals.values().filter(|principal| principal.deleted.is_some());
        gone.map(|one| principal::body(one, &world)).collect::<Vec<Value>>()
    };
    query::page(context, principal::SET, objects.into_iter())
}

/// A deleted object of either kind, with its kind.
fn found(tenant: &Tenant, world: &World, id: &str) -> Option<(ObjectId, Value)> {
    let id: ObjectId = id.parse().ok()?;
    if let Some(app) = tenant.applications.get(&id).filter(|app| app.deleted.is_some()) {
        let mut body = application_body::body(app, tenant);
        body["@odata.type"] = json!("#microsoft.graph.application");
        return Some((id, body));
    }
    let one = tenant.principals.get(&id).filter(|principal| principal.deleted.is_some())?;
    let mut body = principal::body(one, world);
    body["@odata.type"] = json!("#microsoft.graph.servicePrincipal");
    Some((id, body))
}

pub(super) fn get(context: &Context<'_>) -> Answer {
    let world = context.state.world.lock();
    let id = context.call.param("id");
    let (_, body) = found(context.tenant(&world)?, &world, id).ok_or_else(|| not_found(id))?;
    query::one(context, 200, "directoryObjects", body)
}

/// An administrator, or the owner of what is in the bin.
fn may_change(context: &Context<'_>, world: &World, id: ObjectId) -> Result<(), super::Refusal> {
    let tenant = context.tenant(world)?;
    let own = tenant.applications.get(&id).is_some_and(|app| app.owners.contains(&context.caller.object_id));
    if own || context.administers(tenant) { Ok(()) } else { Err(denied()) }
}

/// The application comes back, and its principal at home with it.
pub(super) fn restore(context: &Context<'_>) -> Answer {
    let mut world = context.state.world.lock();
    let text = context.call.param("id");
    let (id, mut body) = found(context.tenant(&world)?, &world, text).ok_or_else(|| not_found(text))?;
    may_change(context, &world, id)?;
    let visible_from = world.now() + world.scaled(world.timing.graph_lag);
    let tenant = context.tenant_mut(&mut world)?;
    if let Some(app) = tenant.applications.get_mut(&id) {
        let before = app.clone();
        let app_id = app.app_id;
        app.deleted = None;
        app.visible_from = visible_from;
        app.stale = Some(Box::new(crate::sim::directory::Application { stale: None, ..before }));
        for principal in tenant.principals.values_mut().filter(|principal| principal.app_id == app_id) {
            principal.deleted = None;
        }
    } else if let Some(principal) = tenant.principals.get_mut(&id) {
        principal.deleted = None;
    }
    body["deletedDateTime"] = Value::Null;
    body["@odata.context"] = json!(context.odata("directoryObjects/$entity"));
    Ok(answer(200, &body))
}

/// For good: the unique name is free again.
pub(super) fn delete(context: &Context<'_>) -> Answer {
    let mut world = context.state.world.lock();
    let text = context.call.param("id");
    let (id, _) = found(context.tenant(&world)?, &world, text).ok_or_else(|| not_found(text))?;
    may_change(context, &world, id)?;
    let tenant = context.tenant_mut(&mut world)?;
    if let Some(app) = tenant.applications.remove(&id) {
        tenant.principals.retain(|_, principal| principal.app_id != app.app_id || principal.deleted.is_none());
    }
    tenant.principals.remove(&id);
    Ok(empty(204))
}

//! Applications.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    Answer, Context, Refusal,
    application_body::{body, write},
    bad, denied, empty, not_found, object, query,
};
use crate::{
    domain::{AppId, ObjectId},
    sim::{
        directory::{Application, Tenant},
        world::World,
    },
};

/// The set's name in contexts.
pub(super) const SET: &str = "applications";

/// How the request's address names an application.
enum Key {
    Id(ObjectId),
    App(AppId),
    Unique(String),
}

fn key(context: &Context<'_>) -> Result<Key, Refusal> {
    let call = context.call;
    let wrong = |id: &str| not_found(id);
    if !call.param("uniqueName").is_empty() {
        return Ok(Key::Unique(call.param("uniqueName").to_owned()));
    }
    let app = call.param("appId");
    if !app.is_empty() {
        return app.parse().map(Key::App).map_err(|_| wrong(app));
    }
    let id = call.param("id");
    id.parse().map(Key::Id).map_err(|_| wrong(id))
}

impl Key {
    fn names(&self, app: &Application) -> bool {
        match self {
            Self::Id(id) => app.object_id == *id,
            Self::App(id) => app.app_id == *id,
            Self::Unique(name) => app.unique_name.as_ref() == Some(name),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::App(id) => id.to_string(),
            Self::Unique(name) => name.clone(),
        }
    }
}

/// The application that the request names, as this replica shows it.
pub(super) fn seen<'t>(context: &Context<'_>, world: &World, tenant: &'t Tenant) -> Result<&'t Application, Refusal> {
    let key = key(context)?;
    let now = world.read_at();
    let live = |app: &&Application| key.names(app) && app.deleted.is_none();
    tenant.applications.values().filter_map(|app| app.seen(now)).find(live).ok_or_else(|| not_found(&key.text()))
}

/// The application itself, to be changed by a caller who may; what reads show until the lag is over is kept beside it.
pub(super) fn change(
    context: &Context<'_>,
    world: &mut World,
    how: impl FnOnce(&mut Application, &Tenant) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let tenant = context.tenant(world)?;
    let shown = seen(context, world, tenant)?.clone();
    // A replica may show what is gone already: the change itself reaches the truth.
    let Some(mut app) = tenant.applications.get(&shown.object_id).filter(|app| app.deleted.is_none()).cloned() else {
        return Err(not_found(&shown.object_id.to_string()));
    };
    if !context.may_edit(tenant, &app) {
        return Err(denied());
    }
    how(&mut app, tenant)?;
    app.visible_from = world.now() + world.scaled(world.timing.graph_lag);
    app.stale = Some(Box::new(Application { stale: None, ..shown }));
    context.tenant_mut(world)?.applications.insert(app.object_id, app);
    Ok(())
}

pub(super) fn list(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let tenant = context.tenant(&world)?;
        let now = world.read_at();
        let apps = tenant.applications.values().filter_map(|app| app.seen(now)).filter(|app| app.deleted.is_none());
        let mut apps: Vec<&Application> = apps.collect();
        apps.sort_by_key(|app| (app.created, app.object_id));
        apps.into_iter().map(|app| body(app, tenant)).collect::<Vec<Value>>()
    };
    query::page(context, SET, objects.into_iter())
}

pub(super) fn get(context: &Context<'_>) -> Answer {
    let world = context.state.world.lock();
    let tenant = context.tenant(&world)?;
    let app = seen(context, &world, tenant)?;
    query::one(context, 200, SET, body(app, tenant))
}

pub(super) fn owners(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let tenant = context.tenant(&world)?;
        let app = seen(context, &world, tenant)?;
        app.owners.iter().filter_map(|owner| super::organization::stub(tenant, *owner)).collect::<Vec<Value>>()
    };
    query::page(context, "directoryObjects", objects.into_iter())
}

/// No application has rules of its own here.
pub(super) fn policies(context: &Context<'_>) -> Answer {
    {
        let world = context.state.world.lock();
        seen(context, &world, context.tenant(&world)?)?;
    }
    query::page(context, "appManagementPolicies", std::iter::empty())
}

pub(super) fn create(context: &Context<'_>) -> Answer {
    let sent = object(context.call)?;
    let mut world = context.state.world.lock();
    let app = new(context, &mut world, sent)?;
    query::one(context, 201, SET, body(&app, context.tenant(&world)?))
}

/// Registers an application: by POST, or by an upsert that found none.
fn new(context: &Context<'_>, world: &mut World, sent: Map<String, Value>) -> Result<Application, Refusal> {
    let tenant = context.tenant(world)?;
    if !context.may_register(tenant) {
        return Err(denied());
    }
    if !sent.get("displayName").is_some_and(Value::is_string) {
        return Err(bad("A value is required for property 'displayName' of resource 'Application'."));
    }
    let now = world.now();
    let mut app = Application {
        object_id: ObjectId(Uuid::new_v4()),
        app_id: AppId(Uuid::new_v4()),
        display_name: String::new(),
        unique_name: None,
        // What Graph takes where the client says nothing: more than a company ever wants.
        sign_in_audience: "AzureADandPersonalMicrosoftAccount".into(),
        web_redirect_uris: Vec::new(),
        extra: Map::new(),
        passwords: Vec::new(),
        certificates: Vec::new(),
        federated: Vec::new(),
        owners: vec![context.caller.object_id],
        created: now,
        deleted: None,
        visible_from: now + world.scaled(world.timing.graph_lag),
        stale: None,
    };
    write(&mut app, tenant, sent)?;
    if let Some(name) = &app.unique_name
        && tenant.applications.values().any(|other| other.unique_name.as_ref() == Some(name))
    {
        return Err(unique_name_taken());
    }
    context.tenant_mut(world)?.applications.insert(app.object_id, app.clone());
    Ok(app)
}

/// A name stays taken while its application is in the recycle bin.
fn unique_name_taken() -> Refusal {
    bad("Another object with the same value for property uniqueName already exists.")
}

pub(super) fn update(context: &Context<'_>) -> Answer {
    let sent = object(context.call)?;
    let mut world = context.state.world.lock();
    change(context, &mut world, |app, tenant| write(app, tenant, sent))?;
    Ok(empty(204))
}

/// By unique name. Writes go to the truth: what a lagging read does not show yet is found here.
pub(super) fn upsert(context: &Context<'_>) -> Answer {
    let mut sent = object(context.call)?;
    let name = context.call.param("uniqueName").to_owned();
    let mut world = context.state.world.lock();
    let tenant = context.tenant(&world)?;
    let present = tenant.applications.values().find(|app| app.unique_name.as_ref() == Some(&name)).cloned();
    match present {
        Some(app) if app.deleted.is_some() => {
            Err(if context.prefers_creation() { unique_name_taken() } else { not_found(&name) })
        }
        Some(mut app) => {
            if !context.may_edit(tenant, &app) {
                return Err(denied());
            }
            let shown = app.seen(world.read_at()).cloned();
            write(&mut app, tenant, sent)?;
            app.stale = shown.map(|shown| Box::new(Application { stale: None, ..shown }));
            app.visible_from = world.now() + world.scaled(world.timing.graph_lag);
            context.tenant_mut(&mut world)?.applications.insert(app.object_id, app);
            Ok(empty(204))
        }
        None if context.prefers_creation() => {
            sent.insert("uniqueName".into(), json!(name));
            let app = new(context, &mut world, sent)?;
            query::one(context, 201, SET, body(&app, context.tenant(&world)?))
        }
        None => Err(not_found(&name)),
    }
}

/// Into the recycle bin, and the principal at home with it; principals elsewhere stay.
pub(super) fn delete(context: &Context<'_>) -> Answer {
    let mut world = context.state.world.lock();
    let now = world.now();
    let app_id = seen(context, &world, context.tenant(&world)?)?.app_id;
    change(context, &mut world, |app, _| {
        app.deleted = Some(now);
        Ok(())
    })?;
    for principal in context.tenant_mut(&mut world)?.principals.values_mut() {
        if principal.app_id == app_id && principal.deleted.is_none() {
            principal.deleted = Some(now);
        }
    }
    Ok(empty(204))
}

//! Service principals.

use serde_json::{Map, Value, json};

use super::{
    Answer, Context, Refusal, application_body::date, bad, denied, empty, not_found, object, organization, query,
    refused,
};
use crate::{
    domain::{AppId, ObjectId},
    sim::{
        changes::{self, PrincipalFault},
        directory::{AppRole, ServicePrincipal, Tenant},
        tokens,
        world::World,
    },
};

pub(super) const SET: &str = "servicePrincipals";

/// What a client may send beside the appId.
const WRITABLE: &[&str] = &[
    "accountEnabled",
    "appRoleAssignmentRequired",
    "description",
    "displayName",
    "homepage",
    "loginUrl",
    "logoutUrl",
    "notes",
    "notificationEmailAddresses",
    "preferredSingleSignOnMode",
    "replyUrls",
    "samlSingleSignOnSettings",
    "servicePrincipalNames",
    "tags",
];

/// The whole object.
pub(super) fn body(principal: &ServicePrincipal, world: &World) -> Value {
    let home = world.tenant(principal.app_owner_tenant);
    let app = world.application(principal.app_id).map(|(_, app)| app);
    json!({
        "id": principal.object_id.to_string(),
        "deletedDateTime": principal.deleted.map(date),
        "accountEnabled": principal.enabled,
        "alternativeNames": [],
        "appDescription": null,
        "appDisplayName": app.map_or(&principal.display_name, |app| &app.display_name),
        "appId": principal.app_id.to_string(),
        "applicationTemplateId": null,
        "appOwnerOrganizationId": principal.app_owner_tenant.to_string(),
        "appRoleAssignmentRequired": false,
        "description": null,
        "disabledByMicrosoftStatus": null,
        "displayName": principal.display_name,
        "homepage": null,
        "loginUrl": null,
        "logoutUrl": null,
        "notes": null,
        "notificationEmailAddresses": [],
        "preferredSingleSignOnMode": null,
        "preferredTokenSigningKeyThumbprint": null,
        "replyUrls": app.map(|app| app.web_redirect_uris.clone()).unwrap_or_default(),
        "servicePrincipalNames": [principal.app_id.to_string()],
        "servicePrincipalType": "Application",
        "signInAudience": app.map(|app| app.sign_in_audience.clone()),
        "tags": [],
        "tokenEncryptionKeyId": null,
        "samlSingleSignOnSettings": null,
        "addIns": [],
        "appRoles": [],
        "info": {
            "logoUrl": null,
            "marketingUrl": null,
            "privacyStatementUrl": null,
            "supportUrl": null,
            "termsOfServiceUrl": null,
        },
        "keyCredentials": [],
        "oauth2PermissionScopes": [],
        "passwordCredentials": [],
        "resourceSpecificApplicationPermissions": [],
        "verifiedPublisher": {
            "displayName": home.map(|_| Value::Null),
            "verifiedPublisherId": null,
            "addedDateTime": null,
        },
    })
}

/// A principal by the address's id or appId, if a read shows it.
fn seen<'t>(context: &Context<'_>, world: &World, tenant: &'t Tenant) -> Result<&'t ServicePrincipal, Refusal> {
    let (app, id) = (context.call.param("appId"), context.call.param("id"));
    let now = world.read_at();
    let named = |principal: &&ServicePrincipal| {
        if app.is_empty() { id.parse() == Ok(principal.object_id) } else { app.parse() == Ok(principal.app_id) }
    };
    let live = |principal: &&ServicePrincipal| principal.deleted.is_none() && principal.visible_from <= now;
    let missing = || not_found(if app.is_empty() { id } else { app });
    tenant.principals.values().filter(live).find(named).ok_or_else(missing)
}

pub(super) fn list(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let now = world.read_at();
        let live = |one: &&ServicePrincipal| one.deleted.is_none() && one.visible_from <= now;
        let mut all: Vec<_> = context.tenant(&world)?.principals.values().filter(live).collect();
        all.sort_by_key(|principal| (principal.created, principal.object_id));
        all.into_iter().map(|principal| body(principal, &world)).collect::<Vec<Value>>()
    };
    query::page(context, SET, objects.into_iter())
}

pub(super) fn get(context: &Context<'_>) -> Answer {
    let world = context.state.world.lock();
    let principal = seen(context, &world, context.tenant(&world)?)?;
    query::one(context, 200, SET, body(principal, &world))
}

pub(super) fn roles(context: &Context<'_>) -> Answer {
    let id = {
        let world = context.state.world.lock();
        seen(context, &world, context.tenant(&world)?)?.object_id
    };
    organization::roles(context, id)
}

/// The permissions of Graph's that it was given for itself.
pub(super) fn app_roles(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let principal = seen(context, &world, context.tenant(&world)?)?;
        let given = |role: &AppRole| {
            json!({
                "id": format!("{}-{}", principal.object_id.0.simple(), role.id()),
                "deletedDateTime": null,
                "appRoleId": role.id(),
                "createdDateTime": date(principal.created),
                "principalDisplayName": principal.display_name,
                "principalId": principal.object_id.to_string(),
                "principalType": "ServicePrincipal",
                "resourceDisplayName": "Microsoft Graph",
                "resourceId": tokens::GRAPH_APP,
            })
        };
        principal.app_roles.iter().map(given).collect::<Vec<Value>>()
    };
    query::page(context, "appRoleAssignments", objects.into_iter())
}

/// The delegated grants that consent made.
pub(super) fn grants(context: &Context<'_>) -> Answer {
    let objects = {
        let world = context.state.world.lock();
        let principal = seen(context, &world, context.tenant(&world)?)?;
        let scope = principal.grants.join(" ");
        let id = principal.object_id.to_string();
        let grant = json!({
            "id": format!("{}-grant", principal.object_id.0.simple()),
            "clientId": id,
            "consentType": "AllPrincipals",
            "principalId": null,
            "resourceId": tokens::GRAPH_APP,
            "scope": scope,
        });
        (!scope.is_empty()).then_some(grant)
    };
    query::page(context, "oauth2PermissionGrants", objects.into_iter())
}

pub(super) fn create(context: &Context<'_>) -> Answer {
    let mut sent = object(context.call)?;
    let app = sent.remove("appId").and_then(|id| id.as_str().map(str::to_owned)).unwrap_or_default();
    let mut world = context.state.world.lock();
    let (id, new) = made(context, &mut world, &app)?;
    if !new {
        return Err(refused(
            409,
            "Request_MultipleObjectsWithSameKeyValue",
            &format!(
                "The service principal cannot be created, updated, or restored because the service principal name \
                 {app} is already in use."
            ),
        ));
    }
    written(context, &mut world, id, sent)?;
    created(context, &world, id)
}

pub(super) fn upsert(context: &Context<'_>) -> Answer {
    let mut sent = object(context.call)?;
    sent.remove("appId");
    let app = context.call.param("appId").to_owned();
    let mut world = context.state.world.lock();
    let tenant = context.tenant(&world)?;
    let present = app.parse().ok().and_then(|app| tenant.principal_of(app)).map(|principal| principal.object_id);
    match present {
        Some(id) => {
            may_change(context, &world, id)?;
            written(context, &mut world, id, sent)?;
            Ok(empty(204))
        }
        None if context.prefers_creation() => {
            let (id, _) = made(context, &mut world, &app)?;
            written(context, &mut world, id, sent)?;
            created(context, &world, id)
        }
        None => Err(not_found(&app)),
    }
}

/// The principal of an application, for a caller who may make it.
fn made(context: &Context<'_>, world: &mut World, app: &str) -> Result<(ObjectId, bool), Refusal> {
    let dangling =
        || bad(&format!("The appId '{app}' of the service principal does not reference a valid application object."));
    let app_id: AppId = app.parse().map_err(|_| dangling())?;
    let tenant = context.tenant(world)?;
    let (home, application) = world.application(app_id).ok_or_else(dangling)?;
    let seen = application.seen(world.read_at()).ok_or_else(dangling)?;
    let local = home.id == tenant.id;
    let single = !crate::sim::entra::credentials::is_multitenant(&seen.sign_in_audience);
    let own = local && single && application.owners.contains(&context.caller.object_id);
    if !own && !context.administers(tenant) {
        return Err(if local && single {
            denied()
        } else {
            refused(
                403,
                "Authorization_RequestDenied",
                "When using this permission, the backing application of the service principal being created must in \
                 the local tenant",
            )
        });
    }
    changes::principal(world, context.caller.tenant, app_id).map_err(|fault| match fault {
        PrincipalFault::NoApplication | PrincipalFault::NotMultitenant => dangling(),
    })
}

fn created(context: &Context<'_>, world: &World, id: ObjectId) -> Answer {
    let principal = context.tenant(world)?.principals.get(&id).ok_or_else(|| not_found(&id.to_string()))?;
    query::one(context, 201, SET, body(principal, world))
}

pub(super) fn update(context: &Context<'_>) -> Answer {
    let sent = object(context.call)?;
    let mut world = context.state.world.lock();
    let id = seen(context, &world, context.tenant(&world)?)?.object_id;
    may_change(context, &world, id)?;
    written(context, &mut world, id, sent)?;
    Ok(empty(204))
}

pub(super) fn delete(context: &Context<'_>) -> Answer {
    let mut world = context.state.world.lock();
    let now = world.now();
    let id = seen(context, &world, context.tenant(&world)?)?.object_id;
    may_change(context, &world, id)?;
    if let Some(principal) = context.tenant_mut(&mut world)?.principals.get_mut(&id) {
        principal.deleted = Some(now);
    }
    Ok(empty(204))
}

/// An administrator, or the owner of an application that is at home here.
fn may_change(context: &Context<'_>, world: &World, id: ObjectId) -> Result<(), Refusal> {
    let tenant = context.tenant(world)?;
    let principal = tenant.principals.get(&id).ok_or_else(|| not_found(&id.to_string()))?;
    let app = world.application(principal.app_id).filter(|(home, _)| home.id == tenant.id);
    let own = app.is_some_and(|(_, app)| app.owners.contains(&context.caller.object_id));
    if own || context.administers(tenant) { Ok(()) } else { Err(denied()) }
}

fn written(context: &Context<'_>, world: &mut World, id: ObjectId, sent: Map<String, Value>) -> Result<(), Refusal> {
    let tenant = context.tenant_mut(world)?;
    let principal = tenant.principals.get_mut(&id).ok_or_else(|| not_found(&id.to_string()))?;
    for (name, value) in sent {
        match (name.as_str(), value) {
            ("accountEnabled", Value::Bool(enabled)) => principal.enabled = enabled,
            ("displayName", Value::String(text)) => principal.display_name = text,
            (name, _) if name.starts_with("@odata") || WRITABLE.contains(&name) => {}
            (name, _) => return Err(bad(&format!("Invalid property '{name}'."))),
        }
    }
    Ok(())
}

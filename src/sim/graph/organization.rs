//! What a tenant says of itself, of its people and its policies, and what any tenant's name is.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Context, Refusal, bad, denied, json as answer, not_found, object, query, refused};
use crate::{
    domain::ObjectId,
    sim::{
        directory::{DirectoryRole, Tenant, TenantPolicy},
        service::Who,
    },
};

pub(super) fn me(context: &Context<'_>) -> Answer {
    let Who::User { .. } = context.caller.who else {
        return Err(refused(400, "BadRequest", "/me request is only valid with delegated authentication flow."));
    };
    let world = context.state.world.lock();
    let id = context.caller.object_id;
    let user = context.tenant(&world)?.users.iter().find(|user| user.id == id);
    let user = user.ok_or_else(|| not_found(&id.to_string()))?;
    let body = json!({
        "businessPhones": [],
        "displayName": user.name,
        "givenName": user.name.split(' ').next(),
        "jobTitle": null,
        "mail": null,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": user.name.split(' ').next_back(),
        "userPrincipalName": user.upn,
        "id": user.id.to_string(),
    });
    query::one(context, 200, "users", body)
}

/// The directory roles of a user or a service principal.
pub(super) fn roles(context: &Context<'_>, id: ObjectId) -> Answer {
    let by_me = context.call.operation.name == "graph.me.roles";
    if by_me && !matches!(context.caller.who, Who::User { .. }) {
        return Err(refused(400, "BadRequest", "/me request is only valid with delegated authentication flow."));
    }
    let objects = {
        let world = context.state.world.lock();
        let tenant = context.tenant(&world)?;
        let roles = tenant.directory_roles(id).to_vec();
        roles.into_iter().map(|role| directory_role(tenant, role)).collect::<Vec<Value>>()
    };
    query::page(context, "directoryRoles", objects.into_iter())
}

fn directory_role(tenant: &Tenant, role: DirectoryRole) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.directoryRole",
        "id": Uuid::new_v5(&tenant.id.0, role.template_id().as_bytes()).to_string(),
        "deletedDateTime": null,
        "description": role.display_name(),
        "displayName": role.display_name(),
        "roleTemplateId": role.template_id(),
    })
}

pub(super) fn organization(context: &Context<'_>) -> Answer {
    let object = {
        let world = context.state.world.lock();
        let tenant = context.tenant(&world)?;
        json!({
            "id": tenant.id.to_string(),
            "deletedDateTime": null,
            "displayName": tenant.display_name,
            "tenantType": "AAD",
            "verifiedDomains": [{
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": true,
                "isInitial": true,
                "name": tenant.domain,
                "type": "Managed",
            }],
        })
    };
    query::page(context, "organization", std::iter::once(object))
}

/// Any tenant, by id or by domain: names of other companies are no secret.
pub(super) fn tenant(context: &Context<'_>, name: &str) -> Answer {
    let world = context.state.world.lock();
    let tenant = world.tenant_named(name).ok_or_else(|| not_found(name))?;
    let body = json!({
        "@odata.context": context.odata("microsoft.graph.tenantInformation"),
        "tenantId": tenant.id.to_string(),
        "federationBrandName": null,
        "displayName": tenant.display_name,
        "defaultDomainName": tenant.domain,
    });
    Ok(answer(200, &body))
}

/// The tenant's policies, where the tenant lets anybody read them.
fn policy(tenant: &Tenant) -> Result<&TenantPolicy, Refusal> {
    if tenant.policy.policies_hidden { Err(denied()) } else { Ok(&tenant.policy) }
}

pub(super) fn app_management_policy(context: &Context<'_>) -> Answer {
    let world = context.state.world.lock();
    let policy = policy(context.tenant(&world)?)?;
    let state = |on: bool| if on { "enabled" } else { "disabled" };
    let passwords = |addition: bool, days: Option<u32>| {
        json!([
            {
                "restrictionType": "passwordAddition",
                "state": state(addition),
                "maxLifetime": null,
                "restrictForAppsCreatedAfterDateTime": "2019-01-01T00:00:00Z",
            },
            {
                "restrictionType": "passwordLifetime",
                "state": state(days.is_some()),
                "maxLifetime": days.map(|days| format!("P{days}D")),
                "restrictForAppsCreatedAfterDateTime": "2019-01-01T00:00:00Z",
            },
        ])
    };
    let enabled = policy.secrets_forbidden || policy.secret_max_days.is_some() || policy.principal_secrets_forbidden;
    let principals = if policy.principal_secrets_forbidden { passwords(true, None) } else { json!([]) };
    let body = json!({
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": "Default tenant policy that enforces app management restrictions on applications and service \
                        principals.",
        "isEnabled": enabled,
        "applicationRestrictions": {
            "passwordCredentials": passwords(policy.secrets_forbidden, policy.secret_max_days),
            "keyCredentials": [],
        },
        "servicePrincipalRestrictions": {"passwordCredentials": principals, "keyCredentials": []},
    });
    query::one(context, 200, "policies/defaultAppManagementPolicy", body)
}

pub(super) fn authorization_policy(context: &Context<'_>) -> Answer {
    let world = context.state.world.lock();
    let policy = policy(context.tenant(&world)?)?;
    let consent: &[&str] =
        if policy.users_may_consent { &["ManagePermissionGrantsForSelf.microsoft-user-default-low"] } else { &[] };
    let body = json!({
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "allowInvitesFrom": "everyone",
        "allowedToSignUpEmailBasedSubscriptions": true,
        "allowedToUseSSPR": true,
        "allowEmailVerifiedUsersToJoinOrganization": false,
        "allowUserConsentForRiskyApps": null,
        "blockMsolPowerShell": false,
        "guestUserRoleId": "10dae51f-b6af-4016-8d66-8c2a99b929b3",
        "defaultUserRolePermissions": {
            "allowedToCreateApps": policy.users_may_register_apps,
            "allowedToCreateSecurityGroups": true,
            "allowedToCreateTenants": true,
            "allowedToReadBitlockerKeysForOwnedDevice": true,
            "allowedToReadOtherUsers": true,
            "permissionGrantPoliciesAssigned": consent,
        },
    });
    query::one(context, 200, "policies/authorizationPolicy", body)
}

/// What lists of role assignments are made readable with.
pub(super) fn by_ids(context: &Context<'_>) -> Answer {
    let sent = object(context.call)?;
    let ids = sent.get("ids").and_then(Value::as_array).ok_or_else(|| bad("The property 'ids' is required."))?;
    let objects = {
        let world = context.state.world.lock();
        let tenant = context.tenant(&world)?;
        let ids = ids.iter().filter_map(|id| id.as_str()?.parse().ok());
        ids.filter_map(|id| stub(tenant, id)).collect::<Vec<Value>>()
    };
    Ok(answer(200, &json!({"@odata.context": context.odata("directoryObjects"), "value": objects})))
}

/// A user or a principal, in short.
pub(super) fn stub(tenant: &Tenant, id: ObjectId) -> Option<Value> {
    if let Some(user) = tenant.users.iter().find(|user| user.id == id) {
        return Some(json!({
            "@odata.type": "#microsoft.graph.user",
            "id": id.to_string(),
            "displayName": user.name,
            "userPrincipalName": user.upn,
        }));
    }
    let principal = tenant.principals.get(&id).filter(|principal| principal.deleted.is_none())?;
    Some(json!({
        "@odata.type": "#microsoft.graph.servicePrincipal",
        "id": id.to_string(),
        "appId": principal.app_id.to_string(),
        "displayName": principal.display_name,
        "servicePrincipalNames": [principal.app_id.to_string()],
        "servicePrincipalType": "Application",
    }))
}

//! Changes of a directory that more than one service makes, with the lags that follow them.

use uuid::Uuid;

use super::{directory::ServicePrincipal, entra::credentials::is_multitenant, world::World};
use crate::domain::{AppId, ObjectId, TenantId};

/// Why an application gets no principal in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrincipalFault {
    /// No such application, or none that can be seen yet.
    NoApplication,
    /// The application is for its own tenant only.
    NotMultitenant,
}

/// The application's principal in a tenant, made where there is none: by Graph, by consent, by the admin endpoint.
/// The flag says that it is new.
pub fn principal(world: &mut World, tenant: TenantId, app: AppId) -> Result<(ObjectId, bool), PrincipalFault> {
    let now = world.now();
    let (home, application) = world.application(app).ok_or(PrincipalFault::NoApplication)?;
    if application.visible_from > now && application.stale.is_none() {
        return Err(PrincipalFault::NoApplication);
    }
    if home.id != tenant && !is_multitenant(&application.sign_in_audience) {
        return Err(PrincipalFault::NotMultitenant);
    }
    let (owner, name) = (home.id, application.display_name.clone());
    if let Some(principal) = world.tenant(tenant).and_then(|tenant| tenant.principal_of(app)) {
        return Ok((principal.object_id, false));
    }
    let object_id = ObjectId(Uuid::new_v4());
    let timing = world.timing;
    let principal = ServicePrincipal {
        object_id,
        app_id: app,
        display_name: name,
        app_owner_tenant: owner,
        enabled: true,
        directory_roles: Vec::new(),
        grants: Vec::new(),
        created: now,
        deleted: None,
        visible_from: now + world.scaled(timing.graph_lag),
        arm_visible_from: now + world.scaled(timing.arm_principal_lag),
        token_from: now + world.scaled(timing.token_lag),
    };
    let tenant = world.tenant_mut(tenant).ok_or(PrincipalFault::NoApplication)?;
    tenant.principals.insert(object_id, principal);
    Ok((object_id, true))
}

/// Consent: the principal, with the application's delegated permissions granted.
pub fn consent(world: &mut World, tenant: TenantId, app: AppId) -> Result<ObjectId, PrincipalFault> {
    let (id, _) = principal(world, tenant, app)?;
    if let Some(principal) = world.tenant_mut(tenant).and_then(|tenant| tenant.principals.get_mut(&id))
        && !principal.grants.iter().any(|grant| grant == "User.Read")
    {
        principal.grants.push("User.Read".into());
    }
    Ok(id)
}

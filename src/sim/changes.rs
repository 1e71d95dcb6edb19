//! Changes of a directory that more than one service makes, with the lags that follow them.

use uuid::Uuid;

use super::{
    directory::ServicePrincipal,
    entra::credentials::is_multitenant,
    estate::{Registry, RoleAssignment},
    roles,
    world::World,
};
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
        app_roles: Vec::new(),
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

/// The role that lets an application pull, by the registry's mode.
pub fn pulling_role(registry: &Registry) -> &'static str {
    match registry.role_assignment_mode.as_str() {
        "AbacRepositoryPermissions" => "Container Registry Repository Reader",
        _ => "AcrPull",
    }
}

/// A role on a registry, as its owner gives it by hand: it takes effect later.
pub fn give_role(world: &mut World, registry: &Registry, role: Uuid, principal: ObjectId) -> Uuid {
    let now = world.now();
    let name = Uuid::new_v4();
    let effective_from = now + world.scaled(world.timing.role_lag);
    world.assignments.push(RoleAssignment {
        name,
        tenant: registry.tenant,
        scope: registry.id.clone(),
        role,
        principal,
        principal_type: "ServicePrincipal".into(),
        condition: None,
        description: None,
        created: now,
        visible_from: now,
        effective_from,
    });
    name
}

/// The registry's owner lets an application pull. Given twice, it is given once.
pub fn let_pull(world: &mut World, login_server: &str, principal: ObjectId) {
    let Some(registry) = world.registries.iter().find(|registry| registry.login_server == login_server).cloned() else {
        return;
    };
    let role = roles::by_name(pulling_role(&registry)).map(|role| role.id);
    let has_it =
        |one: &RoleAssignment| one.principal == principal && one.scope == registry.id && Some(one.role) == role;
    if let Some(role) = role
        && !world.assignments.iter().any(has_it)
    {
        give_role(world, &registry, role, principal);
    }
}

/// The registry's owner lets the addresses of this machine and of a cluster through the firewall.
pub fn let_in(world: &mut World, login_server: &str, cluster: &str) {
    let egress =
        world.clusters.iter().find(|one| one.id.eq_ignore_ascii_case(cluster)).map(|one| one.egress_ip.clone());
    if let Some(registry) = world.registries.iter_mut().find(|registry| registry.login_server == login_server) {
        registry.ip_rules.push(registry.seen_from.clone());
        registry.ip_rules.extend(egress);
    }
}

/// The rules for apps are lifted, in every tenant.
pub fn lift_policies(world: &mut World) {
    for tenant in &mut world.tenants {
        tenant.policy.secrets_forbidden = false;
        tenant.policy.secret_max_days = None;
        tenant.policy.multitenant_forbidden = false;
    }
}

//! Whether an application's secret opens a tenant: asked by the token endpoint, by registries, by AKS, and for each
//! node.

use crate::{
    domain::{AppId, ObjectId, TenantId},
    sim::{directory::Application, world::World},
};

/// Why a secret does not open a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialFault {
    /// No principal there, or not one that can be seen yet.
    NotInTenant,
    /// The application's own tenant, where its principal has to be made like anywhere else.
    NoPrincipalAtHome,
    Disabled,
    WrongSecret,
    ExpiredSecret,
}

/// How Entra says a fault: status, `error`, number, message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub error: &'static str,
    pub number: u32,
    pub message: String,
}

/// The object id, in that tenant, of the application's principal, if the secret is right and in use.
pub fn authenticate(world: &World, tenant: TenantId, app: AppId, secret: &str) -> Result<ObjectId, CredentialFault> {
    let now = world.now();
    let (principal, application) = present(world, tenant, app)?;
    let known = application.passwords.iter().find(|password| !password.removed && password.text == secret);
    match known {
        Some(password) if password.end <= now => Err(CredentialFault::ExpiredSecret),
        Some(password) if password.usable_from <= now => Ok(principal),
        _ => Err(CredentialFault::WrongSecret),
    }
}

/// The object id of the application's principal in that tenant, before anything is proven, and the application.
pub(super) fn present(
    world: &World,
    tenant: TenantId,
    app: AppId,
) -> Result<(ObjectId, &Application), CredentialFault> {
    let now = world.now();
    let (home, application) = world.application(app).ok_or(CredentialFault::NotInTenant)?;
    if home.id != tenant && !is_multitenant(&application.sign_in_audience) {
        return Err(CredentialFault::NotInTenant);
    }
    let principal = world.tenant(tenant).and_then(|tenant| tenant.principal_of(app));
    let principal = match principal.filter(|principal| principal.token_from <= now) {
        Some(principal) => principal,
        None if home.id == tenant && principal.is_none() && application.visible_from <= now => {
            return Err(CredentialFault::NoPrincipalAtHome);
        }
        None => return Err(CredentialFault::NotInTenant),
    };
    if !principal.enabled {
        return Err(CredentialFault::Disabled);
    }
    Ok((principal.object_id, application))
}

/// Whether tenants other than the home may have the application.
pub fn is_multitenant(sign_in_audience: &str) -> bool {
    ["AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount"].contains(&sign_in_audience)
}

impl CredentialFault {
    /// The fault in Entra's words.
    pub fn refusal(self, world: &World, tenant: TenantId, app: AppId) -> Refusal {
        let directory = world.tenant(tenant).map_or("", |tenant| tenant.display_name.as_str());
        let (status, error, number, message) = match self {
            Self::NotInTenant => (
                400,
                "unauthorized_client",
                700_016,
                format!(
                    "Application with identifier '{app}' was not found in the directory '{directory}'. This can happen \
                     if the application has not been installed by the administrator of the tenant or consented to by \
                     any user in the tenant. You may have sent your authentication request to the wrong tenant."
                ),
            ),
            Self::NoPrincipalAtHome => (
                400,
                "unauthorized_client",
                7_000_229,
                format!("The client application '{app}' is missing service principal in the tenant '{tenant}'."),
            ),
            Self::Disabled => (400, "unauthorized_client", 7_000_112, format!("Application '{app}' is disabled.")),
            Self::WrongSecret => (
                401,
                "invalid_client",
                7_000_215,
                format!(
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret \
                     value, not the client secret ID, for a secret added to app '{app}'."
                ),
            ),
            Self::ExpiredSecret => (
                401,
                "invalid_client",
                7_000_222,
                format!("The provided client secret keys for app '{app}' are expired."),
            ),
        };
        Refusal { status, error, number, message }
    }
}

//! What the tenants' directories hold: users, applications, service principals, policies.

mod keys;
mod policy;

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::domain::{AppId, KeyId, ObjectId, TenantId};

pub use keys::{Certificate, EXCHANGE_AUDIENCE, FederatedCredential, Issuer, hex};
pub use policy::SignInPolicy;

/// One tenant.
#[derive(Debug, Clone)]
pub struct Tenant {
    pub id: TenantId,
    pub display_name: String,
    pub domain: String,
    pub users: Vec<User>,
    /// Applications whose home is here, by object id; deleted ones stay, marked, as in the recycle bin.
    pub applications: BTreeMap<ObjectId, Application>,
    /// Service principals of this tenant, by object id.
    pub principals: BTreeMap<ObjectId, ServicePrincipal>,
    pub policy: TenantPolicy,
}

/// What the tenant allows.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in the portal too")]
#[derive(Debug, Clone)]
pub struct TenantPolicy {
    /// `defaultUserRolePermissions.allowedToCreateApps`.
    pub users_may_register_apps: bool,
    /// App management policy: secrets may not be added.
    pub secrets_forbidden: bool,
    /// App management policy: the longest life of a secret, in days.
    pub secret_max_days: Option<u32>,
    /// App management policy: principals may not have secrets.
    pub principal_secrets_forbidden: bool,
    /// App management policy: multitenant apps are refused.
    pub multitenant_forbidden: bool,
    /// Users may consent to low-risk permissions by themselves.
    pub users_may_consent: bool,
    /// Reading the policies is refused to everybody (403), as in many tenants.
    pub policies_hidden: bool,
    /// Who gets in, and how.
    pub sign_in: SignInPolicy,
}

/// A directory role, by what it lets one do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DirectoryRole {
    GlobalAdministrator,
    ApplicationAdministrator,
    CloudApplicationAdministrator,
    ApplicationDeveloper,
}

impl DirectoryRole {
    /// The name that portals show.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "Global Administrator",
            Self::ApplicationAdministrator => "Application Administrator",
            Self::CloudApplicationAdministrator => "Cloud Application Administrator",
            Self::ApplicationDeveloper => "Application Developer",
        }
    }

    /// `roleTemplateId`, the same in every tenant.
    pub fn template_id(self) -> &'static str {
        match self {
            Self::GlobalAdministrator => "62e90394-69f5-4237-9190-012177145e10",
            Self::ApplicationAdministrator => "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
            Self::CloudApplicationAdministrator => "158c047a-c907-4556-b7ef-446551a6b5f7",
            Self::ApplicationDeveloper => "cf1c38e5-3621-4004-a7cb-879624dced7c",
        }
    }

    /// May edit every application, and create the principal of any.
    pub fn administers_applications(self) -> bool {
        self != Self::ApplicationDeveloper
    }
}

/// A permission of Graph's for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum AppRole {
    #[serde(rename = "Application.ReadWrite.All")]
    EveryApp,
    #[serde(rename = "Application.ReadWrite.OwnedBy")]
    OwnApps,
}

impl AppRole {
    /// Its id in Graph's own registration, the same in every tenant.
    pub fn id(self) -> &'static str {
        match self {
            Self::EveryApp => "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
            Self::OwnApps => "18a4783c-866b-4cc7-a460-3d5e5662c884",
        }
    }
}

/// A person who can sign in on the authorize page or with a device code.
#[derive(Debug, Clone)]
pub struct User {
    pub id: ObjectId,
    pub name: String,
    pub upn: String,
    pub password: String,
    pub directory_roles: Vec<DirectoryRole>,
    /// A guest: the tenant that is the user's home.
    pub home_tenant: Option<TenantId>,
    /// Sign-ins up to this moment count no more: they were revoked.
    pub sessions_valid_from: Option<OffsetDateTime>,
}

/// An application registration, in its home tenant.
#[derive(Debug, Clone)]
pub struct Application {
    pub object_id: ObjectId,
    pub app_id: AppId,
    pub display_name: String,
    pub unique_name: Option<String>,
    pub sign_in_audience: String,
    pub web_redirect_uris: Vec<String>,
    /// The rest of the object as the client sent it (requiredResourceAccess, tags, notes, lock …), merged on PATCH.
    pub extra: serde_json::Map<String, serde_json::Value>,
    pub passwords: Vec<Password>,
    pub certificates: Vec<Certificate>,
    pub federated: Vec<FederatedCredential>,
    pub owners: Vec<ObjectId>,
    pub created: OffsetDateTime,
    pub deleted: Option<OffsetDateTime>,
    /// Reads on a lagging replica do not see the object, or its last change, before this moment.
    pub visible_from: OffsetDateTime,
    /// The state that a lagging replica still shows until `visible_from`: `None` where the object is new.
    pub stale: Option<Box<Application>>,
}

impl Application {
    /// The application as reads show it now: itself, its state before the last change, or nothing where it is new.
    pub fn seen(&self, now: OffsetDateTime) -> Option<&Self> {
        if self.visible_from <= now { Some(self) } else { self.stale.as_deref() }
    }
}

/// A password credential. The simulator keeps the text: it is the service.
#[derive(Clone)]
pub struct Password {
    pub key_id: KeyId,
    pub display_name: Option<String>,
    pub text: String,
    pub start: OffsetDateTime,
    pub end: OffsetDateTime,
    /// Token requests answer AADSTS7000215 before this moment.
    pub usable_from: OffsetDateTime,
    pub removed: bool,
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Password").field("key_id", &self.key_id).field("removed", &self.removed).finish_non_exhaustive()
    }
}

/// A service principal: an application's face in one tenant.
#[derive(Debug, Clone)]
pub struct ServicePrincipal {
    pub object_id: ObjectId,
    pub app_id: AppId,
    pub display_name: String,
    pub app_owner_tenant: TenantId,
    pub enabled: bool,
    pub directory_roles: Vec<DirectoryRole>,
    /// Graph's permissions that it was given for itself.
    pub app_roles: Vec<AppRole>,
    /// Delegated grants made by consent, such as `User.Read`.
    pub grants: Vec<String>,
    pub created: OffsetDateTime,
    pub deleted: Option<OffsetDateTime>,
    pub visible_from: OffsetDateTime,
    /// ARM knows the principal from this moment (`PrincipalNotFound` before, unless `principalType` is sent).
    pub arm_visible_from: OffsetDateTime,
    /// Entra issues tokens for it from this moment (AADSTS700016 before).
    pub token_from: OffsetDateTime,
}

impl Tenant {
    /// The live service principal of an application in this tenant.
    pub fn principal_of(&self, app_id: AppId) -> Option<&ServicePrincipal> {
        self.principals.values().find(|principal| principal.app_id == app_id && principal.deleted.is_none())
    }

    /// The permissions of a service principal; a person has none.
    pub fn app_roles(&self, id: ObjectId) -> &[AppRole] {
        self.principals.get(&id).map(|principal| principal.app_roles.as_slice()).unwrap_or_default()
    }

    /// The directory roles of a user or a service principal.
    pub fn directory_roles(&self, id: ObjectId) -> &[DirectoryRole] {
        let user = self.users.iter().find(|user| user.id == id).map(|user| user.directory_roles.as_slice());
        let principal = || self.principals.get(&id).map(|principal| principal.directory_roles.as_slice());
        user.or_else(principal).unwrap_or_default()
    }
}

/// What people were given at sign-in and have not used up.
#[derive(Debug, Clone, Default)]
pub struct Grants {
    /// By code; used once.
    pub codes: BTreeMap<String, CodeGrant>,
    /// By device code.
    pub devices: BTreeMap<String, DeviceGrant>,
    /// By refresh token.
    pub refresh: BTreeMap<String, RefreshGrant>,
}

/// Somebody who signed in, for a client, in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    pub tenant: TenantId,
    pub user: ObjectId,
    pub client: AppId,
    /// Approved on a second device too.
    pub mfa: bool,
    /// When the person was there.
    pub since: OffsetDateTime,
}

/// An authorization code.
#[derive(Debug, Clone)]
pub struct CodeGrant {
    pub sign_in: SignIn,
    pub redirect_uri: String,
    pub code_challenge: Option<String>,
    pub nonce: Option<String>,
    pub scope: String,
    /// The client said that it understands claims challenges.
    pub client_capable: bool,
    pub expires: OffsetDateTime,
}

/// A device code, waiting for somebody to type the user code.
#[derive(Debug, Clone)]
pub struct DeviceGrant {
    pub user_code: String,
    pub client: AppId,
    /// The tenant of the address; none for `organizations` and `common`.
    pub tenant: Option<TenantId>,
    pub scope: String,
    /// The client's `claims`, as sent.
    pub claims: Option<String>,
    pub expires: OffsetDateTime,
    /// When the device last asked.
    pub asked: Option<OffsetDateTime>,
    pub outcome: DeviceOutcome,
}

/// What the person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceOutcome {
    Pending,
    Declined,
    /// Conditional Access stopped the person on the page.
    Blocked,
    SignedIn(SignIn),
}

/// A refresh token.
#[derive(Debug, Clone)]
pub struct RefreshGrant {
    pub sign_in: SignIn,
    pub scope: String,
    pub expires: OffsetDateTime,
}

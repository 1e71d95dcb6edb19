//! A machine in Azure, whose identities its own programs may use.

use crate::domain::{AppId, ObjectId, TenantId};

/// The machine.
#[derive(Clone)]
pub struct Machine {
    pub tenant: TenantId,
    /// What App Service puts into `IDENTITY_HEADER`: who knows it runs there.
    pub header: String,
    pub system_assigned: Option<Identity>,
    pub user_assigned: Vec<Identity>,
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// A managed identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub client_id: AppId,
    /// Of its principal, in the machine's tenant.
    pub object_id: ObjectId,
    /// The ARM id of the identity, or of the machine where the identity is the machine's own.
    pub resource_id: String,
}

impl Machine {
    /// The identity that a request means: by client id, object id or resource id, or the machine's own. Without one of
    /// its own, a machine with a single other identity gives that one out.
    pub fn identity(&self, named: impl Fn(&str) -> Option<String>) -> Option<&Identity> {
        let all = || self.system_assigned.iter().chain(&self.user_assigned);
        let fits = |one: &str, other: String| one.eq_ignore_ascii_case(&other);
        if let Some(id) = named("client_id") {
            return all().find(|one| fits(&id, one.client_id.to_string()));
        }
        if let Some(id) = named("object_id").or_else(|| named("principal_id")) {
            return all().find(|one| fits(&id, one.object_id.to_string()));
        }
        if let Some(id) = named("msi_res_id").or_else(|| named("mi_res_id")) {
            return all().find(|one| fits(&id, one.resource_id.clone()));
        }
        match (&self.system_assigned, self.user_assigned.as_slice()) {
            (Some(own), _) => Some(own),
            (None, [only]) => Some(only),
            _ => None,
        }
    }
}

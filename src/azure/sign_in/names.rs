//! What people know tenants by, for sentences on signing in: a sign-in itself knows no more than the id.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::domain::{TenantId, answers::Tenant};

/// The tenants whose names are known. Clones share them.
#[derive(Clone, Default)]
pub struct Names(Arc<Mutex<HashMap<TenantId, Tenant>>>);

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names")
    }
}

impl Names {
    /// Notes what a tenant is called; what was known of it and is not said anew stays.
    pub fn know(&self, tenant: &Tenant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = known.entry(tenant.id).or_insert_with(|| tenant.clone());
        kept.display_name = tenant.display_name.clone().or_else(|| kept.display_name.take());
        kept.domain = tenant.domain.clone().or_else(|| kept.domain.take());
    }

    /// `Contoso (contoso.example)`, or as much of it as is known; `None` where the id is all.
    pub fn known(&self, tenant: TenantId) -> Option<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Tenant { display_name, domain, .. } = known.get(&tenant)?;
        match (display_name, domain) {
            (Some(name), Some(domain)) => Some(format!("{name} ({domain})")),
            (one, other) => one.clone().or_else(|| other.clone()),
        }
    }

    /// The same, or the id.
    pub fn of(&self, tenant: TenantId) -> String {
        self.known(tenant).unwrap_or_else(|| format!("tenant {tenant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_called_by_all_that_is_known_of_it() {
        let names = Names::default();
        let id = TenantId(uuid::Uuid::nil());
        assert_eq!((names.of(id), names.known(id)), (format!("tenant {id}"), None));
        let tenant = |name: Option<&str>, domain: Option<&str>| Tenant {
            id,
            display_name: name.map(str::to_owned),
            domain: domain.map(str::to_owned),
        };
        names.know(&tenant(None, Some("contoso.example")));
        assert_eq!(names.of(id), "contoso.example");
        names.clone().know(&tenant(Some("Contoso"), None));
        assert_eq!(names.of(id), "Contoso (contoso.example)");
    }
}

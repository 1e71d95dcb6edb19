//! From a scenario to who else is in a directory: guests, public clients, the identities of a machine.

use serde_json::json;
use uuid::Uuid;

use super::{
    IdentitySpec, MachineSpec, PersonSpec, PublicClientSpec,
    build::{Builder, NewApp, derived, random_secret},
};
use crate::{
    domain::{ObjectId, TenantId},
    sim::{
        SimError,
        directory::User,
        machine::{Identity, Machine},
    },
};

impl Builder {
    /// The person's other selves.
    pub(super) fn guests(&mut self, home: TenantId, spec: &PersonSpec) -> Result<(), SimError> {
        for guest in &spec.guest_in {
            let tenant = self.tenant_id(&guest.tenant)?;
            let user = User {
                id: ObjectId(derived(derived(spec.client_id.0, "user"), &tenant.to_string())),
                name: spec.name.clone(),
                upn: format!("{}@{}", spec.user, spec.tenant),
                // A guest's password is at home.
                password: random_secret(),
                directory_roles: guest.directory_roles.clone(),
                home_tenant: Some(home),
                sessions_valid_from: None,
            };
            let id = user.id;
            if let Some(tenant) = self.world.tenant_mut(tenant) {
                tenant.users.push(user);
            }
            for role in &guest.roles {
                self.assign(tenant, role, id, "User")?;
            }
        }
        Ok(())
    }

    pub(super) fn public_client(&mut self, spec: &PublicClientSpec) -> Result<(), SimError> {
        let home = self.tenant_id(&spec.tenant)?;
        let app = NewApp { client_id: spec.client_id, name: &spec.name, multitenant: true, owners: vec![] };
        self.application(home, &app);
        let apps = self.world.tenant_mut(home).map(|tenant| &mut tenant.applications);
        if let Some(app) = apps.and_then(|apps| apps.values_mut().find(|app| app.app_id == spec.client_id)) {
            app.passwords.clear();
            app.extra.insert("publicClient".into(), json!({"redirectUris": ["http://localhost"]}));
        }
        for domain in &spec.consented_in {
            let tenant = self.tenant_id(domain)?;
            let principal = self.principal(tenant, spec.client_id, &spec.name, home);
            let principals = self.world.tenant_mut(tenant).map(|tenant| &mut tenant.principals);
            if let Some(principal) = principals.and_then(|principals| principals.get_mut(&principal)) {
                principal.grants = vec!["User.Read".into(), "Directory.AccessAsUser.All".into()];
            }
        }
        Ok(())
    }

    pub(super) fn machine(&mut self, spec: &MachineSpec) -> Result<Machine, SimError> {
        let tenant = self.tenant_id(&spec.tenant)?;
        Ok(Machine {
            tenant,
            header: Uuid::new_v4().simple().to_string(),
            system_assigned: spec.system_assigned.as_ref().map(|one| self.identity(tenant, one)).transpose()?,
            user_assigned: spec.user_assigned.iter().map(|one| self.identity(tenant, one)).collect::<Result<_, _>>()?,
        })
    }

    /// A principal without an application: nobody can register a key for it.
    fn identity(&mut self, tenant: TenantId, spec: &IdentitySpec) -> Result<Identity, SimError> {
        let object_id = self.principal(tenant, spec.client_id, &spec.name, tenant);
        let principals = self.world.tenant_mut(tenant).map(|tenant| &mut tenant.principals);
        if let Some(principal) = principals.and_then(|principals| principals.get_mut(&object_id)) {
            principal.directory_roles.clone_from(&spec.directory_roles);
        }
        for role in &spec.roles {
            self.assign(tenant, role, object_id, "ServicePrincipal")?;
        }
        Ok(Identity { client_id: spec.client_id, object_id, resource_id: spec.resource_id.clone() })
    }
}

//! From a scenario to the directory's part of a world: tenants, people, applications.

use std::{collections::BTreeMap, sync::atomic::AtomicU64, time::Duration};

use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{LockSpec, PersonSpec, PolicySpec, RoleSpec, Scenario, TenantSpec};
use crate::{
    domain::{AppId, KeyId, ObjectId, TenantId},
    sim::{
        SimError,
        directory::{Application, Certificate, Grants, Password, ServicePrincipal, Tenant, TenantPolicy, User},
        estate::{Cores, Lock, RoleAssignment, Subscription},
        ready::ReadyOperator,
        roles,
        world::{Timing, World},
    },
};

/// Object ids of a scenario are derived, so that they are the same in every run.
pub(super) fn derived(of: Uuid, what: &str) -> Uuid {
    Uuid::new_v5(&of, what.as_bytes())
}

/// A text such as Graph makes for a password.
pub(in crate::sim) fn random_secret() -> String {
    let (one, two) = (Uuid::new_v4().simple().to_string(), Uuid::new_v4().simple().to_string());
    format!("{}8Q~{}.{}_{}", &one[..3], &one[3..20], &two[..12], &two[12..16])
}

impl Scenario {
    /// The world, and the operators that the ready file names.
    pub(in crate::sim) fn build(&self, speed: f64) -> Result<(World, Vec<(TenantId, ReadyOperator)>), SimError> {
        let now = OffsetDateTime::now_utc();
        let seconds = |seconds: f64| {
            Duration::try_from_secs_f64(seconds).map_err(|error| SimError::Scenario(format!("timing: {error}")))
        };
        let timing = Timing {
            speed,
            graph_lag: seconds(self.timing.graph_lag)?,
            flapping: self.timing.flapping,
            arm_principal_lag: seconds(self.timing.arm_principal_lag)?,
            key_lag: seconds(self.timing.key_lag)?,
            role_lag: seconds(self.timing.role_lag)?,
            token_lag: seconds(self.timing.token_lag)?,
            per_node: seconds(self.timing.per_node)?,
            retry_after: self.timing.retry_after,
        };
        let mut builder = Builder {
            now: now - time::Duration::days(30),
            world: World {
                tenants: self.tenants.iter().map(|tenant| self.tenant(tenant)).collect(),
                subscriptions: Vec::new(),
                clusters: Vec::new(),
                registries: Vec::new(),
                assignments: Vec::new(),
                reads: AtomicU64::new(0),
                locks: self.locks.iter().map(lock).collect(),
                cores: Cores { used: self.room.cores_used, limit: self.room.cores_limit },
                subnet_prefix: self.room.subnet_prefix.clone(),
                operations: BTreeMap::new(),
                timing,
                page_size: self.page_size.max(1),
                reset_fate: self.reset_fate.clone(),
                grants: Grants::default(),
                machine: None,
                token_life: self.token_life,
                tokens_ended: None,
                clock_offset: time::Duration::ZERO,
            },
        };
        for subscription in &self.subscriptions {
            let tenant = builder.tenant_id(&subscription.tenant)?;
            let (id, name) = (subscription.id, subscription.name.clone());
            builder.world.subscriptions.push(Subscription { id, tenant, name });
        }
        let mut operators = Vec::new();
        for person in &self.people {
            operators.push(builder.person(person)?);
        }
        for client in &self.public_clients {
            builder.public_client(client)?;
        }
        builder.world.machine = self.machine.as_ref().map(|machine| builder.machine(machine)).transpose()?;
        for cluster in &self.clusters {
            builder.cluster(cluster)?;
        }
        for registry in &self.registries {
            builder.registry(registry)?;
        }
        builder.bulk(self.bulk, &self.people)?;
        Ok((builder.world, operators))
    }

    fn tenant(&self, spec: &TenantSpec) -> Tenant {
        let default = PolicySpec::default();
        let policy = self.policies.get(&spec.domain).unwrap_or(&default);
        Tenant {
            id: spec.id,
            display_name: spec.name.clone(),
            domain: spec.domain.clone(),
            users: Vec::new(),
            applications: BTreeMap::new(),
            principals: BTreeMap::new(),
            policy: TenantPolicy {
                users_may_register_apps: !policy.users_may_not_register_apps,
                secrets_forbidden: policy.secrets_forbidden,
                secret_max_days: policy.secret_max_days,
                principal_secrets_forbidden: policy.principal_secrets_forbidden,
                multitenant_forbidden: policy.multitenant_forbidden,
                users_may_consent: !policy.users_may_not_consent,
                policies_hidden: policy.hidden,
                sign_in: policy.sign_in,
            },
        }
    }
}

/// A world in the making. Everything in it is a month old: no lag applies.
pub(super) struct Builder {
    pub(super) now: OffsetDateTime,
    pub(super) world: World,
}

/// An application to be put into its home tenant.
pub(super) struct NewApp<'a> {
    pub(super) client_id: AppId,
    pub(super) name: &'a str,
    pub(super) multitenant: bool,
    pub(super) owners: Vec<ObjectId>,
}

impl Builder {
    pub(super) fn tenant_id(&self, domain: &str) -> Result<TenantId, SimError> {
        let tenant = self.world.tenants.iter().find(|tenant| tenant.domain == domain);
        tenant.map(|tenant| tenant.id).ok_or_else(|| SimError::Scenario(format!("there is no tenant {domain}")))
    }

    fn person(&mut self, spec: &PersonSpec) -> Result<(TenantId, ReadyOperator), SimError> {
        let home = self.tenant_id(&spec.tenant)?;
        let user = User {
            id: ObjectId(derived(spec.client_id.0, "user")),
            name: spec.name.clone(),
            upn: format!("{}@{}", spec.user, spec.tenant),
            password: random_secret(),
            directory_roles: spec.directory_roles.clone(),
            home_tenant: None,
            sessions_valid_from: None,
        };
        let (upn, password, user_id) = (user.upn.clone(), user.password.clone(), user.id);
        if let Some(tenant) = self.world.tenant_mut(home) {
            tenant.users.push(user);
        }
        self.guests(home, spec)?;
        let name = format!("operator {}", spec.user);
        let app = NewApp { client_id: spec.client_id, name: &name, multitenant: false, owners: vec![] };
        let secret = self.application(home, &app);
        self.prove(home, spec)?;
        let principal = self.principal(home, spec.client_id, &name, home);
        if let Some(principal) = self.world.tenant_mut(home).and_then(|tenant| tenant.principals.get_mut(&principal)) {
            principal.directory_roles.clone_from(&spec.directory_roles);
            principal.app_roles.clone_from(&spec.app_roles);
        }
        for role in &spec.roles {
            self.assign(home, role, user_id, "User")?;
            self.assign(home, role, principal, "ServicePrincipal")?;
        }
        let azure = spec.roles.iter().map(|role| format!("{} on {}", role.role, role.scope));
        let directory = spec.directory_roles.iter().map(|role| role.display_name().to_owned());
        let operator = ReadyOperator {
            name: spec.user.clone(),
            client_id: spec.client_id,
            client_secret: secret,
            user: upn,
            password,
            guest_in: spec.guest_in.iter().map(|guest| guest.tenant.clone()).collect(),
            roles: azure.chain(directory).collect(),
        };
        Ok((home, operator))
    }

    /// Other ways than a secret for the person's service principal.
    fn prove(&mut self, home: TenantId, spec: &PersonSpec) -> Result<(), SimError> {
        let wrong = |what: &str| SimError::Scenario(format!("{} of {} cannot be used", what, spec.user));
        let apps = self.world.tenant_mut(home).map(|tenant| &mut tenant.applications);
        let app = apps.and_then(|apps| apps.values_mut().find(|app| app.app_id == spec.client_id));
        let app = app.ok_or_else(|| wrong("the application"))?;
        for (index, text) in spec.certificates.iter().enumerate() {
            let key = KeyId(derived(spec.client_id.0, &format!("certificate {index}")));
            app.certificates.push(Certificate::read(key, text).ok_or_else(|| wrong("a certificate"))?);
        }
        for one in &spec.federated {
            app.federated.push(one.credential().ok_or_else(|| wrong("a federated credential without issuer"))?);
        }
        Ok(())
    }

    /// Registers an application with one usable secret, whose text is the answer.
    pub(super) fn application(&mut self, home: TenantId, spec: &NewApp<'_>) -> String {
        let (now, text) = (self.now, random_secret());
        let object_id = ObjectId(derived(spec.client_id.0, "application"));
        let mut extra = serde_json::Map::new();
        extra.insert("requiredResourceAccess".into(), json!([]));
        let application = Application {
            object_id,
            app_id: spec.client_id,
            display_name: spec.name.to_owned(),
            unique_name: None,
            sign_in_audience: if spec.multitenant { "AzureADMultipleOrgs" } else { "AzureADMyOrg" }.into(),
            web_redirect_uris: Vec::new(),
            extra,
            passwords: vec![Password {
                key_id: KeyId(derived(spec.client_id.0, "key")),
                display_name: Some("rbac".into()),
                text: text.clone(),
                start: now,
                end: now + time::Duration::days(365),
                usable_from: now,
                removed: false,
            }],
            certificates: Vec::new(),
            federated: Vec::new(),
            owners: spec.owners.clone(),
            created: now,
            deleted: None,
            visible_from: now,
            stale: None,
        };
        if let Some(tenant) = self.world.tenant_mut(home) {
            tenant.applications.insert(object_id, application);
        }
        text
    }

    /// An application's principal in a tenant.
    pub(super) fn principal(&mut self, tenant: TenantId, app: AppId, name: &str, owner: TenantId) -> ObjectId {
        let now = self.now;
        let object_id = ObjectId(derived(derived(app.0, "principal"), &tenant.to_string()));
        let principal = ServicePrincipal {
            object_id,
            app_id: app,
            display_name: name.to_owned(),
            app_owner_tenant: owner,
            enabled: true,
            directory_roles: Vec::new(),
            app_roles: Vec::new(),
            grants: Vec::new(),
            created: now,
            deleted: None,
            visible_from: now,
            arm_visible_from: now,
            token_from: now,
        };
        if let Some(tenant) = self.world.tenant_mut(tenant) {
            tenant.principals.insert(object_id, principal);
        }
        object_id
    }

    pub(super) fn assign(
        &mut self,
        tenant: TenantId,
        spec: &RoleSpec,
        principal: ObjectId,
        kind: &str,
    ) -> Result<(), SimError> {
        let role = role_id(&spec.role)?;
        let name = derived(principal.0, &format!("{} {role}", spec.scope.to_lowercase()));
        self.world.assignments.push(RoleAssignment {
            name,
            tenant,
            scope: spec.scope.clone(),
            role,
            principal,
            principal_type: kind.into(),
            condition: spec.condition.clone(),
            description: None,
            created: self.now,
            visible_from: self.now,
            effective_from: self.now,
        });
        Ok(())
    }
}

fn lock(spec: &LockSpec) -> Lock {
    Lock { scope: spec.scope.clone(), name: spec.name.clone(), level: spec.level.clone() }
}

fn role_id(name: &str) -> Result<Uuid, SimError> {
    let known = roles::by_name(name).map(|role| role.id).or_else(|| Uuid::try_parse(name).ok());
    known.ok_or_else(|| SimError::Scenario(format!("there is no role {name}")))
}

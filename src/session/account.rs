//! Accounts that are at hand, and signing in with one.

use std::{collections::HashMap, sync::Arc};

use super::Session;
use crate::{
    azure::TenantClients,
    domain::{
        Cloud, ResourceId, TenantId,
        answers::{SignIn, Tenant},
    },
    error::Error,
};

/// An account that is at hand without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// How to sign in with it.
    pub sign_in: SignIn,
    /// A person's user name, or what a program calls itself.
    pub name: String,
    /// Where it was found: "Azure CLI".
    pub via: String,
    /// The tenant that it is signed in to.
    pub tenant: Option<TenantId>,
    /// That tenant's name, where it is known.
    pub tenant_name: Option<String>,
}

/// Somebody who is signed in to a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The tenant, named where it can be read.
    pub tenant: Tenant,
    /// Who that is: a person's user name, or the app's id.
    pub account: String,
    /// The company that they are a guest from: its name where it can be read, else its tenant's id.
    pub guest_of: Option<String>,
}

/// Who looks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The tenant.
    pub tenant: Tenant,
    /// How to sign in there.
    pub sign_in: SignIn,
}

/// The clients that were made so far: their tokens are used again.
pub(super) type Made = HashMap<(TenantId, SignIn, Option<crate::domain::SubscriptionId>), TenantClients>;

/// Where a guest is at home, as the identity provider of their token says it: a tenant's issuer, or another company's name.
async fn home_of(clients: &TenantClients, tenant: TenantId, idp: Option<&str>) -> Option<String> {
    let idp = idp?.trim_end_matches('/');
    let Some(home) = idp.rsplit('/').next().and_then(|last| last.parse::<TenantId>().ok()) else {
        return Some(idp.to_owned());
    };
    if home == tenant {
        return None;
    }
    let named = clients.graph.find_tenant(home).await.ok().and_then(|found| found.display_name);
    Some(named.unwrap_or_else(|| home.to_string()))
}

impl Session {
    /// Signs in to a tenant, and says as whom. Its clients are used again by what comes after.
    pub async fn sign_in(
        &self,
        tenant: &Tenant,
        kind: &SignIn,
        resource: Option<&ResourceId>,
    ) -> Result<SignedIn, Error> {
        // Whoever signs in now may be another person than the one before: the Azure CLI has its own idea of that.
        self.forget_clients(tenant.id, kind);
        self.desk.names().know(tenant);
        let clients = self.clients_at(tenant.id, kind, resource).await?;
        let patience = self.patience();
        let failed = |error: crate::azure::Error| Error::from(error.problem());
        let operator = patience.read(|| clients.operator()).await.map_err(failed)?;
        // A tenant whose own directory does not tell its name is known by its id all the same.
        let named = patience.read(|| clients.graph.organization()).await.ok();
        let account = operator.who();
        let guest_of = home_of(&clients, tenant.id, operator.idp.as_deref()).await;
        let tenant = Tenant {
            id: tenant.id,
            display_name: named.as_ref().and_then(|one| one.display_name.clone()).or(tenant.display_name.clone()),
            domain: named.and_then(|one| one.default_domain).or(tenant.domain.clone()),
        };
        self.desk.names().know(&tenant);
        Ok(SignedIn { tenant, account, guest_of })
    }

    /// The name of a tenant that nobody is signed in to, as another tenant's directory knows it.
    pub async fn tenant_named(&self, tenant: &Tenant, asked_by: (&Tenant, &SignIn)) -> Tenant {
        let (asking, kind) = asked_by;
        let mut named = tenant.clone();
        if let Ok(clients) = self.clients_at(asking.id, kind, None).await
            && let Ok(found) = clients.graph.find_tenant(tenant.id).await
        {
            named.display_name = found.display_name.or(named.display_name);
            named.domain = named.domain.or(found.default_domain_name);
        }
        named
    }

    /// What the session was told that an account is called.
    pub(super) fn name_of(&self, tenant: TenantId, kind: &SignIn) -> Option<String> {
        let found = self.options.accounts.iter().find(|one| one.tenant == Some(tenant) && one.sign_in == *kind);
        found.map(|one| one.name.clone())
    }

    pub(super) async fn clients_at(
        &self,
        tenant: TenantId,
        kind: &SignIn,
        resource: Option<&ResourceId>,
    ) -> Result<TenantClients, Error> {
        let cloud = self.cloud().await?;
        self.clients(&cloud, tenant, resource, kind)
    }

    /// Forgets the clients of one way to sign in to a tenant, and their tokens with them.
    pub(super) fn forget_clients(&self, tenant: TenantId, kind: &SignIn) {
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        made.retain(|(at, known, _), _| *at != tenant || known != kind);
    }

    /// The clients of a tenant; those that were made before are taken again.
    pub(super) fn clients(
        &self,
        cloud: &Arc<Cloud>,
        tenant: TenantId,
        resource: Option<&ResourceId>,
        kind: &SignIn,
    ) -> Result<TenantClients, Error> {
        // The Azure CLI keeps an account a subscription: which one is meant depends on the resource.
        let subscription = resource.filter(|_| *kind == SignIn::AzureCli).map(ResourceId::subscription);
        let key = (tenant, kind.clone(), subscription);
        // Held while they are made: two who ask at once are to sign in once.
        let mut made = self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(clients) = made.get(&key) {
            return Ok(clients.clone());
        }
        let clients = self.new_clients(cloud, tenant, resource, kind)?;
        made.insert(key, clients.clone());
        Ok(clients)
    }
}

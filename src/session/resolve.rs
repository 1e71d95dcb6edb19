//! From what a person has at hand to the tenant that it belongs to.

use super::Session;
use crate::{
    azure::arm,
    domain::{Pasted, ResourceId, TenantId, TenantRef, answers::Tenant, problem::ProblemKind},
    error::Error,
};

/// What a text turned out to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The tenant.
    pub tenant: Tenant,
    /// The cluster or registry, where the text names one.
    pub resource: Option<ResourceId>,
}

impl Session {
    /// Finds the tenant that a text names: its id, a domain, a user name, a resource id, an address in the portal. Nobody
    /// has to be signed in for that.
    pub async fn resolve(&self, text: &str) -> Result<Found, Error> {
        let answer = |what: String| Error::new(ProblemKind::Answers, what);
        if Pasted::is_login_server(text) {
            return Err(answer(
                "find a tenant by a registry's address: it does not tell whose registry it is. Give the company's domain \
                 or tenant id, or the registry's resource id"
                    .to_owned(),
            ));
        }
        let pasted = Pasted::read(text).map_err(|error| answer(format!("understand this: {error}")))?;
        let cloud = self.cloud().await?;
        if let Some(tenant) = &pasted.tenant
            && pasted.resource.is_none()
        {
            let id = self.named(&cloud, tenant).await?;
            return Ok(Found { tenant: known_as(id, tenant), resource: None });
        }
        let which = pasted.resource.as_ref().map_or("text", |id| id.name()).to_owned();
        // The portal shows the directory that its visitor is in; whose the resource is, its subscription says.
        let owner = match &pasted.resource {
            Some(id) => self
                .patience()
                .read(|| arm::subscription_tenant(&self.http, &cloud, id.subscription()))
                .await
                .map_err(|error| Error::from(error.problem()))?,
            None => None,
        };
        let id = match (owner, &pasted.tenant) {
            (Some(owner), _) => owner,
            (None, Some(tenant)) => self.named(&cloud, tenant).await?,
            (None, None) => {
                return Err(answer(format!(
                    "find the tenant of {which}: no subscription has the id that is in it. Is every character there?"
                )));
            }
        };
        let tenant = Tenant { id, domain: None, display_name: None };
        Ok(Found { tenant, resource: pasted.resource })
    }
}

fn known_as(id: TenantId, named: &TenantRef) -> Tenant {
    let domain = match named {
        TenantRef::Domain(domain) => Some(domain.to_string()),
        TenantRef::Id(_) => None,
    };
    Tenant { id, domain, display_name: None }
}

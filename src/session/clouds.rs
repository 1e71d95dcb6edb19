//! Tenants that are not in the cloud that was named: which one they are in, and how that one is named.

use super::Session;
use crate::{
    azure::{self, entra},
    domain::{Answers, Cloud, Problem, TenantId, TenantRef, cloud::KnownCloud, problem::ProblemKind},
    error::Error,
};

/// Where a tenant is.
enum Home {
    /// In the cloud that was named.
    Here(TenantId),
    /// In this other one.
    Elsewhere(KnownCloud),
    /// In none that could be asked.
    Nowhere,
}

impl Session {
    pub(super) async fn named(&self, cloud: &Cloud, tenant: &TenantRef) -> Result<TenantId, Error> {
        let unknown = |what: String| Error::new(ProblemKind::Answers, format!("find the tenant {tenant}: {what}"));
        match self.home(cloud, tenant).await? {
            Home::Here(id) => Ok(id),
            Home::Elsewhere(home) => Err(unknown(format!(
                "it is not in {}, but in {}. Name that cloud: --cloud {}",
                cloud.name,
                Cloud::known(home).name,
                home.option()
            ))),
            Home::Nowhere => Err(unknown(format!("{} knows no such tenant", cloud.name))),
        }
    }

    async fn home(&self, cloud: &Cloud, tenant: &TenantRef) -> Result<Home, Error> {
        let found = self.patience().read(|| entra::openid(&self.http, cloud, tenant)).await;
        let Some(found) = found.map_err(|error| Error::from(error.problem()))? else {
            let elsewhere = entra::elsewhere(&self.http, cloud, tenant).await;
            return Ok(elsewhere.map_or(Home::Nowhere, Home::Elsewhere));
        };
        let elsewhere = entra::at_home_elsewhere(&self.http, cloud, tenant, &found).await;
        Ok(elsewhere.map_or(Home::Here(found.tenant_id), Home::Elsewhere))
    }

    /// Why two tenants could not both be found: they are in different clouds. `None` where that is not it.
    pub(super) async fn apart(&self, cloud: &Cloud, answers: &Answers) -> Option<Error> {
        let (cluster, registry) = (answers.cluster.tenant.as_ref()?, answers.registry.tenant.as_ref()?);
        let (one, other) = tokio::try_join!(self.home(cloud, cluster), self.home(cloud, registry)).ok()?;
        let name = |home| match home {
            Home::Here(_) => Some(cloud.name.clone()),
            Home::Elsewhere(home) => Some(Cloud::known(home).name),
            Home::Nowhere => None,
        };
        let (one, other) = (name(one)?, name(other)?);
        if one == other {
            return None;
        }
        let found = format!("the cluster tenant {cluster} is in {one}, and the registry tenant {registry} in {other}");
        let mut problem = Problem::new(ProblemKind::Preflight, "connect the two tenants", found, azure::now());
        problem.code = Some("CP-142".to_owned());
        Some(problem.into())
    }
}

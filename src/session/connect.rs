//! From answers to clients: which tenants are meant, and who is signed in to them.

use std::{collections::HashMap, fmt, sync::Arc};

use super::Session;
use crate::{
    azure::{
        TenantClients, arm,
        sign_in::{self, Means},
    },
    domain::{
        Answers, AppId, Cloud, Finding, ResourceId, TenantId, TenantRef,
        answers::{SignIn, Tenant},
        problem::ProblemKind,
    },
    error::Error,
    secret::{Secret, hide_variable},
    steps::{Steps, Tenants, patience::Patience},
};

/// Why there is no plan, or no setup.
#[derive(Debug)]
pub enum Refusal {
    /// The preflight found what cannot work, and nothing that could be planned.
    Findings(Vec<Finding>),
    /// Something failed.
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Where the secrets of service principals are read from: the process's environment, or what a test or the demo puts there.
#[derive(Clone)]
pub enum Environment {
    /// The process's own.
    Process,
    /// These values alone.
    Given(HashMap<String, Secret>),
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Environment")
    }
}

impl Environment {
    /// A variable that holds no secret, or of which no more is wanted than that it is there.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        match self {
            Self::Process => std::env::var(name).ok().filter(|text| !text.is_empty()),
            Self::Given(values) => values.get(name).map(|value| value.expose().to_owned()),
        }
    }

    fn secret(&self, name: &str) -> Option<Secret> {
        hide_variable(name);
        match self {
            Self::Process => std::env::var(name).ok().filter(|text| !text.is_empty()).map(Secret::new),
            Self::Given(values) => values.get(name).cloned(),
        }
    }
}

impl Session {
    /// Resolves both tenants and makes their clients.
    pub(super) async fn connect(&self, answers: &Answers, cloud: Arc<Cloud>) -> Result<Steps, Error> {
        let found = tokio::try_join!(
            self.tenant(&cloud, "cluster", answers.cluster.tenant.as_ref(), Some(&answers.cluster.id)),
            self.tenant(&cloud, "registry", answers.registry.tenant.as_ref(), answers.registry.id.as_ref()),
        );
        let (cluster, registry) = match found {
            Ok(both) => both,
            Err(error) if error.kind == ProblemKind::Answers => {
                return Err(self.apart(&cloud, answers).await.unwrap_or(error));
            }
            Err(error) => return Err(error),
        };
        let steps = self.steps(answers, cloud, Tenants { cluster, registry })?;
        expect_sign_in(&steps).await?;
        Ok(steps)
    }

    /// Makes the clients of tenants that are resolved already.
    pub(super) fn steps(&self, answers: &Answers, cloud: Arc<Cloud>, tenants: Tenants) -> Result<Steps, Error> {
        self.desk.names().know(&tenants.cluster);
        self.desk.names().know(&tenants.registry);
        let cluster = self.clients(&cloud, tenants.cluster.id, Some(&answers.cluster.id), &answers.cluster.sign_in)?;
        let registry = match &answers.registry.sign_in {
            Some(sign_in) => Some(self.clients(&cloud, tenants.registry.id, answers.registry.id.as_ref(), sign_in)?),
            None => None,
        };
        Ok(Steps::new(self.http.clone(), cloud, cluster, registry, tenants, self.patience(), self.desk.clone()))
    }

    pub(super) fn new_clients(
        &self,
        cloud: &Arc<Cloud>,
        tenant: TenantId,
        resource: Option<&ResourceId>,
        kind: &SignIn,
    ) -> Result<TenantClients, Error> {
        let person = |client_id: &Option<AppId>, means| {
            let client = client_id.or(self.options.client_id);
            sign_in::person(&self.http, cloud, tenant, client, means, &self.desk.for_sign_ins(means, client))
        };
        let credential = match kind {
            SignIn::AzureCli => Ok(sign_in::azure_cli(tenant, resource.map(ResourceId::subscription), None)),
            SignIn::AzureDeveloperCli => sign_in::azure_developer_cli(tenant),
            SignIn::Browser { client_id } => Ok(person(client_id, Means::Browser)),
            SignIn::DeviceCode { client_id } => Ok(person(client_id, Means::DeviceCode)),
            SignIn::ServicePrincipal { client_id, client_secret_env } => {
                let secret = self.options.environment.secret(client_secret_env).ok_or_else(|| {
                    let doing = format!(
                        "sign in as {client_id}: the environment variable {client_secret_env} is empty or not set"
                    );
                    Error::new(ProblemKind::Answers, doing)
                })?;
                sign_in::service_principal(&self.http, cloud, tenant, *client_id, &secret)
            }
            SignIn::Certificate { client_id, client_certificate } => {
                sign_in::certificate(&self.http, cloud, tenant, *client_id, client_certificate)
            }
            SignIn::WorkloadIdentity { client_id, token_file } => {
                sign_in::workload_identity(&self.http, cloud, tenant, *client_id, token_file.clone())
            }
            SignIn::ManagedIdentity { client_id } => sign_in::managed_identity(&self.http, cloud, *client_id),
        };
        let credential = credential.map_err(|error| Error::from(error.problem()))?;
        let tokens = match kind {
            SignIn::AzureCli => sign_in::Tokens::of_azure_cli(credential, tenant),
            _ => sign_in::Tokens::new(credential, tenant),
        };
        let tokens = tokens.named_by(self.desk.names()).called(self.name_of(tenant, kind));
        Ok(TenantClients::new(self.http.clone(), Arc::clone(cloud), tokens))
    }

    /// Which tenant is meant. A resource id yields its tenant without any sign-in; where both are given they must agree.
    async fn tenant(
        &self,
        cloud: &Cloud,
        which: &str,
        named: Option<&TenantRef>,
        resource: Option<&ResourceId>,
    ) -> Result<Tenant, Error> {
        let of_named = async {
            match named {
                Some(named) => self.named(cloud, named).await.map(Some),
                None => Ok(None),
            }
        };
        let of_resource = async {
            match resource {
                Some(id) => self
                    .patience()
                    .read(|| arm::subscription_tenant(&self.http, cloud, id.subscription()))
                    .await
                    .map_err(|error| Error::from(error.problem())),
                None => Ok(None),
            }
        };
        let (of_named, of_resource) = tokio::try_join!(of_named, of_resource)?;
        let domain = match named {
            Some(TenantRef::Domain(domain)) => Some(domain.to_string()),
            _ => None,
        };
        let answer = |what: String| Err(Error::new(ProblemKind::Answers, what));
        match (of_named, of_resource) {
            (Some(named), Some(owner)) if named != owner => answer(format!(
                "use this {which}: its subscription belongs to tenant {owner}, and not to the {which} tenant {named}"
            )),
            (Some(id), _) | (None, Some(id)) => Ok(Tenant { id, domain, display_name: None }),
            (None, None) => answer(format!(
                "find the {which} tenant: name it, since the subscription of the resource id does not tell"
            )),
        }
    }

    /// For what is read before a run.
    pub(super) fn patience(&self) -> Patience {
        Patience::new(self.options.pace)
    }
}

/// A sign-in that fails shows here, before anything else is asked.
async fn expect_sign_in(steps: &Steps) -> Result<(), Error> {
    let registry = async {
        match &steps.registry {
            Some(tenant) => steps.patience.read(|| tenant.arm.sign_in()).await,
            None => Ok(()),
        }
    };
    tokio::try_join!(steps.patience.read(|| steps.cluster.arm.sign_in()), registry)
        .map_err(|error| Error::from(error.problem()))?;
    Ok(())
}

//! What the plan and the preflight read before anything is changed. Each reading is made once, when the first who needs
//! it asks, and whoever asks meanwhile waits for that one. A read that this operator may not make is kept as its error:
//! what that means is the preflight's to say.

mod assignments;
mod standing;

use tokio::sync::OnceCell;

pub use assignments::Assignments;
pub(super) use assignments::{assignments, choose, subscriptions};
pub use standing::{Deed, Standing};

use super::{Steps, Tenants, plan, registration};
use crate::{
    azure::{
        Error, TenantClients,
        acr::Registry,
        aks::{Cluster, ClusterClient},
        arm::Permissions,
        graph::{AppManagementPolicy, Application, AssignedPolicy, DeletedFilter, ServicePrincipal},
    },
    domain::{Answers, ResourceId, SetupId, answers::Route},
};

type Read<T> = Result<T, Error>;

/// One look at both sides.
#[derive(Debug)]
pub struct Look<'a> {
    /// The clients.
    pub steps: &'a Steps,
    /// The setup that it is for.
    pub setup: SetupId,
    /// What was chosen.
    pub answers: &'a Answers,
    tenants: OnceCell<Tenants>,
    cluster: OnceCell<Read<Cluster>>,
    cluster_rights: OnceCell<Read<Permissions>>,
    app: OnceCell<Option<Read<Option<Application>>>>,
    principal: OnceCell<Option<Read<Option<ServicePrincipal>>>>,
    abroad: OnceCell<Read<Option<ServicePrincipal>>>,
    assignments: OnceCell<Assignments>,
    app_in_bin: OnceCell<Read<bool>>,
    rules: OnceCell<Read<AppManagementPolicy>>,
    own_rules: OnceCell<Option<Read<Option<AssignedPolicy>>>>,
    standing: OnceCell<Standing>,
    way_back: OnceCell<WayBack>,
    registry: OnceCell<Option<Read<Registry>>>,
}

/// Whether the operator can put a new secret on the cluster's present app: the only way back from a reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WayBack {
    /// They can.
    Known,
    /// They cannot, and why.
    Closed(&'static str),
    /// It is not known, and why.
    Unsure(&'static str),
}

impl WayBack {
    /// As the plan keeps it.
    pub fn known(&self) -> Option<bool> {
        match self {
            Self::Known => Some(true),
            Self::Closed(_) => Some(false),
            Self::Unsure(_) => None,
        }
    }
}

impl<'a> Look<'a> {
    /// A look that has read nothing yet.
    pub fn new(steps: &'a Steps, setup: SetupId, answers: &'a Answers) -> Self {
        Self {
            steps,
            setup,
            answers,
            tenants: OnceCell::new(),
            cluster: OnceCell::new(),
            cluster_rights: OnceCell::new(),
            app: OnceCell::new(),
            principal: OnceCell::new(),
            abroad: OnceCell::new(),
            assignments: OnceCell::new(),
            app_in_bin: OnceCell::new(),
            rules: OnceCell::new(),
            own_rules: OnceCell::new(),
            standing: OnceCell::new(),
            way_back: OnceCell::new(),
            registry: OnceCell::new(),
        }
    }

    /// The registry and its tenant's clients; nothing where that tenant is handed over.
    pub fn abroad(&self) -> Option<(&'a TenantClients, &'a ResourceId)> {
        self.steps.registry.as_ref().zip(self.answers.registry.id.as_ref())
    }

    /// Both tenants, with names and domains where they can be read.
    pub async fn tenants(&self) -> &Tenants {
        self.tenants.get_or_init(|| Box::pin(named(self.steps))).await
    }

    /// The cluster.
    pub async fn cluster(&self) -> &Read<Cluster> {
        let read = || self.steps.cluster.arm.cluster(&self.answers.cluster.id);
        self.cluster.get_or_init(|| self.steps.patience.read(read)).await
    }

    /// What the operator may do on it.
    pub async fn cluster_rights(&self) -> &Read<Permissions> {
        let read = || self.steps.cluster.arm.permissions(self.answers.cluster.id.as_str());
        self.cluster_rights.get_or_init(|| self.steps.patience.read(read)).await
    }

    /// The registration of the cluster's present app; `None` where the cluster has no app.
    pub async fn app(&self) -> Option<&Read<Option<Application>>> {
        let read = async || {
            let id = self.cluster().await.as_ref().ok()?.client.app()?;
            Some(self.steps.patience.read(|| self.steps.cluster.graph.application_by_app_id(id)).await)
        };
        self.app.get_or_init(read).await.as_ref()
    }

    /// The same, where it is there and can be read.
    pub async fn app_there(&self) -> Option<&Application> {
        self.app().await?.as_ref().ok()?.as_ref()
    }

    /// The present app's principal in the cluster tenant; `None` where the cluster has no app.
    pub async fn principal(&self) -> Option<&Read<Option<ServicePrincipal>>> {
        let read = async || {
            let id = self.cluster().await.as_ref().ok()?.client.app()?;
            Some(self.steps.patience.read(|| self.steps.cluster.graph.service_principal_by_app_id(id)).await)
        };
        self.principal.get_or_init(read).await.as_ref()
    }

    /// The present app's principal in the registry tenant: there already where the app serves that tenant too.
    pub async fn principal_abroad(&self) -> &Read<Option<ServicePrincipal>> {
        let read = async || {
            let Ok(Cluster { client: ClusterClient::ServicePrincipal(id), .. }) = self.cluster().await else {
                return Ok(None);
            };
            match &self.steps.registry {
                Some(tenant) => self.steps.patience.read(|| tenant.graph.service_principal_by_app_id(*id)).await,
                None => Ok(None),
            }
        };
        self.abroad.get_or_init(read).await
    }

    /// The role assignments of the present principal.
    pub async fn assignments(&self) -> &Assignments {
        let read = async || {
            // Subscriptions are listed meanwhile.
            let (principal, subscriptions) = tokio::join!(self.principal(), subscriptions(self.steps));
            match (principal, self.cluster().await) {
                (Some(Ok(Some(principal))), Ok(cluster)) => {
                    assignments::for_plan(self.steps, principal.id, cluster, subscriptions).await
                }
                _ => Assignments::default(),
            }
        };
        self.assignments.get_or_init(|| Box::pin(read())).await
    }

    /// The route, and why.
    pub async fn route(&self) -> (Route, String) {
        match self.answers.app.route {
            Some(route) => (route, "it was asked for".to_owned()),
            None => plan::choose_route(self.app_there().await),
        }
    }

    /// The rules for the app whose secret is made: the cluster tenant's for a new one, its own where the present one is
    /// kept and has some.
    pub async fn rules(&self) -> &Read<AppManagementPolicy> {
        let (graph, patience) = (&self.steps.cluster.graph, &self.steps.patience);
        let read = async || {
            let (own, tenants) =
                tokio::join!(self.own_rules(), patience.read(|| graph.default_app_management_policy()));
            match own {
                Some(Ok(Some(own))) => Ok(own.clone().rules()),
                _ => tenants,
            }
        };
        self.rules.get_or_init(|| Box::pin(read())).await
    }

    /// Rules for the cluster's present app alone, which count instead of the tenant's; `None` where the app is not kept.
    pub async fn own_rules(&self) -> Option<&Read<Option<AssignedPolicy>>> {
        let (graph, patience) = (&self.steps.cluster.graph, &self.steps.patience);
        let read = async || {
            if self.route().await.0 == Route::NewApp {
                return None;
            }
            let app = self.app_there().await?.id;
            Some(patience.read(|| graph.policies_of_application(app).all(100)).await.map(|mut all| all.pop()))
        };
        self.own_rules.get_or_init(|| Box::pin(read())).await.as_ref()
    }

    /// How the cluster tenant's operator stands in its directory.
    pub async fn standing(&self) -> &Standing {
        self.standing.get_or_init(|| Standing::of(&self.steps.patience, &self.steps.cluster)).await
    }

    /// The way back to the present app.
    pub async fn way_back(&self) -> &WayBack {
        self.way_back.get_or_init(|| Box::pin(self.find_way_back())).await
    }

    async fn find_way_back(&self) -> WayBack {
        let (app, standing) = tokio::join!(self.app(), self.standing());
        let app = match app {
            Some(Ok(Some(app))) => app,
            Some(Ok(None)) => return WayBack::Closed("the app is not registered in this tenant"),
            Some(Err(_)) | None => return WayBack::Unsure("the app could not be read"),
        };
        let by_role = standing.may(Deed::EditAnyApp);
        if by_role == Some(true) {
            return WayBack::Known;
        }
        let graph = &self.steps.cluster.graph;
        let owners = self.steps.patience.read(|| graph.application_owners(app.id).all(1_000)).await;
        let owns = owners.map(|owners| owners.iter().any(|one| Some(one.id) == standing.object()));
        // A program needs a permission besides, to edit what it owns.
        let by_ownership = match (owns, standing.program()) {
            (Ok(true), true) => standing.may(Deed::EditOwnApp),
            (Ok(owns), _) => Some(owns),
            (Err(_), _) => None,
        };
        match (by_ownership, by_role) {
            (Some(true), _) => WayBack::Known,
            (Some(false), Some(false)) => WayBack::Closed("it neither owns the app nor has an admin role"),
            _ => WayBack::Unsure("its roles could not be read"),
        }
    }

    /// The registry; `None` where its tenant is handed over.
    pub async fn registry(&self) -> Option<&Read<Registry>> {
        let read = async || {
            let (tenant, id) = self.abroad()?;
            Some(self.steps.patience.read(|| tenant.arm.registry(id)).await)
        };
        self.registry.get_or_init(read).await.as_ref()
    }

    /// Whether an app of this setup lies in the cluster tenant's recycle bin, where it holds the setup's own name.
    pub async fn in_recycle_bin(&self) -> Read<bool> {
        let filter = DeletedFilter::UniqueName(registration::unique_name(self.setup));
        self.deleted(&filter).await
    }

    /// Whether the cluster's present app lies in the recycle bin.
    pub async fn app_in_recycle_bin(&self) -> &Read<bool> {
        let read = async || {
            let Some(app) = self.cluster().await.as_ref().ok().and_then(|cluster| cluster.client.app()) else {
                return Ok(false);
            };
            self.deleted(&DeletedFilter::AppId(app)).await
        };
        self.app_in_bin.get_or_init(|| Box::pin(read())).await
    }

    async fn deleted(&self, filter: &DeletedFilter) -> Read<bool> {
        let graph = &self.steps.cluster.graph;
        let found = self.steps.patience.read(|| graph.deleted_applications(filter).all(100)).await?;
        Ok(!found.is_empty())
    }
}

/// Both tenants with their names and domains. Without them their ids have to do.
async fn named(steps: &Steps) -> Tenants {
    let graph = &steps.cluster.graph;
    let registry = async {
        if let Some(tenant) = &steps.registry {
            let found = steps.patience.read(|| tenant.graph.organization()).await.ok();
            found.map(|one| (one.display_name, one.default_domain))
        } else {
            let found = steps.patience.read(|| graph.find_tenant(steps.tenants.registry.id)).await.ok();
            found.map(|one| (one.display_name, one.default_domain_name))
        }
    };
    let (cluster, registry) = tokio::join!(steps.patience.read(|| graph.organization()), registry);
    let mut tenants = steps.tenants.clone();
    if let Ok(cluster) = cluster {
        tenants.cluster.display_name = cluster.display_name;
        tenants.cluster.domain = cluster.default_domain.or(tenants.cluster.domain);
    }
    if let Some((display_name, domain)) = registry {
        tenants.registry.display_name = display_name;
        tenants.registry.domain = domain.or(tenants.registry.domain);
    }
    tenants
}

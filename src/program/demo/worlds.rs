//! The demo's worlds: a simulator each, and a session in it. A world ends when the next one begins.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use super::Folder;
use crate::{
    domain::{AppId, Plan, StepId, Tenant, answers::SignIn, problem::ProblemKind},
    engine::Pace,
    error::Error,
    secret::Secret,
    session::{Account, CloudChoice, Environment, Options, Session},
    sim::{self, Ready, Shared, Simulator, changes, scenario::DemoSpec},
    tui::training::{Scenario, Suggested, Training},
};

/// Makes worlds, one at a time.
pub(in crate::program) struct Worlds {
    speed: f64,
    /// The one that stands now, and the folder of its setups.
    now: Mutex<Option<(Simulator, Folder)>>,
}

impl Worlds {
    pub(in crate::program) fn new(speed: f64) -> Self {
        Self { speed, now: Mutex::default() }
    }
}

#[async_trait]
impl Training for Worlds {
    fn scenarios(&self) -> Vec<Scenario> {
        let demos = sim::Scenario::demos().into_iter();
        demos.map(|(id, demo)| Scenario { id: id.to_owned(), title: demo.title, about: demo.about }).collect()
    }

    async fn start(&self, id: &str) -> Result<(Session, Suggested), Error> {
        let failed = |error: sim::SimError| Error::new(ProblemKind::Local, "start the demo's world").because(error);
        let scenario = sim::Scenario::load(id).map_err(failed)?;
        let demo = scenario.demo.clone();
        let options = sim::Options { speed: self.speed, ..sim::Options::new(scenario) };
        let simulator = Simulator::start(options).await.map_err(failed)?;
        let folder = Folder::new()?;
        let session = session(&simulator, &folder, self.speed, demo.as_ref())?;
        let suggested = demo.map(|demo| suggested(simulator.ready(), demo)).unwrap_or_default();
        // The world that was ends here.
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some((simulator, folder));
        Ok((session, suggested))
    }

    fn other_admin(&self, step: StepId, app: AppId, plan: &Plan) {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((simulator, _)) = now.as_ref() else { return };
        play(simulator.world(), step, app, plan);
    }

    fn lift_policies(&self) {
        let now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((simulator, _)) = now.as_ref() {
            changes::lift_policies(&mut simulator.world().lock());
        }
    }
}

/// Does what the other company's admin would do for this step, in a browser or with its commands.
pub(super) fn play(world: &Shared, step: StepId, app: AppId, plan: &Plan) {
    let mut world = world.lock();
    if matches!(step, StepId::Probe | StepId::Proof) {
        changes::let_in(&mut world, plan.registry.login_server.as_str(), plan.cluster.id.as_str());
        return;
    }
    // An app that cannot be seen yet is accepted when the admin is played again.
    let _ = match step {
        StepId::RegistryRole => changes::consent(&mut world, plan.registry_tenant.id, app).inspect(|principal| {
            changes::let_pull(&mut world, plan.registry.login_server.as_str(), *principal);
        }),
        _ => changes::consent(&mut world, plan.registry_tenant.id, app),
    };
}

/// A session in a world, with its people at hand as somebody's own accounts would be.
pub(super) fn session(
    simulator: &Simulator,
    folder: &Folder,
    speed: f64,
    demo: Option<&DemoSpec>,
) -> Result<Session, Error> {
    let ready = simulator.ready();
    let resource_manager = ready
        .resource_manager
        .parse()
        .map_err(|error| Error::new(ProblemKind::Internal, "read the simulator's address").because(error))?;
    let operators = ready.tenants.iter().flat_map(|tenant| &tenant.operators);
    let secrets: HashMap<String, Secret> =
        operators.map(|one| (one.name.clone(), Secret::new(one.client_secret.clone()))).collect();
    Session::open(Options {
        cloud: Some(CloudChoice::Custom(resource_manager)),
        ca_pem: Some(simulator.ca_pem().as_bytes().to_vec()),
        data_dir: folder.0.clone(),
        pace: Pace::faster(speed),
        environment: Environment::Given(secrets),
        accounts: demo.map(|demo| accounts(ready, demo)).unwrap_or_default(),
        client_id: None,
    })
}

/// The people of the two companies; where the registry's side is handed over, nobody of that company is at hand.
fn accounts(ready: &Ready, demo: &DemoSpec) -> Vec<Account> {
    let at_hand = |domain: &str| domain == demo.cluster_tenant || (domain == demo.registry_tenant && !demo.handed_over);
    ready
        .tenants
        .iter()
        .filter(|tenant| at_hand(&tenant.domain))
        .flat_map(|tenant| {
            tenant.operators.iter().map(|operator| Account {
                sign_in: SignIn::ServicePrincipal {
                    client_id: operator.client_id,
                    client_secret_env: operator.name.clone(),
                },
                name: operator.user.clone(),
                via: roles(ready, &operator.roles),
                tenant: Some(tenant.id),
                tenant_name: Some(tenant.display_name.clone()),
            })
        })
        .collect()
}

/// What somebody may do, directory roles first, and scopes by their names: an id would fill the line.
fn roles(ready: &Ready, roles: &[String]) -> String {
    let subscriptions = || ready.tenants.iter().flat_map(|tenant| &tenant.subscriptions);
    let named = |scope: &str| {
        let last = scope.rsplit('/').next().unwrap_or(scope);
        subscriptions().find(|one| one.id.to_string() == last).map_or_else(|| last.to_owned(), |one| one.name.clone())
    };
    let mut words: Vec<String> = roles
        .iter()
        .map(|role| match role.split_once(" on /") {
            Some((role, scope)) => format!("{role} of {}", named(scope)),
            None => role.clone(),
        })
        .collect();
    words.sort_by_key(|words| words.contains(" of "));
    // Two tell who it is, and fit a list.
    let more = words.len().saturating_sub(2);
    if more > 0 {
        words.truncate(2);
        words.push(format!("and {more} more"));
    }
    if words.is_empty() { "no role".to_owned() } else { words.join(", ") }
}

fn suggested(ready: &Ready, demo: DemoSpec) -> Suggested {
    let tenant = |domain: &str| {
        ready.tenants.iter().find(|tenant| tenant.domain == domain).map(|tenant| Tenant {
            id: tenant.id,
            domain: Some(tenant.domain.clone()),
            display_name: Some(tenant.display_name.clone()),
        })
    };
    let of_registry = ready.tenants.iter().filter(|tenant| tenant.domain == demo.registry_tenant);
    // The first of a company's people in a scenario is the one who may do everything there.
    let admin = of_registry.flat_map(|tenant| &tenant.operators).next();
    let registries = ready.tenants.iter().flat_map(|tenant| &tenant.registries);
    let login_server = registries
        .into_iter()
        .find(|registry| registry.name == demo.registry)
        .and_then(|registry| registry.login_server.parse().ok());
    Suggested {
        tenants: [tenant(&demo.cluster_tenant), tenant(&demo.registry_tenant)].into_iter().flatten().collect(),
        cluster: Some(demo.cluster),
        registry: Some(demo.registry),
        login_server,
        image: demo.image.parse().ok(),
        handed_over: demo.handed_over,
        pages: ready.pages.parse().ok(),
        admin: admin.map(|admin| admin.user.clone()),
    }
}

//! A world for tests: the simulator, an operator for each tenant, and what a front end does.

use std::{collections::HashMap, sync::Arc};

use crosspull::{
    domain::{
        Answers, Plan,
        answers::{AppAnswers, CarryOver, ClusterAnswers, Options, Provision, RegistryAnswers, SignIn},
    },
    engine::{Command, Event, Events, Idle, Pace, event::Ended, run::Mode},
    secret::Secret,
    session::{Account, CloudChoice, Environment, Open, Refusal, Session},
    sim::{self, Scenario, Simulator, ready::ReadyOperator},
};
use tokio::sync::mpsc;

use crate::contracts;

/// How much faster than written both the simulator and the engine run.
pub const SPEED: f64 = 200.0;

/// The simulator with a data folder of its own.
pub struct World {
    pub sim: Simulator,
    pub folder: tempfile::TempDir,
    speed: f64,
    /// Whether what was exchanged is held against the services' documents in the end.
    held: bool,
}

/// What came of a run, as a front end sees it.
#[derive(Debug)]
pub enum Came {
    Ended(Ended),
    /// Nothing goes on by itself, and the front end left.
    Left(#[expect(dead_code, reason = "shown when a test fails")] Idle),
}

impl World {
    pub async fn new(scenario: &str) -> Self {
        Self::named(scenario, None).await
    }

    /// The same, under a name that this machine does not know.
    pub async fn named(scenario: &str, host_name: Option<&str>) -> Self {
        let scenario = Scenario::load(scenario).expect("a scenario");
        let host_name = host_name.map(str::to_owned);
        let options = sim::Options { speed: SPEED, record_bodies: true, host_name, ..sim::Options::new(scenario) };
        Self::of(options).await
    }

    /// One of many that run side by side, at another speed. Bodies are not kept, and so are not held against documents.
    pub async fn one_of_many(scenario: &Scenario, speed: f64) -> Self {
        Self::of(sim::Options { speed, ..sim::Options::new(scenario.clone()) }).await
    }

    /// Of a simulator as it is wanted.
    pub async fn of(options: sim::Options) -> Self {
        let (speed, held) = (options.speed, options.record_bodies);
        let sim = Simulator::start(options).await.expect("the simulator starts");
        Self { sim, folder: tempfile::tempdir().expect("a folder"), speed, held }
    }

    pub fn operator(&self, name: &str) -> ReadyOperator {
        let all = self.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators);
        all.into_iter().find(|operator| operator.name == name).unwrap_or_else(|| panic!("no operator {name}")).clone()
    }

    fn sign_in(&self, name: &str) -> SignIn {
        SignIn::ServicePrincipal { client_id: self.operator(name).client_id, client_secret_env: name.to_uppercase() }
    }

    pub fn session(&self) -> Session {
        self.session_of(Vec::new())
    }

    /// A session with these accounts at hand.
    pub fn session_of(&self, accounts: Vec<Account>) -> Session {
        let all = self.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators);
        let secrets = all.map(|one| (one.name.to_uppercase(), Secret::new(one.client_secret.clone()))).collect();
        self.session_with(accounts, secrets)
    }

    /// A session in this environment.
    pub fn session_in(&self, variables: HashMap<String, Secret>) -> Session {
        self.session_with(Vec::new(), variables)
    }

    fn session_with(&self, accounts: Vec<Account>, variables: HashMap<String, Secret>) -> Session {
        Session::open(self.options(accounts, variables)).unwrap()
    }

    pub fn options(&self, accounts: Vec<Account>, variables: HashMap<String, Secret>) -> crosspull::session::Options {
        crosspull::session::Options {
            cloud: Some(CloudChoice::Custom(self.sim.ready().resource_manager.parse().unwrap())),
            ca_pem: Some(self.sim.ca_pem().as_bytes().to_vec()),
            data_dir: self.folder.path().to_owned(),
            pace: Pace::faster(self.speed),
            environment: Environment::Given(variables),
            accounts,
            client_id: None,
        }
    }

    /// Answers for a cluster of Contoso and a registry, with Ana and Ben signed in.
    pub fn answers(&self, cluster: &str, registry: &str) -> Answers {
        let tenants = &self.sim.ready().tenants;
        let cluster_id = tenants
            .iter()
            .flat_map(|one| &one.clusters)
            .find(|one| one.name == cluster)
            .expect("the cluster")
            .id
            .clone();
        let (tenant, registry) = tenants
            .iter()
            .find_map(|tenant| Some((tenant, tenant.registries.iter().find(|one| one.name == registry)?)))
            .expect("the registry");
        Answers {
            name: format!("{cluster}-to-{}", registry.name),
            cluster: ClusterAnswers {
                tenant: Some("contoso.example".parse().unwrap()),
                id: cluster_id.parse().unwrap(),
                sign_in: self.sign_in("ana"),
            },
            registry: RegistryAnswers {
                tenant: Some(tenant.domain.parse().unwrap()),
                id: Some(registry.id.parse().unwrap()),
                sign_in: Some(self.sign_in(if tenant.domain.starts_with("northwind") { "nora" } else { "ben" })),
                image: "shop/web:1.4".parse().unwrap(),
                repositories: Vec::new(),
                provision: Provision::Direct,
                login_server: None,
            },
            app: AppAnswers {
                route: None,
                display_name: None,
                secret_days: None,
                redirect_uri: "https://www.microsoft.com".parse().unwrap(),
            },
            options: Options { carry_over: CarryOver::All, confirm_node_replacement: true },
        }
    }

    /// Plans, begins, and runs to the end or to where a person is needed.
    pub async fn apply(&self, answers: &Answers) -> (Came, Plan) {
        let session = self.session();
        let (steps, plan) = session
            .plan(crosspull::domain::SetupId::random(), answers, &tokio::sync::watch::Sender::default())
            .await
            .unwrap_or_else(|refusal| panic!("{}", describe(&refusal)));
        let stops: Vec<_> = plan.stops().collect();
        assert!(stops.is_empty(), "{stops:#?}");
        let mut open = session.begin(answers, &plan, steps).unwrap();
        let came = carry(&session, &mut open, Mode::Fresh).await;
        (came, plan)
    }

    /// Every node of a cluster, with whether it can pull an image.
    pub fn pulls(&self, cluster: &str, registry: &str, image: &str) -> Vec<(String, bool)> {
        let image = format!("{registry}/{image}");
        self.sim
            .nodes()
            .into_iter()
            .filter(|node| node.cluster == cluster)
            .map(|node| (node.node.clone(), node.can_pull.get(&image).copied().unwrap_or(false)))
            .collect()
    }
}

/// Every exchange whose bodies are kept is held against the services' documents, without a test having to ask for it.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.held {
            contracts::assert_held(&self.sim);
        }
    }
}

pub fn describe(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Findings(findings) => format!("{findings:#?}"),
        Refusal::Error(error) => crosspull::error::chain(error),
    }
}

/// Runs as a front end would: confirms what it is asked to, leaves where something failed.
pub async fn carry(session: &Session, open: &mut Open, mode: Mode) -> Came {
    let (events, mut happened, _statuses) = Events::channel();
    let (command, commands) = mpsc::channel(16);
    let running = session.run(open, mode, events, commands);
    tokio::pin!(running);
    let mut review = None;
    let mut left = None;
    loop {
        tokio::select! {
            biased;
            Some(event) = happened.recv() => match event {
                Event::PlanChanged(plan) => command.send(Command::Confirm(plan.hash())).await.unwrap(),
                Event::ConfirmNodes(found) => review = Some(found),
                Event::Idle(Idle::Nodes) => {
                    let review: &Arc<crosspull::engine::event::NodesReview> = review.as_ref().unwrap();
                    command.send(Command::ConfirmNodes(review.hash.clone())).await.unwrap();
                }
                Event::Idle(idle) => {
                    left = Some(idle);
                    command.send(Command::Stop).await.unwrap();
                }
                Event::Recorded(_) | Event::Looked | Event::Ended(_) => {}
            },
            ended = &mut running => {
                let ended = ended.unwrap_or_else(|error| panic!("{}", crosspull::error::chain(&error)));
                return left.map_or(Came::Ended(ended), Came::Left);
            }
        }
    }
}

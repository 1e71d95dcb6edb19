//! What one case needs: a world, a setup in it, runs that end in one way or another, and what must be true whatever came.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crosspull::{
    catalogue,
    domain::{
        Answers, AppId, Problem, SetupId, StepId,
        answers::{Provision, Route},
        key::Delivery,
        problem::ProblemKind,
    },
    engine::{
        Command, Entry, Event, Events, Idle, Pace,
        event::{Doing, Ended, Status},
        record::Outcome,
        run::Mode,
        wait,
    },
    error::Error,
    secret::Secret,
    session::{Open, Refusal, Session},
    sim::{self, Exchange, Hand, Scenario, changes, hands},
};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::world::World;

/// How much faster than written the simulated Azure is: its lags are far shorter than a request takes.
const SPEED: f64 = 2000.0;
/// Far more than a run takes, whatever befalls it: one that takes longer has no end.
const ENDLESS: Duration = Duration::from_secs(45);

/// For so long somebody is waited for who does everything at once, unless something is in the way.
const NOBODY_COMES: time::Duration = time::Duration::seconds(3);

/// The engine's windows, as short as a busy machine allows: every one of them is longer than many requests.
pub(super) const PACE: Pace = Pace {
    graph_window: Duration::from_millis(500),
    cluster_window: Duration::from_millis(500),
    agreeing: 5,
    first_look: Duration::from_millis(5),
    slowest_look: Duration::from_millis(50),
    role_window: Duration::from_secs(3),
    key_window: Duration::from_secs(2),
    network_window: Duration::from_millis(300),
    operation_look: Duration::from_millis(10),
    operation_limit: Duration::from_secs(5),
    person_first: Duration::from_millis(10),
    person_slowest: Duration::from_millis(50),
    orderly_stop: Duration::from_secs(2),
    answer: Duration::from_secs(20),
};

/// What a service may take where it is to be too slow.
pub(super) const HASTY: Duration = Duration::from_secs(1);

/// The ways to connect a cluster and a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Way {
    /// A new app, all made directly.
    NewApp,
    /// The same, for one repository of a registry that can limit rights to it.
    Repositories,
    /// An admin opens the consent link.
    Consent,
    /// Nobody signs in to the registry's tenant.
    HandedOver,
    /// The cluster's present app.
    KeepApp,
}

impl Way {
    pub(super) const ALL: [Self; 5] =
        [Self::NewApp, Self::Repositories, Self::Consent, Self::HandedOver, Self::KeepApp];

    pub(super) fn cluster(self) -> &'static str {
        if self == Self::KeepApp { "shop-keep" } else { "shop-prod" }
    }

    pub(super) fn registry(self) -> &'static str {
        if self == Self::Repositories { "fabrikamabac" } else { "fabrikamimages" }
    }

    fn answers(self, world: &World) -> Answers {
        let mut answers = world.answers(self.cluster(), self.registry());
        answers.app.route = Some(if self == Self::KeepApp { Route::KeepApp } else { Route::NewApp });
        match self {
            Self::NewApp | Self::KeepApp => {}
            Self::Repositories => answers.registry.repositories = vec!["shop/web".parse().unwrap()],
            Self::Consent => answers.registry.provision = Provision::Consent,
            Self::HandedOver => {
                answers.registry.provision = Provision::Consent;
                answers.registry.sign_in = None;
                answers.registry.id = None;
                answers.registry.login_server = Some(world.login_server(self.registry()).parse().unwrap());
            }
        }
        answers
    }
}

/// How a run ended.
#[derive(Debug)]
pub(super) enum Came {
    Closed(Outcome),
    /// Nothing could go on by itself.
    Idle(#[expect(dead_code, reason = "shown when a case fails")] Idle),
    /// It did not begin, or broke off; with the reason as people are told it.
    Refused(Vec<Problem>),
    /// The preflight found something that cannot work.
    Found(#[expect(dead_code, reason = "shown when a case fails")] Vec<String>),
}

impl Came {
    pub(super) fn connected(&self) -> bool {
        matches!(self, Self::Closed(Outcome::Connected))
    }
}

/// One world, and one setup in it.
pub(super) struct Bench {
    pub(super) world: World,
    pub(super) way: Way,
    pub(super) pace: Pace,
    pub(super) answers: Answers,
    /// How often one process is told that nodes may be replaced; a person who is asked more often comes back another day.
    pub(super) agrees: u32,
    /// Those who do their part on the other side.
    persons: Option<JoinHandle<()>>,
    /// Whether the setup was begun.
    begun: AtomicBool,
}

/// What is done at the moment when a record is written.
pub(super) type Meanwhile<'a> = &'a (dyn Fn(&Entry) + Sync);

impl Bench {
    pub(super) async fn new(way: Way) -> Self {
        Self::with(way, "default", |_| {}).await
    }

    /// In another scenario, with other answers.
    pub(super) async fn with(way: Way, scenario: &str, edit: impl FnOnce(&mut Answers)) -> Self {
        let scenario = Scenario::load(scenario).expect("a scenario");
        let options = sim::Options { speed: SPEED, record_bodies: true, ..sim::Options::new(scenario) };
        let world = World::of(options).await;
        let mut answers = way.answers(&world);
        edit(&mut answers);
        Self::of(world, way, answers)
    }

    /// Of a world that is there.
    pub(super) fn of(world: World, way: Way, answers: Answers) -> Self {
        let persons = matches!(way, Way::Consent | Way::HandedOver).then(|| tokio::spawn(persons(&world, way)));
        Self { world, way, pace: PACE, answers, agrees: 2, persons, begun: AtomicBool::new(false) }
    }

    /// With a person who agrees so often.
    pub(super) fn agreeing(mut self, times: u32) -> Self {
        self.agrees = times;
        self
    }

    pub(super) fn session(&self) -> Session {
        let all = self.world.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators);
        let secrets: HashMap<_, _> =
            all.map(|one| (one.name.to_uppercase(), Secret::new(one.client_secret.clone()))).collect();
        let options = crosspull::session::Options { pace: self.pace, ..self.world.options(Vec::new(), secrets) };
        Session::open(options).unwrap()
    }

    /// The setups that this machine knows are another's now; with those that it had.
    pub(super) fn on_another_machine(&mut self, folder: tempfile::TempDir) -> tempfile::TempDir {
        self.begun = AtomicBool::new(folder.path().join("setups").is_dir());
        std::mem::replace(&mut self.world.folder, folder)
    }

    fn begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// As one process: begins the setup, or takes it up again, and goes as far as it can.
    pub(super) async fn run(&self) -> Came {
        self.run_with(&|_| {}).await
    }

    pub(super) async fn run_with(&self, meanwhile: Meanwhile<'_>) -> Came {
        let running = async {
            let session = self.session();
            if self.begun() {
                return match session.resume(None).await {
                    Ok(mut open) => carry(&session, &mut open, Mode::Resumed, meanwhile, self.agrees).await,
                    Err(refusal) => refused(refusal),
                };
            }
            let told = tokio::sync::watch::Sender::default();
            match session.plan(SetupId::random(), &self.answers, &told).await {
                Ok((steps, plan)) => {
                    let stops: Vec<_> = plan.stops().map(|finding| format!("{finding:?}")).collect();
                    if !stops.is_empty() {
                        return Came::Found(stops);
                    }
                    let mut open = session.begin(&self.answers, &plan, steps).unwrap();
                    self.begun.store(true, Ordering::SeqCst);
                    carry(&session, &mut open, Mode::Fresh, meanwhile, self.agrees).await
                }
                Err(refusal) => refused(refusal),
            }
        };
        let came = tokio::time::timeout(ENDLESS, Box::pin(running)).await;
        came.unwrap_or_else(|_| panic!("it has no end: {}", self.tail()))
    }

    /// The last records of the journal.
    pub(super) fn tail(&self) -> String {
        let Some(entry) = self.world.session().store().all().unwrap().into_iter().next() else { return String::new() };
        let journal = crosspull::engine::journal::read(&entry.folder).unwrap();
        let last: Vec<_> = journal.entries.iter().rev().take(4).map(|entry| format!("{:?}", entry.record)).collect();
        last.into_iter().rev().collect::<Vec<_>>().join("\n    ")
    }

    /// Nodes are replaced no faster than a busy machine can look.
    pub(super) fn slow_nodes(&self) {
        self.world.sim.world().lock().timing.per_node = Duration::from_millis(100).mul_f64(SPEED);
    }

    /// The folder of the setup.
    pub(super) fn journal(&self) -> std::path::PathBuf {
        self.world.session().store().all().unwrap().into_iter().next().expect("a setup").folder
    }

    /// Somebody else does something; nothing where there is nothing to do it to.
    pub(super) fn hand(&self, hand: &Hand) -> Result<(), String> {
        hands::act(&mut self.world.sim.world().lock(), hand)
    }

    /// What the journal comes to.
    pub(super) fn progress(&self) -> Option<crosspull::engine::Progress> {
        let entry = self.world.session().store().all().unwrap().into_iter().next()?;
        Some(crosspull::engine::journal::read(&entry.folder).unwrap().progress)
    }

    /// Goes on until it is connected, in a few processes at most.
    pub(super) async fn finish(&self) {
        for _ in 0..3 {
            let came = self.run().await;
            self.hold(&came);
            if came.connected() {
                return self.whole();
            }
        }
        let came = self.run().await;
        assert!(came.connected(), "it does not come to its end: {came:?}; {}\n    {}", self.failed(), self.tail());
        self.whole();
    }

    /// What has failed, in words.
    pub(super) fn failed(&self) -> String {
        let failed = self.progress().map(|progress| progress.failed().collect::<Vec<_>>()).unwrap_or_default();
        failed.iter().map(|(step, problem)| format!("{step}: {problem}")).collect::<Vec<_>>().join("; ")
    }

    /// What must be true after every run, however it ended.
    pub(super) fn hold(&self, came: &Came) {
        self.told(came);
        self.nothing_doubled();
        self.nothing_taken();
        self.looked_before_it_repeated();
        self.no_reset_while_one_ran();
        if !self.begun() {
            assert!(self.world.writes().is_empty(), "changed before there was a plan: {:?}", self.world.writes());
        }
    }

    /// What stood in the way is said: with a code of the catalogue, or in Azure's own words.
    fn told(&self, came: &Came) {
        let problems: Vec<(Option<StepId>, Problem)> = match came {
            Came::Closed(_) | Came::Found(_) => return,
            Came::Refused(problems) => problems.iter().map(|problem| (None, problem.clone())).collect(),
            Came::Idle(_) => {
                let progress = self.progress().expect("a journal");
                progress.failed().map(|(step, problem)| (Some(step), *problem)).collect()
            }
        };
        for (step, problem) in problems {
            assert_ne!(problem.kind, ProblemKind::Internal, "a defect: {problem}");
            let known = catalogue::explain(&problem, step).is_some();
            // What no service said, a step has said in words of its own.
            let own_words = problem.code.is_some() || problem.status.is_none() && problem.kind != ProblemKind::Network;
            assert!(known || own_words, "nobody knows what this means ({step:?}): {problem:?}");
            // What does not fit is said in one sentence with what was tried.
            let said = !problem.message.is_empty() || problem.kind == ProblemKind::Answers;
            assert!(!problem.tried.is_empty() && said, "without words: {problem:?}");
        }
    }

    /// The app of this setup: made by it, or the cluster's own.
    pub(super) fn app(&self) -> Option<AppId> {
        self.progress().and_then(|progress| progress.facts().app().map(|app| app.app_id))
    }

    fn nothing_doubled(&self) {
        let ours = self.world.ours();
        let live = ours.iter().filter(|app| !app.in_recycle_bin).count();
        assert!(live <= 1, "more than one app: {ours:#?}");
        let world = self.world.sim.world().lock();
        for tenant in &world.tenants {
            let mut apps: Vec<_> =
                tenant.principals.values().filter(|one| one.deleted.is_none()).map(|one| one.app_id).collect();
            let all = apps.len();
            apps.sort_unstable();
            apps.dedup();
            assert_eq!(apps.len(), all, "two principals of one app in {}", tenant.domain);
        }
        let mut given: Vec<_> =
            world.assignments.iter().map(|one| (one.scope.to_lowercase(), one.role, one.principal)).collect();
        let all = given.len();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), all, "a role was given twice");
    }

    /// No node has a key that was removed.
    fn nothing_taken(&self) {
        let nodes = self.world.sim.nodes();
        let world = self.world.sim.world().lock();
        for node in nodes.iter().filter(|node| node.cluster == self.way.cluster()) {
            let Some((_, app)) = world.application(node.client_id) else { continue };
            let removed: Vec<_> = app.passwords.iter().filter(|key| key.removed).map(|key| key.key_id).collect();
            let held = node.key_id.is_some_and(|key| removed.contains(&key));
            assert!(!held || self.removed_by_hand(node.key_id), "node {} has a key that was removed", node.node);
        }
        drop(world);
        let Some(progress) = self.progress() else { return };
        let given = progress.facts().keys().filter(|record| record.delivered == Some(Delivery::Person));
        for record in given {
            assert!(!record.removed, "a person has the key {}", record.key.id);
        }
    }

    /// A key that nobody of this program's removed: no request asked for it.
    fn removed_by_hand(&self, key: Option<crosspull::domain::KeyId>) -> bool {
        let Some(key) = key.map(|key| key.to_string()) else { return false };
        let all = self.world.sim.requests();
        let mut removals = all.iter().filter(|one| one.operation == "graph.application.remove_password");
        !removals.any(|one| String::from_utf8_lossy(&one.request_body).contains(&key))
    }

    /// A request that counts each time, and whose fate was not known, is not sent again before there was a look.
    fn looked_before_it_repeated(&self) {
        let all = self.world.sim.requests();
        // Where the look found what the unanswered request had made, it need not be repeated.
        let found = self.progress().is_some_and(|progress| progress.facts().keys().any(|record| record.text_lost));
        let enough = if found { 1 } else { self.pace.agreeing };
        for (write, looks) in [
            ("graph.application.add_password", "graph.application.get"),
            ("aks.clusters.reset_service_principal", "aks.clusters.get"),
        ] {
            let mut open: Option<u32> = None;
            for one in &all {
                if one.operation == write {
                    assert!(open.is_none_or(|seen| seen >= enough), "{write} was repeated after {open:?} looks");
                    open = is_unknown(one).then_some(0);
                } else if one.operation == looks && one.status == 200 && !one.dropped {
                    open = open.map(|seen| seen + 1);
                } else if one.operation == "graph.application.remove_password" {
                    // What the unanswered request had made was found.
                    open = None;
                }
            }
        }
    }

    fn no_reset_while_one_ran(&self) {
        let all = self.world.sim.requests();
        let sent = all.iter().filter(|one| one.operation == "aks.clusters.reset_service_principal");
        let world = self.world.sim.world().lock();
        for one in sent {
            let during = world.operations.values().find(|operation| {
                format!("{:?}", operation.kind) == "Reset" && operation.started < one.at && one.at < operation.ends
            });
            // What was sent while an own one ran, and not while somebody else's did.
            let ours = during.is_some_and(|operation| !self.by_hand(operation));
            assert!(!ours, "a reset was sent while one was running");
        }
    }

    /// A reset of somebody else's: nothing that this program knows of.
    fn by_hand(&self, operation: &sim::estate::Operation) -> bool {
        let sim::estate::OperationKind::Reset { client_id, .. } = &operation.kind else { return true };
        Some(*client_id) != self.app()
    }

    /// Exactly what was meant.
    pub(super) fn whole(&self) {
        let (cluster, registry) = (self.way.cluster(), self.way.registry());
        if self.way == Way::KeepApp {
            assert_eq!(self.world.labelled_keys(), Vec::<String>::new(), "a key for the pull test is left");
            assert!(self.world.ours().is_empty(), "an app was made: {:?}", self.world.ours());
        } else {
            self.once();
        }
        let nodes = self.world.sim.nodes();
        let stopped = self.stopped_pools();
        let (mut pulled, image) = (0, format!("{registry}/shop/web:1.4"));
        for node in nodes.iter().filter(|node| node.cluster == cluster && !stopped.contains(&node.pool)) {
            assert!(node.can_pull.get(&image) == Some(&true), "{} cannot pull", node.node);
            pulled += 1;
        }
        assert!(pulled > 0 || self.stands_still(), "there is no node");
        let mut roles = self.roles();
        if self.way == Way::HandedOver {
            // Whoever gave one role, and another one when that did not do, has two: crosspull gave neither.
            roles.dedup();
        }
        assert_eq!(roles, self.way.roles(), "the roles that were meant");
    }

    /// One app that is this program's, with one key, and a principal in each tenant.
    fn once(&self) {
        let ours = self.world.ours();
        let live: Vec<_> = ours.iter().filter(|app| !app.in_recycle_bin).collect();
        let [app] = live.as_slice() else { panic!("one app, not {ours:#?}") };
        let labelled = app.keys.iter().filter(|label| label.starts_with("crosspull")).count();
        assert_eq!(labelled, 1, "one key: {app:?}");
        let mut principals = app.principals.clone();
        principals.sort();
        assert_eq!(principals, ["contoso.example", "fabrikam.example"], "one principal in each tenant");
        assert!(self.world.sim.unknown().is_empty(), "{:?}", self.world.sim.unknown());
    }

    /// The whole cluster was stopped.
    fn stands_still(&self) -> bool {
        let world = self.world.sim.world().lock();
        world.clusters.iter().any(|cluster| cluster.name == self.way.cluster() && cluster.power_state == "Stopped")
    }

    /// Nodes of stopped pools keep what they have.
    fn stopped_pools(&self) -> Vec<String> {
        let world = self.world.sim.world().lock();
        let clusters = world.clusters.iter().filter(|cluster| cluster.name == self.way.cluster());
        let pools = clusters.flat_map(|cluster| &cluster.pools).filter(|pool| pool.power_state != "Running");
        pools.map(|pool| pool.name.clone()).collect()
    }

    /// The roles of the setup's app, by the ends of their scopes.
    pub(super) fn roles(&self) -> Vec<String> {
        let Some(app) = self.app() else { return Vec::new() };
        let world = self.world.sim.world().lock();
        let principals: Vec<_> = world
            .tenants
            .iter()
            .filter_map(|tenant| tenant.principal_of(app))
            .map(|principal| principal.object_id)
            .collect();
        let given = world.assignments.iter().filter(|one| principals.contains(&one.principal));
        let mut scopes: Vec<_> = given.map(|one| one.scope.rsplit('/').next().unwrap_or_default().to_owned()).collect();
        scopes.sort();
        scopes
    }
}

impl Way {
    /// The scopes at which the app has a role in the end, by their last parts.
    fn roles(self) -> Vec<String> {
        let mut scopes = vec![format!("MC_shop_{}_westeurope", self.cluster()), self.registry().to_owned()];
        scopes.sort();
        scopes
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(persons) = &self.persons {
            persons.abort();
        }
    }
}

/// Whether an answer, or none, leaves open what became of a request.
fn is_unknown(exchange: &Exchange) -> bool {
    exchange.dropped || exchange.status == 0 || exchange.status == 408 || exchange.status >= 500
}

/// Whoever is asked on the other side does it at once, each time.
fn persons(world: &World, way: Way) -> impl Future<Output = ()> + Send + use<> {
    let (shared, server) = (world.sim.world().clone(), world.login_server(way.registry()));
    async move {
        loop {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let mut world = shared.lock();
            let Some(tenant) = world.tenant_named("fabrikam.example").map(|tenant| tenant.id) else { continue };
            let ours = world.tenants.iter().flat_map(|tenant| tenant.applications.values());
            let mut ours =
                ours.filter(|app| app.unique_name.as_deref().is_some_and(|name| name.starts_with("crosspull-")));
            let Some(app) = ours.find(|app| app.deleted.is_none()).map(|app| app.app_id) else { continue };
            if let Ok(principal) = changes::consent(&mut world, tenant, app)
                && way == Way::HandedOver
            {
                changes::let_pull(&mut world, &server, principal);
            }
        }
    }
}

fn refused(refusal: Refusal) -> Came {
    match refusal {
        Refusal::Findings(findings) => Came::Found(findings.iter().map(|finding| format!("{finding:?}")).collect()),
        Refusal::Error(error) => broke_off(&error),
    }
}

fn broke_off(error: &Error) -> Came {
    Came::Refused(vec![error.to_problem(wait::now())])
}

/// Runs as a person would who agrees to everything, and leaves where something failed.
async fn carry(session: &Session, open: &mut Open, mode: Mode, meanwhile: Meanwhile<'_>, agrees: u32) -> Came {
    let (events, mut happened, statuses) = Events::channel();
    let mut looks = tokio::time::interval(Duration::from_millis(200));
    let (command, commands) = mpsc::channel(16);
    let running = session.run(open, mode, events, commands);
    tokio::pin!(running);
    let (mut review, mut left, mut agreed) = (None, None, 0);
    loop {
        tokio::select! {
            biased;
            Some(event) = happened.recv() => match event {
                Event::Recorded(entry) => meanwhile(&entry),
                Event::PlanChanged(plan) => command.send(Command::Confirm(plan.hash())).await.unwrap(),
                Event::ConfirmNodes(found) => review = Some(found),
                Event::Idle(Idle::Nodes) if agreed < agrees => {
                    agreed += 1;
                    let review: &Arc<crosspull::engine::event::NodesReview> = review.as_ref().unwrap();
                    command.send(Command::ConfirmNodes(review.hash.clone())).await.unwrap();
                }
                Event::Idle(idle) => {
                    left = Some(idle);
                    command.send(Command::Stop).await.unwrap();
                }
                Event::Looked | Event::Ended(_) => {}
            },
            // Nobody does their part, or no service tells whether they did: who waited for them leaves.
            _ = looks.tick(), if left.is_none() => {
                let waits = |step: &StepId, status: &Status| {
                    matches!(step, StepId::Consent | StepId::RegistryRole)
                        && status.doing != Doing::Running
                        && wait::now() - status.since > NOBODY_COMES
                };
                let in_vain = statuses.borrow().iter().any(|(step, status)| waits(step, status));
                if in_vain {
                    left = Some(Idle::Failed);
                    command.send(Command::Stop).await.unwrap();
                }
            }
            ended = &mut running => {
                return match (ended, left) {
                    (Err(error), _) => broke_off(&error),
                    (Ok(Ended::Closed(outcome)), _) => Came::Closed(outcome),
                    (Ok(Ended::Stopped), Some(idle)) => Came::Idle(idle),
                    (Ok(Ended::Stopped), None) => panic!("it stopped by itself"),
                };
            }
        }
    }
}

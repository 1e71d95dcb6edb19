//! The engine alone, with steps that do nothing real: stopped at every record, with reads that lag behind writes and
//! answers that get lost. Afterwards there is one of each object, and the key that the cluster has is the only one left.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use crosspull::{
    domain::{
        Answers, Cloud, Key, KeyId, ObjectId, Output, Plan, Problem, Purpose, SetupId, StepId,
        answers::{AppAnswers, ClusterAnswers, Options, Provision, RegistryAnswers, Route, SignIn, Tenant},
        cloud::KnownCloud,
        facts::{App, Consented, PoolProof, Principal, Proven, Pulled, Swept, Update},
        key::Delivery,
        plan::{Action, ClusterSeen, Line, RegistrySeen, RoleMode},
        problem::ProblemKind,
    },
    engine::{
        Check, Command, Event, Events, Fate, Fault, Idle, Journal, Pace, Record, StepContext, Work,
        event::{Ended, NodesReview},
        journal,
        record::Outcome,
        run::{Mode, run},
        undo::undo,
        work::{Intent, Repeat, Taken},
    },
    steps::route,
};
use tokio::{sync::mpsc, time::Instant};
use uuid::Uuid;

/// The simulated outside: what exists, since when, and how late reads are.
struct Outside {
    objects: Mutex<BTreeMap<StepId, Vec<Instant>>>,
    keys: Mutex<BTreeMap<KeyId, Instant>>,
    cluster_key: Mutex<Option<KeyId>>,
    resets: Mutex<u32>,
    lag: Duration,
    random: Mutex<u64>,
}

impl Outside {
    fn new(seed: u64, lag: Duration) -> Arc<Self> {
        Arc::new(Self {
            objects: Mutex::default(),
            keys: Mutex::default(),
            cluster_key: Mutex::default(),
            resets: Mutex::default(),
            lag,
            random: Mutex::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
        })
    }

    fn chance(&self, one_in: u64) -> bool {
        let mut state = self.random.lock().unwrap();
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        state.is_multiple_of(one_in)
    }

    fn sees(&self, since: Instant) -> bool {
        since.elapsed() >= self.lag
    }
}

/// One process: it has the texts of the keys that it made itself.
struct Process {
    outside: Arc<Outside>,
    texts: Mutex<BTreeSet<KeyId>>,
    faults: bool,
}

fn fault(fate: Fate) -> Fault {
    let problem = Problem::new(ProblemKind::Network, "ask", "no answer", crosspull::engine::wait::now());
    Fault { problem: Box::new(problem), fate, retry_after: None, repeatable: false, again: false, given_up: false }
}

fn app() -> App {
    App {
        app_id: "a0000000-0000-4000-8000-000000000001".parse().unwrap(),
        object_id: ObjectId(Uuid::nil()),
        display_name: "x".into(),
    }
}

impl Process {
    fn output(step: StepId, cx: &StepContext) -> Output {
        let key = cx.facts().key_of(StepId::Secret).map_or(KeyId(Uuid::nil()), |key| key.id);
        let pulled = || Pulled {
            image: "r/x:1".into(),
            digest: Some(format!("sha256:{}", "0".repeat(64)).parse().unwrap()),
            key,
            at: crosspull::engine::wait::now(),
            anonymous: false,
        };
        match step {
            StepId::Registration => Output::Registration(app()),
            StepId::Identity => Output::Identity(Principal { object_id: ObjectId(Uuid::nil()) }),
            StepId::CarryOver => Output::CarryOver { given: Vec::new() },
            StepId::Consent => Output::Consent(Consented { object_id: None, was_there: false, by_person: false }),
            StepId::RegistryRole => Output::RegistryRole { given: None },
            StepId::Probe => Output::Probe(pulled()),
            StepId::ClusterUpdate => {
                Output::ClusterUpdate(Update { key, client_before: app().app_id, operation: None, every_pool: true })
            }
            StepId::Proof => Output::Proof(Proven { pulled: pulled(), pools: Vec::<PoolProof>::new() }),
            StepId::Sweep => Output::Sweep(Swept::default()),
            StepId::Adoption | StepId::WatchKey | StepId::Secret => unreachable!(),
        }
    }

    async fn trip(&self) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Work for Process {
    fn repeat(&self, step: StepId, _: &StepContext) -> Repeat {
        match step {
            StepId::CarryOver | StepId::RegistryRole => Repeat::Keyed,
            StepId::ClusterUpdate => Repeat::AfterClusterWindow,
            StepId::Probe | StepId::Proof | StepId::Sweep => Repeat::ReadOnly,
            _ => Repeat::AfterGraphWindow,
        }
    }

    async fn intent(&self, step: StepId, cx: &StepContext) -> Result<Intent, Fault> {
        if step != StepId::ClusterUpdate {
            return Ok(Intent::default());
        }
        Ok(Intent { key: cx.facts().key_of(StepId::Secret).map(|key| key.id), client_before: Some(app().app_id) })
    }

    async fn check(&self, step: StepId, cx: &StepContext) -> Result<Check, Fault> {
        self.trip().await;
        match step {
            StepId::Secret => {
                let known = cx.facts();
                let keys = self.outside.keys.lock().unwrap();
                let mine = keys.iter().find(|(id, since)| {
                    self.outside.sees(**since)
                        && known.key_of(StepId::Secret).map_or_else(|| known.key(**id).is_none(), |key| key.id == **id)
                });
                Ok(mine.map_or(Check::Absent, |(id, _)| {
                    Check::There(Output::Key(Key {
                        id: *id,
                        purpose: Purpose::Cluster,
                        ends: crosspull::engine::wait::now(),
                    }))
                }))
            }
            StepId::ClusterUpdate => Ok(match *self.outside.cluster_key.lock().unwrap() {
                Some(key) => Check::There(Output::ClusterUpdate(Update {
                    key,
                    client_before: app().app_id,
                    operation: None,
                    every_pool: true,
                })),
                None => Check::Absent,
            }),
            StepId::Probe | StepId::Proof | StepId::Sweep => Ok(Check::CannotTell),
            _ => {
                let objects = self.outside.objects.lock().unwrap();
                let seen = objects.get(&step).is_some_and(|made| made.iter().any(|since| self.outside.sees(*since)));
                Ok(if seen { Check::There(Self::output(step, cx)) } else { Check::Absent })
            }
        }
    }

    async fn apply(&self, step: StepId, cx: &StepContext) -> Result<Output, Fault> {
        if step == StepId::ClusterUpdate {
            let key = cx.facts().key_of(StepId::Secret).unwrap().id;
            assert!(self.texts.lock().unwrap().contains(&key), "a reset needs its key's text");
            cx.record(Record::Delivered { key, how: Delivery::Cluster }).await?;
        }
        if self.faults && self.outside.chance(9) {
            self.trip().await;
            return Err(fault(Fate::Unknown));
        }
        self.trip().await;
        let output = match step {
            StepId::Secret => {
                let lost: Vec<KeyId> = cx
                    .facts()
                    .keys()
                    .filter(|k| k.text_lost && !k.removed && k.delivered.is_none())
                    .map(|k| k.key.id)
                    .collect();
                for key in lost {
                    self.outside.keys.lock().unwrap().remove(&key);
                    cx.record(Record::KeyRemoved { key }).await?;
                }
                let id = KeyId(Uuid::new_v4());
                self.outside.keys.lock().unwrap().insert(id, Instant::now());
                self.texts.lock().unwrap().insert(id);
                Output::Key(Key { id, purpose: Purpose::Cluster, ends: crosspull::engine::wait::now() })
            }
            StepId::ClusterUpdate => {
                let key = cx.facts().key_of(StepId::Secret).unwrap().id;
                *self.outside.cluster_key.lock().unwrap() = Some(key);
                *self.outside.resets.lock().unwrap() += 1;
                Self::output(step, cx)
            }
            _ => {
                let mut objects = self.outside.objects.lock().unwrap();
                let made = objects.entry(step).or_default();
                if self.repeat(step, cx) != Repeat::Keyed || made.is_empty() {
                    made.push(Instant::now());
                }
                Self::output(step, cx)
            }
        };
        self.trip().await;
        if self.faults && self.outside.chance(9) {
            if let Output::Key(key) = &output {
                self.texts.lock().unwrap().remove(&key.id);
            }
            return Err(fault(Fate::Unknown));
        }
        Ok(output)
    }

    async fn verify(&self, step: StepId, cx: &StepContext, _: &Output) -> Result<Option<Output>, Fault> {
        self.trip().await;
        if step == StepId::Sweep {
            let held = cx.facts().update().map(|update| update.key);
            self.outside.keys.lock().unwrap().retain(|key, _| Some(*key) == held);
        }
        Ok(None)
    }

    async fn undo(&self, step: StepId, _: &StepContext, output: &Output) -> Result<Taken, Fault> {
        self.trip().await;
        // A replica that does not know an object yet answers that it is not there, and leaves it where it is.
        let unseen = |since: &Instant| !self.outside.sees(*since);
        let mut objects = self.outside.objects.lock().unwrap();
        let mut keys = self.outside.keys.lock().unwrap();
        let there = objects.get(&step).map_or(0, Vec::len) + keys.len();
        if let Some(made) = objects.get_mut(&step) {
            made.retain(unseen);
        }
        if let Output::Key(removed) = output {
            keys.retain(|key, since| *key != removed.id || unseen(since));
        }
        Ok(Taken::of(objects.get(&step).map_or(0, Vec::len) + keys.len() < there))
    }

    async fn review_nodes(&self, cx: &StepContext) -> Result<NodesReview, Fault> {
        self.trip().await;
        let plan = cx.plan()?;
        Ok(NodesReview {
            hash: plan.nodes_hash(),
            cluster: plan.cluster.clone(),
            differences: Vec::new(),
            as_planned: true,
        })
    }

    async fn guard(&self, _: &StepContext, _: bool) -> Result<(), Fault> {
        Ok(())
    }

    async fn plan(&self, cx: &StepContext) -> Result<Plan, Fault> {
        Ok((*cx.plan()?).clone())
    }

    fn holds_text(&self, key: KeyId) -> bool {
        self.texts.lock().unwrap().contains(&key)
    }

    async fn remove_key(&self, key: KeyId, _: &StepContext) -> Result<Taken, Fault> {
        let mut keys = self.outside.keys.lock().unwrap();
        let seen = keys.get(&key).is_some_and(|since| self.outside.sees(*since));
        Ok(Taken::of(seen && keys.remove(&key).is_some()))
    }
}

pub fn answers() -> Answers {
    let id = |kind: &str| {
        format!("/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/{kind}/n")
            .parse()
            .unwrap()
    };
    Answers {
        name: "x".into(),
        cluster: ClusterAnswers {
            tenant: None,
            id: id("Microsoft.ContainerService/managedClusters"),
            sign_in: SignIn::AzureCli,
        },
        registry: RegistryAnswers {
            tenant: None,
            id: Some(id("Microsoft.ContainerRegistry/registries")),
            sign_in: Some(SignIn::AzureCli),
            image: "shop/web:1".parse().unwrap(),
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
        options: Options::default(),
    }
}

pub fn plan(setup: SetupId) -> Plan {
    let tenant =
        || Tenant { id: "b0000000-0000-4000-8000-000000000001".parse().unwrap(), domain: None, display_name: None };
    Plan {
        setup,
        route: Route::NewApp,
        route_reason: String::new(),
        cloud: Cloud::known(KnownCloud::Public),
        cluster_tenant: tenant(),
        registry_tenant: tenant(),
        cluster: ClusterSeen {
            id: answers().cluster.id,
            location: "westeurope".into(),
            client_id: app().app_id,
            principal: None,
            node_resource_group: "MC".into(),
            pools: Vec::new(),
            way_back: None,
            run_command: false,
        },
        registry: RegistrySeen {
            id: None,
            login_server: "x.azurecr.io".parse().unwrap(),
            mode: Some(RoleMode::Legacy),
            anonymous: Some(false),
        },
        app_name: "x".into(),
        secret_days: 365,
        carry_over: Vec::new(),
        present_app: None,
        lines: route::steps(Route::NewApp, false)
            .into_iter()
            .map(|line| Line {
                step: line.step,
                needs: line.needs,
                side: line.step.side(),
                action: Action::Create,
                text: String::new(),
                changes: Vec::new(),
            })
            .collect(),
        findings: Vec::new(),
    }
}

/// How far a process goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Until {
    /// To the end.
    Closed,
    /// It dies when it hears of the record with this number.
    Death(u64),
    /// It leaves when it is to confirm that nodes are replaced.
    Nodes,
}

/// What a front end does: confirms and retries, as far as it is to go.
async fn carry(journal: &mut Journal, process: Process, mode: Mode, until: Until) -> Option<Ended> {
    let (events, mut happened, _statuses) = Events::channel();
    let (command, commands) = mpsc::channel(16);
    let at = journal.folder().to_owned();
    let running = run(journal, Arc::new(process), Pace::REAL, mode, events, commands);
    tokio::pin!(running);
    let mut review = None;
    let mut turns = 0;
    loop {
        turns += 1;
        assert!(turns < 5_000, "it runs in circles: {:?}", journal_tail(&at));
        tokio::select! {
            biased;
            Some(event) = happened.recv() => match event {
                Event::Recorded(entry) if until == Until::Death(entry.seq) => return None,
                Event::PlanChanged(plan) => command.send(Command::Confirm(plan.hash())).await.unwrap(),
                Event::ConfirmNodes(found) => review = Some(found),
                Event::Idle(Idle::Nodes) if until == Until::Nodes => command.send(Command::Stop).await.unwrap(),
                Event::Idle(Idle::Nodes) => {
                    command.send(Command::ConfirmNodes(review.clone().unwrap().hash.clone())).await.unwrap();
                }
                Event::Idle(Idle::Failed) => {
                    for step in StepId::ALL {
                        command.send(Command::Retry(step)).await.unwrap();
                    }
                }
                _ => {}
            },
            ended = &mut running => return Some(ended.unwrap()),
        }
    }
}

fn journal_tail(folder: &std::path::Path) -> Vec<Record> {
    let entries = journal::read(folder).unwrap().entries;
    entries.into_iter().rev().take(6).rev().map(|entry| entry.record).collect()
}

fn process(outside: &Arc<Outside>, faults: bool) -> Process {
    Process { outside: Arc::clone(outside), texts: Mutex::default(), faults }
}

fn assert_exactly_what_was_meant(outside: &Outside, folder: &std::path::Path, note: &str) {
    for (step, made) in outside.objects.lock().unwrap().iter() {
        let effect = !matches!(step, StepId::Probe | StepId::Proof | StepId::Sweep);
        assert!(!effect || made.len() == 1, "{note}: {step} was made {} times", made.len());
    }
    let held = outside.cluster_key.lock().unwrap().expect("the cluster has a key");
    let keys: Vec<KeyId> = outside.keys.lock().unwrap().keys().copied().collect();
    assert_eq!(keys, [held], "{note}");
    assert_eq!(journal::read(folder).unwrap().progress.closed(), Some(Outcome::Connected), "{note}");
}

/// In memory where the system has such a place: every record is synced, and a disk makes these tests wait.
pub fn folder() -> tempfile::TempDir {
    let memory = std::path::Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn setup(folder: &std::path::Path) -> Journal {
    let id = SetupId::random();
    let mut journal = Journal::create(folder, id).unwrap();
    journal.append(Record::Answered { answers: Box::new(answers()) }).unwrap();
    journal.append(Record::Planned { plan: Box::new(plan(id)) }).unwrap();
    journal.append(Record::Confirmed { hash: plan(id).hash() }).unwrap();
    journal
}

#[tokio::test(start_paused = true)]
async fn a_setup_is_carried_through() {
    let folder = folder();
    let outside = Outside::new(1, Duration::from_secs(20));
    let mut journal = setup(folder.path());
    let ended = carry(&mut journal, process(&outside, false), Mode::Fresh, Until::Closed).await;
    assert_eq!(ended, Some(Ended::Closed(Outcome::Connected)));
    assert_exactly_what_was_meant(&outside, journal.folder(), "undisturbed");
    assert_eq!(*outside.resets.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_setup_that_dies_at_any_record_leaves_exactly_what_was_meant() {
    for first in 4..=36 {
        for second in [first + 2, first + 5, u64::MAX] {
            let note = format!("died at records {first} and {second}");
            let folder = folder();
            let outside = Outside::new(first, Duration::from_secs(100));
            let mut journal = setup(folder.path());
            let mut ended = carry(&mut journal, process(&outside, false), Mode::Fresh, Until::Death(first)).await;
            let at = journal.folder().to_owned();
            let mut deaths = vec![Until::Death(second)];
            while ended.is_none() {
                drop(journal);
                journal = Journal::open(&at).unwrap();
                let until = deaths.pop().unwrap_or(Until::Closed);
                ended = carry(&mut journal, process(&outside, false), Mode::Resumed, until).await;
            }
            assert_exactly_what_was_meant(&outside, &at, &note);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_setup_that_died_at_any_record_is_taken_back_whole() {
    for died_at in 5..=30 {
        let folder = folder();
        let outside = Outside::new(died_at, Duration::from_secs(100));
        let mut journal = setup(folder.path());
        let ended = carry(&mut journal, process(&outside, false), Mode::Fresh, Until::Death(died_at)).await;
        assert_eq!(ended, None, "it did not die at record {died_at}");
        let at = journal.folder().to_owned();
        drop(journal);
        let mut journal = Journal::open(&at).unwrap();
        if journal.progress().cluster_touched() {
            break;
        }
        let (events, mut happened, _statuses) = Events::channel();
        let listening = tokio::spawn(async move { while happened.recv().await.is_some() {} });
        let ended = undo(&mut journal, Arc::new(process(&outside, false)), Pace::REAL, events).await.unwrap();
        listening.await.unwrap();
        assert_eq!(ended, Ended::Closed(Outcome::TakenBack), "died at record {died_at}");
        let left = outside.objects.lock().unwrap().clone();
        let effects = left.iter().filter(|(step, made)| **step != StepId::Probe && !made.is_empty());
        assert_eq!(effects.count(), 0, "died at record {died_at}: {left:?}");
        assert!(outside.keys.lock().unwrap().is_empty(), "died at record {died_at}: a key is left");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_a_replica_does_not_know_on_leaving_is_not_taken_for_removed() {
    let folder = folder();
    let outside = Outside::new(1, Duration::from_secs(100));
    let mut journal = setup(folder.path());
    let ended = carry(&mut journal, process(&outside, false), Mode::Fresh, Until::Nodes).await;
    assert_eq!(ended, Some(Ended::Stopped));
    let made: Vec<KeyId> = outside.keys.lock().unwrap().keys().copied().collect();
    assert_eq!(made.len(), 1, "the key that was made a moment ago is there still");
    let record = journal.progress().facts().key(made[0]).unwrap();
    assert!(!record.removed, "it is said to be gone");
    let ended = carry(&mut journal, process(&outside, false), Mode::Resumed, Until::Closed).await;
    assert_eq!(ended, Some(Ended::Closed(Outcome::Connected)));
    assert_exactly_what_was_meant(&outside, journal.folder(), "after somebody left");
}

#[tokio::test(start_paused = true)]
async fn lost_answers_double_nothing() {
    for seed in 0..120 {
        let folder = folder();
        let outside = Outside::new(seed, Duration::from_secs(100));
        let mut journal = setup(folder.path());
        let ended = carry(&mut journal, process(&outside, true), Mode::Fresh, Until::Closed).await;
        assert_eq!(ended, Some(Ended::Closed(Outcome::Connected)), "seed {seed}");
        assert_exactly_what_was_meant(&outside, journal.folder(), &format!("seed {seed}"));
    }
}

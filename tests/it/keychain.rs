//! A keychain that was asked for: what it holds and until when, and what is done where it fails. A real one is tried in
//! `tests/real/keychain.py`.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crosspull::{
    domain::{KeyId, SetupId, StepId},
    engine::{Command, Event, Events, Idle, Record, event::Ended, run::Mode},
    keychain::{Keychain, Refused, Store},
    secret::Secret,
    session::{Keep, Open, Refusal, Session},
};
use tokio::sync::{mpsc, watch};

use crate::world::{Came, World, carry, describe};

/// A keychain in memory that can be made to fail.
#[derive(Clone, Default)]
struct Fake {
    held: Arc<Mutex<HashMap<String, String>>>,
    opened: Arc<AtomicBool>,
    locked: Arc<AtomicBool>,
    /// Takes the trial at the start, and nothing else.
    refuses_texts: Arc<AtomicBool>,
    /// Lets nothing go but the trial.
    holds_on: Arc<AtomicBool>,
}

impl Fake {
    fn keychain(&self) -> Keychain {
        let fake = self.clone();
        let open = move || {
            fake.opened.store(true, Ordering::SeqCst);
            Ok(Box::new(fake.clone()) as Box<dyn Store>)
        };
        Keychain::with(open, Duration::from_mins(1), Duration::from_mins(1))
    }

    fn names(&self) -> Vec<String> {
        self.held.lock().unwrap().keys().cloned().collect()
    }
}

impl Store for Fake {
    fn keep(&mut self, name: &str, text: &Secret) -> Result<(), Refused> {
        if self.locked.load(Ordering::SeqCst) {
            return Err(Refused::Locked);
        }
        if self.refuses_texts.load(Ordering::SeqCst) && !name.starts_with("trial") {
            return Err(Refused::Failed("it is full".to_owned()));
        }
        self.held.lock().unwrap().insert(name.to_owned(), text.expose().to_owned());
        Ok(())
    }

    fn get(&mut self, name: &str) -> Result<Option<Secret>, Refused> {
        Ok(self.held.lock().unwrap().get(name).map(Secret::new))
    }

    fn remove(&mut self, name: &str) -> Result<(), Refused> {
        if self.holds_on.load(Ordering::SeqCst) && !name.starts_with("trial") {
            return Err(Refused::Failed("it holds on".to_owned()));
        }
        self.held.lock().unwrap().remove(name);
        Ok(())
    }
}

fn session(world: &World, keep: Keep, fake: &Fake) -> Session {
    world.session().keeping_texts(keep, fake.keychain())
}

async fn begin(world: &World, session: &Session) -> Open {
    let answers = world.answers("shop-prod", "fabrikamimages");
    let planned = session.plan(SetupId::random(), &answers, &watch::Sender::default()).await;
    let (steps, plan) = planned.unwrap_or_else(|refusal| panic!("{}", describe(&refusal)));
    session.begin(&answers, &plan, steps).unwrap()
}

async fn resume(session: &Session) -> Open {
    session.resume(None).await.unwrap_or_else(|refusal| panic!("{}", describe(&refusal)))
}

/// Runs until only the replacement of nodes is left to be agreed to; then stops, or ends as a killed process does.
async fn until_the_nodes(session: &Session, open: &mut Open, killed: bool) {
    let (events, mut happened, _statuses) = Events::channel();
    let (command, commands) = mpsc::channel(16);
    let running = session.run(open, Mode::Fresh, events, commands);
    tokio::pin!(running);
    loop {
        tokio::select! {
            biased;
            Some(event) = happened.recv() => match event {
                Event::Idle(Idle::Nodes) if killed => return,
                Event::Idle(_) => command.send(Command::Stop).await.unwrap(),
                _ => {}
            },
            ended = &mut running => return assert_eq!(ended.unwrap(), Ended::Stopped),
        }
    }
}

/// The key that the nodes were to get, and whether its text is in the keychain, may be, or was.
fn keys(open: &Open) -> Vec<(KeyId, bool)> {
    open.journal.progress().facts().keys().map(|record| (record.key.id, record.text_lost)).collect()
}

fn records(world: &World, is: impl Fn(&Record) -> bool) -> usize {
    let entry = world
        .session()
        .store()
        .find(None)
        .or_else(|_| world.session().store().find(Some("shop-prod-to-fabrikamimages")));
    entry.unwrap().reading.unwrap().entries.iter().filter(|entry| is(&entry.record)).count()
}

async fn ends_connected(world: &World, session: &Session, open: &mut Open) {
    assert!(matches!(carry(session, open, Mode::Resumed).await, Came::Ended(Ended::Closed(_))));
    let pulls = world.pulls("shop-prod", "fabrikamimages", "shop/web:1.4");
    assert!(!pulls.is_empty() && pulls.iter().all(|(_, can)| *can), "{pulls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_goes_on_with_the_key_whose_text_the_keychain_has() {
    for killed in [true, false] {
        let (world, fake) = (World::new("default").await, Fake::default());
        let asked = session(&world, Keep::InKeychain, &fake);
        let mut open = begin(&world, &asked).await;
        until_the_nodes(&asked, &mut open, killed).await;
        let made = keys(&open);
        let [(key, false)] = made[..] else { panic!("{made:?}") };
        assert_eq!(fake.names(), [format!("{} {key}", open.journal.progress().setup())]);
        let text = open.steps.text(key).unwrap();
        drop(open);
        let journal =
            std::fs::read_to_string(world.session().store().find(None).unwrap().folder.join("journal.jsonl")).unwrap();
        assert!(!journal.contains(text.expose()), "the journal says that it is there, and no more");

        // Nobody has to say it twice: the journal knows.
        let again = session(&world, Keep::Unsaid, &fake);
        let mut open = resume(&again).await;
        ends_connected(&world, &again, &mut open).await;
        assert_eq!(keys(&open), [(key, false)], "killed: {killed}");
        assert!(world.sim.nodes().iter().any(|node| node.key_id == Some(key)));
        assert!(fake.names().is_empty(), "nothing is left in the keychain");
        drop(open);
        assert_eq!(records(&world, |record| matches!(record, Record::TextDropped { .. })), 1);
        assert_eq!(records(&world, |record| matches!(record, Record::TextLost { .. })), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_nobody_asked_for_is_not_touched() {
    let (world, fake) = (World::new("default").await, Fake::default());
    let unsaid = session(&world, Keep::Unsaid, &fake);
    let mut open = begin(&world, &unsaid).await;
    ends_connected(&world, &unsaid, &mut open).await;
    assert!(!fake.opened.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_cannot_be_used_is_a_refusal_before_anything_is_asked_of_azure() {
    let world = World::new("default").await;
    let answers = world.answers("shop-prod", "fabrikamimages");
    let (missing, fake) = (
        Keychain::with(|| Err(Refused::Missing("no bus".to_owned())), Duration::from_mins(1), Duration::from_mins(1)),
        Fake::default(),
    );
    fake.locked.store(true, Ordering::SeqCst);
    for (keychain, code, words) in [(missing, "CP-717", "no keychain here"), (fake.keychain(), "CP-718", "is locked")] {
        let asked = world.session().keeping_texts(Keep::InKeychain, keychain);
        let refused = asked.plan(SetupId::random(), &answers, &watch::Sender::default()).await;
        let Err(Refusal::Error(error)) = refused else { panic!("it was planned") };
        let problem = error.problem.expect("a problem with a code");
        assert!(problem.message.contains(words), "{problem}");
        assert_eq!(crosspull::catalogue::explain(&problem, None).unwrap().code, code);
    }
    assert!(world.sim.requests().is_empty() && !world.folder.path().join("setups").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_in_the_middle_costs_the_resume_its_text_and_not_the_run() {
    let (world, fake) = (World::new("default").await, Fake::default());
    fake.refuses_texts.store(true, Ordering::SeqCst);
    let asked = session(&world, Keep::InKeychain, &fake);
    let mut open = begin(&world, &asked).await;
    ends_connected(&world, &asked, &mut open).await;
    drop(open);
    assert_eq!(records(&world, |record| matches!(record, Record::TextRefused { why, .. } if why.contains("full"))), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_without_its_keychain_is_refused_and_may_be_wanted_all_the_same() {
    let (world, fake) = (World::new("default").await, Fake::default());
    let asked = session(&world, Keep::InKeychain, &fake);
    let mut open = begin(&world, &asked).await;
    until_the_nodes(&asked, &mut open, true).await;
    let (key, _) = keys(&open)[0];
    drop(open);
    fake.locked.store(true, Ordering::SeqCst);
    let before = world.sim.requests().len();
    assert!(matches!(session(&world, Keep::Unsaid, &fake).resume(None).await, Err(Refusal::Error(_))));
    assert_eq!(
        (world.sim.requests().len(), records(&world, |record| matches!(record, Record::TextLost { .. }))),
        (before, 0)
    );

    let without = session(&world, Keep::InMemory, &fake);
    let mut open = resume(&without).await;
    ends_connected(&world, &without, &mut open).await;
    let lost = open.journal.progress().facts().key(key).unwrap().clone();
    assert!(lost.text_lost && lost.removed && lost.kept, "{lost:?}");
    // Once it can be opened again, what it holds for nothing is taken out.
    fake.locked.store(false, Ordering::SeqCst);
    session(&world, Keep::Unsaid, &fake).drop_texts(&mut open.journal).await.unwrap();
    assert!(fake.names().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_a_setup_back_takes_its_text_out_and_says_where_it_cannot() {
    for holds_on in [false, true] {
        let (world, fake) = (World::new("default").await, Fake::default());
        let asked = session(&world, Keep::InKeychain, &fake);
        let mut open = begin(&world, &asked).await;
        until_the_nodes(&asked, &mut open, false).await;
        assert_eq!(fake.names().len(), 1);
        fake.holds_on.store(holds_on, Ordering::SeqCst);
        let (events, mut happened, _statuses) = Events::channel();
        let telling = async { while happened.recv().await.is_some() {} };
        let (ended, ()) = tokio::join!(asked.undo(&mut open, events), telling);
        assert!(matches!(ended.unwrap(), Ended::Closed(_)));
        assert_eq!(fake.names().len(), usize::from(holds_on));
        assert_eq!(open.journal.progress().stage(StepId::Secret), crosspull::engine::Stage::Undone);
        drop(open);
        assert_eq!(records(&world, |record| matches!(record, Record::TextStays { .. })), usize::from(holds_on));
        assert_eq!(records(&world, |record| matches!(record, Record::TextDropped { .. })), usize::from(!holds_on));
    }
}

//! A life of the program, in this process: from its journal to an end, or to its death at a chosen instant.
//!
//! Death is made from outside. From the nth request on the simulator carries out nothing and closes each connection; when the
//! first one is closed, all that the program holds is dropped, and the journal is cut back to what was on disk at that instant.
//! Between two requests that are carried out the tenants do not change: so each length that the journal had in the meantime
//! is a death of its own, from *answered and not recorded* to *recorded and not acted upon*.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use crosspull::{
    domain::{SetupId, StepId, problem::ProblemKind},
    engine::{
        Command, Event, Events, Idle,
        event::{Doing, Ended, NodesReview},
        journal,
        progress::Stage,
        run::Mode,
    },
    session::{Open, Outcome, Refusal, Session},
    sim::{Action, Exchange, Rule},
};
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};

use super::shape::Shape;
use crate::world::{World, describe};

/// When a life is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    /// Which requests are counted; the others are carried out before that.
    pub of: &'static str,
    /// Before this request is carried out, counted from 1.
    pub request: u32,
    /// So many records are on disk beyond those that were when the request before it arrived.
    pub records: usize,
    /// Half of the next record is on disk as well.
    pub torn: bool,
    /// The request is carried out after all, so many milliseconds later.
    pub late: Option<u64>,
}

impl Stop {
    /// Before a request, at one of the lengths that the journal had.
    pub fn before(request: u32, records: usize) -> Self {
        let torn = (request as usize + records).is_multiple_of(2);
        Self { of: "*", request, records, torn, late: None }
    }
}

/// How a life went.
#[derive(Debug)]
pub enum Life {
    /// It came to its end before it was to be stopped.
    Ended(Came),
    Died(Death),
}

/// What came of a life that nobody stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    Ended(Ended),
    /// A step failed; the front end left.
    Failed,
}

/// A death, as it came about.
#[derive(Debug)]
pub struct Death {
    /// The request that was not carried out.
    pub operation: &'static str,
    /// How many different lengths the journal had since the request before.
    pub lengths: usize,
    pub at: OffsetDateTime,
    correlation: Option<String>,
    /// The first request that was not answered: the one that may come late.
    unanswered: Option<Box<Exchange>>,
}

impl Death {
    /// Whether nothing more was to be sent.
    pub fn at_the_end(&self) -> bool {
        self.operation == THE_END
    }

    /// Whether a request of the dead was carried out all the same, after the journal was cut: no such death exists.
    pub fn was_survived(&self, world: &World) -> bool {
        world.sim.requests().iter().any(|one| !one.dropped && one.at > self.at && self.sent(one))
    }

    /// Waits until the request that came late is carried out; says when that was.
    pub async fn carried_out(&self, world: &World) -> OffsetDateTime {
        let unanswered = self.unanswered.as_ref().expect("a request that was not answered");
        loop {
            let all = world.sim.requests();
            if let Some(late) = all.iter().find(|one| one.dropped && one.status != 0 && same(one, unanswered)) {
                return late.at;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn sent(&self, exchange: &Exchange) -> bool {
        self.correlation.is_some() && correlation(exchange) == self.correlation
    }
}

fn same(one: &Exchange, other: &Exchange) -> bool {
    let request = |it: &Exchange| (it.method.clone(), it.url.clone(), it.request_body.clone());
    request(one) == request(other) && one.request_headers == other.request_headers
}

fn correlation(exchange: &Exchange) -> Option<String> {
    exchange.request_headers.get("x-ms-correlation-request-id")?.to_str().ok().map(str::to_owned)
}

/// Instead of a request, where none was to be sent any more.
const THE_END: &str = "the end";
/// A setup begins with so many records, before anything is sent.
const BEGUN: usize = 4;

/// What a life is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Goes on until the setup is closed.
    Connect,
    /// Leaves where the replacement of nodes would have to be confirmed.
    UpToTheNodes,
    /// Leaves as soon as the other admin is waited for.
    UpToThePerson,
    /// Takes the setup back.
    Undo,
}

/// A plan is made, and confirmed.
pub async fn begin(world: &World, shape: &Shape) -> (Session, Open) {
    let session = world.session();
    let answers = shape.answers(world);
    let planned = session.plan(SetupId::random(), &answers, &watch::Sender::default()).await;
    let (steps, plan) = planned.unwrap_or_else(|refusal| panic!("{}", describe(&refusal)));
    let stops: Vec<_> = plan.stops().collect();
    assert!(stops.is_empty(), "{stops:#?}");
    let open = session.begin(&answers, &plan, steps).unwrap();
    (session, open)
}

/// The first life.
pub async fn first(world: &World, shape: &Shape, task: Task, stop: Option<Stop>) -> Life {
    let (session, mut open) = begin(world, shape).await;
    let armed = arm(world, stop);
    let life = {
        let work = work(world, shape, &session, &mut open, Mode::Fresh, task);
        until_death(world, &session, stop, work).await
    };
    drop((session, open));
    laid_out(world, life, stop, armed).unwrap_or_else(|error| panic!("{error}"))
}

/// A life that takes the setup up again.
pub async fn next(world: &World, shape: &Shape, task: Task, stop: Option<Stop>) -> Life {
    again(world, shape, task, stop).await.unwrap_or_else(|refusal| panic!("{refusal}"))
}

/// The setup, opened. A program that another test is just starting holds what we had open until it runs: the dead's lock too.
async fn taken_up(session: &Session) -> Result<Open, String> {
    loop {
        match session.resume(None).await {
            Err(Refusal::Error(error)) if error.kind == ProblemKind::Busy => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            taken_up => return taken_up.map_err(|refusal| describe(&refusal)),
        }
    }
}

/// A life that takes the setup up again, or is refused to.
pub async fn again(world: &World, shape: &Shape, task: Task, stop: Option<Stop>) -> Result<Life, String> {
    let session = world.session();
    let armed = arm(world, stop);
    let life = {
        let work = async {
            let mut open = taken_up(&session).await?;
            work(world, shape, &session, &mut open, Mode::Resumed, task).await
        };
        until_death(world, &session, stop, work).await
    };
    drop(session);
    laid_out(world, life, stop, armed)
}

/// Says how many requests there were by then.
fn arm(world: &World, stop: Option<Stop>) -> usize {
    let already = world.sim.requests().len();
    let Some(stop) = stop else { return already };
    if let Some(delay_ms) = stop.late {
        world.sim.faults().add(Rule::new(stop.of, Action::Late { delay_ms }).nth(stop.request));
    }
    world.sim.faults().add(Rule::new(stop.of, Action::DropBefore).nth(stop.request).times(u32::MAX));
    already
}

fn struck(world: &World) -> bool {
    world.sim.faults().list().iter().any(|(_, struck)| *struck > 0)
}

/// What the work comes to, or `None` once the simulator has stopped to listen.
async fn until_death(
    world: &World,
    session: &Session,
    stop: Option<Stop>,
    work: impl Future<Output = Result<Came, String>>,
) -> Option<Result<Came, String>> {
    let mut requests = session.requests().subscribe();
    let death = async {
        loop {
            let failed = match requests.recv().await {
                Ok(request) => matches!(request.outcome, Outcome::Failed(_)),
                Err(_) => true,
            };
            if stop.is_some() && failed && struck(world) {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        () = death => None,
        came = work => Some(came),
    }
}

/// The journal is left as it was at the moment of death, and the simulator listens again.
fn laid_out(
    world: &World,
    life: Option<Result<Came, String>>,
    stop: Option<Stop>,
    armed: usize,
) -> Result<Life, String> {
    let died = struck(world);
    let requests = world.sim.requests();
    // They are listed as they were answered; all that was on disk when one of them arrived is kept.
    let heard = requests.iter().filter(|one| !one.dropped).max_by_key(|one| one.at);
    let heard = heard.expect("a life begins with a request");
    let Some(stop) = stop.filter(|_| died) else {
        world.sim.faults().clear();
        let came = life.expect("it died of nothing")?;
        return Ok(match stop {
            Some(stop) if came != Came::Failed => after_the_last(world, heard, stop).unwrap_or(Life::Ended(came)),
            _ => Life::Ended(came),
        });
    };
    let last = requests.iter().rev().find(|one| one.dropped).and_then(correlation);
    let unheard =
        requests.iter().find(|one| one.dropped && correlation(one) == last).expect("a request that was not heard");
    let at = unheard.at.max(heard.at);
    let unanswered = requests.iter().skip(armed).find(|one| one.dropped && one.status == 0).cloned().map(Box::new);
    let lengths = cut(world, heard.at, at, stop);
    world.sim.faults().clear();
    Ok(Life::Died(Death { operation: unheard.operation, lengths, at, correlation: last, unanswered }))
}

/// A life that had no further request to send can end before the last of its records.
fn after_the_last(world: &World, heard: &Exchange, stop: Stop) -> Option<Life> {
    let at = crosspull::engine::wait::now();
    let before = fs::read(folder(world).join("journal.jsonl")).unwrap();
    // Nothing was on its way.
    let lengths = cut(world, heard.at, at, Stop { late: None, ..stop });
    if stop.records + 1 >= lengths {
        fs::write(folder(world).join("journal.jsonl"), before).unwrap();
        return None;
    }
    let correlation = correlation(heard);
    Some(Life::Died(Death { operation: THE_END, lengths, at, correlation, unanswered: None }))
}

/// Cuts the journal; says how many lengths there were to choose from.
fn cut(world: &World, heard: OffsetDateTime, at: OffsetDateTime, stop: Stop) -> usize {
    let folder = folder(world);
    let entries = journal::read(&folder).expect("a whole journal").entries;
    let until = |moment: OffsetDateTime| entries.iter().take_while(|entry| entry.at <= moment).count();
    let (least, most) = (until(heard), until(at));
    let file = folder.join("journal.jsonl");
    let bytes = fs::read(&file).unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let least = least.max(BEGUN);
    let most = most.max(least);
    // What is on its way was sent when all of this was on disk.
    let kept = if stop.late.is_some() { most } else { (least + stop.records).min(most) };
    let mut left = lines[..kept].concat();
    if let Some(next) = lines.get(kept).filter(|_| stop.torn) {
        left.extend(&next[..next.len() / 2]);
    }
    fs::write(&file, left).unwrap();
    most - least + 1
}

/// The folder of the only setup.
pub fn folder(world: &World) -> PathBuf {
    let all = fs::read_dir(world.folder.path().join("setups")).unwrap();
    let all: Vec<_> = all.map(|one| one.unwrap().path()).collect();
    let [only] = all.as_slice() else { panic!("one setup, not {all:?}") };
    only.clone()
}

/// Whether the other admin has been given the link.
pub fn link_is_out(world: &World) -> bool {
    let reading = journal::read(&folder(world)).expect("a whole journal");
    reading.progress.stage(StepId::Consent) != Stage::Due
}

/// What a front end does: confirms what it is asked to, and leaves where something failed. Meanwhile the other admin does
/// their part when they are waited for.
async fn work(
    world: &World,
    shape: &Shape,
    session: &Session,
    open: &mut Open,
    mode: Mode,
    task: Task,
) -> Result<Came, String> {
    let (events, mut happened, mut statuses) = Events::channel();
    let (command, commands) = mpsc::channel(16);
    let running = async {
        match task {
            Task::Undo => session.undo(open, events).await,
            Task::Connect | Task::UpToTheNodes | Task::UpToThePerson => session.run(open, mode, events, commands).await,
        }
    };
    tokio::pin!(running);
    let mut review: Option<Arc<NodesReview>> = None;
    let (mut left, mut leaving) = (None, false);
    loop {
        tokio::select! {
            biased;
            Some(event) = happened.recv() => match event {
                Event::PlanChanged(plan) => command.send(Command::Confirm(plan.hash())).await.unwrap(),
                Event::ConfirmNodes(found) => review = Some(found),
                Event::Idle(Idle::Nodes) if task == Task::Connect => {
                    let hash = review.as_ref().unwrap().hash.clone();
                    command.send(Command::ConfirmNodes(hash)).await.unwrap();
                }
                Event::Idle(Idle::Plan) => {
                    // Lost in an earlier life, and confirmed by nobody there.
                    let plan = journal::read(&folder(world)).unwrap().progress.plan().cloned().unwrap();
                    command.send(Command::Confirm(plan.hash())).await.unwrap();
                }
                Event::Idle(idle) => {
                    left = (idle == Idle::Failed).then_some(Came::Failed);
                    command.send(Command::Stop).await.unwrap();
                }
                Event::Recorded(_) | Event::Looked | Event::Ended(_) => {}
            },
            Ok(()) = statuses.changed() => {
                let waits = statuses.borrow_and_update().values().any(|status| status.doing == Doing::Person);
                match task {
                    // They leave once: a second time would not be in an orderly way.
                    Task::UpToThePerson if waits && !leaving => {
                        leaving = true;
                        command.send(Command::Stop).await.unwrap();
                    }
                    Task::UpToThePerson => {}
                    _ if waits => shape.admin_acts(world),
                    _ => {}
                }
            }
            ended = &mut running => {
                let ended = ended.map_err(|error| crosspull::error::chain(&error))?;
                return Ok(left.unwrap_or(Came::Ended(ended)));
            }
        }
    }
}

/// Why a setup does not go on, for a case that fails.
pub fn problems(world: &World) -> String {
    let reading = journal::read(&folder(world)).expect("a whole journal");
    let failed = reading.progress.failed().map(|(step, problem)| format!("{step}: {problem:?}"));
    let last = reading.entries.iter().rev().take(4).map(|entry| format!("{:?}", entry.record));
    failed.chain(last).collect::<Vec<_>>().join("\n")
}

/// Waits until nothing runs on any cluster.
pub async fn rest(world: &World) {
    let busy = || {
        // A look at the nodes brings what runs up to now.
        let _ = world.sim.nodes();
        world.sim.world().lock().clusters.iter().any(|cluster| cluster.current_operation.is_some())
    };
    while busy() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

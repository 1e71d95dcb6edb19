//! The one task that owns journal, progress and the running steps.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use tokio::{
    sync::{Notify, mpsc, watch},
    task::{Id, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    Journal, JournalError, Pace, Progress, Record, Stage, StepContext, Waiter,
    context::Ask,
    drive::{drive, still_there},
    event::{Command, Ended, Event, Events, Idle},
    record::{Next, Outcome},
    work::{Fault, Leaving, Taken, Work},
};
use crate::domain::{KeyId, Operator, PlanHash, Side, StepId, problem::ProblemKind};

/// Why a run ended without being stopped or closed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal could not be written.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A read before the first step failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What comes of a step's task: the step and how it went, unless the task was ended.
type Finished = Result<(Id, (StepId, Result<(), Fault>)), tokio::task::JoinError>;

/// What a run is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The setup was opened by this process: nothing that is done can be gone yet.
    Fresh,
    /// The setup is taken up again: what is done is looked at first.
    Resumed,
}

/// Carries the setup of `journal` on until it is closed or stopped. The plan has to be in the journal already; it is
/// carried out once it is confirmed.
pub async fn run<W: Work>(
    journal: &mut Journal,
    work: Arc<W>,
    pace: Pace,
    mode: Mode,
    events: Events,
    mut commands: mpsc::Receiver<Command>,
) -> Result<Ended, RunError> {
    let mut run = Run::new(journal, work, pace, events);
    run.lose_texts().await?;
    let mut held_back = VecDeque::new();
    if mode == Mode::Resumed {
        run.retries = run.journal.progress().failed().map(|(step, _)| step).collect();
        let stopped = tokio::select! {
            biased;
            () = stop_heard(&mut commands, &mut held_back) => true,
            looked = run.look_at_what_is_done() => {
                looked?;
                false
            }
        };
        if stopped {
            run.events.tell(Event::Ended(Ended::Stopped)).await;
            return Ok(Ended::Stopped);
        }
        run.events.tell(Event::Looked).await;
    }
    run.note_operators().await?;
    run.held_back = held_back;
    let ended = run.serve(&mut commands).await;
    run.tidy().await;
    let ended = ended?;
    run.events.tell(Event::Ended(ended)).await;
    Ok(ended)
}

struct Run<'a, W: Work> {
    journal: &'a mut Journal,
    work: Arc<W>,
    pace: Pace,
    events: Events,
    progress: watch::Sender<Arc<Progress>>,
    ask: mpsc::Sender<Ask>,
    asked: mpsc::Receiver<Ask>,
    running: JoinSet<(StepId, Result<(), Fault>)>,
    at_work: BTreeSet<StepId>,
    stop: CancellationToken,
    look_now: Arc<Notify>,
    told: Option<Idle>,
    /// Failed steps that the operator wants tried again: all that had failed when the setup was taken up, and those
    /// that were named since.
    retries: BTreeSet<StepId>,
    /// The replacement of nodes was confirmed to this process. What an earlier one was told does not count: days may
    /// have passed, and the cluster is looked at again.
    nodes_confirmed: bool,
    /// The last review of the cluster: a confirmation names it.
    reviewed: Option<PlanHash>,
    /// Commands that came while only a stop was listened for.
    held_back: VecDeque<Command>,
    /// Who this run has seen signed in, and recorded.
    operators: BTreeMap<Side, Operator>,
    /// Held once the run is stopped.
    leaving: Option<Leaving>,
}

impl<'a, W: Work> Run<'a, W> {
    fn new(journal: &'a mut Journal, work: Arc<W>, pace: Pace, events: Events) -> Self {
        let (ask, asked) = mpsc::channel(16);
        let progress = watch::Sender::new(Arc::new(journal.progress().clone()));
        Self {
            journal,
            work,
            pace,
            events,
            progress,
            ask,
            asked,
            running: JoinSet::new(),
            at_work: BTreeSet::new(),
            stop: CancellationToken::new(),
            look_now: Arc::default(),
            told: None,
            retries: BTreeSet::new(),
            nodes_confirmed: false,
            reviewed: None,
            held_back: VecDeque::new(),
            operators: BTreeMap::new(),
            leaving: None,
        }
    }

    fn context(&self, step: Option<StepId>) -> StepContext {
        let wait =
            Waiter::new(step, self.pace, self.events.statuses.clone(), self.stop.clone(), Arc::clone(&self.look_now));
        StepContext { progress: self.progress.subscribe(), ask: self.ask.clone(), wait }
    }

    async fn record(&mut self, record: Record) -> Result<(), JournalError> {
        let entry = self.journal.append(record)?;
        self.progress.send_replace(Arc::new(self.journal.progress().clone()));
        self.told = None;
        self.events.tell(Event::Recorded(Arc::new(entry))).await;
        Ok(())
    }

    /// Records who is signed in, once that is known. A setup may be taken up by somebody else than who began it: that is said,
    /// and stays on record.
    async fn note_operators(&mut self) -> Result<(), JournalError> {
        for (side, operator) in self.work.signed_in() {
            if self.operators.get(&side) != Some(&operator) {
                self.operators.insert(side, operator.clone());
                self.record(Record::SignedIn { side, operator }).await?;
            }
        }
        Ok(())
    }

    /// A key's text lives in the process that made it: what an earlier process held is gone.
    async fn lose_texts(&mut self) -> Result<(), JournalError> {
        let lost: Vec<KeyId> = self
            .journal
            .progress()
            .facts()
            .keys()
            .filter(|record| !record.removed && !record.text_lost && !self.work.holds_text(record.key.id))
            .map(|record| record.key.id)
            .collect();
        for key in lost {
            self.record(Record::TextLost { key }).await?;
        }
        self.drop_texts(false).await
    }

    /// Takes texts out of the keychain that nobody needs any more: those of keys that are gone, or all at a setup's end.
    async fn drop_texts(&mut self, all: bool) -> Result<(), JournalError> {
        for key in kept_texts(self.journal.progress(), all) {
            let cx = self.context(None);
            if let Some(record) = dropped(&*self.work, key, &cx).await {
                self.record(record).await?;
            }
        }
        Ok(())
    }

    /// Looks once at every step that is done, side by side. What is gone becomes `Lost`, and the plan is made anew.
    async fn look_at_what_is_done(&mut self) -> Result<(), RunError> {
        // What it waits for is said: the network may be away.
        let guard = self.context(Some(StepId::ClusterUpdate));
        let guarded = self.work.guard(&guard, false).await;
        guard.wait.quiet();
        guarded?;
        let mut looks = JoinSet::new();
        for (step, stage) in self.journal.progress().steps().collect::<Vec<_>>() {
            if stage == Stage::Done && !self.key_was_removed(step) {
                let (work, cx) = (Arc::clone(&self.work), self.context(Some(step)));
                looks.spawn(async move {
                    let there = still_there(&*work, step, &cx).await;
                    cx.wait.quiet();
                    (step, there)
                });
            }
        }
        let mut lost = Vec::new();
        while let Some(looked) = looks.join_next().await {
            let Ok((step, there)) = looked else { continue };
            if there? == Some(false) {
                lost.push(step);
            }
        }
        if lost.is_empty() {
            return Ok(());
        }
        // What was done on top of something that is gone was done for the one that is gone.
        let progress = self.journal.progress();
        let done: Vec<_> = progress.steps().filter(|(_, stage)| *stage == Stage::Done).map(|(step, _)| step).collect();
        loop {
            let below = |step: &StepId| rests_on(*step).iter().any(|below| lost.contains(below));
            let next = done.iter().copied().find(|step| !lost.contains(step) && below(step));
            let Some(next) = next else { break };
            lost.push(next);
        }
        lost.sort_unstable();
        lost.dedup();
        for step in lost {
            self.record(Record::Lost { step }).await?;
        }
        let plan = self.work.plan(&self.context(None)).await?;
        self.record(Record::Planned { plan: Box::new(plan.clone()) }).await?;
        self.events.tell(Event::PlanChanged(Arc::new(plan))).await;
        Ok(())
    }

    /// A key that this program removed itself is not gone but done with.
    fn key_was_removed(&self, step: StepId) -> bool {
        let facts = self.journal.progress().facts();
        facts.key_of(step).and_then(|key| facts.key(key.id)).is_some_and(|record| record.removed)
    }

    async fn serve(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<Ended, RunError> {
        loop {
            self.start();
            if self.at_work.is_empty() {
                if self.journal.progress().complete() {
                    self.drop_texts(true).await?;
                    self.record(Record::Closed { outcome: Outcome::Connected }).await?;
                    return Ok(Ended::Closed(Outcome::Connected));
                }
                if self.tell_idle(commands).await? {
                    return Ok(Ended::Stopped);
                }
            }
            if let Some(command) = self.held_back.pop_front() {
                self.obey(command).await?;
                continue;
            }
            tokio::select! {
                Some(asked) = self.asked.recv() => self.answer(asked).await?,
                Some(finished) = self.running.join_next_with_id() => self.finished(finished)?,
                command = commands.recv() => match command {
                    Some(Command::Stop) | None => {
                        self.wind_down(commands).await?;
                        return Ok(Ended::Stopped);
                    }
                    Some(command) => self.obey(command).await?,
                },
            }
        }
    }

    /// Starts every step that can be at work and is not.
    fn start(&mut self) {
        let progress = self.journal.progress();
        let mut steps = progress.runnable();
        let again = |step: &StepId| {
            let failed = matches!(progress.stage(*step), Stage::Failed { .. });
            failed && progress.is_confirmed() && progress.has_its_needs(*step) && !self.gated(*step)
        };
        // A step that stopped to wait for a new key goes on with it.
        let waited =
            progress.failed().filter(|(_, problem)| problem.kind == ProblemKind::Waiting).map(|(step, _)| step);
        steps.extend(self.retries.iter().copied().chain(waited).filter(again));
        if self.nodes_confirmed && progress.update_ready() {
            steps.push(StepId::ClusterUpdate);
        }
        for step in steps {
            if self.at_work.insert(step) {
                self.retries.remove(&step);
                if step == StepId::ClusterUpdate {
                    self.nodes_confirmed = false;
                }
                let (work, cx) = (Arc::clone(&self.work), self.context(Some(step)));
                self.running.spawn(async move { (step, drive(&*work, step, &cx).await) });
            }
        }
    }

    /// Whether driving the step would send a reset, which wants a confirmation of its own.
    fn gated(&self, step: StepId) -> bool {
        step == StepId::ClusterUpdate
            && matches!(self.journal.progress().stage(step), Stage::Failed { next: Next::Again, .. })
    }

    async fn answer(&mut self, ask: Ask) -> Result<(), JournalError> {
        self.note_operators().await?;
        match self.record(ask.record).await {
            Ok(()) => {
                // A step that was dropped in the meantime does not wait for its answer any more.
                let _ = ask.synced.send(Ok(()));
                Ok(())
            }
            Err(error @ JournalError::Illegal(_)) => {
                let _ = ask.synced.send(Err(Arc::new(error)));
                Ok(())
            }
            // Without a journal nothing may be done: the run ends here, and the step with it.
            Err(error) => Err(error),
        }
    }

    fn finished(&mut self, finished: Finished) -> Result<(), RunError> {
        match finished {
            Ok((_, (step, result))) => {
                self.at_work.remove(&step);
                match result {
                    // A defect: going on would come to the same again.
                    Err(fault) if fault.problem.kind == ProblemKind::Internal => Err(fault.into()),
                    // Recorded already, or the run is being stopped.
                    _ => Ok(()),
                }
            }
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Ok(()),
        }
    }

    async fn obey(&mut self, command: Command) -> Result<(), RunError> {
        let progress = self.journal.progress();
        match command {
            // A confirmation of what is not shown any more confirms nothing.
            Command::Confirm(hash) if progress.plan().is_some_and(|plan| plan.hash() == hash) => {
                self.record(Record::Confirmed { hash }).await?;
            }
            // One confirmation, one reset: while it is at work another one confirms nothing.
            Command::ConfirmNodes(hash)
                if progress.update_ready()
                    && self.reviewed.as_ref() == Some(&hash)
                    && !self.at_work.contains(&StepId::ClusterUpdate) =>
            {
                self.record(Record::NodesConfirmed { hash }).await?;
                self.nodes_confirmed = true;
            }
            Command::Retry(step) => {
                if matches!(progress.stage(step), Stage::Failed { .. }) && self.retries.insert(step) {
                    self.told = None;
                }
            }
            // What was seen from outside needs nobody's word.
            Command::Vouch(step) if progress.stage(step) != Stage::Done => {
                self.record(Record::Vouched { step }).await?;
                self.look_now.notify_waiters();
            }
            Command::LookNow => self.look_now.notify_waiters(),
            Command::Confirm(_) | Command::ConfirmNodes(_) | Command::Vouch(_) | Command::Stop => {}
        }
        Ok(())
    }

    /// Says why nothing goes on by itself. `true` when a stop came meanwhile.
    async fn tell_idle(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<bool, RunError> {
        let progress = self.journal.progress();
        let idle = if !progress.is_confirmed() {
            Idle::Plan
        } else if progress.update_ready()
            && progress.failed().all(|(step, problem)| {
                let after_it = !progress.has_its_needs(step);
                self.retries.contains(&step) || after_it || problem.kind == ProblemKind::Waiting
            })
        {
            Idle::Nodes
        } else {
            Idle::Failed
        };
        if self.told == Some(idle) {
            return Ok(false);
        }
        if idle == Idle::Nodes {
            let mut held_back = std::mem::take(&mut self.held_back);
            let review = tokio::select! {
                biased;
                () = stop_heard(commands, &mut held_back) => {
                    self.leave();
                    return Ok(true);
                }
                review = self.review() => review?,
            };
            self.held_back = held_back;
            self.reviewed = Some(review.hash.clone());
            self.events.tell(Event::ConfirmNodes(Arc::new(review))).await;
        }
        self.told = Some(idle);
        self.events.tell(Event::Idle(idle)).await;
        Ok(false)
    }

    /// The review reads while records may be asked for; it records nothing itself.
    async fn review(&mut self) -> Result<super::event::NodesReview, RunError> {
        let cx = self.context(Some(StepId::ClusterUpdate));
        cx.wait.running();
        let review = self.work.review_nodes(&cx).await;
        cx.wait.quiet();
        Ok(review?)
    }

    /// From here on nothing waits for anybody. Steps hear it first, so that what is given up is no failure of theirs.
    fn leave(&mut self) {
        self.stop.cancel();
        self.leaving = Some(self.work.leave());
    }

    /// No new intent; writes in flight get their time, unless a second stop comes.
    async fn wind_down(&mut self, commands: &mut mpsc::Receiver<Command>) -> Result<(), RunError> {
        self.leave();
        let until = Instant::now() + self.pace.orderly_stop;
        let mut deaf = false;
        while !self.at_work.is_empty() {
            tokio::select! {
                Some(asked) = self.asked.recv() => {
                    // What was done is recorded; nothing new begins.
                    if matches!(asked.record, Record::Intent { .. }) {
                        drop(asked);
                    } else {
                        self.answer(asked).await?;
                    }
                }
                Some(finished) = self.running.join_next_with_id() => {
                    self.finished(finished)?;
                }
                command = commands.recv(), if !deaf => match command {
                    Some(Command::Stop) => break,
                    Some(_) => {}
                    None => deaf = true,
                },
                () = tokio::time::sleep_until(until) => break,
            }
        }
        self.running.abort_all();
        Ok(())
    }

    /// After an orderly end, no key is left behind that nobody can be using: its text ends with this process, but for one
    /// that the keychain keeps for the next.
    async fn tidy(&mut self) {
        let unused: Vec<KeyId> = self
            .journal
            .progress()
            .facts()
            .keys()
            .filter(|record| !record.removed && record.delivered.is_none())
            .filter(|record| record.text_lost || self.work.holds_text(record.key.id))
            .filter(|record| !self.work.outlives(record.key.id))
            .map(|record| record.key.id)
            .collect();
        let cx = StepContext { wait: Waiter::alone(self.pace), ..self.context(None) };
        for key in unused {
            let removed = tokio::time::timeout(self.pace.orderly_stop, self.work.remove_key(key, &cx)).await;
            // What could not be removed now is removed by the next resume: the journal knows the key. Nor is a replica believed
            // that has no such key: it may be too young to be known there.
            // A closed journal takes no more records; the key is gone all the same.
            if matches!(removed, Ok(Ok(Taken::Away))) && self.record(Record::KeyRemoved { key }).await.is_err() {
                tracing::warn!(%key, "the removal of a key could not be journalled");
            }
        }
    }
}

/// Keys whose texts the keychain has for nothing.
pub(super) fn kept_texts(progress: &Progress, all: bool) -> Vec<KeyId> {
    let kept = progress.facts().keys().filter(|record| record.kept);
    kept.filter(|record| all || record.removed || record.text_lost).map(|record| record.key.id).collect()
}

/// What came of taking a text out of the keychain, where one was asked.
pub(super) async fn dropped<W: Work>(work: &W, key: KeyId, cx: &StepContext) -> Option<Record> {
    match work.drop_text(key, cx).await {
        Ok(true) => Some(Record::TextDropped { key }),
        Ok(false) => None,
        Err(why) => Some(Record::TextStays { key, why }),
    }
}

/// Returns when a stop comes; keeps what else comes for later.
async fn stop_heard(commands: &mut mpsc::Receiver<Command>, held_back: &mut VecDeque<Command>) {
    loop {
        match commands.recv().await {
            Some(Command::Stop) | None => return,
            Some(other) => held_back.push_back(other),
        }
    }
}

/// The steps whose results a step is made on: when these are gone, it was done for something that is not there.
fn rests_on(step: StepId) -> &'static [StepId] {
    match step {
        StepId::Identity | StepId::Consent | StepId::Secret => &[StepId::Registration],
        StepId::CarryOver => &[StepId::Registration, StepId::Identity],
        StepId::RegistryRole => &[StepId::Registration, StepId::Consent],
        // Nodes with a key that is gone can pull no more.
        StepId::ClusterUpdate => &[StepId::Secret],
        StepId::Proof | StepId::Sweep => &[StepId::ClusterUpdate],
        _ => &[],
    }
}

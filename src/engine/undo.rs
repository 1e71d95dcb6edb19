//! Takes a setup back while the cluster has not been touched, in the order of [`Progress::effects`].

use std::{sync::Arc, time::Duration};

use ::time::OffsetDateTime;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    Journal, Pace, Progress, Record, Stage, StepContext, Waiter,
    context::Ask,
    event::{Ended, Event, Events},
    journal::JournalError,
    record::Outcome,
    run::{RunError, dropped, kept_texts},
    work::{Check, Fault, Repeat, Taken, Work},
};
use crate::domain::{Output, Problem, Purpose, StepId, problem::ProblemKind};

/// Takes back what the journal names. Safe to repeat after any interruption: each step is taken back between an
/// `UndoIntent` and an `Undone`, and taking back what is gone already succeeds.
pub async fn undo<W: Work>(journal: &mut Journal, work: Arc<W>, pace: Pace, events: Events) -> Result<Ended, RunError> {
    if journal.progress().cluster_touched() {
        return Err(Fault::rejected(Problem::new(
            ProblemKind::Answers,
            "take the setup back",
            "the cluster has been given the new app; going back would be another replacement of its nodes",
            super::wait::now(),
        ))
        .into());
    }
    let progress = watch::Sender::new(Arc::new(journal.progress().clone()));
    // No step records by itself while it is taken back; the channel is there because a context has one.
    let (ask, _asked) = mpsc::channel::<Ask>(1);
    let wait =
        Waiter::new(None, pace, events.statuses.clone(), tokio_util::sync::CancellationToken::new(), Arc::default());
    work.guard(&StepContext { progress: progress.subscribe(), ask: ask.clone(), wait }, true).await?;
    for (side, operator) in work.signed_in() {
        record(journal, &progress, &events, Record::SignedIn { side, operator }).await?;
    }
    for step in journal.progress().effects() {
        let wait = Waiter::new(
            Some(step),
            pace,
            events.statuses.clone(),
            tokio_util::sync::CancellationToken::new(),
            Arc::default(),
        );
        let cx = StepContext { progress: progress.subscribe(), ask: ask.clone(), wait };
        cx.wait.running();
        let taken_back = take_back(journal, &*work, step, &cx, &progress, &events).await;
        cx.wait.quiet();
        taken_back?;
    }
    let wait =
        Waiter::new(None, pace, events.statuses.clone(), tokio_util::sync::CancellationToken::new(), Arc::default());
    let cx = StepContext { progress: progress.subscribe(), ask: ask.clone(), wait };
    for key in kept_texts(journal.progress(), true) {
        if let Some(came) = dropped(&*work, key, &cx).await {
            record(journal, &progress, &events, came).await?;
        }
    }
    record(journal, &progress, &events, Record::Closed { outcome: Outcome::TakenBack }).await?;
    let ended = Ended::Closed(Outcome::TakenBack);
    events.tell(Event::Ended(ended)).await;
    Ok(ended)
}

async fn take_back<W: Work>(
    journal: &mut Journal,
    work: &W,
    step: StepId,
    cx: &StepContext,
    progress: &watch::Sender<Arc<Progress>>,
    events: &Events,
) -> Result<(), RunError> {
    let progress_now = journal.progress();
    let known = progress_now.facts().output(step).cloned();
    // Begun, and not answered since: what the last try may have left has to be found before it can be taken back. An
    // earlier output does not answer for it.
    let open = match progress_now.recorded(step) {
        Stage::Intended { .. } | Stage::Undoing | Stage::Failed { .. } | Stage::Due => true,
        Stage::Applied | Stage::Done | Stage::Lost | Stage::Undone => false,
    };
    let found = if open { find(work, step, cx).await? } else { None };
    let mut outputs: Vec<Output> = Vec::new();
    for output in known.into_iter().chain(found).chain(keys_of(progress_now, step)) {
        if !outputs.contains(&output) && !removed(progress_now, &output) {
            outputs.push(output);
        }
    }
    let left = match progress_now.recorded(step) {
        Stage::Done | Stage::Lost => young_for(progress_now.done_at(step), cx),
        // How old it is, is not known.
        _ => cx.wait.pace().graph_window,
    };
    let young_until = Instant::now() + left;
    if progress_now.recorded(step) != Stage::Undoing {
        record(journal, progress, events, Record::UndoIntent { step }).await?;
    }
    for output in outputs {
        let taken = cx.wait.call("take it back", || work.undo(step, cx, &output)).await?;
        if taken == Taken::NotThere || open {
            again_while_young(work, step, cx, &output, young_until).await?;
        }
        if let Output::Key(key) = &output
            && journal.progress().facts().key(key.id).is_some_and(|record| !record.removed)
        {
            record(journal, progress, events, Record::KeyRemoved { key: key.id }).await?;
        }
    }
    record(journal, progress, events, Record::Undone { step }).await?;
    Ok(())
}

/// A key that is gone already. Where its app stays, that is looked at once more: a replica that did not know the key yet may
/// have said so.
fn removed(progress: &Progress, output: &Output) -> bool {
    let Output::Key(key) = output else { return false };
    let app_goes = progress.plan().is_some_and(|plan| plan.has(StepId::Registration));
    app_goes && progress.facts().key(key.id).is_some_and(|record| record.removed)
}

/// How long something of that time may still come to light.
fn young_for(since: Option<OffsetDateTime>, cx: &StepContext) -> Duration {
    since.map_or(Duration::ZERO, |at| cx.wait.pace().graph_window.saturating_sub(age(at)))
}

/// Whether a request of that time may still have been on its way a window ago.
fn is_recent(since: Option<OffsetDateTime>, cx: &StepContext) -> bool {
    since.is_some_and(|at| age(at) < 2 * cx.wait.pace().graph_window)
}

fn age(since: OffsetDateTime) -> Duration {
    Duration::try_from(super::wait::now() - since).unwrap_or_default()
}

/// Every key of a step's purposes that is still there: a step that made more than one knows only the last.
fn keys_of(progress: &Progress, step: StepId) -> Vec<Output> {
    let of_step = |purpose: Purpose| match step {
        StepId::WatchKey => purpose == Purpose::Watch,
        StepId::Secret => purpose != Purpose::Watch,
        _ => false,
    };
    let there = progress.facts().keys().filter(|record| !record.removed && of_step(record.key.purpose));
    there.map(|record| Output::Key(record.key.clone())).collect()
}

/// Soon after a write, a replica that does not know the object yet answers its deletion with "not there". So an object is
/// looked for until it would be seen everywhere, and deleted again where it shows.
async fn again_while_young<W: Work>(
    work: &W,
    step: StepId,
    cx: &StepContext,
    output: &Output,
    until: Instant,
) -> Result<(), Fault> {
    // What cannot be looked for cannot be deleted again either.
    while until > Instant::now() && !matches!(work.check(step, cx).await, Ok(Check::CannotTell) | Err(_)) {
        let left = until.saturating_duration_since(Instant::now());
        if cx.wait.find("it to be gone everywhere", left, || work.check(step, cx)).await?.is_none() {
            break;
        }
        if cx.wait.call("take it back", || work.undo(step, cx, output)).await? == Taken::Away {
            break;
        }
        cx.wait.pause("take it back", cx.wait.pace().first_look).await?;
    }
    Ok(())
}

async fn find<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<Option<Output>, Fault> {
    let window = match work.repeat(step, cx) {
        Repeat::AfterGraphWindow => cx.wait.pace().graph_window,
        Repeat::AfterClusterWindow => cx.wait.pace().cluster_window,
        // Seen as soon as it is there; but what was on its way when a process ended may arrive after it, and how long it was on
        // its way nobody knows.
        Repeat::Keyed if is_recent(cx.progress().begun_at(step), cx) => cx.wait.pace().graph_window,
        Repeat::Keyed => cx.wait.pace().first_look,
        Repeat::ReadOnly => match work.check(step, cx).await? {
            Check::There(output) => return Ok(Some(output)),
            Check::CannotTell => return Ok(None),
            // A person may have done it just now.
            Check::Absent => cx.wait.pace().graph_window,
        },
    };
    cx.wait.find("what it may have left", window, || work.check(step, cx)).await
}

async fn record(
    journal: &mut Journal,
    progress: &watch::Sender<Arc<Progress>>,
    events: &Events,
    record: Record,
) -> Result<(), JournalError> {
    let entry = journal.append(record)?;
    progress.send_replace(Arc::new(journal.progress().clone()));
    events.tell(Event::Recorded(Arc::new(entry))).await;
    Ok(())
}

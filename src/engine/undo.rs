//! Takes a setup back, last step first, while the cluster has not been touched.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::{
    Journal, Pace, Progress, Record, Stage, StepContext, Waiter,
    context::Ask,
    event::{Ended, Event, Events},
    journal::JournalError,
    record::Outcome,
    run::RunError,
    work::{Check, Fault, Repeat, Work},
};
use crate::domain::{Output, Problem, StepId, problem::ProblemKind};

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
    let known = journal.progress().facts().output(step).cloned();
    let output = match (journal.progress().recorded(step), known) {
        (_, Some(output)) => Some(output),
        // Begun, and never answered: what it may have left has to be found before it can be taken back.
        (Stage::Intended { .. } | Stage::Failed { .. } | Stage::Undoing, None) => find(work, step, cx).await?,
        (_, None) => None,
    };
    if journal.progress().recorded(step) != Stage::Undoing {
        record(journal, progress, events, Record::UndoIntent { step }).await?;
    }
    if let Some(output) = output {
        cx.wait.call("take it back", || work.undo(step, cx, &output)).await?;
        if let Output::Key(key) = &output
            && journal.progress().facts().key(key.id).is_some_and(|record| !record.removed)
        {
            record(journal, progress, events, Record::KeyRemoved { key: key.id }).await?;
        }
    }
    record(journal, progress, events, Record::Undone { step }).await?;
    Ok(())
}

async fn find<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<Option<Output>, Fault> {
    let window = match work.repeat(step, cx) {
        Repeat::AfterGraphWindow => cx.wait.pace().graph_window,
        Repeat::AfterClusterWindow => cx.wait.pace().cluster_window,
        Repeat::Keyed => cx.wait.pace().first_look,
        Repeat::ReadOnly => return Ok(None),
    };
    let check = || async {
        work.check(step, cx).await.map(|check| if check == Check::CannotTell { Check::Absent } else { check })
    };
    cx.wait.find("what it may have left", window, check).await
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

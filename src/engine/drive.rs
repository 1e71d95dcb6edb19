//! One step's trip: intent, apply, verify, done; each recorded and synced before the next.

use super::{
    Record, Stage, StepContext,
    record::Next,
    work::{Check, Fate, Fault, Repeat, Work},
};
use crate::domain::{Output, StepId};

/// How often a request whose fate stays unknown is sent again before the step fails.
const ATTEMPTS: u32 = 3;

/// Carries `step` from where it stands to done. A failure is recorded, and then returned.
pub(super) async fn drive<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<(), Fault> {
    cx.wait.running();
    let driven = advance(work, step, cx).await;
    cx.wait.quiet();
    let Err((mut fault, next)) = driven else { return Ok(()) };
    if is_leaving(&fault, cx) {
        return Err(fault);
    }
    fault.problem.untouched = step == StepId::ClusterUpdate && cx.facts().delivered_to_cluster().next().is_none();
    cx.record(Record::Failed { step, problem: fault.problem.clone(), next }).await?;
    Err(fault)
}

/// Whoever left has failed nothing: the sign-in that they left ends with the run.
fn is_leaving(fault: &Fault, cx: &StepContext) -> bool {
    fault.is_interrupted() || (fault.given_up && cx.wait.stopped())
}

async fn advance<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<(), (Fault, Next)> {
    let mut stage = cx.progress().stage(step);
    let mut keys_lost = 0;
    loop {
        stage = match stage {
            Stage::Due | Stage::Lost | Stage::Failed { next: Next::Again, .. } => {
                intend(work, step, cx).await.map_err(|fault| (fault, Next::Again))?;
                apply(work, step, cx).await?;
                cx.progress().stage(step)
            }
            Stage::Intended { .. } | Stage::Failed { next: Next::Look, .. } => {
                let attempt = if let Stage::Intended { attempt, .. } = stage { attempt } else { 1 };
                look(work, step, cx, attempt).await?;
                let found = cx.progress().stage(step);
                if found == Stage::Due {
                    // A key was made, and its text was lost on the way. One more would most likely fare no better.
                    keys_lost += 1;
                    if keys_lost >= ATTEMPTS {
                        return Err((unanswered(), Next::Again));
                    }
                }
                found
            }
            Stage::Applied | Stage::Failed { next: Next::Verify, .. } => {
                verify(work, step, cx).await?;
                return Ok(());
            }
            Stage::Done | Stage::Undoing | Stage::Undone => return Ok(()),
        };
    }
}

async fn intend<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<(), Fault> {
    let intent = work.intent(step, cx).await?;
    cx.record(Record::Intent { step, key: intent.key, client_before: intent.client_before }).await
}

/// Applies, and records what came of it. An unknown fate leaves the step intended: the caller's next turn looks.
async fn apply<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<(), (Fault, Next)> {
    match work.apply(step, cx).await {
        Ok(output) => applied(step, cx, output).await.map_err(|fault| (fault, Next::Look)),
        Err(fault) if is_leaving(&fault, cx) => {
            // A resume need not look for what is known not to be there.
            if fault.fate != Fate::Unknown {
                cx.record(Record::Withdrawn { step }).await.map_err(|fault| (fault, Next::Look))?;
            }
            Err((fault, Next::Look))
        }
        Err(fault) if fault.fate == Fate::Unknown => {
            let local = fault.problem.kind == crate::domain::problem::ProblemKind::Local;
            let attempt = match cx.progress().stage(step) {
                Stage::Intended { attempt, .. } => attempt,
                _ => ATTEMPTS,
            };
            if local || attempt >= ATTEMPTS { Err((fault, Next::Look)) } else { Ok(()) }
        }
        Err(fault) => Err((fault, Next::Again)),
    }
}

async fn applied(step: StepId, cx: &StepContext, output: Output) -> Result<(), Fault> {
    cx.record(Record::Applied { step, output: Box::new(output) }).await
}

/// Finds out whether an unanswered apply had its effect; only then is it repeated.
async fn look<W: Work>(work: &W, step: StepId, cx: &StepContext, attempt: u32) -> Result<(), (Fault, Next)> {
    let pace = *cx.wait.pace();
    let found = match work.repeat(step, cx) {
        Repeat::Keyed | Repeat::ReadOnly => Ok(None),
        Repeat::AfterGraphWindow => {
            cx.wait.find("a sign of the earlier request", pace.graph_window, || work.check(step, cx)).await
        }
        Repeat::AfterClusterWindow => {
            cx.wait.find("a sign of the earlier request", pace.cluster_window, || work.check(step, cx)).await
        }
    };
    let found = found.map_err(|fault| {
        let next = if fault.again { Next::Again } else { Next::Look };
        (fault, next)
    })?;
    match found {
        Some(output) => {
            let lost = match &output {
                Output::Key(key) if !work.holds_text(key.id) => Some(key.id),
                _ => None,
            };
            applied(step, cx, output).await.map_err(|fault| (fault, Next::Look))?;
            if let Some(key) = lost {
                // A key that was made, and whose text never arrived: known now, so that it is removed, and never used.
                cx.record(Record::TextLost { key }).await.map_err(|fault| (fault, Next::Look))?;
            }
            Ok(())
        }
        None if step == StepId::ClusterUpdate => {
            // Whoever confirmed the reset may be gone, and with them the key's text: begin again from its gate.
            Err((came_to_nothing(), Next::Again))
        }
        // A wait that was stopped is begun again with each resume; only requests that change something are counted.
        None if attempt > ATTEMPTS && work.repeat(step, cx) != Repeat::ReadOnly => Err((unanswered(), Next::Look)),
        None => {
            intend(work, step, cx).await.map_err(|fault| (fault, Next::Look))?;
            apply(work, step, cx).await
        }
    }
}

async fn verify<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<(), (Fault, Next)> {
    let facts = cx.facts();
    let Some(output) = facts.output(step) else {
        return Err((super::context::missing("what the step left behind"), Next::Again));
    };
    match work.verify(step, cx, output).await {
        Ok(learned) => {
            cx.record(Record::Done { step, output: learned.map(Box::new) }).await.map_err(|fault| (fault, Next::Verify))
        }
        Err(fault) => {
            let next = if fault.again { Next::Again } else { Next::Verify };
            Err((fault, next))
        }
    }
}

fn came_to_nothing() -> Fault {
    use crate::domain::{Problem, problem::ProblemKind};
    // Not a failure of anybody's: a person has to say once more that every node may be replaced.
    Fault::rejected(Problem::new(
        ProblemKind::Waiting,
        "find the reset that was sent",
        "it did not arrive: the cluster shows no sign of it. No node was replaced, and it can be sent again",
        super::wait::now(),
    ))
}

fn unanswered() -> Fault {
    use crate::domain::{Problem, problem::ProblemKind};
    Fault::rejected(Problem::new(
        ProblemKind::Network,
        "get an answer",
        "the request was sent several times and never answered",
        super::wait::now(),
    ))
}

/// Looks whether a step that was done is still there. `None` where this cannot be told, or not by this operator.
pub(super) async fn still_there<W: Work>(work: &W, step: StepId, cx: &StepContext) -> Result<Option<bool>, Fault> {
    let looked = cx.wait.call("look whether it is still there", || work.check(step, cx)).await;
    match looked {
        Ok(Check::There(_)) => Ok(Some(true)),
        Ok(Check::CannotTell) => Ok(None),
        Err(fault) if fault.problem.status == Some(403) => Ok(None),
        Err(fault) => Err(fault),
        Ok(Check::Absent) => {
            // One read proves little: replicas disagree for minutes after a write.
            let pace = cx.wait.pace();
            let young = cx.progress().done_at(step).is_some_and(|at| super::wait::now() - at < pace.graph_window);
            let window = if young { pace.graph_window } else { pace.first_look };
            let found = cx.wait.find("what was done to show", window, || work.check(step, cx)).await?;
            Ok(Some(found.is_some()))
        }
    }
}

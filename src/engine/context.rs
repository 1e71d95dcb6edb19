//! What a step's work is given: what is known, a way to record, and a way to wait.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{Fault, Progress, Record, Waiter, journal::JournalError, wait, work::Fate};
use crate::domain::{Answers, Facts, Plan, Problem, SetupId, problem::ProblemKind};

/// A request to record, answered once the record is synced.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) record: Record,
    pub(super) synced: oneshot::Sender<Result<(), Arc<JournalError>>>,
}

/// The surroundings of a step at work.
#[derive(Debug, Clone)]
pub struct StepContext {
    pub(super) progress: watch::Receiver<Arc<Progress>>,
    pub(super) ask: mpsc::Sender<Ask>,
    /// Waits and repeats on the step's behalf.
    pub wait: Waiter,
}

impl StepContext {
    /// All that the journal comes to at this moment.
    pub fn progress(&self) -> Arc<Progress> {
        self.progress.borrow().clone()
    }

    /// The setup.
    pub fn setup(&self) -> SetupId {
        self.progress.borrow().setup()
    }

    /// What a person chose.
    pub fn answers(&self) -> Result<Arc<Answers>, Fault> {
        self.progress.borrow().answers().cloned().ok_or_else(|| missing("the answers"))
    }

    /// The confirmed plan.
    pub fn plan(&self) -> Result<Arc<Plan>, Fault> {
        self.progress.borrow().plan().cloned().ok_or_else(|| missing("the plan"))
    }

    /// What Azure answered so far.
    pub fn facts(&self) -> Facts {
        self.progress.borrow().facts().clone()
    }

    /// Records, and returns once that is on disk.
    pub async fn record(&self, record: Record) -> Result<(), Fault> {
        let (synced, answer) = oneshot::channel();
        let gone = || Fault::interrupted("write the journal");
        self.ask.send(Ask { record, synced }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?.map_err(|error| journal_fault(&error))
    }
}

/// Something that an earlier step should have left is not there: the order of steps is wrong, which is a defect.
pub fn missing(what: &str) -> Fault {
    let message = format!("{what} should be known by now, and is not");
    Fault::rejected(Problem::new(ProblemKind::Internal, "go on", message, wait::now()))
}

pub(super) fn journal_fault(error: &JournalError) -> Fault {
    let mut message = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    // A record that does not fit is a defect; a file that cannot be written is this machine's.
    let kind = if matches!(error, JournalError::Illegal(_)) { ProblemKind::Internal } else { ProblemKind::Local };
    let problem = Problem::new(kind, "write the journal", message, wait::now());
    Fault {
        problem: Box::new(problem),
        fate: Fate::Unknown,
        retry_after: None,
        repeatable: false,
        again: false,
        given_up: false,
    }
}

//! What is read and written on this machine: in the order in which it was asked for, and never on the wizard's own task.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::Shared;
use crate::{
    domain::{Draft, SetupId},
    error::Error,
    report::Summary,
    session::{Entry, Session},
    tui::{
        msg::{Kept, Msg},
        trouble::Trouble,
    },
};

/// How many file jobs may wait: more than anybody can type.
const WAITING: usize = 256;

type Job = Box<dyn FnOnce(&Session) -> Option<Msg> + Send>;

/// The one who works the jobs off.
pub(super) struct Files {
    jobs: mpsc::Sender<Turn>,
}

enum Turn {
    Job(Job),
    /// Answers once all before it is done.
    All(oneshot::Sender<()>),
}

impl Files {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let (jobs, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(turn) = waiting.recv().await {
                let job = match turn {
                    Turn::Job(job) => job,
                    Turn::All(done) => {
                        // Nobody minds when the one who asked is gone.
                        let _ = done.send(());
                        continue;
                    }
                };
                let msg = match shared.session().await {
                    Ok(session) => match tokio::task::spawn_blocking(move || job(&session)).await {
                        Ok(msg) => msg,
                        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
                    },
                    Err(error) => Some(Msg::Failed(error.into())),
                };
                if let Some(msg) = msg {
                    shared.send(msg).await;
                }
            }
        });
        Self { jobs }
    }

    pub(super) fn run(&self, job: impl FnOnce(&Session) -> Option<Msg> + Send + 'static) {
        if self.jobs.try_send(Turn::Job(Box::new(job))).is_err() {
            tracing::warn!("more waits to be written than anybody can have asked for");
        }
    }

    /// Returns once everything that was asked for is done.
    pub(super) async fn all(&self) {
        let (done, all_done) = oneshot::channel();
        if self.jobs.send(Turn::All(done)).await.is_ok() {
            let _ = all_done.await;
        }
    }
}

fn unless_done(done: Result<(), Error>) -> Option<Msg> {
    done.err().map(|error| Msg::Failed(error.into()))
}

pub(super) fn save_draft(session: &Session, draft: &Draft) -> Option<Msg> {
    unless_done(session.drafts().save(draft))
}

pub(super) fn remove_draft(session: &Session, id: SetupId) -> Option<Msg> {
    unless_done(session.drafts().remove(id))
}

pub(super) fn forget(session: &Session, setup: SetupId) -> Option<Msg> {
    unless_done(session.store().forget(setup))
}

/// Every setup and draft, unfinished ones first, and the latest of these.
pub(super) fn list(session: &Session) -> Msg {
    Msg::Setups(kept(session).map_err(Trouble::from))
}

fn kept(session: &Session) -> Result<Vec<Kept>, Error> {
    let drafts = session.drafts().all()?.into_iter().map(|(draft, changed)| Kept::Draft(Box::new(draft), changed));
    let setups = session.store().all()?;
    let mut kept: Vec<Kept> = drafts.chain(setups.iter().map(setup)).collect();
    // As the screen lists them: what is to be gone on with comes first.
    kept.sort_by_key(|one| (one.finished(), std::cmp::Reverse(changed(one))));
    Ok(kept)
}

fn changed(kept: &Kept) -> Option<time::OffsetDateTime> {
    match kept {
        Kept::Draft(_, changed) => Some(*changed),
        Kept::Setup(summary, _) => summary.changed,
    }
}

fn setup(entry: &Entry) -> Kept {
    match &entry.reading {
        Ok(reading) => Kept::Setup(Box::new(Summary::of(&reading.progress)), Some(Box::new(reading.progress.clone()))),
        Err(error) => {
            let id = entry.folder.file_name().and_then(|name| name.to_str()?.parse().ok());
            Kept::Setup(Box::new(Summary::unreadable(id.unwrap_or(SetupId(uuid::Uuid::nil())), error)), None)
        }
    }
}

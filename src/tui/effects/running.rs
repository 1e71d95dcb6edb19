//! The run behind the screen: the engine in a task of its own, its events on the wizard's queue.

use std::sync::Arc;

use tokio::{
    sync::{Mutex, mpsc},
    task::JoinHandle,
};

use super::{Shared, lock};
use crate::{
    domain::{Answers, PlanHash, answers::SignIn, problem::ProblemKind},
    engine::{Command, Events, run::Mode},
    error::Error,
    session::{Open, Refusal, Session},
    tui::{
        model::Which,
        msg::{Msg, NotOpened, Opened},
        trouble::Trouble,
    },
};

/// A setup that is open, and the task that runs it.
pub(super) struct Running {
    commands: mpsc::Sender<Command>,
    /// The journal, and the texts of the keys that this process made: the task has them while it runs.
    open: Arc<Mutex<Open>>,
    task: JoinHandle<()>,
}

impl Running {
    fn start(session: Arc<Session>, open: Open, mode: Mode, messages: mpsc::Sender<Msg>) -> Self {
        let (events, mut happened, mut statuses) = Events::channel();
        let (commands, received) = mpsc::channel(16);
        let open = Arc::new(Mutex::new(open));
        let journal = Arc::clone(&open);
        let task = tokio::spawn(async move {
            let tell = messages.clone();
            let forwarding = async move {
                loop {
                    tokio::select! {
                        // What happened came before what is waited for now.
                        biased;
                        event = happened.recv() => match event {
                            Some(event) => {
                                let _ = tell.send(Msg::Engine(event)).await;
                            }
                            None => return,
                        },
                        Ok(()) = statuses.changed() => {
                            let now = statuses.borrow_and_update().clone();
                            let _ = tell.send(Msg::Statuses(now)).await;
                        }
                    }
                }
            };
            let running = async {
                let mut open = journal.lock().await;
                Box::pin(session.run(&mut open, mode, events, received)).await
            };
            // The engine's end closes the events, and with them the forwarding.
            let (ended, ()) = tokio::join!(running, forwarding);
            let _ = messages.send(Msg::RunOver(ended.map_err(Trouble::from))).await;
        });
        Self { commands, open, task }
    }
}

impl Shared {
    /// Where the engine takes commands.
    pub(super) fn commands(&self) -> Option<mpsc::Sender<Command>> {
        lock(&self.running).as_ref().map(|running| running.commands.clone())
    }

    /// The journal of the setup that runs or has run, and whether the engine still has it.
    pub(super) fn journal(&self) -> Option<(Arc<Mutex<Open>>, bool)> {
        lock(&self.running).as_ref().map(|running| (Arc::clone(&running.open), !running.task.is_finished()))
    }

    /// Stops the run in order, and waits for it.
    pub(super) async fn stop_run(&self) {
        let running = lock(&self.running).take();
        if let Some(running) = running {
            let _ = running.commands.send(Command::Stop).await;
            // A defect in it has been told where it happened.
            let _ = running.task.await;
        }
    }

    pub(super) async fn begin_setup(self: &Arc<Self>, answers: Answers, hash: &PlanHash) {
        let begun = async {
            let session = self.session().await?;
            let planned = lock(&self.planned).get(hash).cloned();
            let (steps, plan) =
                planned.ok_or_else(|| Error::new(ProblemKind::Internal, "begin a plan that was not made here"))?;
            let opening = Arc::clone(&session);
            let open = tokio::task::spawn_blocking(move || {
                let open = opening.begin(&answers, &plan, steps)?;
                // From here on the journal has what the draft had. One that stays is only listed once more.
                let _ = opening.drafts().remove(plan.setup);
                Ok::<_, Error>(open)
            });
            let open =
                open.await.map_err(|error| Error::new(ProblemKind::Internal, "begin the setup").because(error))??;
            lock(&self.planned).clear();
            Ok::<_, Error>((session, open))
        };
        match begun.await {
            Ok((session, open)) => self.run(session, open, Mode::Fresh).await,
            Err(error) => self.send(Msg::Opened(Err(error.into()))).await,
        }
    }

    pub(super) async fn resume(self: &Arc<Self>, name: &str) {
        let session = match self.session().await {
            Ok(session) => session,
            Err(error) => return self.send(Msg::Opened(Err(error.into()))).await,
        };
        // A setup is open once: the lock of the one that ran before goes first.
        self.stop_run().await;
        match session.resume(Some(name)).await {
            Ok(open) if open.journal.progress().closed().is_some() => {
                let error = Error::new(ProblemKind::Answers, format!("go on with {name}: it is finished"));
                self.send(Msg::Opened(Err(error.into()))).await;
            }
            Ok(open) if open.journal.progress().undoing() => {
                let what = format!("go on with {name}: it is being taken back; `crosspull undo` goes on with that");
                self.send(Msg::Opened(Err(Error::new(ProblemKind::Answers, what).into()))).await;
            }
            Ok(open) => self.run(session, open, Mode::Resumed).await,
            Err(Refusal::Error(error)) => {
                let (session, name) = (Arc::clone(&session), name.to_owned());
                let known = tokio::task::spawn_blocking(move || known(&session, &name)).await.unwrap_or_default();
                self.send(Msg::Opened(Err(NotOpened { trouble: error.into(), known }))).await;
            }
            Err(Refusal::Findings(_)) => {
                let error = Error::new(ProblemKind::Internal, "resume a setup that was refused");
                self.send(Msg::Opened(Err(error.into()))).await;
            }
        }
    }

    async fn run(self: &Arc<Self>, session: Arc<Session>, open: Open, mode: Mode) {
        let progress = open.journal.progress().clone();
        let Some(answers) = progress.answers().cloned() else {
            let error = Error::new(ProblemKind::Local, "run a setup whose journal holds no answers");
            return self.send(Msg::Opened(Err(error.into()))).await;
        };
        // The screen is there before the first event of the run.
        let opened = Opened { progress, answers, resumed: mode == Mode::Resumed };
        self.send(Msg::Opened(Ok(Box::new(opened)))).await;
        let running = Running::start(session, open, mode, self.messages.clone());
        *lock(&self.running) = Some(running);
    }

    /// Stops the run, writes the other account down, and goes on with it.
    pub(super) async fn sign_in_as(self: &Arc<Self>, name: &str, side: Which, sign_in: SignIn) {
        self.stop_run().await;
        let changed = async {
            let session = self.session().await?;
            session.sign_in_as(name, side.into(), sign_in)
        };
        match changed.await {
            Ok(()) => self.resume(name).await,
            Err(error) => self.send(Msg::Opened(Err(error.into()))).await,
        }
    }
}

/// What the journal of an unfinished setup says, for the screen that shows why it cannot be gone on with.
fn known(session: &Session, name: &str) -> Option<Box<Opened>> {
    let entry = session.store().find(Some(name)).ok()?;
    let progress = entry.reading.ok()?.progress;
    let answers = progress.answers().cloned()?;
    let goes_on = progress.plan().is_some() && progress.closed().is_none() && !progress.undoing();
    goes_on.then(|| Box::new(Opened { progress, answers, resumed: true }))
}

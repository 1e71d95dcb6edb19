//! Carries effects out, off the wizard's own task. What comes of them comes back as messages.

mod demo;
mod files;
mod running;
mod shown;
mod signing_in;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{
        broadcast::error::RecvError,
        mpsc::{self, error::TrySendError},
        watch,
    },
    task::JoinHandle,
};

use self::{files::Files, running::Running};
use super::{
    browser::Browser,
    clipboard::{Clipboard, Text},
    effect::Effect,
    msg::{Msg, NoPlan},
    training::Training,
    trouble::Trouble,
};
use crate::{
    domain::{Looking, Plan, PlanHash, problem::ProblemKind},
    engine::wait::now,
    error::Error,
    session::{Refusal, Rows, Session, Ticket},
    steps::Steps,
};

/// How many messages may wait. A full queue holds the engine up rather than losing a record.
const QUEUE: usize = 1024;

/// Opens the session, once somebody needs it: the first frame does not wait for certificates to be read.
pub(super) type OpenSession = Box<dyn FnOnce() -> Result<Session, Error> + Send>;

/// All that carries effects out.
pub(super) struct Effects {
    shared: Arc<Shared>,
    files: Files,
    /// What is being looked up; another question ends it.
    looking: Option<JoinHandle<()>>,
    planning: Option<JoinHandle<()>>,
    /// A setup is being begun, opened, or taken up again: there is a run to stop once that is over.
    opening: Option<JoinHandle<()>>,
}

/// A plan, and the clients that made it.
type Planned = (Arc<Steps>, Arc<Plan>);

/// What effects share.
struct Shared {
    messages: mpsc::Sender<Msg>,
    session: tokio::sync::Mutex<Slot>,
    training: Option<Arc<dyn Training>>,
    clipboard: Clipboard,
    browser: Browser,
    /// Plans that were made, with the clients that made them.
    planned: Mutex<HashMap<PlanHash, Planned>>,
    running: Mutex<Option<Running>>,
}

/// The session, or how to open it.
enum Slot {
    Closed(OpenSession),
    Opening(JoinHandle<Result<Session, Error>>),
    Open(Arc<Session>, JoinHandle<()>),
    /// It could not be opened, and why.
    Failed(String),
    None,
}

impl Effects {
    pub(super) fn new(
        open: Option<OpenSession>,
        training: Option<Arc<dyn Training>>,
        clipboard: Clipboard,
        browser: Browser,
    ) -> (Self, mpsc::Receiver<Msg>) {
        let (messages, received) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            messages,
            session: tokio::sync::Mutex::new(open.map_or(Slot::None, Slot::Closed)),
            training,
            clipboard,
            browser,
            planned: Mutex::default(),
            running: Mutex::default(),
        });
        let files = Files::new(Arc::clone(&shared));
        (Self { shared, files, looking: None, planning: None, opening: None }, received)
    }

    /// Begins an effect. Returns at once.
    pub(super) fn begin(&mut self, effect: Effect) {
        let shared = Arc::clone(&self.shared);
        match effect {
            Effect::StartWorld(id) => {
                self.forget_looks();
                tokio::spawn(async move { shared.start_world(&id).await });
            }
            Effect::OtherAdmin { step, app, plan } => self.files.run(move |_| shared.other_admin(step, app, &plan)),
            Effect::LiftPolicies => {
                if let Some(training) = &shared.training {
                    training.lift_policies();
                }
            }
            Effect::ListSetups => self.files.run(|session| Some(files::list(session))),
            Effect::SaveDraft(draft) => self.files.run(move |session| files::save_draft(session, &draft)),
            Effect::RemoveDraft(id) => self.files.run(move |session| files::remove_draft(session, id)),
            Effect::Forget(setup) => self.files.run(move |session| files::forget(session, setup)),
            Effect::Detect => shared.answer(
                |session| async move { Msg::Accounts(session.accounts().await) },
                |_| Msg::Accounts(Vec::new()),
            ),
            Effect::Resolve(ticket, text) => self.look(async move {
                let found = match shared.session().await {
                    Ok(session) => session.resolve(&text).await,
                    Err(error) => Err(error),
                };
                shared.send(Msg::Found(ticket, found.map_err(Trouble::from))).await;
            }),
            Effect::SignIn { ticket, tenant, sign_in, resource } => self.look(async move {
                let signed_in = match shared.session().await {
                    Ok(session) => session.sign_in(&tenant, &sign_in, resource.as_ref()).await,
                    Err(error) => Err(error),
                };
                shared.send(Msg::SignedIn(ticket, signed_in.map_err(Trouble::from))).await;
            }),
            Effect::NameTenant { ticket, tenant, asked_by } => shared.answer(
                move |session| async move {
                    let named = session.tenant_named(&tenant, (&asked_by.tenant, &asked_by.sign_in)).await;
                    Msg::Named(ticket, named)
                },
                |error| Msg::Failed(error.into()),
            ),
            Effect::Look(ticket, query) => self.look(async move {
                let session = match shared.session().await {
                    Ok(session) => session,
                    Err(error) => {
                        let problem = Some(error.to_problem(now()));
                        let none = Rows { ticket, rows: Vec::new(), done: true, problem };
                        return shared.send(Msg::Rows(none)).await;
                    }
                };
                let (rows, mut came) = mpsc::channel(16);
                let forwarding = async {
                    while let Some(rows) = came.recv().await {
                        shared.send(Msg::Rows(rows)).await;
                    }
                };
                tokio::join!(session.look(ticket, query, rows), forwarding);
            }),
            Effect::Plan(ticket, setup, answers) => {
                let planning = tokio::spawn(async move { shared.make_plan(ticket, setup, &answers).await });
                if let Some(old) = self.planning.replace(planning) {
                    old.abort();
                }
            }
            Effect::Begin(answers, hash) => self.open(async move { shared.begin_setup(*answers, &hash).await }),
            Effect::Resume(name) => self.open(async move { shared.resume(&name).await }),
            Effect::CloseRun => self.open(async move { shared.stop_run().await }),
            Effect::SignInAs { name, side, sign_in } => {
                self.open(async move { shared.sign_in_as(&name, side, sign_in).await });
            }
            Effect::Engine(command) => {
                // In the order in which they were given. An engine that has ended takes no commands, and needs none.
                if let Some(commands) = shared.commands()
                    && let Err(TrySendError::Full(command)) = commands.try_send(command)
                {
                    background(async move {
                        let _ = commands.send(command).await;
                    });
                }
            }
            Effect::Copy { what, text } => {
                tokio::spawn(async move {
                    let how = shared.clipboard.copy(Text::Plain(text)).await;
                    shared.send(Msg::Copied { what, how }).await;
                });
            }
            Effect::CopySecret(key) => background(async move { shared.copy_secret(key).await }),
            Effect::Reveal(key) => background(async move { shared.reveal(key).await }),
            Effect::SaveReport => background(async move { shared.save_report().await }),
            Effect::ForSignIn(id, what) => background(async move { shared.for_sign_in(id, what).await }),
            Effect::Open(url) => {
                tokio::spawn(async move {
                    let opened = shared.browser.open(&url).await;
                    shared.send(Msg::Browser(opened)).await;
                });
            }
            Effect::Drop(secret) => drop(secret),
            // The loop itself does these.
            Effect::Suspend | Effect::Quit => {}
        }
    }

    /// What a person waits for, one at a time: another question ends it.
    fn look(&mut self, looking: impl Future<Output = ()> + Send + 'static) {
        if let Some(old) = self.looking.replace(tokio::spawn(looking)) {
            old.abort();
        }
    }

    /// One at a time: the screens ask for another only when this one has answered.
    fn open(&mut self, opening: impl Future<Output = ()> + Send + 'static) {
        self.opening = Some(tokio::spawn(opening));
    }

    fn forget_looks(&mut self) {
        for task in [self.looking.take(), self.planning.take()].into_iter().flatten() {
            task.abort();
        }
    }

    /// Ends everything in order: the run gets its time, secrets leave the clipboard.
    pub(super) async fn close(&mut self) {
        self.forget_looks();
        self.files.all().await;
        if let Some(opening) = self.opening.take() {
            // A defect in it has been told where it happened.
            let _ = opening.await;
        }
        self.shared.stop_run().await;
        self.shared.clipboard.close().await;
    }
}

impl Shared {
    async fn send(&self, msg: Msg) {
        // A wizard that is gone needs no answer.
        let _ = self.messages.send(msg).await;
    }

    /// The session, opened when it is first needed.
    async fn session(self: &Arc<Self>) -> Result<Arc<Session>, Error> {
        let mut slot = self.session.lock().await;
        if matches!(*slot, Slot::Closed(_))
            && let Slot::Closed(open) = std::mem::replace(&mut *slot, Slot::None)
        {
            // Certificates are read from files.
            *slot = Slot::Opening(tokio::task::spawn_blocking(open));
        }
        match &mut *slot {
            Slot::Open(session, _) => Ok(Arc::clone(session)),
            // Whoever waits for it may be ended; the next one waits for the same.
            Slot::Opening(opening) => {
                let opened = opening
                    .await
                    .unwrap_or_else(|error| Err(Error::new(ProblemKind::Internal, "open the session").because(error)));
                match opened {
                    Ok(session) => Ok(self.put(&mut slot, session)),
                    Err(error) => {
                        *slot = Slot::Failed(error.doing.clone());
                        Err(error)
                    }
                }
            }
            Slot::Failed(doing) => Err(Error::new(ProblemKind::Local, doing.clone())),
            Slot::Closed(_) | Slot::None => Err(Error::new(ProblemKind::Internal, "open a session: there is none")),
        }
    }

    /// Another session takes the place of the one that was.
    fn put(&self, slot: &mut Slot, session: Session) -> Arc<Session> {
        let session = Arc::new(session);
        let (mut feed, messages) = (session.requests().subscribe(), self.messages.clone());
        let mut sign_ins = session.desk().waiting();
        // The sign-ins of the session before are nobody's any more.
        sign_ins.mark_changed();
        let watching = tokio::spawn(async move {
            loop {
                let heard = tokio::select! {
                    Ok(()) = sign_ins.changed() => {
                        let waiting = sign_ins.borrow_and_update().clone();
                        if messages.send(Msg::SignIns(waiting)).await.is_err() {
                            return;
                        }
                        continue;
                    }
                    heard = feed.recv() => heard,
                };
                match heard {
                    Ok(record) => {
                        if messages.send(Msg::Request(record)).await.is_err() {
                            return;
                        }
                    }
                    // The pane shows the latest ones; the log file has them all.
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        if let Slot::Open(_, old) = std::mem::replace(slot, Slot::Open(Arc::clone(&session), watching)) {
            old.abort();
        }
        session
    }

    /// Asks the session one thing.
    fn answer<F>(
        self: Arc<Self>,
        ask: impl FnOnce(Arc<Session>) -> F + Send + 'static,
        failed: impl FnOnce(Error) -> Msg + Send + 'static,
    ) where
        F: Future<Output = Msg> + Send,
    {
        tokio::spawn(async move {
            let msg = match self.session().await {
                Ok(session) => ask(session).await,
                Err(error) => failed(error),
            };
            self.send(msg).await;
        });
    }

    /// Has a plan made, and tells what is found as it is found.
    async fn make_plan(
        self: &Arc<Self>,
        ticket: Ticket,
        setup: crate::domain::SetupId,
        answers: &crate::domain::Answers,
    ) {
        let (told, mut seen) = watch::channel(Looking::default());
        let planning = async move {
            // What is told ends with it.
            let told = told;
            self.plan(setup, answers, &told).await
        };
        let forwarding = async {
            while seen.changed().await.is_ok() {
                let looking = seen.borrow_and_update().clone();
                self.send(Msg::Looking(ticket, looking)).await;
            }
        };
        let (came, ()) = tokio::join!(planning, forwarding);
        self.send(Msg::Planned(ticket, came)).await;
    }

    async fn plan(
        self: &Arc<Self>,
        setup: crate::domain::SetupId,
        answers: &crate::domain::Answers,
        told: &watch::Sender<Looking>,
    ) -> Result<Arc<Plan>, NoPlan> {
        let session = self.session().await.map_err(|error| NoPlan::Trouble(error.into()))?;
        match Box::pin(session.plan(setup, answers, told)).await {
            Ok((steps, plan)) => {
                let plan = Arc::new(plan);
                lock(&self.planned).insert(plan.hash(), (steps, Arc::clone(&plan)));
                Ok(plan)
            }
            Err(Refusal::Findings(findings)) => Err(NoPlan::Findings(findings)),
            Err(Refusal::Error(error)) => Err(NoPlan::Trouble(error.into())),
        }
    }
}

fn background(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

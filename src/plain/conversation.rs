//! A run as a conversation in lines: what happens is told, what has to be confirmed is asked, and where nobody can be asked
//! the program leaves with the exit code that says what for.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{
    WORDS, Waits, event_json, nodes_review_text, out::Out, patience::Patience, plan_text, record_line, signals::Signals,
};
use crate::{
    domain::{Answers, AppId, Plan, Problem, StepId, answers::registered, problem::ProblemKind},
    engine::{
        Command, Event, Events, Idle, Record, Stage,
        event::{Doing, Ended, NodesReview, Statuses},
        record::{Entry, Outcome},
        run::Mode,
    },
    error::{Error, ExitCode},
    session::{Desk, Open, Session},
    steps::{consent_link, handover},
    words::{
        again::{Started, own_line},
        handover_text, nodes, problem_text,
    },
};

/// Plays the other company's admin, in the demo: told the step that waits, the app, and the plan.
pub type OtherAdmin = Arc<dyn Fn(StepId, AppId, &Plan) + Send + Sync>;

/// How a run goes on by itself.
#[derive(Default)]
pub struct Manner {
    /// Nothing is asked that `--yes` answers.
    pub yes: bool,
    /// The cluster whose nodes' replacement is consented to, by its name.
    pub confirm_nodes: Option<String>,
    /// How long a person is waited for.
    pub wait: Duration,
    /// How long a person is given to sign in.
    pub sign_ins: Patience,
    /// A handed-over step that the other company's admin says is done.
    pub vouch: Option<StepId>,
    /// Plays the other company's admin.
    pub other_admin: Option<OtherAdmin>,
    /// How to come back to it.
    pub started: Started,
}

/// Runs an open setup, and says what came of it.
pub async fn carry(
    session: &Session,
    open: &mut Open,
    mode: Mode,
    manner: &Manner,
    out: Out,
    signals: &mut Signals,
) -> Result<ExitCode, Error> {
    let (events, happened, statuses) = Events::channel();
    let (command, commands) = mpsc::channel(16);
    if let Some(step) = manner.vouch {
        tell(&command, Command::Vouch(step)).await;
    }
    let mut talk = Talk::new(open, manner, out, command, signals);
    let ended = {
        let running = session.run(open, mode, events, commands);
        tokio::pin!(running);
        talk.listen(running.as_mut(), happened, statuses, session.desk()).await?
    };
    Ok(talk.finish(ended, open))
}

struct Talk<'a> {
    manner: &'a Manner,
    out: Out,
    command: mpsc::Sender<Command>,
    name: String,
    answers: Option<Arc<Answers>>,
    progress: crate::engine::Progress,
    review: Option<Arc<NodesReview>>,
    /// With what the program leaves, once it does, and how to go on.
    leaving: Option<(ExitCode, String)>,
    signals: &'a mut Signals,
    /// Which waits were told.
    waits: Waits,
    /// What persons were last waited for.
    persons: Vec<String>,
    /// The steps whose waiting for a person was told.
    asked: Vec<StepId>,
    /// Since when nothing but a person is waited for.
    only_a_person_since: Option<Instant>,
    /// A plan that wants to be confirmed was told.
    plan_told: bool,
    /// A consent to the replacement of nodes that was given beforehand counts once.
    consent_used: bool,
    failures: Vec<(StepId, Box<Problem>)>,
}

impl<'a> Talk<'a> {
    fn new(
        open: &Open,
        manner: &'a Manner,
        out: Out,
        command: mpsc::Sender<Command>,
        signals: &'a mut Signals,
    ) -> Self {
        let progress = open.journal.progress().clone();
        let name = progress.answers().map_or_else(|| progress.setup().to_string(), |answers| answers.name.clone());
        Self {
            manner,
            out,
            command,
            name,
            answers: progress.answers().cloned(),
            progress,
            review: None,
            leaving: None,
            signals,
            waits: Waits::default(),
            persons: Vec::new(),
            asked: Vec::new(),
            only_a_person_since: None,
            plan_told: false,
            consent_used: false,
            failures: Vec::new(),
        }
    }

    async fn listen<R>(
        &mut self,
        mut running: std::pin::Pin<&mut R>,
        mut happened: mpsc::Receiver<Event>,
        mut statuses: watch::Receiver<Statuses>,
        desk: &Desk,
    ) -> Result<Ended, Error>
    where
        R: Future<Output = Result<Ended, Error>>,
    {
        let nobody_came = self.manner.sign_ins.clone().ends(desk);
        tokio::pin!(nobody_came);
        loop {
            let patience = self.only_a_person_since.map(|since| since + self.manner.wait);
            tokio::select! {
                biased;
                Some(event) = happened.recv() => self.hear(event).await,
                ended = &mut running => {
                    while let Ok(event) = happened.try_recv() {
                        self.hear(event).await;
                    }
                    return ended;
                }
                () = self.signals.next() => self.interrupted(),
                Ok(()) = statuses.changed() => {
                    // What happened came before what is waited for now.
                    while let Ok(event) = happened.try_recv() {
                        self.hear(event).await;
                    }
                    let now = statuses.borrow_and_update().clone();
                    self.see(&now).await;
                }
                () = tokio::time::sleep_until(patience.unwrap_or_else(Instant::now)), if patience.is_some() => {
                    self.only_a_person_since = None;
                    let persons = self.persons.join(", and for ");
                    self.leave_waiting(&persons).await;
                }
                tenant = &mut nobody_came, if self.leaving.is_none() => {
                    self.leave_waiting(&format!("somebody to sign in to {}", desk.names().of(tenant))).await;
                }
            }
        }
    }

    /// A second signal is a second stop. An engine whose channel is full of them has heard enough.
    fn interrupted(&mut self) {
        let taken = self.progress.stage(StepId::ClusterUpdate) == Stage::Applied;
        let azure = if taken { " Azure goes on replacing the cluster's nodes." } else { "" };
        let way_on = format!("Stopped. What is done stays done.{azure} Go on with:\n{}", self.resume(""));
        self.leaving.get_or_insert((ExitCode::Interrupted, way_on));
        let _ = self.command.try_send(Command::Stop);
    }

    /// Asks, and still hears a signal. `None` where the input has ended, or the program is being left.
    async fn ask(&mut self, question: &str) -> Option<String> {
        if self.leaving.is_some() {
            return None;
        }
        tokio::select! {
            biased;
            () = self.signals.next() => {
                self.interrupted();
                None
            }
            answer = self.out.ask(question) => answer,
        }
    }

    /// The command that comes back to this, on a line of its own.
    fn resume(&self, more: &str) -> String {
        own_line(&self.manner.started.resume(&self.name, more))
    }

    async fn leave_waiting(&mut self, what: &str) {
        let way_on = format!(
            "Left waiting for {what}.\nWhat is done stays done. When that has happened, go on with:\n{}",
            self.resume("")
        );
        let code = self.failures.first().map_or(ExitCode::Waiting, |(_, problem)| problem.kind.into());
        self.leave(code, way_on).await;
    }

    async fn leave(&mut self, code: ExitCode, way_on: String) {
        if self.leaving.is_none() {
            self.leaving = Some((code, way_on));
            tell(&self.command, Command::Stop).await;
        }
    }

    async fn hear(&mut self, event: Event) {
        self.out.object(&event_json(&event));
        match event {
            Event::Recorded(entry) => self.recorded(&entry),
            Event::PlanChanged(plan) => self.plan_changed(&plan).await,
            Event::ConfirmNodes(review) => self.review = Some(review),
            Event::Idle(Idle::Nodes) => self.confirm_nodes().await,
            Event::Idle(Idle::Failed) => {
                let code = self.failures.first().map_or(ExitCode::Azure, |(_, problem)| problem.kind.into());
                let way_on =
                    format!("What is done stays done. When the cause is gone, go on with:\n{}", self.resume(""));
                self.leave(code, way_on).await;
            }
            // An earlier run may have ended between a plan and its confirmation.
            Event::Idle(Idle::Plan) if !self.plan_told => {
                if let Some(plan) = self.progress.plan().cloned() {
                    self.plan_changed(&plan).await;
                }
            }
            Event::Idle(Idle::Plan) | Event::Looked | Event::Ended(_) => {}
        }
    }

    fn recorded(&mut self, entry: &Entry) {
        // The engine has taken the record in already; what it refused would not be told.
        if self.progress.apply(entry).is_err() {
            return;
        }
        if let Record::Failed { step, problem, .. } = &entry.record
            && problem.kind != ProblemKind::Waiting
        {
            self.out.text(&format!("\n{}\n", problem_text(problem, Some(*step))));
            self.failures.push((*step, problem.clone()));
        } else if let Some(line) = record_line(entry, &self.progress) {
            self.out.line(&line, WORDS);
        }
    }

    async fn plan_changed(&mut self, plan: &Plan) {
        self.plan_told = true;
        self.out.text("\nPart of what was done is gone. This is the plan now:\n");
        self.out.text(&plan_text(plan));
        if self.manner.yes || self.yes("Do it?").await {
            tell(&self.command, Command::Confirm(plan.hash())).await;
        } else {
            let way_on = format!("The changed plan needs your yes. To agree:\n{}", self.resume(" --yes"));
            self.leave(ExitCode::Waiting, way_on).await;
        }
    }

    /// The replacement of every node has a consent of its own: given in advance for what the plan showed, given by name, or
    /// typed now.
    async fn confirm_nodes(&mut self) {
        let Some(review) = self.review.clone() else { return };
        self.out.text(&format!("\n{}", nodes_review_text(&review)));
        let cluster = review.cluster.id.name().to_owned();
        // What was consented to in advance was one replacement, not another one after a failed one.
        let facts = self.progress.facts();
        let first = facts.update().is_none() && facts.delivered_to_cluster().next().is_none();
        let in_advance = self.answers.as_ref().is_some_and(|answers| answers.options.confirm_node_replacement);
        let named = self.manner.confirm_nodes.as_deref();
        let consented = if self.consent_used {
            self.types_name(&review).await
        } else if in_advance && first && review.as_planned {
            self.out.text("You agreed to it in advance (confirm_node_replacement).");
            self.consent_used = true;
            true
        } else if named == Some(cluster.as_str()) {
            self.out.text("You agree to it (--confirm-nodes).");
            self.consent_used = true;
            true
        } else {
            if in_advance && !first {
                self.out.text("What you agreed to in advance was one replacement; this would be another.");
            } else if in_advance {
                self.out.text("What you agreed to in advance was the cluster as the plan saw it, not this.");
            }
            if let Some(other) = named {
                self.out.text(&format!("--confirm-nodes names {other}, and this is {cluster}."));
            }
            self.types_name(&review).await
        };
        if consented {
            tell(&self.command, Command::ConfirmNodes(review.hash.clone())).await;
        } else {
            let way_on = format!(
                "No node is replaced without your yes. What is done stays done. To agree:\n{}",
                self.resume(&format!(" --confirm-nodes {cluster}"))
            );
            self.leave(ExitCode::Waiting, way_on).await;
        }
    }

    async fn types_name(&mut self, review: &NodesReview) -> bool {
        let question = format!("Type the cluster's name to replace its {} nodes:", review.cluster.nodes());
        self.out.can_ask() && self.ask(&question).await.as_deref() == Some(review.cluster.id.name())
    }

    async fn yes(&mut self, question: &str) -> bool {
        self.out.can_ask() && matches!(self.ask(&format!("{question} [y/N]")).await.as_deref(), Some("y" | "Y" | "yes"))
    }

    /// Tells what steps wait for, once for each thing, and notices when only a person is waited for.
    async fn see(&mut self, now: &Statuses) {
        if self.leaving.is_none() {
            self.waits.tell(self.out, now);
        }
        for (step, status) in now {
            if status.doing == Doing::Person && !self.asked.contains(step) {
                self.asked.push(*step);
                self.ask_person(*step).await;
            }
        }
        // Trouble on the network does not make a wait for a person another wait.
        let for_a_person = |(step, status): (&StepId, &crate::engine::event::Status)| {
            status.doing == Doing::Person
                || (matches!(status.doing, Doing::Network | Doing::Throttling) && self.asked.contains(step))
        };
        let only_a_person = !now.is_empty() && now.iter().all(for_a_person);
        if only_a_person {
            self.persons = now.values().map(|status| status.what.clone()).collect();
            self.only_a_person_since.get_or_insert_with(Instant::now);
        } else {
            self.only_a_person_since = None;
        }
    }

    /// What the person that is waited for has to be told.
    async fn ask_person(&mut self, step: StepId) {
        let (Some(plan), Some(answers)) = (self.progress.plan().cloned(), self.answers.clone()) else { return };
        let Some(app) = self.progress.facts().app().map(|app| app.app_id) else { return };
        let link = consent_link(&plan.cloud, plan.registry_tenant.id, app, &answers.app.redirect_uri);
        if self.out.json {
            self.out.object(&serde_json::json!({ "event": "ask-person", "step": step, "link": link, "app_id": app }));
        } else if answers.registry.handed_over() {
            if step == StepId::Consent || !self.asked.contains(&StepId::Consent) {
                let commands = handover::commands(&plan, app, &answers.registry.repositories).with_link(link);
                let known = step == StepId::RegistryRole;
                self.out.text(&format!("\n{}\n", handover_text(&plan, &commands, known)));
            }
        } else {
            self.out.text(&format!(
                "\nA Cloud Application Administrator of {} opens this link and accepts.\n\
                 Landing on {} without a word is success.\n\n{link}\n",
                plan.registry_tenant.label(),
                registered(&answers.app.redirect_uri),
            ));
        }
        if let Some(other_admin) = &self.manner.other_admin {
            if self.out.can_ask() {
                let _ = self.ask("Press Enter to play the other company's admin, who accepts:").await;
            } else {
                self.out.text("(demo: the other company's admin accepts)");
            }
            other_admin(step, app, &plan);
            tell(&self.command, Command::LookNow).await;
        }
    }

    fn finish(self, ended: Ended, open: &Open) -> ExitCode {
        let progress = open.journal.progress();
        match ended {
            Ended::Closed(Outcome::Connected) => {
                self.out.text(&format!("\n{}", connected(progress)));
                ExitCode::Done
            }
            Ended::Closed(Outcome::TakenBack) => ExitCode::Done,
            Ended::Stopped => {
                let stopped = || (ExitCode::Interrupted, format!("Stopped. Go on with:\n{}", self.resume("")));
                let (code, way_on) = self.leaving.clone().unwrap_or_else(stopped);
                // The demo's world ends with it: there is nothing to go on with.
                let way_on = if self.manner.other_admin.is_some() {
                    "The demo ends here, and its world with it.".to_owned()
                } else {
                    way_on
                };
                // A failure ends with an empty line of its own.
                let gap = if code == ExitCode::Azure { "" } else { "\n" };
                self.out.text(&format!("{gap}{way_on}"));
                code
            }
        }
    }
}

fn connected(progress: &crate::engine::Progress) -> String {
    let Some(proof) = progress.facts().proof() else { return "Done.".to_owned() };
    let mut text = match &proof.pulled.digest {
        Some(digest) => format!("Pulled {}\n       {digest}\n", proof.pulled.image),
        None => format!(
            "{} was not pulled from here, since the registry's firewall lets nobody in.\n\
             The app's sign-in is proven in both tenants; the rest is the word of its admin.\n",
            proof.pulled.image
        ),
    };
    if proof.pulled.anonymous {
        text.push_str("       but this registry lets anybody pull, so that proves nothing about the role\n");
    }
    for pool in &proof.pools {
        let said = match &pool.why_not {
            None => "its nodes can pull".to_owned(),
            Some(why) => format!("access proven, nodes not proven: {why}"),
        };
        let _ = writeln!(text, "Pool {} ({}): {said}", pool.pool, nodes(pool.nodes));
    }
    text
}

async fn tell(commands: &mpsc::Sender<Command>, command: Command) {
    // An engine that has ended takes no commands, and needs none.
    let _ = commands.send(command).await;
}

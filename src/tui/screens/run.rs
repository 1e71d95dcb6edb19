//! The run and its proof: every step with its state, what is waited for, what a person has to do, what failed.

mod accounts;
mod consent;
mod dialogs;
mod keys;
mod panes;
mod proof;
mod state;
mod view;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub use accounts::Accounts;
pub use dialogs::{Dialog, dialog_keys, dialog_view, in_dialog, pasted, typed};
pub use keys::{Act, keys, perform};
pub use view::{leave_doc, view};

use crate::{
    domain::{
        Answers, KeyId, Operator, Side, StepId, TenantId,
        answers::{SignIn, Tenant},
        problem::ProblemKind,
    },
    engine::{
        Event, Idle, Progress, Record, Stage,
        event::{Doing, Ended, NodesReview, Statuses},
        record::Outcome,
        run::Mode,
    },
    error::ExitCode,
    session::{Account, Wanted},
    tui::{
        effect::Effect,
        model::{Dialog as Over, Model as Wizard, Screen, Which},
        msg::{Msg, NotOpened, Opened},
        screens::questions,
        trouble::Trouble,
        widgets::doc::{Doc, Tone},
    },
    words::{
        again::{Started, own_line},
        other_operator, text_refused, text_stays,
    },
};

/// A setup that runs, or has run.
#[derive(Debug)]
pub struct Model {
    /// What its journal says.
    pub progress: Progress,
    /// Its answers.
    pub answers: Arc<Answers>,
    /// What the steps are doing.
    pub statuses: Statuses,
    /// Why nothing goes on by itself.
    pub idle: Option<Idle>,
    /// The cluster right before its nodes are replaced.
    pub review: Option<Arc<NodesReview>>,
    /// How the run ended.
    pub ended: Option<Result<Ended, Trouble>>,
    /// A setup that was begun earlier: what is done is being looked at.
    looking: bool,
    /// Whether it was begun on the screens before this one, or has been taken up again.
    mode: Mode,
    /// Who this run has seen signed in.
    operators: BTreeMap<Side, Operator>,
    /// The run is being taken up again, as somebody else or after it broke off.
    reopening: bool,
    /// The step that a person marked; `None` follows what matters most.
    at: Option<StepId>,
    /// How far the marked step's text is scrolled.
    pub scroll: u16,
    /// The steps that only wait for a person by now.
    ready: BTreeSet<StepId>,
    /// What the address said that a person pasted.
    landed: Vec<(Tone, String)>,
    /// Where the report was saved.
    report: Option<String>,
    /// The secret was shown; that happens once.
    shown: bool,
    /// The tenants that somebody has to sign in to.
    sign_ins: Vec<TenantId>,
}

impl Model {
    fn new(opened: Opened) -> Self {
        Self {
            progress: opened.progress,
            answers: opened.answers,
            statuses: Statuses::new(),
            idle: None,
            review: None,
            ended: None,
            looking: opened.resumed,
            mode: if opened.resumed { Mode::Resumed } else { Mode::Fresh },
            operators: BTreeMap::new(),
            reopening: false,
            at: None,
            scroll: 0,
            ready: BTreeSet::new(),
            landed: Vec::new(),
            report: None,
            shown: false,
            sign_ins: Vec::new(),
        }
    }

    /// Whether the end is proven.
    pub fn proven(&self) -> bool {
        self.progress.complete() || self.progress.closed().is_some()
    }

    /// Whether this is the run that was begun with the answers on the screens before it.
    pub fn is_fresh(&self) -> bool {
        self.mode == Mode::Fresh
    }

    /// Who is signed in on one side, as their token said to this run.
    pub fn signed_in(&self, which: Which) -> Option<&Operator> {
        self.operators.get(&which.into())
    }

    /// Whether nothing runs any more.
    pub fn over(&self) -> bool {
        self.ended.is_some()
    }

    /// With what the program ends when it is left from here.
    pub fn exit_code(&self) -> ExitCode {
        if self.proven() {
            return ExitCode::Done;
        }
        if let Some(Err(trouble)) = &self.ended {
            return trouble.code;
        }
        if let Some((_, problem)) = self.progress.failed().find(|(_, problem)| problem.kind != ProblemKind::Waiting) {
            return problem.kind.into();
        }
        let waits =
            !self.sign_ins.is_empty() || self.statuses.iter().any(|(step, status)| self.is_waited_for(*step, status));
        match self.idle {
            Some(Idle::Nodes | Idle::Plan) => ExitCode::Waiting,
            _ if waits => ExitCode::Waiting,
            _ => ExitCode::Interrupted,
        }
    }

    /// What is said in the shell when it was left from here.
    pub fn parting(&self, started: &Started) -> String {
        let name = &self.answers.name;
        if self.progress.closed() == Some(Outcome::TakenBack) {
            return format!("{name} was taken back.");
        }
        if self.proven() {
            let report = self.report.as_ref().map(|path| format!(" Report: {path}")).unwrap_or_default();
            let done = if self.progress.facts().pull_was_seen() { "connected" } else { "set up; no pull was seen" };
            return format!(
                "{name} is {done}.{report}\nTo see it again:\n{}",
                own_line(&started.command("show", name))
            );
        }
        let more = if self.replaces_nodes() {
            "Azure was replacing the nodes, and goes on with that by itself.\n"
        } else if self.secret_to_lose() {
            "The secret is forgotten: whoever goes on gets a new one made.\n"
        } else {
            ""
        };
        format!("{more}What is done stays done. Go on with:\n{}", own_line(&started.resume(name, "")))
    }

    /// Whether nodes are being replaced: Azure goes on with that whoever is there.
    pub(super) fn replaces_nodes(&self) -> bool {
        self.progress.stage(StepId::ClusterUpdate) == Stage::Applied
    }

    /// While something runs, seconds are shown.
    pub fn moves(&self) -> bool {
        self.ended.is_none() && !self.statuses.is_empty()
    }

    /// How somebody signs in on one side; `None` where it is handed over.
    pub fn sign_in(&self, which: Which) -> Option<&SignIn> {
        match which {
            Which::Cluster => Some(&self.answers.cluster.sign_in),
            Which::Registry => self.answers.registry.sign_in.as_ref(),
        }
    }

    /// A tenant and who is signed in there.
    pub fn tenant(&self, which: Which, accounts: Option<&[Account]>) -> (Option<Tenant>, Option<String>) {
        let plan = self.progress.plan();
        let tenant = plan.map(|plan| match which {
            Which::Cluster => plan.cluster_tenant.clone(),
            Which::Registry => plan.registry_tenant.clone(),
        });
        let sign_in = self.sign_in(which);
        let id = tenant.as_ref().map(|tenant| tenant.id);
        let who = match sign_in {
            None => "handed over".to_owned(),
            Some(sign_in) => {
                let mut known =
                    accounts.into_iter().flatten().filter(|one| one.tenant == id && one.sign_in == *sign_in);
                // Where the Azure CLI has several people in a tenant, nobody here knows which of them it takes.
                match (known.next(), known.next()) {
                    (Some(only), None) => only.name.clone(),
                    _ => sign_in.words(),
                }
            }
        };
        (tenant, Some(who))
    }

    /// Takes in which sign-ins wait.
    pub fn sign_ins_are(&mut self, waiting: &[Wanted]) {
        self.sign_ins = waiting.iter().map(|wanted| wanted.tenant).collect();
    }

    /// The tenant that somebody has to sign in to before a step goes on.
    fn sign_in_for(&self, step: StepId) -> Option<Tenant> {
        let plan = self.progress.plan()?;
        self.status(step).filter(|status| status.doing == Doing::Running)?;
        let sides = match step.side() {
            Side::Cluster => [Some(&plan.cluster_tenant), None],
            Side::Registry => [Some(&plan.registry_tenant), None],
            Side::Both => [Some(&plan.cluster_tenant), Some(&plan.registry_tenant)],
        };
        sides.into_iter().flatten().find(|tenant| self.sign_ins.contains(&tenant.id)).cloned()
    }

    /// The steps that go on once somebody has signed in to a tenant.
    pub fn steps_waiting_for(&self, tenant: TenantId) -> Vec<String> {
        let waits = |step: &StepId| self.sign_in_for(*step).is_some_and(|wanted| wanted.id == tenant);
        let steps = self.progress.steps().map(|(step, _)| step).filter(waits);
        steps.map(|step| format!("{} ({step})", self.number(step))).collect()
    }

    /// Whether there is a secret that ends with this process, and that no node has been given yet.
    fn secret_to_lose(&self) -> bool {
        let facts = self.progress.facts();
        let record = facts.key_of(StepId::Secret).and_then(|key| facts.key(key.id));
        record.is_some_and(|key| !key.removed && !key.text_lost && !key.kept && key.delivered.is_none())
    }

    /// The secret of the cluster's key, where this process made it and may still give it out.
    fn secret_at_hand(&self) -> Option<KeyId> {
        let facts = self.progress.facts();
        let record = facts.key(facts.key_of(StepId::Secret)?.id)?;
        (!record.removed && !record.text_lost && self.ended.is_some()).then_some(record.key.id)
    }
}

/// A setup is open, and its run has begun; or why not.
pub fn opened(wizard: &mut Wizard, opened: Result<Box<Opened>, NotOpened>) -> Vec<Effect> {
    match opened {
        Ok(opened) => {
            (wizard.notice, wizard.not_opened) = (None, None);
            let mut model = Model::new(*opened);
            model.sign_ins_are(&wizard.sign_ins);
            wizard.screen = Screen::Run(Box::new(model));
        }
        Err(NotOpened { trouble, known }) => {
            wizard.not_opened = Some(trouble.code);
            match &mut wizard.screen {
                Screen::Start(model) => {
                    model.opening = false;
                    // Another account may be all that it takes.
                    if let Some(known) = known {
                        let model = Model { ended: Some(Err(trouble)), ..Model::new(*known) };
                        wizard.screen = Screen::Run(Box::new(model));
                        return Vec::new();
                    }
                }
                Screen::Plan(model) => model.beginning = false,
                Screen::Run(model) => {
                    (model.reopening, model.ended) = (false, Some(Err(trouble)));
                    return Vec::new();
                }
                Screen::Scenarios(_) | Screen::Questions(_) => {}
            }
            let mut doc = Doc::default();
            questions::explain(&mut doc, &trouble);
            doc.blank();
            doc.text("What is done stays done. When that is mended, open it again.");
            wizard.dialogs.push(Over::Text { title: "It could not be opened".to_owned(), doc, scroll: 0, copy: None });
            // What kept it may have changed the list.
            if matches!(wizard.screen, Screen::Start(_)) {
                return vec![Effect::ListSetups];
            }
        }
    }
    Vec::new()
}

/// Takes in what the engine says, and what comes of a person's wishes.
pub fn hear(wizard: &mut Wizard, msg: Msg) -> Vec<Effect> {
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    match msg {
        Msg::Statuses(statuses) => {
            let persons = statuses.iter().filter(|(_, status)| status.doing == Doing::Person);
            model.ready.extend(persons.map(|(step, _)| *step));
            model.statuses = statuses;
        }
        Msg::Engine(event) => {
            engine_said(model, &event);
            // What was said of an act before this is old news.
            let news = match &event {
                Event::Idle(_) => true,
                // What the keychain did is said before its step is done, and has to be read after that.
                Event::Recorded(entry) => match entry.record {
                    Record::Done { step, .. } => step != StepId::Secret,
                    Record::Failed { .. } => true,
                    _ => false,
                },
                _ => false,
            };
            if news && !wizard.notice.as_ref().is_some_and(|notice| notice.stays) {
                wizard.notice = None;
            }
            if let Some(newcomer) = newcomer(model, &event) {
                wizard.say_until_seen(newcomer);
            }
            if let Event::Recorded(entry) = &event {
                match &entry.record {
                    Record::TextRefused { why, .. } => wizard.warn(text_refused(why)),
                    Record::TextStays { why, .. } => wizard.warn(text_stays(why)),
                    _ => {}
                }
            }
        }
        Msg::RunOver(ended) => {
            if !model.reopening {
                model.ended = Some(ended);
                model.follow();
            }
            model.statuses.clear();
        }
        Msg::Saved(text, json) => {
            model.report = Some(text.display().to_string());
            let name = json.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            wizard.say(format!("Saved: {}, and {name} beside it for programs.", text.display()));
        }
        Msg::Report(text) => {
            model.report = Some("read, and not saved: this is a demo".to_owned());
            let mut doc = Doc::default();
            doc.verbatim(&text);
            let title = "The report. Outside the demo it is saved as a file".to_owned();
            wizard.dialogs.push(Over::Text { title, doc, scroll: 0, copy: Some(("the report", text)) });
        }
        Msg::Revealed(Ok(secret)) => {
            wizard.dialogs.push(Over::Run(Dialog::Secret(secret)));
        }
        Msg::Revealed(Err(trouble)) => {
            model.shown = false;
            wizard.warn(trouble.said);
        }
        _ => {}
    }
    Vec::new()
}

/// Somebody goes on with what another began.
fn newcomer(model: &Model, event: &Event) -> Option<String> {
    let Event::Recorded(entry) = event else { return None };
    let Record::SignedIn { side, .. } = &entry.record else { return None };
    Some(other_operator(*side, model.progress.operator(*side)?, model.progress.replaced(*side)?))
}

fn engine_said(model: &mut Model, event: &Event) {
    match event {
        Event::Recorded(entry) => {
            // The engine has taken the record in already; what it refused would not be told.
            if model.progress.apply(entry).is_err() {
                return;
            }
            if let Some(answers) = model.progress.answers() {
                model.answers = Arc::clone(answers);
            }
            if let Record::SignedIn { side, operator } = &entry.record {
                model.operators.insert(*side, operator.clone());
                return;
            }
            model.idle = None;
            if matches!(entry.record, Record::Failed { .. } | Record::Closed { .. }) {
                model.follow();
            }
        }
        Event::Looked => model.looking = false,
        Event::PlanChanged(_) | Event::Ended(_) => {}
        Event::ConfirmNodes(review) => model.review = Some(Arc::clone(review)),
        Event::Idle(idle) => {
            model.idle = Some(*idle);
            model.follow();
        }
    }
}

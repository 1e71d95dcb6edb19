//! The run and its proof: every step with its state, what is waited for, what a person has to do, what failed.

use std::sync::Arc;

use crossterm::event::KeyEvent;

use crate::{
    domain::{
        Answers,
        answers::{SignIn, Tenant},
    },
    engine::{
        Idle, Progress,
        event::{Ended, NodesReview, Statuses},
    },
    error::ExitCode,
    tui::{
        effect::Effect,
        keymap::{self, Binding},
        model::{Model as Wizard, Screen, Which},
        msg::{Msg, Opened},
        trouble::Trouble,
    },
};

/// A setup that runs, or has run.
#[derive(Debug)]
pub struct Model {
    /// What its journal says.
    pub progress: Progress,
    /// Its answers.
    pub answers: Arc<Answers>,
    /// It was begun earlier.
    pub resumed: bool,
    /// What the steps are doing.
    pub statuses: Statuses,
    /// Why nothing goes on by itself.
    pub idle: Option<Idle>,
    /// The cluster right before its nodes are replaced.
    pub review: Option<Arc<NodesReview>>,
    /// How the run ended.
    pub ended: Option<Result<Ended, Trouble>>,
    /// Who is signed in, side by side.
    pub accounts: [Option<String>; 2],
}

impl Model {
    /// Whether the end is proven.
    pub fn proven(&self) -> bool {
        self.progress.complete() || self.progress.closed().is_some()
    }

    /// Whether nothing runs any more.
    pub fn over(&self) -> bool {
        self.ended.is_some()
    }

    /// With what the program ends when it is left from here.
    pub fn exit_code(&self) -> ExitCode {
        if self.proven() { ExitCode::Done } else { ExitCode::Interrupted }
    }

    /// While something runs, seconds are shown.
    pub fn moves(&self) -> bool {
        self.ended.is_none() && !self.statuses.is_empty()
    }

    /// A tenant and who is signed in there.
    pub fn tenant(&self, which: Which) -> (Option<Tenant>, Option<String>) {
        let plan = self.progress.plan();
        let tenant = plan.map(|plan| match which {
            Which::Cluster => plan.cluster_tenant.clone(),
            Which::Registry => plan.registry_tenant.clone(),
        });
        let account = match which {
            Which::Registry if self.answers.registry.handed_over() => Some("handed over".to_owned()),
            Which::Cluster => self.accounts[0].clone().or_else(|| Some(way_in(&self.answers.cluster.sign_in))),
            Which::Registry => self.accounts[1].clone().or_else(|| self.answers.registry.sign_in.as_ref().map(way_in)),
        };
        (tenant, account)
    }
}

/// How somebody signs in, where the account's name is not known.
fn way_in(sign_in: &SignIn) -> String {
    match sign_in {
        SignIn::AzureCli => "Azure CLI".to_owned(),
        SignIn::ServicePrincipal { client_id, .. } => format!("app {client_id}"),
    }
}

/// What keys mean here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Look now instead of later.
    LookNow,
}

/// What lies over the run.
#[derive(Debug)]
pub enum Dialog {}

impl Dialog {
    /// Whether printable keys are text here.
    pub fn takes_text(&self) -> bool {
        false
    }
}

/// The keys of the run.
pub fn keys(_: &Model, _: &Wizard) -> Vec<Binding> {
    Vec::new()
}

/// The keys of its dialogs.
pub fn dialog_keys(_: &Dialog, _: &Wizard) -> Vec<Binding> {
    Vec::new()
}

/// A setup is open, and its run has begun; or why not.
pub fn opened(wizard: &mut Wizard, opened: Result<Box<Opened>, Trouble>) -> Vec<Effect> {
    match opened {
        Ok(opened) => {
            let accounts = [wizard.draft.cluster.account.clone(), wizard.draft.registry.account.clone()];
            wizard.screen = Screen::Run(Box::new(Model {
                progress: opened.progress,
                answers: opened.answers,
                resumed: opened.resumed,
                statuses: Statuses::new(),
                idle: None,
                review: None,
                ended: None,
                accounts: if opened.resumed { [None, None] } else { accounts },
            }));
        }
        Err(trouble) => {
            match &mut wizard.screen {
                Screen::Start(model) => model.opening = false,
                Screen::Plan(model) => model.beginning = false,
                _ => {}
            }
            wizard.warn(trouble.said);
        }
    }
    Vec::new()
}

/// Takes in what the engine says.
pub fn hear(wizard: &mut Wizard, msg: Msg) -> Vec<Effect> {
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    match msg {
        Msg::Statuses(statuses) => model.statuses = statuses,
        Msg::RunOver(ended) => model.ended = Some(ended),
        _ => {}
    }
    Vec::new()
}

/// Does what a key means.
pub fn perform(_: &mut Wizard, _: keymap::Act) -> Vec<Effect> {
    Vec::new()
}

/// Does what a key means in a dialog.
pub fn in_dialog(_: &mut Wizard, _: keymap::Act) -> Vec<Effect> {
    Vec::new()
}

/// Takes a key as text.
pub fn typed(_: &mut Wizard, _: KeyEvent) -> Vec<Effect> {
    Vec::new()
}

/// Takes pasted text: what the browser landed on.
pub fn pasted(_: &mut Wizard, _: &str) -> Vec<Effect> {
    Vec::new()
}

/// Draws the screen.
pub fn view(
    _: &Model,
    _: &Wizard,
    _: ratatui::layout::Rect,
    _: &mut ratatui::buffer::Buffer,
) -> Option<ratatui::layout::Position> {
    None
}

/// Draws what lies over it.
pub fn dialog_view(
    dialog: &Dialog,
    _: &Wizard,
    _: ratatui::layout::Rect,
    _: &mut ratatui::buffer::Buffer,
) -> Option<ratatui::layout::Position> {
    match *dialog {}
}

/// What leaving means now.
pub fn leave_doc(_: &Model, _: &Wizard) -> crate::tui::widgets::doc::Doc {
    crate::tui::widgets::doc::Doc::default()
}

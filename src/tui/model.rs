//! What the wizard knows. Changed by `update` alone; drawing reads it.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use time::OffsetDateTime;

use super::{
    browser::Place,
    look::Look,
    screens::{plan, questions, run, scenarios, sign_in, start},
    training::{Scenario, Suggested},
    widgets::{details::REQUESTS, doc::Doc, header::TenantLine},
};
use crate::{
    domain::{Draft, SetupId, Side, answers::SignIn, draft::SideDraft},
    error::ExitCode,
    session::{Account, RequestRecord, Ticket, Wanted},
    words::again::Started,
};

/// One of the two sides of a setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// The tenant that owns the cluster.
    Cluster,
    /// The tenant that owns the registry.
    Registry,
}

impl Which {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Registry => "registry",
        }
    }

    /// What was answered for it.
    pub fn of(self, draft: &Draft) -> &SideDraft {
        match self {
            Self::Cluster => &draft.cluster,
            Self::Registry => &draft.registry,
        }
    }

    /// The environment variable that is suggested for the secret of a service principal there.
    pub fn secret_variable(self) -> String {
        format!("CROSSPULL_{}_SECRET", self.word().to_ascii_uppercase())
    }
}

impl From<Which> for Side {
    fn from(which: Which) -> Self {
        match which {
            Which::Cluster => Self::Cluster,
            Which::Registry => Self::Registry,
        }
    }
}

/// The five stages, as the header names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The cluster's side is asked for.
    Cluster,
    /// The registry's side is asked for.
    Registry,
    /// What will happen.
    Plan,
    /// It happens.
    Run,
    /// It is proven.
    Proof,
}

/// What fills the screen.
#[derive(Debug)]
pub enum Screen {
    /// The demo's scenarios.
    Scenarios(scenarios::Model),
    /// Unfinished setups, or a new one.
    Start(start::Model),
    /// Questions on the cluster and the registry.
    Questions(Box<questions::Model>),
    /// The plan.
    Plan(Box<plan::Model>),
    /// The run, and its proof.
    Run(Box<run::Model>),
}

/// What lies over the screen. A value, never a loop of its own.
#[derive(Debug)]
pub enum Dialog {
    /// Every key that means something here.
    Keys {
        /// How far it is scrolled.
        scroll: u16,
    },
    /// Whether to leave.
    Leave,
    /// Something to read: a title, the text, and how far it is scrolled.
    Text {
        /// Its title.
        title: String,
        /// What it says.
        doc: Doc,
        /// How far it is scrolled.
        scroll: u16,
        /// The text to be copied with `y`, where there is one, and what it is.
        copy: Option<(&'static str, String)>,
    },
    /// Of the first screen.
    Start(start::Dialog),
    /// Of the plan.
    Plan(plan::Dialog),
    /// Of the run.
    Run(run::Dialog),
    /// A sign-in that waits for whoever sits here.
    SignIn(Box<sign_in::Model>),
}

/// One line on what has just happened. It goes with the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The words.
    pub text: String,
    /// Whether it is bad news.
    pub bad: bool,
    /// It stands until a key is pressed, whatever else happens.
    pub stays: bool,
}

/// The demo that is under way.
#[derive(Debug, Clone, Default)]
pub struct Demo {
    /// What can be chosen.
    pub scenarios: Vec<Scenario>,
    /// The scenario that was begun last, by its place.
    pub told: usize,
    /// The world that was chosen.
    pub world: Option<Suggested>,
}

/// All that the wizard knows.
#[derive(Debug)]
pub struct Model {
    /// Colours and glyphs.
    pub look: Look,
    /// The time, as of the last thing that was told.
    pub now: OffsetDateTime,
    /// The screen's columns and rows.
    pub size: (u16, u16),
    /// What this machine says of browsers.
    pub place: Place,
    /// How to come back.
    pub started: Started,
    /// The demo, where this is one.
    pub demo: Option<Demo>,
    /// What fills the screen.
    pub screen: Screen,
    /// What lies over it; the last one is on top.
    pub dialogs: Vec<Dialog>,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// The sign-ins that wait for whoever sits here, oldest first.
    pub sign_ins: Vec<Wanted>,
    /// Accounts that are at hand; `None` while they are looked for.
    pub accounts: Option<Vec<Account>>,
    /// The answers of the setup that is being asked for.
    pub draft: Draft,
    /// The sides whose subscription was never asked for: it was the only one, or a resource id names it.
    pub subscription_known: HashSet<Which>,
    /// Whether the details pane is open.
    pub details: bool,
    /// The latest requests.
    pub requests: VecDeque<Arc<RequestRecord>>,
    /// How far the details pane is scrolled back.
    pub details_back: u16,
    /// The last ticket that was given out.
    ticket: u64,
    /// The program is leaving.
    pub leaving: bool,
    /// The system asked for it, and no person did.
    pub interrupted: bool,
    /// A setup that was asked for could not be opened: this is what the program exits with, unless something else comes.
    pub not_opened: Option<ExitCode>,
}

impl Model {
    /// The wizard at its beginning.
    pub fn new(look: Look, now: OffsetDateTime, scenarios: Option<Vec<Scenario>>) -> Self {
        let screen = match &scenarios {
            Some(_) => Screen::Scenarios(scenarios::Model::default()),
            None => Screen::Start(start::Model::default()),
        };
        Self {
            look,
            now,
            size: (80, 24),
            place: Place::HERE,
            started: Started::default(),
            demo: scenarios.map(|scenarios| Demo { scenarios, told: 0, world: None }),
            screen,
            dialogs: Vec::new(),
            notice: None,
            sign_ins: Vec::new(),
            accounts: None,
            draft: Draft::new(SetupId::random()),
            subscription_known: HashSet::new(),
            details: false,
            requests: VecDeque::new(),
            details_back: 0,
            ticket: 0,
            leaving: false,
            interrupted: false,
            not_opened: None,
        }
    }

    /// A ticket that no earlier question has: late answers are known by their old one.
    pub fn next_ticket(&mut self) -> Ticket {
        self.ticket += 1;
        Ticket(self.ticket)
    }

    /// Says something in the line above the keys.
    pub fn say(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: false, stays: false });
    }

    /// Says what nobody should miss.
    pub fn say_until_seen(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: false, stays: true });
    }

    /// Says that something did not go well.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), bad: true, stays: false });
    }

    /// Keeps a request for the details pane.
    pub fn keep(&mut self, request: Arc<RequestRecord>) {
        if self.requests.len() >= REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    /// The demo's world, where there is one.
    pub fn world(&self) -> Option<&Suggested> {
        self.demo.as_ref()?.world.as_ref()
    }

    /// Where the header says that we are.
    pub fn stage(&self) -> Option<Stage> {
        match &self.screen {
            Screen::Scenarios(_) | Screen::Start(_) => None,
            Screen::Questions(model) => Some(model.stage()),
            Screen::Plan(_) => Some(Stage::Plan),
            Screen::Run(model) => Some(if model.proven() { Stage::Proof } else { Stage::Run }),
        }
    }

    /// The setup's name, where it has one.
    pub fn name(&self) -> Option<String> {
        match &self.screen {
            Screen::Scenarios(_) | Screen::Start(_) => None,
            Screen::Questions(_) | Screen::Plan(_) => self.draft.name.clone(),
            Screen::Run(model) => Some(model.answers.name.clone()),
        }
    }

    /// A tenant as the header shows it: itself, and who is signed in there.
    pub fn tenant(&self, which: Which) -> TenantLine {
        let side = which.of(&self.draft);
        match &self.screen {
            Screen::Start(_) | Screen::Scenarios(_) => TenantLine::default(),
            Screen::Run(run) => {
                let (tenant, account) = run.tenant(which, self.accounts.as_deref());
                // Whoever has just answered for this setup is known, and where they come from.
                let answered = run.is_fresh()
                    && side.tenant.as_ref().map(|tenant| tenant.id) == tenant.as_ref().map(|tenant| tenant.id)
                    && run.sign_in(which) == side.sign_in.as_ref();
                let asked = side.account.clone().filter(|_| answered);
                // Their token has the last word; but of a program it says no more than the app's id, which may have a name here.
                let program = matches!(run.sign_in(which), Some(SignIn::ServicePrincipal { .. }));
                let told = run.signed_in(which).map(ToString::to_string);
                let account = if program { asked.clone().or(told) } else { told.or(asked.clone()) }.or(account);
                let guest_of = side.guest_of.clone().filter(|_| asked.is_some() && asked == account);
                TenantLine { tenant, account, guest_of }
            }
            Screen::Questions(_) | Screen::Plan(_) if which == Which::Registry && self.draft.handed_over => {
                TenantLine { tenant: side.tenant.clone(), account: Some("handed over".to_owned()), guest_of: None }
            }
            Screen::Questions(_) | Screen::Plan(_) => TenantLine {
                tenant: side.tenant.clone(),
                account: side.account.clone(),
                guest_of: side.guest_of.clone(),
            },
        }
    }

    /// A text is scrolled no further than it goes: what was drawn says how far that is.
    pub fn scrolls_to(&mut self, furthest: u16) {
        let scroll = match (self.dialogs.last_mut(), &mut self.screen) {
            (Some(Dialog::Keys { scroll } | Dialog::Text { scroll, .. }), _) => scroll,
            (None, Screen::Plan(plan)) => &mut plan.scroll,
            (None, Screen::Run(run)) => &mut run.scroll,
            _ => return,
        };
        *scroll = (*scroll).min(furthest);
    }

    /// Whether something moves by itself, so that a second's passing changes the screen.
    pub fn moves(&self) -> bool {
        match &self.screen {
            Screen::Run(model) => model.moves(),
            Screen::Plan(model) => model.moves(),
            Screen::Questions(model) => model.moves(),
            Screen::Scenarios(_) | Screen::Start(_) => false,
        }
    }

    /// Whether the engine is at work.
    pub fn runs(&self) -> bool {
        matches!(&self.screen, Screen::Run(run) if !run.over())
    }

    /// Whether printable keys are text here.
    pub fn takes_text(&self) -> bool {
        self.takes_text_under(self.dialogs.last())
    }

    /// Whether printable keys are text with this dialog on top.
    pub(super) fn takes_text_under(&self, top: Option<&Dialog>) -> bool {
        match top {
            Some(Dialog::Plan(dialog)) => dialog.takes_text(),
            Some(Dialog::Run(dialog)) => dialog.takes_text(),
            Some(Dialog::SignIn(dialog)) => dialog.takes_text(),
            Some(_) => false,
            None => matches!(self.screen, Screen::Questions(_)),
        }
    }
}

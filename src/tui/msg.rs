//! All that the wizard is told: by the person, by the session, by the engine, by the machine.

use std::{path::PathBuf, sync::Arc};

use crossterm::event::KeyEvent;

use super::{browser, clipboard::Copied, keymap::Act, training::Suggested, trouble::Trouble};
use crate::{
    domain::{Answers, Draft, Looking, Plan, SetupId, Tenant},
    engine::{
        Event, Progress,
        event::{Ended, Statuses},
    },
    error::Error,
    report::{State, Summary},
    secret::Secret,
    session::{Account, Found, RequestRecord, Rows, SignedIn, Ticket, Wanted},
};

/// One thing that the wizard is told. Order is total: there is one queue.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(Secret),
    /// A line of the mouse wheel; negative is up.
    Wheel(i16),
    /// A click on something that means this.
    Click(Act),
    /// The screen has another size, or has to be drawn again.
    Redraw,
    /// A second has passed while something moves.
    Tick,
    /// The system asks the program to end.
    Ended,
    /// The demo's world stands.
    World(Result<Suggested, Trouble>),
    /// The setups and drafts of this machine.
    Setups(Result<Vec<Kept>, Trouble>),
    /// Accounts that are at hand.
    Accounts(Vec<Account>),
    /// What a person typed names this tenant.
    Found(Ticket, Result<Found, Trouble>),
    /// Somebody is signed in.
    SignedIn(Ticket, Result<SignedIn, Trouble>),
    /// A tenant's name and domain were found by the other tenant's directory.
    Named(Ticket, Tenant),
    /// The sign-ins that wait for whoever sits here, oldest first.
    SignIns(Vec<Wanted>),
    /// Rows for a picker.
    Rows(Rows),
    /// How far the look for a plan is.
    Looking(Ticket, Looking),
    /// A plan was made, or why not.
    Planned(Ticket, Result<Arc<Plan>, NoPlan>),
    /// A setup is open, and its run has begun.
    Opened(Result<Box<Opened>, NotOpened>),
    /// The engine says that something happened.
    Engine(Event),
    /// What the steps are doing.
    Statuses(Statuses),
    /// The run is over.
    RunOver(Result<Ended, Trouble>),
    /// Something was copied; `what` in words.
    Copied {
        /// What.
        what: &'static str,
        /// Where it went.
        how: Copied,
    },
    /// The clipboard was cleared of a secret.
    ClipboardCleared,
    /// A browser was asked to open a link.
    Browser(browser::Opened),
    /// A key's text, to be shown once.
    Revealed(Result<Secret, Trouble>),
    /// The report was saved here: for people, and for programs.
    Saved(PathBuf, PathBuf),
    /// The report of a demo, which is not saved.
    Report(String),
    /// What a person asked for has failed.
    Failed(Trouble),
    /// A request is over.
    Request(Arc<RequestRecord>),
}

/// A setup or a draft, as the first screen lists it.
#[derive(Debug, Clone)]
pub enum Kept {
    /// Answers so far.
    Draft(Box<Draft>, time::OffsetDateTime),
    /// A setup with a journal; with its progress where it can be read.
    Setup(Box<Summary>, Option<Box<Progress>>),
}

impl Kept {
    /// Whose answers or records these are.
    pub fn id(&self) -> SetupId {
        match self {
            Self::Draft(draft, _) => draft.setup,
            Self::Setup(summary, _) => summary.setup,
        }
    }

    /// Whether there is nothing more to do for it.
    pub fn finished(&self) -> bool {
        matches!(self, Self::Setup(summary, _) if matches!(summary.state, State::Connected | State::TakenBack))
    }
}

/// Why there is no plan.
#[derive(Debug)]
pub enum NoPlan {
    /// What was found stops it.
    Findings(Vec<crate::domain::Finding>),
    /// Something failed.
    Trouble(Trouble),
}

/// Why a setup could not be opened.
#[derive(Debug)]
pub struct NotOpened {
    /// Why.
    pub trouble: Trouble,
    /// What its journal says, where that can be read: somebody else may sign in to it.
    pub known: Option<Box<Opened>>,
}

impl From<Error> for NotOpened {
    fn from(error: Error) -> Self {
        Self { trouble: error.into(), known: None }
    }
}

/// A setup whose run begins.
#[derive(Debug)]
pub struct Opened {
    /// What its journal says.
    pub progress: Progress,
    /// Its answers.
    pub answers: Arc<Answers>,
    /// It was begun earlier, and is resumed.
    pub resumed: bool,
}

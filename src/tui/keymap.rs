//! Keys to meanings. One table a screen: the line of keys, the help and what a key does all come from it.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::{
    model::{Dialog, Model, Screen},
    screens::{plan, questions, run, scenarios, sign_in, start},
};

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Show every key.
    Help,
    /// Show or hide the requests.
    Details,
    /// Earlier requests, in the details pane.
    Earlier,
    /// Later requests, in the details pane.
    Later,
    /// Leave the program.
    Leave,
    /// One step back, or close what lies on top.
    Back,
    /// What the screen is about.
    Enter,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// One page up.
    PageUp,
    /// One page down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// Mark the entry at this place, or take it where it is marked: a click.
    Mark(usize),
    /// Copy what is shown.
    CopyShown,
    /// Give the terminal back to the shell for a while.
    Suspend,
    /// Of the first screen.
    Start(start::Act),
    /// Of the questions.
    Questions(questions::Act),
    /// Of the plan.
    Plan(plan::Act),
    /// Of the run.
    Run(run::Act),
    /// Of a sign-in that waits.
    SignIn(sign_in::Act),
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// A printable one. Where text is typed it is text, and no key.
    Char(char),
    /// Another one.
    Code(KeyCode),
    /// With Ctrl.
    Ctrl(char),
}

/// One key with its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The key.
    pub press: Press,
    /// As the screen names it.
    pub shown: &'static str,
    /// What it means.
    pub act: Act,
    /// In a word, for the line of keys; empty where only the help names it.
    pub label: &'static str,
    /// In a sentence, for the help.
    pub help: &'static str,
}

impl Binding {
    /// A printable key.
    pub const fn char(key: char, shown: &'static str, act: Act, label: &'static str, help: &'static str) -> Self {
        Self { press: Press::Char(key), shown, act, label, help }
    }

    /// Another key.
    pub const fn code(code: KeyCode, shown: &'static str, act: Act, label: &'static str, help: &'static str) -> Self {
        Self { press: Press::Code(code), shown, act, label, help }
    }
}

/// Enter, with what it does here.
pub const fn enter(label: &'static str, help: &'static str) -> Binding {
    Binding::code(KeyCode::Enter, "Enter", Act::Enter, label, help)
}

/// Esc, with where it goes from here.
pub const fn esc(label: &'static str, help: &'static str) -> Binding {
    Binding::code(KeyCode::Esc, "Esc", Act::Back, label, help)
}

/// Where the mark of a list goes; `None` where the key means something else. A click on what is marked already is no move.
pub fn moved(act: Act, at: usize, last: usize) -> Option<usize> {
    match act {
        Act::Up => Some(at.min(last).saturating_sub(1)),
        Act::Down => Some(at.saturating_add(1).min(last)),
        Act::First | Act::PageUp => Some(0),
        Act::Last | Act::PageDown => Some(last),
        Act::Mark(to) if to != at => Some(to.min(last)),
        _ => None,
    }
}

const MOVES: &[Binding] = &[
    Binding::code(KeyCode::Up, "Up", Act::Up, "", "one line up"),
    Binding::code(KeyCode::Down, "Down", Act::Down, "", "one line down"),
    Binding::code(KeyCode::PageUp, "PgUp", Act::PageUp, "", "one page up"),
    Binding::code(KeyCode::PageDown, "PgDn", Act::PageDown, "", "one page down"),
];

const TO_THE_ENDS: &[Binding] = &[
    Binding::code(KeyCode::Home, "Home", Act::First, "", "to the first line"),
    Binding::code(KeyCode::End, "End", Act::Last, "", "to the last line"),
];

const EVERYWHERE: &[Binding] = &[
    Binding {
        press: Press::Ctrl('c'),
        shown: "Ctrl-C",
        act: Act::Leave,
        label: "",
        help: "leave; what is done stays done",
    },
    Binding {
        press: Press::Ctrl('z'),
        shown: "Ctrl-Z",
        act: Act::Suspend,
        label: "",
        help: "back to the shell for a while; fg comes back",
    },
    Binding::code(KeyCode::F(2), "F2", Act::Details, "", "show or hide each request that was made"),
];

const IN_DETAILS: &[Binding] = &[
    Binding::code(KeyCode::F(3), "F3", Act::Earlier, "", "earlier requests"),
    Binding::code(KeyCode::F(4), "F4", Act::Later, "", "later requests"),
];

const HELP_F1: Binding = Binding::code(KeyCode::F(1), "F1", Act::Help, "keys", "show every key");
const HELP: Binding = Binding::char('?', "?", Act::Help, "keys", "show every key");
const HELP_F1_ALSO: Binding = Binding::code(KeyCode::F(1), "F1", Act::Help, "", "show every key");
const DETAILS: Binding = Binding::char('d', "d", Act::Details, "details", "show or hide each request that was made");
const LEAVE: Binding = Binding::char('q', "q", Act::Leave, "leave", "leave; what is done stays done");

/// Every key that means something now, the most important first.
pub fn bindings(model: &Model) -> Vec<Binding> {
    with(model, model.dialogs.last())
}

/// Those that mean something once the help is closed.
pub fn bindings_below_help(model: &Model) -> Vec<Binding> {
    with(model, model.dialogs.iter().rev().find(|dialog| !matches!(dialog, Dialog::Keys { .. })))
}

fn with(model: &Model, top: Option<&Dialog>) -> Vec<Binding> {
    let mut keys = match top {
        Some(dialog) => dialog_keys(dialog, model),
        None => match &model.screen {
            Screen::Scenarios(screen) => scenarios::keys(screen),
            Screen::Start(screen) => start::keys(screen, model),
            Screen::Questions(screen) => questions::keys(screen, model),
            Screen::Plan(screen) => plan::keys(screen, model),
            Screen::Run(screen) => run::keys(screen, model),
        },
    };
    let free = |keys: &[Binding], one: &Binding| keys.iter().all(|other| other.press != one.press);
    let text = model.takes_text_under(top);
    let mut more: Vec<Binding> = MOVES.to_vec();
    if text {
        more.push(HELP_F1);
    } else {
        more.extend(TO_THE_ENDS);
        more.extend([DETAILS, LEAVE, HELP_F1_ALSO, HELP]);
    }
    more.extend(EVERYWHERE);
    if model.details {
        more.extend(IN_DETAILS);
    }
    for one in more {
        if free(&keys, &one) {
            keys.push(one);
        }
    }
    keys
}

fn dialog_keys(dialog: &Dialog, model: &Model) -> Vec<Binding> {
    match dialog {
        Dialog::Keys { .. } => vec![enter("close", "close this"), esc("close", "close this")],
        Dialog::Leave => vec![enter("leave", "leave the program"), esc("stay", "stay here")],
        Dialog::Text { copy, .. } => {
            let mut keys = vec![esc("close", "close this")];
            if copy.is_some() {
                keys.insert(0, Binding::char('y', "y", Act::CopyShown, "copy it all", "copy the whole text"));
            }
            keys.push(Binding::code(KeyCode::Enter, "Enter", Act::Back, "", "close this"));
            keys
        }
        Dialog::Start(dialog) => start::dialog_keys(dialog),
        Dialog::Plan(dialog) => plan::dialog_keys(dialog, model),
        Dialog::Run(dialog) => run::dialog_keys(dialog, model),
        Dialog::SignIn(dialog) => sign_in::dialog_keys(dialog, model),
    }
}

/// What a key means now; `None` where it is text, or nothing.
pub fn meaning(model: &Model, key: KeyEvent) -> Option<Act> {
    // Windows tells the release of a key too, and it would count twice.
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let press = match key.code {
        KeyCode::Char(char) if key.modifiers.contains(KeyModifiers::CONTROL) => Press::Ctrl(char.to_ascii_lowercase()),
        KeyCode::Char(_) if key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER) => return None,
        KeyCode::Char(char) => Press::Char(char),
        code => Press::Code(code),
    };
    if model.takes_text() && matches!(press, Press::Char(_)) {
        return None;
    }
    bindings(model).into_iter().find(|binding| binding.press == press).map(|binding| binding.act)
}

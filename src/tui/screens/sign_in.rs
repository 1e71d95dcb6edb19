//! A sign-in that waits for whoever sits here: over whatever screen, until it is done or given up. Codes and links are shown
//! and nothing else: not even `Debug` tells them.

mod view;

use std::fmt;

use crossterm::event::KeyEvent;
use time::OffsetDateTime;

pub use view::view;

use crate::{
    secret::Secret,
    session::{Wanted, Way, useful},
    tui::{
        effect::{Effect, ForSignIn},
        keymap::{self, Binding, enter, esc},
        model::{Dialog as Over, Model as Wizard, Screen},
        widgets::field::Field,
    },
    words::sign_in_useless,
};

/// The sign-in that is shown.
pub struct Model {
    wanted: Wanted,
    /// How many wait behind it.
    behind: usize,
    /// When it came.
    came: OffsetDateTime,
    /// Its page is opened on another machine, so that the address that it ends on has to be pasted.
    elsewhere: bool,
    /// The address, or an error, while it is typed.
    typing: Option<Field>,
    /// Why what was given is nothing that could be used.
    wrong: Option<String>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

impl Model {
    /// Whether printable keys are text here.
    pub fn takes_text(&self) -> bool {
        self.typing.is_some()
    }

    fn has_code(&self) -> bool {
        matches!(self.wanted.way, Way::Code { .. })
    }
}

/// What keys mean here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Copy the link, or the code.
    Copy,
    /// The browser is on another machine, or on this one after all.
    Elsewhere,
    /// Type or paste what the page says.
    Paste,
}

/// Takes in what waits now. A sign-in that is over goes by itself; the oldest one that is left is shown.
pub fn came(wizard: &mut Wizard, waiting: Vec<Wanted>) -> Vec<Effect> {
    wizard.sign_ins = waiting;
    if let Screen::Run(run) = &mut wizard.screen {
        run.sign_ins_are(&wizard.sign_ins);
    }
    let behind = wizard.sign_ins.len().saturating_sub(1);
    let shown = wizard.dialogs.iter().position(|over| matches!(over, Over::SignIn(_)));
    let Some(first) = wizard.sign_ins.first().cloned() else {
        if let Some(at) = shown {
            wizard.dialogs.remove(at);
            // What was said of its link is over with it.
            wizard.notice = None;
        }
        return Vec::new();
    };
    if let Some(Over::SignIn(model)) = shown.and_then(|at| wizard.dialogs.get_mut(at))
        && model.wanted.id == first.id
    {
        model.behind = behind;
        return Vec::new();
    }
    let here = wizard.place.has_browser();
    let opens = here && matches!(first.way, Way::Browser { .. });
    let id = first.id;
    let model = Model { wanted: first, behind, came: wizard.now, elsewhere: !here, typing: None, wrong: None };
    let over = Over::SignIn(Box::new(model));
    match shown {
        Some(at) => wizard.dialogs[at] = over,
        None if wizard.dialogs.is_empty() => wizard.dialogs.push(over),
        None => {
            // What is being read or typed there is not pulled away.
            wizard.dialogs.insert(0, over);
            wizard.say("A sign-in waits for you: it shows when this is closed.");
        }
    }
    if opens { vec![Effect::ForSignIn(id, ForSignIn::Open)] } else { Vec::new() }
}

/// No browser opened here: the link for one on another machine is shown.
pub fn browser_failed(wizard: &mut Wizard) {
    for over in &mut wizard.dialogs {
        if let Over::SignIn(model) = over {
            model.elsewhere = true;
        }
    }
}

fn own(key: char, shown: &'static str, act: Act, label: &'static str, help: &'static str) -> Binding {
    Binding::char(key, shown, keymap::Act::SignIn(act), label, help)
}

/// The keys of a sign-in that waits.
pub fn dialog_keys(model: &Model, wizard: &Wizard) -> Vec<Binding> {
    if model.typing.is_some() {
        return vec![enter("take it", "take what was typed"), esc("back", "back to the sign-in")];
    }
    let give_up = esc("give up", "give this sign-in up; what waits for it fails, and can be tried again");
    let here = wizard.place.has_browser();
    if model.has_code() {
        let first = if here {
            enter("open the page", "open the page in your browser")
        } else {
            enter("copy code", "copy the code")
        };
        return vec![
            first,
            own('c', "c", Act::Copy, if here { "copy code" } else { "" }, "copy the code"),
            own('p', "p", Act::Paste, "error", "paste the error that the page shows instead"),
            give_up,
        ];
    }
    let mut keys = Vec::new();
    if model.elsewhere {
        keys.push(enter("paste address", "paste the address that the page has ended on, or the error that it shows"));
    } else {
        keys.push(enter("open again", "open the page in your browser once more"));
    }
    keys.push(own('c', "c", Act::Copy, "copy", "copy the link"));
    if model.elsewhere && here {
        keys.push(own('o', "o", Act::Elsewhere, "browser here", "the browser is on this machine"));
    } else if here {
        let help = "the browser is on another machine: another link, and an address to be pasted";
        keys.push(own('o', "o", Act::Elsewhere, "elsewhere", help));
    }
    let label = if model.elsewhere { "" } else { "paste" };
    keys.push(own(
        'p',
        "p",
        Act::Paste,
        label,
        "paste the address that the page has ended on, or the error that it shows",
    ));
    keys.push(give_up);
    keys
}

/// Does what a key means here.
pub fn in_dialog(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let here = wizard.place.has_browser();
    let Some(Over::SignIn(model)) = wizard.dialogs.last_mut() else { return Vec::new() };
    let id = model.wanted.id;
    let ask = |what| vec![Effect::ForSignIn(id, what)];
    let copy = |model: &Model| match model.wanted.way {
        Way::Code { .. } => ForSignIn::CopyCode,
        Way::Browser { .. } => ForSignIn::CopyLink { elsewhere: model.elsewhere },
    };
    match act {
        keymap::Act::Back if model.typing.is_some() => {
            (model.typing, model.wrong) = (None, None);
            Vec::new()
        }
        // It goes when whoever waits for it has heard of it.
        keymap::Act::Back => ask(ForSignIn::GiveUp),
        keymap::Act::Enter => match &model.typing {
            Some(field) => {
                let text = field.text().to_owned();
                given(model, &text)
            }
            None if model.has_code() => ask(if here { ForSignIn::Open } else { ForSignIn::CopyCode }),
            None if model.elsewhere => begin_typing(model),
            None => ask(ForSignIn::Open),
        },
        keymap::Act::SignIn(Act::Copy) => ask(copy(model)),
        keymap::Act::SignIn(Act::Elsewhere) => {
            (model.elsewhere, model.wrong) = (!model.elsewhere, None);
            Vec::new()
        }
        keymap::Act::SignIn(Act::Paste) => begin_typing(model),
        _ => Vec::new(),
    }
}

fn begin_typing(model: &mut Model) -> Vec<Effect> {
    (model.typing, model.wrong) = (Some(Field::default()), None);
    Vec::new()
}

/// Takes a key as text.
pub fn typed(wizard: &mut Wizard, key: KeyEvent) -> Vec<Effect> {
    if let Some(Over::SignIn(model)) = wizard.dialogs.last_mut()
        && let Some(field) = &mut model.typing
    {
        field.handle(key);
        model.wrong = None;
    }
    Vec::new()
}

/// Takes pasted text: whatever is pasted here can only be what the page says.
pub fn pasted(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    match wizard.dialogs.last_mut() {
        Some(Over::SignIn(model)) => given(model, text),
        _ => Vec::new(),
    }
}

/// Brings what the page says, or says why that is nothing of use. What is refused does not stay on the screen.
fn given(model: &mut Model, text: &str) -> Vec<Effect> {
    match useful(&model.wanted.way, text) {
        Ok(()) => {
            (model.typing, model.wrong) = (None, None);
            vec![Effect::ForSignIn(model.wanted.id, ForSignIn::Paste(Secret::new(text.trim())))]
        }
        Err(useless) => {
            (model.typing, model.wrong) = (Some(Field::default()), Some(sign_in_useless(&useless)));
            Vec::new()
        }
    }
}

//! The first screen: setups that are not finished, or a new one.

mod view;

pub(super) use view::way_back;
pub use view::{doc, forget_doc, inspected};

use crate::{
    domain::{Draft, SetupId},
    report::State,
    session::left_behind,
    tui::{
        effect::Effect,
        keymap::{self, Binding, enter, esc},
        model::{Dialog as Over, Model as Wizard, Screen},
        msg::Kept,
        screens::{questions, scenarios},
        trouble::Trouble,
    },
};

/// What is listed, and which line is marked. Line 0 is a new setup.
#[derive(Debug, Default)]
pub struct Model {
    /// The marked line.
    pub at: usize,
    /// The setups and drafts; `None` while they are read.
    pub kept: Option<Vec<Kept>>,
    /// A setup is being opened.
    pub opening: bool,
}

/// What keys mean here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A new setup.
    New,
    /// Show the marked one.
    Inspect,
    /// Remove the marked one's records.
    Forget,
    /// Read the list again: another crosspull may have changed it.
    ReadAgain,
}

/// What asks for a yes here.
#[derive(Debug)]
pub enum Dialog {
    /// Whether to remove the records of this one.
    Forget {
        /// Its name.
        name: String,
        /// Its id.
        setup: SetupId,
        /// It is a draft: it has no journal.
        draft: bool,
        /// It made things in Azure that still exist, in words.
        left_behind: Option<String>,
    },
}

/// The keys of the first screen.
pub fn keys(model: &Model, wizard: &Wizard) -> Vec<Binding> {
    let own = |key, shown, act, label, help| Binding::char(key, shown, keymap::Act::Start(act), label, help);
    let marked = model.at.checked_sub(1).and_then(|at| model.kept.as_ref()?.get(at));
    let mut keys = match model.at {
        0 => vec![enter("begin", "begin a new setup")],
        _ if marked.is_none_or(goes_on_with) => vec![enter("go on", "go on with the marked setup")],
        _ => vec![enter("inspect", "show the marked setup")],
    };
    keys.push(own('n', "n", Act::New, "new", "begin a new setup"));
    if model.at > 0 {
        keys.push(own('i', "i", Act::Inspect, "inspect", "show what is done, what waits, what failed"));
        keys.push(own('f', "f", Act::Forget, "forget", "remove its records from this machine"));
    }
    if wizard.demo.is_none() {
        keys.push(own('r', "r", Act::ReadAgain, "", "read the list again"));
    }
    if wizard.demo.is_some() {
        keys.push(esc("other stories", "back to the demo's stories"));
    }
    keys
}

/// The keys of its dialogs.
pub fn dialog_keys(dialog: &Dialog) -> Vec<Binding> {
    match dialog {
        Dialog::Forget { left_behind: Some(_), .. } => vec![esc("close", "close this")],
        Dialog::Forget { .. } => vec![
            Binding::char('y', "y", keymap::Act::Start(Act::Forget), "forget it", "remove its records"),
            esc("keep it", "keep it"),
        ],
    }
}

/// Opens the first screen anew.
pub fn open(wizard: &mut Wizard) -> Vec<Effect> {
    wizard.screen = Screen::Start(Model::default());
    vec![Effect::ListSetups]
}

/// Begins a new setup.
pub(super) fn new_setup(wizard: &mut Wizard) -> Vec<Effect> {
    // What was typed for it and names nothing yet is still there.
    let typed = wizard.draft.cluster.typed.take().filter(|_| wizard.draft.cluster.tenant.is_none());
    wizard.draft = Draft::new(SetupId::random());
    wizard.draft.cluster.typed = typed;
    wizard.subscription_known.clear();
    let mut effects = questions::begin_at(wizard);
    if wizard.accounts.is_none() {
        effects.push(Effect::Detect);
    }
    effects
}

/// Setups and drafts were read.
pub fn setups_came(wizard: &mut Wizard, came: Result<Vec<Kept>, Trouble>) -> Vec<Effect> {
    let kept = match came {
        // A support session shows this setup and no other.
        Ok(_) if wizard.look.shared => Vec::new(),
        Ok(kept) => kept,
        Err(trouble) => {
            wizard.warn(trouble.said);
            Vec::new()
        }
    };
    let was_marked = marked(wizard);
    let Screen::Start(model) = &mut wizard.screen else { return Vec::new() };
    model.at = match (&model.kept, was_marked) {
        // Whoever comes back comes back for what is unfinished.
        (None, _) => usize::from(kept.iter().any(|one| !one.finished())),
        (Some(_), None) => 0,
        (Some(_), Some(was)) => {
            kept.iter().position(|one| one.id() == was.id()).map_or_else(|| model.at.min(kept.len()), |at| at + 1)
        }
    };
    model.kept = Some(kept);
    Vec::new()
}

/// Whether a run can go on with what stands like this. What is being taken back is the command line's.
fn goes_on(state: State) -> bool {
    !matches!(state, State::Connected | State::TakenBack | State::TakingBack | State::Unreadable)
}

fn goes_on_with(kept: &Kept) -> bool {
    match kept {
        Kept::Draft(..) => true,
        Kept::Setup(summary, _) => goes_on(summary.state),
    }
}

fn marked(wizard: &Wizard) -> Option<Kept> {
    let Screen::Start(model) = &wizard.screen else { return None };
    model.kept.as_ref()?.get(model.at.checked_sub(1)?).cloned()
}

/// Does what a key means.
pub fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let demo = wizard.demo.is_some();
    let Screen::Start(model) = &mut wizard.screen else { return Vec::new() };
    if model.opening {
        return Vec::new();
    }
    let last = model.kept.as_ref().map_or(0, Vec::len);
    if let Some(to) = keymap::moved(act, model.at, last) {
        model.at = to;
        return Vec::new();
    }
    match act {
        keymap::Act::Enter | keymap::Act::Mark(_) if model.at == 0 => return new_setup(wizard),
        keymap::Act::Start(Act::New) => return new_setup(wizard),
        keymap::Act::Enter | keymap::Act::Mark(_) => return go_on(wizard),
        keymap::Act::Start(Act::ReadAgain) => {
            wizard.say("Read again.");
            return vec![Effect::ListSetups];
        }
        keymap::Act::Start(Act::Inspect) => {
            if let Some(kept) = marked(wizard) {
                wizard.dialogs.push(inspected(&kept, wizard));
            }
        }
        keymap::Act::Start(Act::Forget) => {
            if let Some(kept) = marked(wizard) {
                wizard.dialogs.push(Over::Start(forget(&kept)));
            }
        }
        keymap::Act::Back if demo => {
            return scenarios::open(wizard);
        }
        _ => {}
    }
    Vec::new()
}

fn go_on(wizard: &mut Wizard) -> Vec<Effect> {
    match marked(wizard) {
        Some(Kept::Draft(draft, _)) => {
            wizard.draft = *draft;
            wizard.subscription_known.clear();
            let mut effects = questions::begin_at(wizard);
            if wizard.accounts.is_none() {
                effects.push(Effect::Detect);
            }
            effects
        }
        Some(Kept::Setup(summary, Some(_))) if goes_on(summary.state) => {
            if let Screen::Start(model) = &mut wizard.screen {
                model.opening = true;
            }
            vec![Effect::Resume(summary.name)]
        }
        Some(kept @ Kept::Setup(..)) => {
            wizard.dialogs.push(inspected(&kept, wizard));
            Vec::new()
        }
        None => Vec::new(),
    }
}

fn forget(kept: &Kept) -> Dialog {
    match kept {
        Kept::Draft(draft, _) => {
            Dialog::Forget { name: view::draft_name(draft), setup: draft.setup, draft: true, left_behind: None }
        }
        Kept::Setup(summary, progress) => {
            let left_behind = match progress {
                Some(progress) => left_behind(progress),
                None => Some(
                    "its records cannot be read, and may name what exists in Azure. i says why, and where they are"
                        .to_owned(),
                ),
            };
            Dialog::Forget { name: summary.name.clone(), setup: summary.setup, draft: false, left_behind }
        }
    }
}

/// Does what a key means in a dialog.
pub fn in_dialog(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let Some(Over::Start(Dialog::Forget { name, setup, draft, left_behind })) = wizard.dialogs.pop() else {
        return Vec::new();
    };
    match act {
        keymap::Act::Start(Act::Forget) if left_behind.is_none() => {
            let removes = if draft { Effect::RemoveDraft(setup) } else { Effect::Forget(setup) };
            vec![removes, Effect::ListSetups]
        }
        keymap::Act::Back => Vec::new(),
        _ => {
            wizard.dialogs.push(Over::Start(Dialog::Forget { name, setup, draft, left_behind }));
            Vec::new()
        }
    }
}

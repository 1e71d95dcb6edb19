//! The questions on the cluster's side and the registry's: one at a time, with what is answered above it.

mod answer;
mod ask;
mod flow;
mod hear;
mod view;

pub use answer::Choice;
pub(super) use ask::{ask, back_to_last, begin_at};
pub use flow::Question;
pub use hear::{accounts_came, hear};
pub use view::{answers_so_far, explain, view};

use crossterm::event::KeyEvent;

use crate::{
    session::Ticket,
    tui::{
        effect::Effect,
        keymap::{self, Binding, enter, esc},
        model::{Model as Wizard, Screen, Stage, Which},
        trouble::Trouble,
        widgets::{field::Field, picker::Picker},
    },
};

/// The question that is asked now.
#[derive(Debug)]
pub struct Model {
    /// Which one.
    pub question: Question,
    /// What is typed.
    pub field: Field,
    /// What can be chosen.
    pub picker: Picker<Choice>,
    /// What is being looked for, in words; `None` while nothing is.
    pub busy: Option<&'static str>,
    /// The answer that is waited for has this ticket.
    pub(super) ticket: Ticket,
    /// Why the answer was not taken, or the list is not whole.
    pub trouble: Option<Trouble>,
    /// What was typed and is not in the list: typed once more, it is taken all the same.
    pub(super) doubted: Option<String>,
    /// The rarer ways to sign in are shown too.
    pub(super) more_ways: bool,
}

impl Model {
    /// Which side is asked for.
    pub fn stage(&self) -> Stage {
        match self.question.side() {
            Which::Cluster => Stage::Cluster,
            Which::Registry => Stage::Registry,
        }
    }

    /// Whether the list could not be read, and nothing is typed or marked that could be taken instead.
    pub(super) fn has_only_trouble(&self) -> bool {
        self.field.text().trim().is_empty()
            && self.picker.selected().is_none()
            && self.trouble.as_ref().is_some_and(|trouble| trouble.problem.is_some())
    }

    /// Forgets what was said of an answer. A list that could not be read stays unread.
    fn forget_trouble(&mut self) {
        if self.picker.is_whole() {
            self.trouble = None;
        }
    }

    /// Nothing here counts seconds.
    pub fn moves(&self) -> bool {
        false
    }
}

/// What keys mean here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Look again for what could not be read.
    Again,
}

/// The keys of the questions.
pub fn keys(model: &Model, _: &Wizard) -> Vec<Binding> {
    const AGAIN: (&str, &str) = ("look again", "look again for what could not be read");
    let nothing_to_take = model.has_only_trouble();
    let taken = ("take it", "take what is marked, or what was typed");
    let (label, help) = if nothing_to_take { AGAIN } else { taken };
    vec![
        enter(label, help),
        esc("back", "back; every answer is kept"),
        Binding::code(
            crossterm::event::KeyCode::F(5),
            "F5",
            keymap::Act::Questions(Act::Again),
            if nothing_to_take { "" } else { AGAIN.0 },
            AGAIN.1,
        ),
    ]
}

/// Does what a key means.
pub fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let rows = list_rows(wizard);
    let Screen::Questions(model) = &mut wizard.screen else { return Vec::new() };
    // What was said of one entry says nothing of the next.
    if matches!(act, keymap::Act::Up | keymap::Act::Down | keymap::Act::PageUp | keymap::Act::PageDown) {
        model.forget_trouble();
    }
    match act {
        keymap::Act::Up => model.picker.up(),
        keymap::Act::Down => model.picker.down(),
        keymap::Act::PageUp => model.picker.page_up(rows),
        keymap::Act::PageDown => model.picker.page_down(rows),
        keymap::Act::Mark(at) if !model.picker.mark(at) => {}
        keymap::Act::Enter if model.has_only_trouble() => return look_again(wizard),
        keymap::Act::Enter | keymap::Act::Mark(_) => return answer::take(wizard),
        keymap::Act::Back => return ask::back(wizard),
        keymap::Act::Questions(Act::Again) => return look_again(wizard),
        _ => {}
    }
    Vec::new()
}

/// Reads the list once more; what is typed stays.
fn look_again(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Questions(model) = &wizard.screen else { return Vec::new() };
    let (question, typed) = (model.question, model.field.text().to_owned());
    let effects = ask(wizard, question);
    if let Screen::Questions(model) = &mut wizard.screen {
        model.field.set(&typed);
        model.picker.filter(&typed);
    }
    effects
}

/// A list takes what the answers above it leave of the screen.
fn list_rows(wizard: &Wizard) -> usize {
    usize::from(wizard.size.1).saturating_sub(14).max(3)
}

/// Takes a key as text.
pub fn typed(wizard: &mut Wizard, key: KeyEvent) -> Vec<Effect> {
    use crate::tui::widgets::field::Edited;
    if let Screen::Questions(model) = &mut wizard.screen
        && model.field.handle(key) == Edited::Changed
    {
        changed(model);
    }
    Vec::new()
}

/// Takes pasted text.
pub fn pasted(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    if let Screen::Questions(model) = &mut wizard.screen {
        model.field.paste(text);
        changed(model);
    }
    Vec::new()
}

fn changed(model: &mut Model) {
    // What was said of another text says nothing of this one.
    model.forget_trouble();
    model.picker.filter(model.field.text());
}

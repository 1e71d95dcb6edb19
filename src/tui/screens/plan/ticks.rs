//! The present identity's role assignments, to be carried over or left out, one by one.

use super::Dialog;
use crate::{
    domain::{answers::CarryOver, plan::CarryLine},
    tui::{
        effect::Effect,
        keymap,
        look::Look,
        model::{Dialog as Over, Model as Wizard},
        widgets::doc::{Doc, Tone},
    },
};

/// The assignments, and which are ticked.
#[derive(Debug)]
pub struct Ticks {
    lines: Vec<CarryLine>,
    at: usize,
    changed: bool,
}

impl Ticks {
    pub(super) fn new(lines: &[CarryLine]) -> Self {
        Self { lines: lines.to_vec(), at: 0, changed: false }
    }

    /// What the ticks come to.
    fn answer(&self) -> CarryOver {
        let taken: Vec<String> = self.lines.iter().filter(|line| line.carry).map(|line| line.id.clone()).collect();
        match taken.len() {
            0 => CarryOver::None,
            all if all == self.lines.len() => CarryOver::All,
            _ => CarryOver::Only(taken),
        }
    }

    pub(super) fn doc(&self, look: &Look) -> Doc {
        let mut doc = Doc::default();
        doc.text("The cluster's present identity has these roles. The new one gets those that are ticked.");
        doc.blank();
        for (at, line) in self.lines.iter().enumerate() {
            let tick = if line.carry { "[x]" } else { "[ ]" };
            let condition = if line.condition.is_some() { "with its condition" } else { "" };
            doc.choice(look, at == self.at, &format!("{tick} {}", line.role_name), condition);
            doc.line(vec![(format!("      {}", short(&line.scope)), Tone::Dim)]);
        }
        if let Some(line) = self.lines.get(self.at) {
            doc.blank();
            doc.dim("The marked one holds at");
            doc.verbatim(&line.scope);
            if let Some(condition) = &line.condition {
                doc.dim("on this condition, which is copied:");
                doc.verbatim(condition);
            }
        }
        if self.lines.iter().any(|line| !line.carry) {
            doc.blank();
            doc.toned(
                Tone::Warn,
                "What is left out stops working for the cluster when its nodes are replaced: disks, load balancers or \
                 networks, depending on the role.",
            );
        }
        doc
    }
}

/// The last names of a scope say most.
fn short(scope: &str) -> String {
    let parts: Vec<&str> = scope.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [.., "resourceGroups", group] => format!("resource group {group}"),
        ["subscriptions", id] => format!("subscription {id}"),
        [.., kind, name] => format!("{kind} {name}"),
        _ => scope.to_owned(),
    }
}

/// Does what a key means.
pub(super) fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let Some(Over::Plan(Dialog::Ticks(ticks))) = wizard.dialogs.last_mut() else { return Vec::new() };
    let last = ticks.lines.len().saturating_sub(1);
    if let Some(to) = keymap::moved(act, ticks.at, last) {
        ticks.at = to;
        return Vec::new();
    }
    match act {
        keymap::Act::Plan(super::Act::Tick) | keymap::Act::Mark(_) => {
            if let Some(line) = ticks.lines.get_mut(ticks.at) {
                line.carry = !line.carry;
                ticks.changed = true;
            }
        }
        keymap::Act::Enter | keymap::Act::Back => {
            let (changed, answer) = (ticks.changed, ticks.answer());
            wizard.dialogs.pop();
            if changed && wizard.draft.carry_over != answer {
                wizard.draft.carry_over = answer;
                return super::again(wizard);
            }
        }
        _ => {}
    }
    Vec::new()
}

//! The plan: every change in both tenants in words, before anything has been changed.

mod change;
pub(super) mod lines;
mod ticks;
mod view;

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use time::OffsetDateTime;

pub use change::Change;
pub use ticks::Ticks;
pub use view::{dialog_view, view};

use crate::{
    catalogue,
    domain::{
        Finding, Looking, Plan, Severity, StepId,
        answers::Tenant,
        plan::{CarryLine, Line},
        problem::ProblemKind,
    },
    session::Ticket,
    steps::equivalent,
    tui::{
        effect::Effect,
        keymap::{self, Binding, enter, esc},
        model::{Dialog as Over, Model as Wizard, Screen, Which},
        msg::NoPlan,
        screens::questions::{self, Question},
        time::clock,
        widgets::doc::{Doc, Tone},
    },
};

/// The plan as it is shown.
#[derive(Debug)]
pub struct Model {
    /// The latest plan; `None` until the first one is made.
    pub plan: Option<Arc<Plan>>,
    /// Why there is none.
    pub refused: Option<NoPlan>,
    /// A plan is being made: the answer that is waited for has this ticket.
    ticket: Option<Ticket>,
    /// Since when it is being made.
    since: OffsetDateTime,
    /// How far the look for it is.
    looking: Looking,
    /// A person asked for another look, and hears that it was made.
    asked_again: bool,
    /// The setup is being opened.
    pub beginning: bool,
    /// The marked line; the one behind the last is "start".
    at: usize,
    /// How far what stops it is scrolled.
    pub scroll: u16,
}

impl Model {
    fn making(ticket: Ticket, since: OffsetDateTime) -> Self {
        Self {
            plan: None,
            refused: None,
            ticket: Some(ticket),
            since,
            looking: Looking::default(),
            asked_again: false,
            beginning: false,
            at: usize::MAX,
            scroll: 0,
        }
    }

    /// While a plan is being made, seconds are shown.
    pub fn moves(&self) -> bool {
        self.ticket.is_some()
    }

    fn count(&self) -> usize {
        self.plan.as_ref().map_or(0, |plan| plan.lines.len())
    }

    /// The marked line of the plan; `None` where "start" is marked.
    fn marked(&self) -> Option<&Line> {
        self.plan.as_ref()?.lines.get(self.at)
    }

    /// Whether it can be begun.
    fn ready(&self) -> bool {
        self.ticket.is_none() && !self.beginning && self.stops().is_empty() && self.plan.is_some()
    }

    /// What stops it, whether or not there is a plan besides.
    fn stops(&self) -> Vec<&Finding> {
        match (&self.refused, &self.plan) {
            (Some(NoPlan::Findings(findings)), _) => findings.iter().collect(),
            (None, Some(plan)) => plan.stops().collect(),
            (Some(NoPlan::Trouble(_)), _) | (None, None) => Vec::new(),
        }
    }

    fn findings(&self) -> &[Finding] {
        match (&self.refused, &self.plan) {
            (Some(NoPlan::Findings(findings)), _) => findings,
            (_, Some(plan)) => &plan.findings,
            _ => &[],
        }
    }

    /// Whether there are warnings.
    fn warned(&self) -> bool {
        self.findings().iter().any(|finding| finding.severity == Severity::Warning)
    }

    /// The side whose sign-in has failed, where that is why there is no plan. Its tenant stands in what was tried.
    fn not_signed_in(&self, wizard: &Wizard) -> Option<Which> {
        let Some(NoPlan::Trouble(trouble)) = &self.refused else { return None };
        let problem = trouble.problem.as_ref().filter(|problem| problem.kind == ProblemKind::SignIn)?;
        let named = |which: Which| {
            let Some(tenant) = &which.of(&wizard.draft).tenant else { return false };
            let names = [Some(tenant.id.to_string()), tenant.domain.clone(), tenant.display_name.clone()];
            names.into_iter().flatten().any(|name| problem.tried.contains(&name))
        };
        let registry = !wizard.draft.handed_over && named(Which::Registry) && !named(Which::Cluster);
        Some(if registry { Which::Registry } else { Which::Cluster })
    }

    /// What Enter does on the marked line.
    fn opens(&self) -> Binding {
        if self.ticks().is_some() {
            enter("choose roles", "choose the roles that are carried over, one by one")
        } else {
            enter("open the line", "show what the marked line changes, and how to do it by hand")
        }
    }

    /// The roles that can be ticked off, where the marked line has some.
    fn ticks(&self) -> Option<&[CarryLine]> {
        let carries = self.marked().is_some_and(|line| line.step == StepId::CarryOver);
        let roles = self.plan.as_ref()?.carry_over.as_slice();
        (carries && !roles.is_empty()).then_some(roles)
    }

    fn failed(&self) -> bool {
        matches!(self.refused, Some(NoPlan::Trouble(_)))
    }
}

/// What keys mean here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Do it.
    Begin,
    /// Change something.
    Change,
    /// Show the script.
    Script,
    /// Read what was found.
    Findings,
    /// Look again.
    Again,
    /// Sign in as somebody else, or in another way.
    Account,
    /// Tick or untick.
    Tick,
    /// Play the admin who lifts the rule that stands in the way, in a demo.
    Lift,
}

/// What lies over the plan.
#[derive(Debug)]
pub enum Dialog {
    /// Role assignments, to be ticked off.
    Ticks(Ticks),
    /// What can be changed.
    Change(Change),
    /// A last question, with the warnings, before it begins.
    Start,
}

impl Dialog {
    /// Whether printable keys are text here.
    pub fn takes_text(&self) -> bool {
        matches!(self, Self::Change(change) if change.types())
    }
}

fn own(key: char, shown: &'static str, act: Act, label: &'static str, help: &'static str) -> Binding {
    Binding::char(key, shown, keymap::Act::Plan(act), label, help)
}

/// The keys of the plan.
pub fn keys(model: &Model, wizard: &Wizard) -> Vec<Binding> {
    let mut keys = Vec::new();
    if model.ready() {
        if model.marked().is_some() {
            keys.push(own('s', "s", Act::Begin, "start", "do what the plan says"));
            keys.push(model.opens());
        } else {
            keys.push(enter("start", "do what the plan says"));
            keys.push(own('s', "s", Act::Begin, "", "do what the plan says"));
        }
    } else if model.ticket.is_none() && !model.beginning {
        keys.push(own('r', "r", Act::Again, "look again", "look at both sides again"));
        if let Some(which) = model.not_signed_in(wizard) {
            let help = match which {
                Which::Cluster => "choose another account, or another way to sign in, for the cluster's side",
                Which::Registry => "choose another account, or another way to sign in, for the registry's side",
            };
            keys.push(own('a', "a", Act::Account, "other account", help));
        }
        if model.marked().is_some() && model.stops().is_empty() {
            keys.push(model.opens());
        }
        let ruled = model.stops().iter().any(|stop| catalogue::is_a_rule(&stop.code));
        if wizard.demo.is_some() && ruled {
            keys.push(own(
                'o',
                "o",
                Act::Lift,
                "play the admin",
                "demo: play the admin who lifts the rules that stand in the way",
            ));
        }
    }
    // Stops fill the screen already; what leads out of them has to be in sight.
    let stopped = !model.stops().is_empty();
    if stopped {
        keys.push(esc("back", "back to the questions; every answer is kept"));
    }
    if !model.findings().is_empty() {
        let label = if stopped { "" } else { "findings" };
        keys.push(own('w', "w", Act::Findings, label, "read what was found on both sides"));
    }
    if model.ticket.is_none() && !model.beginning {
        keys.push(own('e', "e", Act::Change, "change", "change name, lifetime, route, and how the app is made known"));
        if model.plan.is_some() {
            keys.push(own('x', "x", Act::Script, "az script", "the same as a script for the Azure CLI"));
        }
        if model.ready() {
            keys.push(own('r', "r", Act::Again, "", "look at both sides again"));
        }
    }
    if !stopped {
        keys.push(esc("back", "back to the questions; every answer is kept"));
    }
    keys
}

/// The keys of its dialogs.
pub fn dialog_keys(dialog: &Dialog, _: &Wizard) -> Vec<Binding> {
    match dialog {
        Dialog::Ticks(_) => vec![
            own(' ', "Space", Act::Tick, "tick or untick", "carry the marked role over, or leave it out"),
            enter("done", "close this; the plan is made anew where something changed"),
            Binding::code(KeyCode::Esc, "Esc", keymap::Act::Back, "", "close this"),
        ],
        Dialog::Change(change) if change.types() => {
            vec![enter("take it", "take what was typed"), esc("leave it as it was", "leave it as it was")]
        }
        Dialog::Change(_) => vec![
            enter("change", "change the marked line"),
            esc("done", "close this; the plan is made anew where something changed"),
        ],
        Dialog::Start => vec![enter("start", "do what the plan says"), esc("not yet", "back to the plan")],
    }
}

/// Opens the screen, and has the plan made.
pub fn enter_plan(wizard: &mut Wizard) -> Vec<Effect> {
    let ticket = wizard.next_ticket();
    let since = wizard.now;
    let Some(answers) = wizard.draft.answers() else { return questions::begin_at(wizard) };
    wizard.screen = Screen::Plan(Box::new(Model::making(ticket, since)));
    vec![Effect::Plan(ticket, wizard.draft.setup, Box::new(answers))]
}

/// Has the plan made again; the old one stays in sight meanwhile.
fn again(wizard: &mut Wizard) -> Vec<Effect> {
    let ticket = wizard.next_ticket();
    let now = wizard.now;
    let Some(answers) = wizard.draft.answers() else { return questions::begin_at(wizard) };
    if let Screen::Plan(model) = &mut wizard.screen {
        (model.ticket, model.since, model.looking) = (Some(ticket), now, Looking::default());
    }
    vec![Effect::SaveDraft(Box::new(wizard.draft.clone())), Effect::Plan(ticket, wizard.draft.setup, Box::new(answers))]
}

/// How far the look is. What a look that is over has to say is dropped.
pub fn looking(wizard: &mut Wizard, ticket: Ticket, looking: Looking) {
    if let Screen::Plan(model) = &mut wizard.screen
        && model.ticket == Some(ticket)
    {
        model.looking = looking;
    }
}

/// A plan was made, or why not. A late one is dropped.
pub fn planned(wizard: &mut Wizard, ticket: Ticket, planned: Result<Arc<Plan>, NoPlan>) -> Vec<Effect> {
    let Screen::Plan(model) = &mut wizard.screen else { return Vec::new() };
    if model.ticket != Some(ticket) {
        return Vec::new();
    }
    (model.ticket, model.scroll) = (None, 0);
    let asked_again = std::mem::take(&mut model.asked_again);
    if !wizard.notice.as_ref().is_some_and(|notice| notice.stays) {
        wizard.notice = None;
    }
    match planned {
        Ok(plan) => {
            // The two tenants are best known to the one who has just looked.
            let sides = [&mut wizard.draft.cluster, &mut wizard.draft.registry];
            for (side, seen) in sides.into_iter().zip([&plan.cluster_tenant, &plan.registry_tenant]) {
                side.tenant = Some(seen.clone().or_as_known(side.tenant.take()));
            }
            model.at = model.at.min(plan.lines.len());
            (model.plan, model.refused) = (Some(plan), None);
            if model.stops().is_empty() && model.at >= model.count() {
                model.at = model.count();
            }
        }
        Err(refused) => {
            if matches!(refused, NoPlan::Findings(_)) {
                model.plan = None;
            }
            model.refused = Some(refused);
        }
    }
    if asked_again {
        wizard.say(format!("Looked again at {}.", clock(wizard.now)));
    }
    Vec::new()
}

/// Does what a key means.
pub fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let Screen::Plan(model) = &mut wizard.screen else { return Vec::new() };
    if model.beginning {
        return Vec::new();
    }
    let last = model.count();
    let page = wizard.size.1 / 2;
    // There are no lines to be marked then, only what has to be read.
    let reads = !model.stops().is_empty();
    if let Some(to) = keymap::moved(act, model.at, last).filter(|_| !reads) {
        model.at = to;
        return Vec::new();
    }
    match act {
        keymap::Act::Up if reads => model.scroll = model.scroll.saturating_sub(1),
        keymap::Act::Down if reads => model.scroll = model.scroll.saturating_add(1),
        keymap::Act::PageUp if reads => model.scroll = model.scroll.saturating_sub(page),
        keymap::Act::PageDown if reads => model.scroll = model.scroll.saturating_add(page),
        keymap::Act::First if reads => model.scroll = 0,
        keymap::Act::Last if reads => model.scroll = u16::MAX,
        keymap::Act::Mark(at) if at == model.at => return perform(wizard, keymap::Act::Enter),
        keymap::Act::Back => return questions::back_to_last(wizard),
        keymap::Act::Enter if model.marked().is_none() => return start(wizard),
        keymap::Act::Plan(Act::Begin) => return start(wizard),
        keymap::Act::Enter => open_line(wizard),
        keymap::Act::Plan(Act::Change) => wizard.dialogs.push(Over::Plan(Dialog::Change(Change::new()))),
        keymap::Act::Plan(Act::Script) => script(wizard),
        keymap::Act::Plan(Act::Findings) => {
            let doc = lines::findings_doc(model.findings());
            wizard.dialogs.push(Over::Text { title: "What was found".to_owned(), doc, scroll: 0, copy: None });
        }
        keymap::Act::Plan(Act::Again) => {
            model.asked_again = true;
            return again(wizard);
        }
        keymap::Act::Plan(Act::Account) => {
            let Screen::Plan(model) = &wizard.screen else { return Vec::new() };
            let which = model.not_signed_in(wizard);
            return which.map_or_else(Vec::new, |which| questions::ask(wizard, Question::Account(which)));
        }
        keymap::Act::Plan(Act::Lift) => {
            let there = wizard.draft.cluster.tenant.as_ref().map(Tenant::label).unwrap_or_default();
            wizard.say_until_seen(format!("Demo: an admin of {there} has let this app off the rules in the way."));
            let mut effects = vec![Effect::LiftPolicies];
            effects.extend(again(wizard));
            return effects;
        }
        _ => {}
    }
    Vec::new()
}

/// Asks a last time, with the warnings.
fn start(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Plan(model) = &wizard.screen else { return Vec::new() };
    if model.ticket.is_some() {
        wizard.say("The plan is still being made.");
        return Vec::new();
    }
    if !model.stops().is_empty() {
        wizard.warn("It cannot work like this. w reads what stops it.");
        return Vec::new();
    }
    if model.failed() || model.plan.is_none() {
        wizard.warn("There is no plan yet. r looks again.");
        return Vec::new();
    }
    wizard.dialogs.push(Over::Plan(Dialog::Start));
    Vec::new()
}

fn begin(wizard: &mut Wizard) -> Vec<Effect> {
    let Some(answers) = wizard.draft.answers() else { return Vec::new() };
    let Screen::Plan(model) = &mut wizard.screen else { return Vec::new() };
    let Some(plan) = model.plan.clone().filter(|_| model.ready()) else { return Vec::new() };
    model.beginning = true;
    vec![Effect::Begin(Box::new(answers), plan.hash())]
}

/// What a line changes, what is sent for it, and how to do it by hand.
fn open_line(wizard: &mut Wizard) {
    let Screen::Plan(model) = &wizard.screen else { return };
    let (Some(line), Some(plan), Some(answers)) = (model.marked(), &model.plan, wizard.draft.answers()) else { return };
    if let Some(roles) = model.ticks() {
        let ticks = Ticks::new(roles);
        wizard.dialogs.push(Over::Plan(Dialog::Ticks(ticks)));
        return;
    }
    let title = format!("{}. {}", model.at + 1, line.step);
    let mut doc = Doc::default();
    doc.toned(Tone::Strong, &line.text);
    for change in &line.changes {
        doc.field("-", 2, change);
    }
    if line.step == StepId::ClusterUpdate {
        doc.blank();
        lines::nodes_lines(&mut doc, &plan.cluster);
    }
    let by_hand = equivalent::of(line.step, plan, &answers, None);
    doc.blank();
    equivalent_doc(&mut doc, &by_hand);
    let copy = (!by_hand.az.is_empty()).then(|| ("the commands", by_hand.az.join("\n")));
    wizard.dialogs.push(Over::Text { title, doc, scroll: 0, copy });
}

/// What is sent, and the commands that do the same.
pub(in crate::tui::screens) fn equivalent_doc(doc: &mut Doc, by_hand: &equivalent::Equivalent) {
    doc.dim("What is sent:");
    for request in &by_hand.requests {
        doc.verbatim(&format!("  {request}"));
    }
    if !by_hand.az.is_empty() {
        doc.blank();
        doc.dim("The same by hand:");
        for command in &by_hand.az {
            doc.verbatim(command);
        }
    }
    if let Some(note) = by_hand.note {
        doc.dim(note);
    }
}

fn script(wizard: &mut Wizard) {
    let Screen::Plan(model) = &wizard.screen else { return };
    let (Some(plan), Some(answers)) = (&model.plan, wizard.draft.answers()) else { return };
    let text = equivalent::script(plan, &answers);
    let mut doc = Doc::default();
    doc.text("The same as commands of the Azure CLI, for bash. crosspull does not need it; it also waits, looks and repeats where the commands do not.");
    doc.blank();
    doc.verbatim(&text);
    let title = "The same by hand".to_owned();
    wizard.dialogs.push(Over::Text { title, doc, scroll: 0, copy: Some(("the script", text)) });
}

/// Does what a key means in a dialog.
pub fn in_dialog(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    match wizard.dialogs.last() {
        Some(Over::Plan(Dialog::Ticks(_))) => ticks::perform(wizard, act),
        Some(Over::Plan(Dialog::Change(_))) => change::perform(wizard, act),
        Some(Over::Plan(Dialog::Start)) => {
            if matches!(act, keymap::Act::Enter | keymap::Act::Back) {
                wizard.dialogs.pop();
            }
            if act == keymap::Act::Enter { begin(wizard) } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// Takes a key as text.
pub fn typed(wizard: &mut Wizard, key: KeyEvent) -> Vec<Effect> {
    if let Some(Over::Plan(Dialog::Change(change))) = wizard.dialogs.last_mut() {
        change.typed(key);
    }
    Vec::new()
}

/// Takes pasted text.
pub fn pasted(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    if let Some(Over::Plan(Dialog::Change(change))) = wizard.dialogs.last_mut() {
        change.pasted(text);
    }
    Vec::new()
}

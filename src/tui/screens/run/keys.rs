//! The keys of the run, by what is going on with the marked step.

use super::{Accounts, Dialog, Model, consent, panes, proof, state::Situation};
use crate::{
    catalogue,
    domain::{Problem, Side, StepId},
    engine::{Command, Idle},
    steps::equivalent,
    tui::{
        effect::Effect,
        keymap::{self, Binding, enter, esc},
        model::{Dialog as Over, Model as Wizard, Screen},
        screens::{plan::equivalent_doc, start},
        widgets::{doc::Doc, field::Field},
    },
    words::problem_text,
};

/// What keys mean here and nowhere else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Open the consent link in the browser.
    Browser,
    /// Copy the consent link.
    CopyLink,
    /// Show the message for the other company's admin.
    Message,
    /// Paste the address that the browser landed on.
    Paste,
    /// Take the other admin's word for what cannot be seen from here.
    Vouch,
    /// Look now instead of later.
    LookNow,
    /// Play the other company's admin, in a demo.
    OtherAdmin,
    /// Try the failed step again.
    Retry,
    /// Sign in as somebody else.
    OtherAccount,
    /// Copy the command that the failure asks for.
    CopyCommand,
    /// Copy the whole failure.
    CopyAll,
    /// Show what is sent, and the commands that do the same.
    Equivalent,
    /// Save the report.
    Report,
    /// Copy the app's client id.
    CopyClientId,
    /// Copy the secret.
    CopySecret,
    /// Show the secret, once.
    ShowSecret,
}

fn own(key: char, shown: &'static str, act: Act, label: &'static str, help: &'static str) -> Binding {
    Binding::char(key, shown, keymap::Act::Run(act), label, help)
}

const OTHER_ACCOUNT: &str = "sign in as somebody else on one side, and go on";

/// The keys of the run.
pub fn keys(model: &Model, wizard: &Wizard) -> Vec<Binding> {
    if model.proven() {
        return proof_keys(model, wizard);
    }
    // While what is done is looked at, nothing of it can be acted on.
    if model.reopening || (model.looking && !model.over()) {
        return Vec::new();
    }
    let mut keys = if model.over() {
        vec![
            enter("go on", "take the setup up again"),
            own('e', "e", Act::OtherAccount, "other account", OTHER_ACCOUNT),
        ]
    } else if model.idle == Some(Idle::Plan) {
        vec![enter("do it", "do again what is gone")]
    } else {
        step_keys(model, wizard)
    };
    keys.push(own('x', "x", Act::Equivalent, "az", "what this step sends, and the az commands that do the same"));
    if model.at.is_some() {
        keys.push(esc("what matters now", "back to what matters now"));
    } else if model.over() && wizard.demo.is_none() {
        keys.push(esc("the list", "to the setups of this machine"));
    } else if wizard.demo.is_some() {
        keys.push(esc("", "to the demo's other stories; this one ends"));
    }
    keys
}

fn step_keys(model: &Model, wizard: &Wizard) -> Vec<Binding> {
    let Some(step) = model.shown_step() else { return Vec::new() };
    let demo = wizard.demo.is_some();
    let handed_over = model.answers.registry.handed_over();
    let here = wizard.place.has_browser();
    let look_now = |label| own('l', "l", Act::LookNow, label, "look now instead of later");
    let play = own('o', "o", Act::OtherAdmin, "play the other admin", "demo: do what the other company's admin does");
    let message = |label| own('m', "m", Act::Message, label, "a message for the other company's admin, to be copied");
    let mut keys = Vec::new();
    match model.situation(step) {
        Situation::Consent(_) => {
            // Where the link is opened by somebody far away, the message with it matters more than the browser here.
            if handed_over {
                keys.push(enter("message", "a message for the other company's admin, to be copied"));
            } else if here {
                keys.push(enter("browser", "open the link in your browser"));
            } else {
                keys.push(enter("copy link", "copy the link, to open it where there is a browser"));
            }
            if demo {
                keys.push(play);
            }
            let label = if here || handed_over { "copy link" } else { "" };
            keys.push(own('c', "c", Act::CopyLink, label, "copy the link"));
            if here {
                let label = if handed_over { "browser" } else { "" };
                keys.push(own('b', "b", Act::Browser, label, "open the link in your browser"));
            }
            keys.push(message(""));
            let label = if demo || handed_over { "" } else { "paste address" };
            keys.push(own('p', "p", Act::Paste, label, "paste the address that the browser has landed on"));
            keys.push(look_now(""));
        }
        Situation::Role(status) => {
            keys.push(enter("message", "a message for the other company's admin, to be copied"));
            if demo {
                keys.push(play);
            }
            keys.push(message(""));
            if consent::cannot_be_seen(status) {
                keys.push(own(
                    'v',
                    "v",
                    Act::Vouch,
                    "it is done",
                    "take the other admin's word, since it cannot be seen from here",
                ));
            }
            keys.push(look_now("look now"));
        }
        Situation::Nodes => keys.push(enter("replace the nodes", "type the cluster's name to replace its nodes")),
        Situation::Failed(problem) => {
            keys.push(own('r', "r", Act::Retry, "retry", "try it again"));
            keys.push(enter("", "try it again"));
            if step.side() == Side::Registry {
                keys.push(message("hand over"));
            }
            if behind_firewall(&problem, step) {
                let help = "go on without this pull, on the word of the registry's admin";
                keys.push(own('v', "v", Act::Vouch, "their word", help));
                if demo {
                    keys.push(own(
                        'o',
                        "o",
                        Act::OtherAdmin,
                        "play their admin",
                        "demo: their admin lets this machine and the cluster in",
                    ));
                }
            }
            if command_to_run(&problem).is_some() {
                keys.push(own('c', "c", Act::CopyCommand, "copy command", "copy the command that signs in again"));
            }
            keys.push(own('e', "e", Act::OtherAccount, "other account", OTHER_ACCOUNT));
            keys.push(own('y', "y", Act::CopyAll, "copy it all", "copy the whole failure, with its ids"));
        }
        Situation::Works(_) => keys.push(look_now("look now")),
        Situation::Rests(_) => {}
    }
    keys
}

/// The command with which the Azure CLI gets an account, or asks for what Azure wants besides.
fn command_to_run(problem: &Problem) -> Option<&str> {
    const END_WITH_IT: [&str; 3] = ["ClaimsChallenge", "AzureCliNotSignedIn", "AzureCliSubscriptionNotFound"];
    let code = problem.code.as_deref()?;
    let message = END_WITH_IT.contains(&code).then_some(problem.message.as_str())?;
    Some(message[message.find("az login ")?..].trim_end())
}

/// Whether a pull failed since the registry's firewall lets nobody in from here.
fn behind_firewall(problem: &Problem, step: StepId) -> bool {
    matches!(step, StepId::Probe | StepId::Proof)
        && catalogue::explain(problem, Some(step)).is_some_and(|entry| entry.code == catalogue::FIREWALL)
}

/// Whether a step cannot be seen from here, so that somebody's word may stand in.
pub(super) fn rests_on_a_word(model: &Model, step: StepId) -> bool {
    match model.situation(step) {
        Situation::Role(status) => consent::cannot_be_seen(status),
        Situation::Failed(problem) => behind_firewall(&problem, step),
        _ => false,
    }
}

fn proof_keys(model: &Model, wizard: &Wizard) -> Vec<Binding> {
    let report = match wizard.demo {
        Some(_) => "show what was done; outside the demo it is saved",
        None => "save what was done, for both companies",
    };
    let mut keys = vec![
        own('s', "s", Act::Report, "report", report),
        own('c', "c", Act::CopyClientId, "client id", "copy the app's client id"),
    ];
    if model.secret_at_hand().is_some() {
        keys.push(own('k', "k", Act::CopySecret, "secret", "copy the app's secret; it leaves the clipboard by itself"));
        if !model.shown && !wizard.look.shared {
            keys.push(own('v', "v", Act::ShowSecret, "show it", "show the app's secret, once"));
        }
    }
    if wizard.demo.is_some() {
        keys.push(esc("other stories", "back to the demo's stories; this one ends"));
    }
    keys
}

/// Does what a key means.
pub fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let page = wizard.size.1 / 2;
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    match act {
        keymap::Act::PageUp => model.scroll = model.scroll.saturating_sub(page),
        keymap::Act::PageDown => model.scroll = model.scroll.saturating_add(page),
        keymap::Act::Up if model.proven() => model.scroll = model.scroll.saturating_sub(1),
        keymap::Act::Down if model.proven() => model.scroll = model.scroll.saturating_add(1),
        keymap::Act::Up => model.mark(|at, _| at.saturating_sub(1)),
        keymap::Act::Down => model.mark(|at, last| (at + 1).min(last)),
        keymap::Act::First if model.proven() => model.scroll = 0,
        keymap::Act::Last if model.proven() => model.scroll = u16::MAX,
        keymap::Act::First => model.mark(|_, _| 0),
        keymap::Act::Last => model.mark(|_, last| last),
        keymap::Act::Mark(at) => model.mark(|_, last| at.min(last)),
        keymap::Act::Back if model.at.is_none() && wizard.demo.is_some() => {
            wizard.dialogs.push(Over::Run(Dialog::EndStory));
        }
        keymap::Act::Back if model.at.is_none() && model.over() && !model.proven() => {
            let mut effects = vec![Effect::CloseRun];
            effects.extend(start::open(wizard));
            return effects;
        }
        keymap::Act::Back => model.follow(),
        keymap::Act::Enter => return entered(wizard),
        keymap::Act::Run(act) => return on_step(wizard, act),
        _ => {}
    }
    Vec::new()
}

/// Enter does what is most likely meant.
fn entered(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    if model.proven() || model.reopening {
        return Vec::new();
    }
    if model.over() {
        model.reopening = true;
        return vec![Effect::Resume(model.answers.name.clone())];
    }
    if model.idle == Some(Idle::Plan) {
        // A yes of its own, as the plan's: whatever key was meant for the screen before confirms nothing.
        wizard.dialogs.push(Over::Run(Dialog::Again));
        return Vec::new();
    }
    let Some(step) = model.shown_step() else { return Vec::new() };
    match model.situation(step) {
        Situation::Consent(_) if !model.answers.registry.handed_over() => {
            let act = if wizard.place.has_browser() { Act::Browser } else { Act::CopyLink };
            on_step(wizard, act)
        }
        Situation::Consent(_) | Situation::Role(_) => on_step(wizard, Act::Message),
        Situation::Failed(_) => on_step(wizard, Act::Retry),
        Situation::Nodes => {
            wizard.dialogs.push(Over::Run(Dialog::Nodes { field: Field::default(), wrong: false }));
            Vec::new()
        }
        Situation::Works(_) | Situation::Rests(_) => Vec::new(),
    }
}

fn on_step(wizard: &mut Wizard, act: Act) -> Vec<Effect> {
    let Screen::Run(model) = &wizard.screen else { return Vec::new() };
    let Some(step) = model.shown_step() else { return Vec::new() };
    let copy = |what: &'static str, text: String| vec![Effect::Copy { what, text }];
    match act {
        Act::Browser => consent::link(model, wizard.world()).map(Effect::Open).into_iter().collect(),
        Act::CopyLink => {
            consent::link(model, wizard.world()).map(|link| copy("the link", link.to_string())).unwrap_or_default()
        }
        Act::Message => {
            if let Some((title, text)) = consent::message(model, wizard.world()) {
                let mut doc = Doc::default();
                doc.verbatim(&text);
                let copy = Some(("the message", text));
                wizard.dialogs.push(Over::Text { title, doc, scroll: 0, copy });
            }
            Vec::new()
        }
        Act::Paste => {
            wizard.dialogs.push(Over::Run(Dialog::Paste { field: Field::default(), wrong: None }));
            Vec::new()
        }
        Act::Vouch => {
            wizard.dialogs.push(Over::Run(Dialog::Vouch(step)));
            Vec::new()
        }
        Act::LookNow => {
            wizard.say("Looking now.");
            vec![Effect::Engine(Command::LookNow)]
        }
        Act::OtherAdmin => {
            let effects = play(model, step);
            if !effects.is_empty() {
                // What an address said before is old by now.
                if let Screen::Run(model) = &mut wizard.screen {
                    model.landed.clear();
                }
                let Screen::Run(model) = &wizard.screen else { return Vec::new() };
                let there = model.progress.plan().map(|plan| plan.registry_tenant.label()).unwrap_or_default();
                let then = match model.situation(step) {
                    Situation::Failed(_) => "r tries again.",
                    _ => "It takes a moment until that is seen.",
                };
                wizard.say(format!("The admin of {there} has acted. {then}"));
            }
            effects
        }
        Act::Retry => vec![Effect::Engine(Command::Retry(step))],
        Act::OtherAccount => {
            let accounts = Accounts::new(model, wizard);
            wizard.dialogs.push(Over::Run(Dialog::Accounts(accounts)));
            Vec::new()
        }
        Act::CopyCommand => match model.situation(step) {
            Situation::Failed(problem) => {
                command_to_run(&problem).map(|command| copy("the command", command.to_owned())).unwrap_or_default()
            }
            _ => Vec::new(),
        },
        Act::CopyAll => match model.situation(step) {
            Situation::Failed(problem) => copy("the failure", problem_text(&problem, Some(step))),
            _ => Vec::new(),
        },
        Act::Equivalent => {
            by_hand(wizard, step);
            Vec::new()
        }
        Act::Report => vec![Effect::SaveReport],
        Act::CopyClientId => proof::client_id(model).map(|id| copy("the client id", id)).unwrap_or_default(),
        Act::CopySecret => model.secret_at_hand().map(Effect::CopySecret).into_iter().collect(),
        Act::ShowSecret => {
            wizard.dialogs.push(Over::Run(Dialog::ShowSecret));
            Vec::new()
        }
    }
}

fn play(model: &Model, step: StepId) -> Vec<Effect> {
    let app = model.progress.facts().app().map(|app| app.app_id);
    let (Some(app), Some(plan)) = (app, model.progress.plan()) else { return Vec::new() };
    vec![Effect::OtherAdmin { step, app, plan: Box::new((**plan).clone()) }]
}

fn by_hand(wizard: &mut Wizard, step: StepId) {
    let Screen::Run(model) = &wizard.screen else { return };
    let Some(plan) = model.progress.plan() else { return };
    let by_hand = equivalent::of(step, plan, &model.answers, Some(model.progress.facts()));
    let mut doc = Doc::default();
    panes::what_it_does(&mut doc, model, step);
    doc.blank();
    equivalent_doc(&mut doc, &by_hand);
    let copy = (!by_hand.az.is_empty()).then(|| ("the commands", by_hand.az.join("\n")));
    let title = format!("{}. {step}", model.number(step));
    wizard.dialogs.push(Over::Text { title, doc, scroll: 0, copy });
}

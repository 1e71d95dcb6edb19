//! What lies over the run: a yes that is typed, an address that is pasted, somebody's word, another account, a secret.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Accounts, Model, accounts, consent, keys, panes};
use crate::{
    domain::{StepId, answers::registered},
    engine::{Command, Idle, Stage},
    secret::Secret,
    tui::{
        canvas::Canvas,
        effect::Effect,
        keymap::{self, Binding, enter, esc},
        model::{Dialog as Over, Model as Wizard, Screen},
        screens::{plan::lines, scenarios},
        widgets::{
            dialog,
            doc::{Doc, Tone},
            field::{self, Field},
        },
    },
};

/// What lies over the run.
#[derive(Debug)]
pub enum Dialog {
    /// The replacement of every node: the cluster's name has to be typed.
    Nodes {
        /// What is typed.
        field: Field,
        /// It was another name.
        wrong: bool,
    },
    /// The address that the browser has landed on.
    Paste {
        /// What is typed.
        field: Field,
        /// Why it cannot be that address.
        wrong: Option<String>,
    },
    /// The other admin's word for a step that cannot be seen from here.
    Vouch(StepId),
    /// What is gone is done again.
    Again,
    /// The demo's story ends unfinished, for another one.
    EndStory,
    /// Who else could sign in.
    Accounts(Accounts),
    /// Whether to show the secret: it is shown once.
    ShowSecret,
    /// The secret, shown once.
    Secret(Secret),
}

impl Dialog {
    /// Whether printable keys are text here.
    pub fn takes_text(&self) -> bool {
        match self {
            Self::Nodes { .. } | Self::Paste { .. } => true,
            Self::Accounts(accounts) => accounts.takes_text(),
            Self::Again | Self::Vouch(_) | Self::EndStory | Self::ShowSecret | Self::Secret(_) => false,
        }
    }
}

/// The keys of the run's dialogs.
pub fn dialog_keys(dialog: &Dialog, _: &Wizard) -> Vec<Binding> {
    match dialog {
        Dialog::Nodes { .. } => vec![enter("replace them", "replace every node"), esc("not now", "not now")],
        Dialog::Paste { .. } => vec![enter("read it", "read what the address says"), esc("close", "close this")],
        Dialog::Vouch(_) => vec![enter("take their word", "go on with it as done"), esc("not yet", "wait on")],
        Dialog::Again => vec![enter("do it", "do again what is gone"), esc("not now", "not now")],
        Dialog::EndStory => vec![enter("other stories", "end this story"), esc("stay", "stay in this one")],
        Dialog::Accounts(_) => vec![enter("sign in", "sign in as the marked one"), esc("back", "leave it as it is")],
        Dialog::ShowSecret => vec![enter("show it", "show the secret now"), esc("not now", "do not show it")],
        Dialog::Secret(_) => vec![esc("close and wipe", "close this; the secret is not shown again")],
    }
}

/// Does what a key means in a dialog.
pub fn in_dialog(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    if act == keymap::Act::Back {
        if let Some(Over::Run(Dialog::Accounts(accounts))) = wizard.dialogs.last_mut()
            && accounts.back()
        {
            return Vec::new();
        }
        return match wizard.dialogs.pop() {
            Some(Over::Run(Dialog::Secret(secret))) => vec![Effect::Drop(secret)],
            _ => Vec::new(),
        };
    }
    if let Some(Over::Run(Dialog::Accounts(_))) = wizard.dialogs.last() {
        return accounts::perform(wizard, act);
    }
    if act == keymap::Act::Enter { entered(wizard) } else { Vec::new() }
}

fn entered(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    match wizard.dialogs.last_mut() {
        Some(Over::Run(Dialog::Nodes { field, wrong })) => {
            let Some(review) = model.review.clone() else { return Vec::new() };
            if field.text().trim() != review.cluster.id.name() {
                *wrong = true;
                return Vec::new();
            }
            wizard.dialogs.pop();
            // It is given once: what comes next is the engine's word.
            model.idle = None;
            vec![Effect::Engine(Command::ConfirmNodes(review.hash.clone()))]
        }
        Some(Over::Run(Dialog::Again)) => {
            wizard.dialogs.pop();
            if model.idle.take() != Some(Idle::Plan) {
                return Vec::new();
            }
            let hash = model.progress.plan().map(|plan| plan.hash());
            hash.map(|hash| Effect::Engine(Command::Confirm(hash))).into_iter().collect()
        }
        Some(Over::Run(Dialog::Paste { field, wrong })) => {
            let text = field.text().to_owned();
            if let Some(said) = consent::not_it(model, &text) {
                *wrong = Some(said);
                return Vec::new();
            }
            wizard.dialogs.pop();
            read_address(wizard, &text)
        }
        Some(Over::Run(Dialog::ShowSecret)) => {
            wizard.dialogs.pop();
            let asked = model.secret_at_hand().map(Effect::Reveal);
            model.shown = asked.is_some();
            asked.into_iter().collect()
        }
        Some(Over::Run(Dialog::EndStory)) => {
            wizard.dialogs.clear();
            scenarios::open(wizard)
        }
        Some(Over::Run(Dialog::Vouch(step))) => {
            let step = *step;
            let failed = matches!(model.progress.stage(step), Stage::Failed { .. });
            let unseen = keys::rests_on_a_word(model, step);
            wizard.dialogs.pop();
            if !unseen {
                wizard.say("That can be seen by now: nobody's word is needed.");
                return Vec::new();
            }
            match step {
                // The proof rests on the same word as the pull before it.
                StepId::Probe | StepId::Proof if failed => {
                    vec![Effect::Engine(Command::Vouch(StepId::Probe)), Effect::Engine(Command::Retry(step))]
                }
                step => vec![Effect::Engine(Command::Vouch(step))],
            }
        }
        _ => Vec::new(),
    }
}

/// What a pasted address says is shown where the consent is waited for; whatever it says, a look follows.
fn read_address(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    let now = wizard.now;
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    model.landed = consent::landed(model, text, now);
    model.follow();
    vec![Effect::Engine(Command::LookNow)]
}

/// Takes a key as text.
pub fn typed(wizard: &mut Wizard, key: KeyEvent) -> Vec<Effect> {
    match wizard.dialogs.last_mut() {
        Some(Over::Run(Dialog::Nodes { field, wrong })) => {
            field.handle(key);
            *wrong = false;
        }
        Some(Over::Run(Dialog::Paste { field, wrong })) => {
            field.handle(key);
            *wrong = None;
        }
        Some(Over::Run(Dialog::Accounts(accounts))) => accounts.typed(key),
        _ => {}
    }
    Vec::new()
}

/// Takes pasted text. Without a dialog it is what the browser landed on.
pub fn pasted(wizard: &mut Wizard, text: &str) -> Vec<Effect> {
    match wizard.dialogs.last_mut() {
        Some(Over::Run(Dialog::Nodes { field, wrong })) => {
            field.paste(text);
            *wrong = false;
        }
        Some(Over::Run(Dialog::Paste { field, wrong })) => {
            field.paste(text);
            *wrong = None;
        }
        Some(Over::Run(Dialog::Accounts(accounts))) => accounts.pasted(text),
        Some(_) => {}
        None => {
            let waits = matches!(&wizard.screen, Screen::Run(model) if model.waits_for_consent());
            if waits {
                return read_address(wizard, text);
            }
        }
    }
    Vec::new()
}

impl Model {
    fn waits_for_consent(&self) -> bool {
        self.status(StepId::Consent).is_some()
    }
}

/// Draws what lies over the run.
pub fn dialog_view(over: &Dialog, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &wizard.look;
    let Screen::Run(model) = &wizard.screen else { return };
    let mut doc = Doc::default();
    let (title, typed) = match over {
        Dialog::Nodes { field, wrong } => {
            if let Some(review) = &model.review {
                panes::on_a_word(&mut doc, model);
                lines::nodes_lines(&mut doc, &review.cluster);
                panes::differences(&mut doc, review);
                doc.blank();
                doc.text(&format!("Type the cluster's name, {}, to agree to it:", review.cluster.id.name()));
            }
            if *wrong {
                doc.bad(if field.text().trim().is_empty() { "Type the name first." } else { "That is another name." });
            }
            ("Replace every node?", Some(field))
        }
        Dialog::Paste { field, wrong } => {
            doc.text(&format!(
                "Paste the whole address that the browser shows after the page. It begins with {}.",
                registered(&model.answers.app.redirect_uri)
            ));
            if let Some(wrong) = wrong {
                doc.bad(wrong);
            }
            ("Where did the browser land?", Some(field))
        }
        Dialog::Vouch(step) => {
            doc.text(&match step {
                StepId::Probe | StepId::Proof => "The registry's firewall lets nobody in from here, so the pull cannot be \
                     tried. Does its admin say that the app may pull, and that the cluster's addresses are let in? It is \
                     written down as their word, and the proof says what rests on it."
                    .to_owned(),
                step => format!(
                    "From here it cannot be seen whether the step \"{step}\" is done. Does the other company's admin \
                     say so? It is written down as their word, and the proof says what rests on it."
                ),
            });
            ("Take their word?", None)
        }
        Dialog::Again => {
            doc.text("The steps that are gone are done again, in the tenants that the plan names.");
            ("Do again what is gone?", None)
        }
        Dialog::EndStory => {
            doc.text("This story ends, and its two companies with all that was made there.");
            ("Go to the other stories?", None)
        }
        Dialog::Accounts(accounts) => return accounts.view(wizard, area, canvas),
        Dialog::ShowSecret => {
            doc.text(
                "It is shown this once. crosspull notes on this machine that you have it, and the report says so. Make sure \
                 that nobody else sees your screen.",
            );
            ("Show the secret?", None)
        }
        Dialog::Secret(secret) => {
            doc.text("The app's secret, shown this once.");
            doc.blank();
            doc.toned(Tone::Strong, secret.expose());
            doc.blank();
            doc.text("Who has it can pull from the registry, and do in the cluster tenant what the cluster may do.");
            ("The secret", None)
        }
    };
    match typed {
        Some(text) => {
            let below = dialog::view_with_room(look, title, &doc, 0, 1, area, canvas);
            field::view(text, look, "> ", Rect { height: below.height.min(1), ..below }, canvas);
        }
        None => {
            dialog::view(look, title, &doc, 0, area, canvas);
        }
    }
}

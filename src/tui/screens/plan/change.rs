//! What can be changed about a setup that is planned: name, lifetime, route, how the app is made known, what it may pull.

use crossterm::event::KeyEvent;

use super::{Dialog, Model};
use crate::{
    domain::{
        Draft, Repository,
        answers::{Provision, Route},
        plan::RoleMode,
        rules,
    },
    tui::{
        effect::Effect,
        keymap,
        look::Look,
        model::{Dialog as Over, Model as Wizard, Screen},
        widgets::{
            doc::{Doc, Tone},
            field::Field,
        },
    },
};

/// One thing that can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// The setup's name.
    Name,
    /// The app's name.
    AppName,
    /// How long the cluster's secret lives.
    Lifetime,
    /// Which route.
    Route,
    /// How the app is made known in the registry tenant.
    Provision,
    /// Which repositories it may pull.
    Repositories,
}

const ITEMS: [Item; 6] = [Item::Name, Item::AppName, Item::Lifetime, Item::Route, Item::Provision, Item::Repositories];

/// The list, and the field of the line that is being typed.
#[derive(Debug)]
pub struct Change {
    at: usize,
    typing: Option<Field>,
    wrong: Option<String>,
    changed: bool,
}

impl Change {
    pub(super) fn new() -> Self {
        Self { at: 0, typing: None, wrong: None, changed: false }
    }

    /// Whether a line is being typed.
    pub fn types(&self) -> bool {
        self.typing.is_some()
    }

    pub(super) fn field(&self) -> Option<&Field> {
        self.typing.as_ref()
    }

    pub(super) fn typed(&mut self, key: KeyEvent) {
        if let Some(field) = &mut self.typing {
            field.handle(key);
            self.wrong = None;
        }
    }

    pub(super) fn pasted(&mut self, text: &str) {
        if let Some(field) = &mut self.typing {
            field.paste(text);
        }
    }

    fn item(&self) -> Item {
        ITEMS[self.at.min(ITEMS.len() - 1)]
    }

    pub(super) fn doc(&self, look: &Look, model: &Model, draft: &Draft) -> Doc {
        let mut doc = Doc::default();
        if self.typing.is_some() {
            doc.text(hint(self.item()));
            if let Some(wrong) = &self.wrong {
                doc.bad(wrong);
            }
            return doc;
        }
        for (at, item) in ITEMS.iter().enumerate() {
            let label = format!("{:<19}", label(*item));
            doc.choice(look, at == self.at, &label, &value(*item, model, draft));
        }
        doc.blank();
        doc.dim(hint(self.item()));
        if let Some(wrong) = &self.wrong {
            doc.toned(Tone::Warn, wrong);
        }
        doc
    }
}

fn label(item: Item) -> &'static str {
    match item {
        Item::Name => "name of this setup",
        Item::AppName => "name of the app",
        Item::Lifetime => "life of the secret",
        Item::Route => "route",
        Item::Provision => "app made known by",
        Item::Repositories => "may pull",
    }
}

fn hint(item: Item) -> &'static str {
    match item {
        Item::Name => "How crosspull calls this setup on this machine.",
        Item::AppName => "What admins of both companies see: under App registrations and Enterprise applications.",
        Item::Lifetime => {
            "In days, from 1 to 730. When it has ended, the cluster can no longer pull, scale, or change load balancers and \
             disks. Each renewal replaces every node again."
        }
        Item::Route => {
            "new-app: a new app becomes the cluster's identity, and every node is replaced. keep-app: the cluster keeps \
             the app it has, which is opened to the other tenant; no node is replaced."
        }
        Item::Provision => {
            "consent link: an admin of the registry's company opens a link and accepts. directly: your account there \
             makes the app known by itself, if it may."
        }
        Item::Repositories => {
            "Repositories, with a comma between them; nothing means all. Only a registry with rights on repositories can \
             tell them apart."
        }
    }
}

/// Where the cluster keeps its app, none is made, and no secret for the nodes.
fn keeps_the_app(draft: &Draft, present: Option<Route>) -> bool {
    draft.route.or(present) == Some(Route::KeepApp)
}

/// What is said of what a kept app leaves nothing to choose for.
const NOT_MADE: &str = "the cluster keeps its own";

fn value(item: Item, model: &Model, draft: &Draft) -> String {
    let plan = model.plan.as_ref();
    let keeps = keeps_the_app(draft, plan.map(|plan| plan.route));
    match item {
        Item::AppName | Item::Lifetime if keeps => NOT_MADE.to_owned(),
        Item::Name => draft.setup_name().unwrap_or_default(),
        Item::AppName => draft
            .display_name
            .clone()
            .or_else(|| plan.map(|plan| plan.app_name.clone()))
            .unwrap_or_else(|| "follows the setup's name".to_owned()),
        Item::Lifetime => match (draft.secret_days, plan) {
            (Some(days), _) => format!("{days} days"),
            (None, Some(plan)) => format!("{} days", plan.secret_days),
            (None, None) => "a year, or what a rule allows".to_owned(),
        },
        Item::Route => match draft.route.or_else(|| plan.map(|plan| plan.route)) {
            Some(Route::KeepApp) => "keep-app: the cluster keeps its app",
            Some(Route::NewApp) => "new-app: the cluster gets a new one",
            None => "chosen by the plan",
        }
        .to_owned(),
        Item::Provision if draft.handed_over => "the other company's admin".to_owned(),
        Item::Provision => match draft.provision {
            Provision::Consent => "consent link",
            Provision::Direct => "your account there, directly",
        }
        .to_owned(),
        Item::Repositories if draft.repositories.is_empty() => "all repositories".to_owned(),
        Item::Repositories => draft.repositories.iter().map(Repository::as_str).collect::<Vec<_>>().join(", "),
    }
}

/// Does what a key means.
pub(super) fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let plan = match &wizard.screen {
        Screen::Plan(model) => model.plan.clone(),
        _ => None,
    };
    let plan = plan.as_ref();
    let (present_route, present_days) = (plan.map(|plan| plan.route), plan.map(|plan| plan.secret_days));
    let present_name = plan.map(|plan| plan.app_name.clone());
    let Some(Over::Plan(Dialog::Change(change))) = wizard.dialogs.last_mut() else { return Vec::new() };
    let draft = &mut wizard.draft;
    let last = ITEMS.len() - 1;
    match act {
        keymap::Act::Enter if change.types() => take(change, draft),
        keymap::Act::Back if change.types() => (change.typing, change.wrong) = (None, None),
        keymap::Act::Back => {
            let changed = change.changed;
            wizard.dialogs.pop();
            if changed {
                return super::again(wizard);
            }
        }
        _ if change.types() => {}
        act if keymap::moved(act, change.at, last).is_some() => {
            change.at = keymap::moved(act, change.at, last).unwrap_or(last);
            change.wrong = None;
        }
        keymap::Act::Enter | keymap::Act::Mark(_) => {
            change.wrong = None;
            match change.item() {
                Item::AppName | Item::Lifetime if keeps_the_app(draft, present_route) => {
                    change.wrong = Some("On this route the cluster keeps its own app and secret.".to_owned());
                }
                Item::Name => change.typing = Some(Field::with(&draft.setup_name().unwrap_or_default())),
                Item::AppName => {
                    let name = draft.display_name.clone().or(present_name).unwrap_or_default();
                    change.typing = Some(Field::with(&name));
                }
                Item::Lifetime => {
                    let days = draft.secret_days.or(present_days).map(|days| days.to_string()).unwrap_or_default();
                    change.typing = Some(Field::with(&days));
                }
                Item::Route => {
                    let present = draft.route.or(present_route).unwrap_or(Route::NewApp);
                    let other = if present == Route::NewApp { Route::KeepApp } else { Route::NewApp };
                    (draft.route, change.changed) = (Some(other), true);
                }
                Item::Provision if draft.handed_over => {
                    change.wrong = Some("Nobody is signed in there: its own admin does it.".to_owned());
                }
                Item::Provision => {
                    draft.provision = match draft.provision {
                        Provision::Consent => Provision::Direct,
                        Provision::Direct => Provision::Consent,
                    };
                    change.changed = true;
                }
                Item::Repositories if plan.and_then(|plan| plan.registry.mode) == Some(RoleMode::Legacy) => {
                    change.wrong =
                        Some("This registry gives rights on all its repositories or on none of them.".to_owned());
                }
                Item::Repositories => {
                    let names: Vec<&str> = draft.repositories.iter().map(Repository::as_str).collect();
                    change.typing = Some(Field::with(&names.join(", ")));
                }
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Takes what was typed, or says what would be right.
fn take(change: &mut Change, draft: &mut Draft) {
    let text = change.typing.as_ref().map(|field| field.text().trim().to_owned()).unwrap_or_default();
    let wrong = match change.item() {
        Item::Name if rules::is_setup_name(&text) => {
            draft.name = Some(text);
            None
        }
        Item::Name => Some("A name has 1 to 64 letters, digits, spaces and signs, and no dash in front."),
        Item::AppName if text.is_empty() => {
            draft.display_name = None;
            None
        }
        Item::AppName if rules::is_display_name(&text) => {
            draft.display_name = Some(text);
            None
        }
        Item::AppName => Some("A name of 1 to 120 characters belongs here."),
        Item::Lifetime if text.is_empty() => {
            draft.secret_days = None;
            None
        }
        Item::Lifetime => match text.parse() {
            Ok(days) if rules::SECRET_DAYS.contains(&days) => {
                draft.secret_days = Some(days);
                None
            }
            _ => Some("A number of days from 1 to 730 belongs here."),
        },
        Item::Repositories => {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            let tested = draft.image.as_ref().map(|image| &image.repository);
            match names.map(str::parse).collect::<Result<Vec<Repository>, _>>() {
                Ok(repositories) if tested.is_some_and(|tested| rules::leaves_out(&repositories, tested)) => {
                    Some("The repository of the test image has to be among them.")
                }
                Ok(repositories) => {
                    draft.repositories = repositories;
                    None
                }
                Err(_) => Some("Names such as shop/web belong here, in small letters, with a comma between them."),
            }
        }
        Item::Route | Item::Provision => None,
    };
    if let Some(wrong) = wrong {
        change.wrong = Some(wrong.to_owned());
    } else {
        (change.typing, change.wrong, change.changed) = (None, None, true);
    }
}

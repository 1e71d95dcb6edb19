//! Signing in as somebody else on one side, while a setup is under way. What is planned stays as it is.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Dialog, Model};
use crate::{
    domain::{
        AppId,
        answers::{SignIn, Tenant},
    },
    session::Account,
    tui::{
        browser::Place,
        canvas::Canvas,
        effect::Effect,
        keymap,
        look::Look,
        model::{Dialog as Over, Model as Wizard, Screen, Which},
        screens::ways::{self, Offer, Way},
        widgets::{
            dialog,
            doc::{Doc, Tone},
            field::{self, Field},
        },
    },
};

/// One side, and who signs in there now.
#[derive(Debug)]
struct At {
    which: Which,
    tenant: Tenant,
    now: Option<SignIn>,
    /// The rarer ways are shown too.
    more: bool,
}

/// What is typed for a service principal.
#[derive(Debug)]
enum Typing {
    ClientId(Field),
    Proof(AppId, Field),
}

/// Who could sign in, on both sides.
#[derive(Debug)]
pub struct Accounts {
    sides: Vec<At>,
    known: Vec<Account>,
    place: Place,
    demo: bool,
    at: usize,
    typing: Option<Typing>,
    wrong: Option<&'static str>,
}

impl Accounts {
    pub(super) fn new(model: &Model, wizard: &Wizard) -> Self {
        let handed_over = model.answers.registry.handed_over();
        let sides = [Which::Cluster, Which::Registry]
            .into_iter()
            .filter(|which| *which == Which::Cluster || !handed_over)
            .filter_map(|which| {
                let tenant = model.tenant(which, None).0?;
                let now = model.sign_in(which).cloned();
                let more = now.as_ref().is_some_and(ways::is_rarer);
                Some(At { which, tenant, now, more })
            })
            .collect();
        let known = wizard.accounts.clone().unwrap_or_default();
        let (place, demo) = (wizard.place, wizard.demo.is_some());
        Self { sides, known, place, demo, at: 0, typing: None, wrong: None }
    }

    fn offers(&self, at: &At) -> Vec<Offer> {
        let Self { known, place, demo, .. } = self;
        let ground = ways::Ground { tenant: &at.tenant, accounts: known, place: *place, demo: *demo, more: at.more };
        ways::offers(&ground)
    }

    /// Every entry, with the place of its side.
    fn lines(&self) -> Vec<(usize, Offer)> {
        let of_side = |(side, at)| self.offers(at).into_iter().map(move |offer| (side, offer));
        self.sides.iter().enumerate().flat_map(of_side).collect()
    }

    /// Whether something is typed.
    pub(super) fn takes_text(&self) -> bool {
        self.typing.is_some()
    }

    /// One step back inside; `false` where there is none.
    pub(super) fn back(&mut self) -> bool {
        self.wrong = None;
        self.typing.take().is_some()
    }

    fn field(&mut self) -> Option<&mut Field> {
        match &mut self.typing {
            Some(Typing::ClientId(field) | Typing::Proof(_, field)) => Some(field),
            None => None,
        }
    }

    pub(super) fn typed(&mut self, key: KeyEvent) {
        self.wrong = None;
        if let Some(field) = self.field() {
            field.handle(key);
        }
    }

    pub(super) fn pasted(&mut self, text: &str) {
        self.wrong = None;
        if let Some(field) = self.field() {
            field.paste(text);
        }
    }

    /// Takes what is marked or typed; the answer once it is whole.
    fn take(&mut self) -> Option<(Which, SignIn)> {
        let (side, offer) = self.lines().into_iter().nth(self.at)?;
        let which = self.sides.get(side)?.which;
        match (&mut self.typing, offer.way) {
            (None, Way::Account(Account { sign_in, .. }) | Way::With(sign_in)) => return Some((which, sign_in)),
            (None, Way::App) => {
                let now = self.sides.get(side).and_then(|at| at.now.as_ref()).and_then(ways::proof_of);
                let known = now.map(|(client_id, _)| client_id.to_string()).unwrap_or_default();
                self.typing = Some(Typing::ClientId(Field::with(&known)));
            }
            (None, Way::More) => {
                // The first of them stands where the word for them stood.
                if let Some(at) = self.sides.get_mut(side) {
                    at.more = true;
                }
            }
            (Some(Typing::ClientId(field)), _) => match ways::client_id(field.text()) {
                Ok(id) => self.typing = Some(Typing::Proof(id, Field::with(&which.secret_variable()))),
                Err(why) => self.wrong = Some(why),
            },
            (Some(Typing::Proof(client_id, field)), _) => match ways::app(*client_id, field.text()) {
                Ok(app) => return Some((which, app)),
                Err(why) => {
                    field.set("");
                    self.wrong = Some(why);
                }
            },
        }
        None
    }

    fn doc(&self, look: &Look) -> Doc {
        let mut doc = Doc::default();
        match &self.typing {
            None => self.list(&mut doc, look),
            Some(Typing::ClientId(_)) => doc.text("The client id (application id) of the service principal:"),
            Some(Typing::Proof(..)) => {
                doc.text(ways::PROOF);
                doc.text("crosspull has to have been started with the variable.");
            }
        }
        if let Some(wrong) = self.wrong {
            doc.bad(wrong);
        }
        doc
    }

    fn list(&self, doc: &mut Doc, look: &Look) {
        doc.text("The setup stays as it is planned, and is taken up again. A secret that only this run knows is made anew. Who goes on with it?");
        let mut line = 0;
        for at in &self.sides {
            doc.blank();
            let tone = match at.which {
                Which::Cluster => Tone::Cluster,
                Which::Registry => Tone::Registry,
            };
            doc.toned(tone, &format!("{}, the {} tenant", at.tenant.label(), at.which.word()));
            for offer in self.offers(at) {
                let now = at.now.as_ref().is_some_and(|now| offer.way.is(now, None));
                // In front: the end of a long line is cut.
                let detail = if now { format!("(now)  {}", offer.detail) } else { offer.detail };
                doc.choice(look, line == self.at, &format!("{:<24}", offer.label), &detail);
                line += 1;
            }
        }
    }

    pub(super) fn view(&self, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
        const TITLE: &str = "Sign in as somebody else";
        let (look, doc) = (&wizard.look, self.doc(&wizard.look));
        match &self.typing {
            Some(Typing::ClientId(text) | Typing::Proof(_, text)) => {
                let below = dialog::view_with_room(look, TITLE, &doc, 0, 1, area, canvas);
                field::view(text, look, "> ", Rect { height: below.height.min(1), ..below }, canvas);
            }
            None => {
                dialog::view(look, TITLE, &doc, 0, area, canvas);
            }
        }
    }
}

/// Does what a key means.
pub(super) fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let Some(Over::Run(Dialog::Accounts(accounts))) = wizard.dialogs.last_mut() else { return Vec::new() };
    let last = accounts.lines().len().saturating_sub(1);
    if let Some(to) = keymap::moved(act, accounts.at, last).filter(|_| !accounts.takes_text()) {
        accounts.at = to;
        return Vec::new();
    }
    if !matches!(act, keymap::Act::Enter | keymap::Act::Mark(_)) {
        return Vec::new();
    }
    let Some((side, sign_in)) = accounts.take() else { return Vec::new() };
    wizard.dialogs.pop();
    let Screen::Run(model) = &mut wizard.screen else { return Vec::new() };
    model.reopening = true;
    vec![Effect::SignInAs { name: model.answers.name.clone(), side, sign_in }, Effect::Detect]
}

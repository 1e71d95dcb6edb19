//! Signing in as somebody else on one side, while a setup is under way. What is planned stays as it is.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Dialog, Model};
use crate::{
    domain::{
        AppId,
        answers::{SignIn, Tenant},
        rules,
    },
    session::Account,
    tui::{
        canvas::Canvas,
        effect::Effect,
        keymap,
        look::Look,
        model::{Dialog as Over, Model as Wizard, Screen, Which},
        widgets::{
            dialog,
            doc::Doc,
            field::{self, Field},
        },
    },
};

/// One way to sign in.
#[derive(Debug, Clone)]
enum Way {
    /// With an account, or with what the Azure CLI has.
    With(SignIn),
    /// As a service principal that is asked for.
    ServicePrincipal,
}

#[derive(Debug, Clone)]
struct Line {
    side: Which,
    label: String,
    detail: String,
    way: Way,
}

/// What is typed for a service principal.
#[derive(Debug)]
enum Typing {
    ClientId(Field),
    Variable(AppId, Field),
}

/// Who could sign in, on both sides.
#[derive(Debug)]
pub struct Accounts {
    lines: Vec<Line>,
    at: usize,
    typing: Option<Typing>,
    wrong: Option<&'static str>,
}

impl Accounts {
    pub(super) fn new(model: &Model, known: &[Account], demo: bool) -> Self {
        let handed_over = model.answers.registry.handed_over();
        let sides = [Which::Cluster, Which::Registry];
        let lines = sides
            .into_iter()
            .filter(|side| *side == Which::Cluster || !handed_over)
            .filter_map(|side| Some((side, model.tenant(side, None).0?)))
            .flat_map(|(side, tenant)| lines(side, &tenant, model.sign_in(side), known, demo))
            .collect();
        Self { lines, at: 0, typing: None, wrong: None }
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
            Some(Typing::ClientId(field) | Typing::Variable(_, field)) => Some(field),
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
        let line = self.lines.get(self.at)?.clone();
        match (&mut self.typing, line.way) {
            (None, Way::With(sign_in)) => Some((line.side, sign_in)),
            (None, Way::ServicePrincipal) => {
                self.typing = Some(Typing::ClientId(Field::default()));
                None
            }
            (Some(Typing::ClientId(field)), _) => {
                match field.text().trim().parse() {
                    Ok(id) => self.typing = Some(Typing::Variable(id, Field::with(&line.side.secret_variable()))),
                    Err(_) => {
                        self.wrong = Some("That is no client id: it looks like 11111111-2222-3333-4444-555555555555.");
                    }
                }
                None
            }
            (Some(Typing::Variable(client_id, field)), _) => {
                let name = field.text().trim().to_owned();
                if rules::is_secret_variable(&name) {
                    let client_id = *client_id;
                    return Some((line.side, SignIn::ServicePrincipal { client_id, client_secret_env: name }));
                }
                // What was pasted here by mistake may be the secret itself.
                field.set("");
                self.wrong = Some(
                    "That is not the name of an environment variable. It was removed from the screen, in case it was \
                     the secret.",
                );
                None
            }
        }
    }

    fn doc(&self, look: &Look) -> Doc {
        let mut doc = Doc::default();
        match &self.typing {
            None => {
                doc.text("The setup stays as it is planned, and is taken up again. A secret that only this run knows is made anew. Who goes on with it?");
                doc.blank();
                for (at, line) in self.lines.iter().enumerate() {
                    doc.choice(look, at == self.at, &format!("{:<22}", line.label), &line.detail);
                }
            }
            Some(Typing::ClientId(_)) => doc.text("The client id (application id) of the service principal:"),
            Some(Typing::Variable(..)) => doc.text(
                "The name of the environment variable that holds its secret. crosspull has to have been started with it.",
            ),
        }
        if let Some(wrong) = self.wrong {
            doc.bad(wrong);
        }
        doc
    }

    pub(super) fn view(&self, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
        const TITLE: &str = "Sign in as somebody else";
        let (look, doc) = (&wizard.look, self.doc(&wizard.look));
        match &self.typing {
            Some(Typing::ClientId(text) | Typing::Variable(_, text)) => {
                let below = dialog::view_with_room(look, TITLE, &doc, 0, 1, area, canvas);
                field::view(text, look, "> ", Rect { height: below.height.min(1), ..below }, canvas);
            }
            None => {
                dialog::view(look, TITLE, &doc, 0, area, canvas);
            }
        }
    }
}

fn lines(side: Which, tenant: &Tenant, now: Option<&SignIn>, known: &[Account], demo: bool) -> Vec<Line> {
    let at = tenant.label();
    let line = |label: String, detail: String, way| Line { side, label, detail, way };
    let mut lines: Vec<Line> = known
        .iter()
        .filter(|account| account.tenant == Some(tenant.id))
        .map(|account| {
            let now = if now == Some(&account.sign_in) { " (now)" } else { "" };
            let detail = format!("at {at}{now}, {}", account.via);
            line(account.name.clone(), detail, Way::With(account.sign_in.clone()))
        })
        .collect();
    if !demo {
        if !lines.iter().any(|one| matches!(one.way, Way::With(SignIn::AzureCli))) {
            let detail = format!("at {at}, after az login --tenant {}", tenant.id);
            lines.push(line("the Azure CLI".to_owned(), detail, Way::With(SignIn::AzureCli)));
        }
        lines.push(line("a service principal".to_owned(), format!("at {at}"), Way::ServicePrincipal));
    }
    lines
}

/// Does what a key means.
pub(super) fn perform(wizard: &mut Wizard, act: keymap::Act) -> Vec<Effect> {
    let Some(Over::Run(Dialog::Accounts(accounts))) = wizard.dialogs.last_mut() else { return Vec::new() };
    let last = accounts.lines.len().saturating_sub(1);
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

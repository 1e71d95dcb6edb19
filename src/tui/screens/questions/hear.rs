//! What comes back for a question: tenants, accounts, rows.

use super::{
    answer::{self, Choice},
    ask,
    flow::Question,
};
use crate::{
    session::{Rows, Ticket, Value},
    tui::{
        effect::Effect,
        model::{Model as Wizard, Screen, Which},
        msg::Msg,
        trouble::Trouble,
        widgets::picker::Row,
    },
};

/// Accounts of this machine were found.
pub fn accounts_came(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Questions(model) = &wizard.screen else { return Vec::new() };
    if !matches!(model.question, Question::Tenant(_) | Question::Account(_)) {
        return Vec::new();
    }
    with_model(wizard, |wizard, model| {
        if model.busy == Some("looking for accounts on this machine") {
            model.busy = None;
        }
        let marked = model.picker.selected().map(|row| row.value.clone());
        ask::offer(wizard, model);
        let typed = model.field.text().to_owned();
        model.picker.filter(&typed);
        // What was marked stays marked: a key may be on its way for it.
        let still = marked.is_some_and(|marked| model.picker.select_where(|choice| *choice == marked));
        if typed.is_empty() && !still {
            ask::mark(wizard, model);
        }
    });
    Vec::new()
}

/// Takes an answer of the session in. One to an older question is dropped.
pub fn hear(wizard: &mut Wizard, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Named(_, tenant) => {
            // The name counts wherever the person is by now.
            if let Some(known) = &mut wizard.draft.registry.tenant
                && known.id == tenant.id
            {
                *known = tenant;
            }
            Vec::new()
        }
        Msg::Found(ticket, found) if ask::is_current(wizard, ticket) => match found {
            Ok(found) => {
                let Screen::Questions(model) = &wizard.screen else { return Vec::new() };
                let (question, typed) = (model.question, model.field.text().trim().to_owned());
                if answer::is_own_tenant(wizard, question.side(), &found.tenant) {
                    return failed(wizard, answer::said(answer::OWN_TENANT.to_owned()));
                }
                let wrong_kind = found.resource.as_ref().filter(|id| !id.is(answer::kind(question.side())));
                if let Some(id) = wrong_kind {
                    let said = format!(
                        "{} is no {}: its id names another kind of resource.",
                        id.name(),
                        question.side().word()
                    );
                    return failed(wizard, answer::said(said));
                }
                answer::tenant_is(wizard, question.side(), typed, found.tenant, found.resource);
                answer::saved_and_next(wizard, question)
            }
            Err(trouble) => failed(wizard, trouble),
        },
        Msg::SignedIn(ticket, signed_in) if ask::is_current(wizard, ticket) => match signed_in {
            Ok(signed_in) => {
                let Screen::Questions(model) = &wizard.screen else { return Vec::new() };
                let question = model.question;
                let which = question.side();
                if which == Which::Registry && wizard.draft.handed_over {
                    wizard.draft.handed_over = false;
                    wizard.draft.login_server = None;
                    (wizard.draft.repository, wizard.draft.image) = (None, None);
                }
                let side = answer::side_mut(&mut wizard.draft, which);
                side.tenant = Some(signed_in.tenant);
                (side.account, side.guest_of) = (Some(signed_in.account), signed_in.guest_of);
                answer::saved_and_next(wizard, question)
            }
            Err(trouble) => {
                // What was typed to find one way would hide the others.
                if let Screen::Questions(model) = &mut wizard.screen
                    && matches!(model.question, Question::Account(_))
                {
                    model.field.set("");
                    model.picker.filter("");
                }
                failed(wizard, trouble)
            }
        },
        Msg::Rows(rows) if ask::is_current(wizard, rows.ticket) => rows_came(wizard, rows),
        _ => Vec::new(),
    }
}

fn failed(wizard: &mut Wizard, trouble: Trouble) -> Vec<Effect> {
    if let Screen::Questions(model) = &mut wizard.screen {
        (model.busy, model.trouble) = (None, Some(trouble));
        model.ticket = Ticket(0);
    }
    Vec::new()
}

fn rows_came(wizard: &mut Wizard, rows: Rows) -> Vec<Effect> {
    let mut only = None;
    with_model(wizard, |wizard, model| {
        let first = model.picker.is_empty();
        model.picker.extend(rows.rows.into_iter().map(|row| {
            let value = choice(row.value, &row.label);
            let (unusable, why_code) = row.unusable.map(|why| (why.words, why.code)).unzip();
            Row { label: row.label, detail: row.detail, unusable, why_code: why_code.flatten(), value }
        }));
        if first && model.field.text().is_empty() {
            ask::mark(wizard, model);
        }
        if !rows.done {
            return;
        }
        model.busy = None;
        model.picker.set_loading(false);
        if model.trouble.as_ref().is_some_and(|trouble| trouble.said == answer::STILL_READ) {
            model.trouble = None;
        }
        if let Some(problem) = rows.problem {
            model.trouble = Some(problem.into());
            model.picker.set_partial();
        } else if model.picker.is_empty()
            && let Some(none) = model.question.none()
        {
            model.trouble = Some(answer::said(none.to_owned()));
        }
        if let Question::Subscription(_) = model.question {
            if model.picker.len() > 1 {
                model.picker.insert_first(Row {
                    label: "all of them".to_owned(),
                    detail: String::new(),
                    unusable: None,
                    why_code: None,
                    value: Choice::Subscription(None, "all of them".to_owned()),
                });
            } else if model.trouble.is_none()
                && let Some(row) = model.picker.selected()
                && row.unusable.is_none()
            {
                only = Some((model.question, row.value.clone()));
            }
        }
        if model.field.text().is_empty() {
            ask::mark(wizard, model);
            ask::prefill_unlisted(wizard, model);
        }
    });
    match only {
        Some((question, choice)) => {
            wizard.subscription_known.insert(question.side());
            answer::choose(wizard, question, choice)
        }
        None => Vec::new(),
    }
}

fn choice(value: Value, label: &str) -> Choice {
    match value {
        Value::Subscription(id) => Choice::Subscription(Some(id), label.to_owned()),
        Value::Cluster(id) => Choice::Cluster(id),
        Value::Registry { id, login_server } => Choice::Registry(id, login_server),
        Value::Repository(repository) => Choice::Repository(repository),
        Value::Tag(tag) => Choice::Tag(tag),
    }
}

/// Lends the question out while the rest of the wizard is read.
fn with_model(wizard: &mut Wizard, change: impl FnOnce(&Wizard, &mut super::Model)) {
    let mut screen = std::mem::replace(&mut wizard.screen, Screen::Start(crate::tui::screens::start::Model::default()));
    if let Screen::Questions(model) = &mut screen {
        change(wizard, model);
    }
    wizard.screen = screen;
}

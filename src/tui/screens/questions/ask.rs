//! Putting a question: the field, what is offered, and what has to be looked up for it.

use unicode_width::UnicodeWidthStr;

use super::{
    Model,
    answer::{self, Choice},
    flow::{self, Question},
};
use crate::{
    domain::answers::Tenant,
    session::{At, Query, Ticket},
    tui::{
        effect::Effect,
        model::{Model as Wizard, Screen, Which},
        screens::{plan, start, ways},
        widgets::{
            field::Field,
            picker::{Picker, Row},
        },
    },
};

/// Puts the first question that is open, or goes on to the plan.
pub(in crate::tui::screens) fn begin_at(wizard: &mut Wizard) -> Vec<Effect> {
    match flow::first_open(&wizard.draft) {
        Some(question) => ask(wizard, question),
        None => plan::enter_plan(wizard),
    }
}

/// Goes on behind a question that was answered.
pub(super) fn next(wizard: &mut Wizard, question: Question) -> Vec<Effect> {
    let mut behind = question;
    loop {
        match flow::after(&wizard.draft, behind) {
            Some(next) if is_known(wizard, next) => behind = next,
            Some(next) => return ask(wizard, next),
            None => return plan::enter_plan(wizard),
        }
    }
}

/// Goes back to the question before, or to the beginning.
pub(super) fn back(wizard: &mut Wizard) -> Vec<Effect> {
    let Screen::Questions(model) = &wizard.screen else { return Vec::new() };
    let (question, typed) = (model.question, model.field.text().trim().to_owned());
    if let Question::Tenant(which) = question {
        let side = answer::side_mut(&mut wizard.draft, which);
        // What names no tenant yet is not lost for that.
        if side.tenant.is_none() && !typed.is_empty() {
            side.typed = Some(typed);
        }
    }
    back_from(wizard, question)
}

/// Goes back from behind the last question.
pub(in crate::tui::screens) fn back_to_last(wizard: &mut Wizard) -> Vec<Effect> {
    match flow::questions(&wizard.draft).pop() {
        Some(last) => ask(wizard, last),
        None => start::open(wizard),
    }
}

fn back_from(wizard: &mut Wizard, question: Question) -> Vec<Effect> {
    let mut at = question;
    loop {
        match flow::before(&wizard.draft, at) {
            Some(before) if is_known(wizard, before) => at = before,
            Some(before) => return ask(wizard, before),
            None => return start::open(wizard),
        }
    }
}

/// A subscription that was the only one, or that a resource id names, is not asked for.
fn is_known(wizard: &Wizard, question: Question) -> bool {
    matches!(question, Question::Subscription(which) if wizard.subscription_known.contains(&which))
        && question.answered(&wizard.draft)
}

/// Puts a question.
pub(in crate::tui::screens) fn ask(wizard: &mut Wizard, question: Question) -> Vec<Effect> {
    let ticket = wizard.next_ticket();
    let mut model = Model {
        question,
        field: Field::default(),
        picker: Picker::default(),
        busy: None,
        ticket,
        trouble: None,
        doubted: None,
        more_ways: side(wizard, question.side()).sign_in.as_ref().is_some_and(ways::is_rarer),
    };
    let mut effects = Vec::new();
    offer(wizard, &mut model);
    if let Some(query) = query(wizard, question) {
        model.busy = Some(match query {
            Query::Subscriptions { .. } => "looking for subscriptions",
            Query::Clusters { .. } => "looking for clusters",
            Query::Registries { .. } => "looking for registries",
            Query::Repositories { .. } => "looking for images",
            Query::Tags { .. } => "looking for tags",
        });
        model.picker.set_loading(true);
        effects.push(Effect::Look(ticket, query));
    }
    if wizard.accounts.is_none() && matches!(question, Question::Tenant(_) | Question::Account(_)) {
        model.busy = Some("looking for accounts on this machine");
    }
    prefill(wizard, &mut model);
    wizard.screen = Screen::Questions(Box::new(model));
    effects
}

/// What was answered before stands in the field, or is marked in the list.
fn prefill(wizard: &Wizard, model: &mut Model) {
    let draft = &wizard.draft;
    let text = match model.question {
        Question::Tenant(Which::Cluster) => draft.cluster.typed.clone(),
        Question::Tenant(Which::Registry) => draft.registry.typed.clone(),
        Question::ClientId(_) | Question::LoginServer => model.question.answer(draft),
        Question::Proof(which) => side(wizard, which).sign_in.as_ref().and_then(ways::proof_of).map(|(_, proof)| proof),
        // Nobody here can look into the registry: what was typed is all there is.
        Question::Repository | Question::Tag if draft.handed_over => model.question.answer(draft),
        _ => None,
    };
    // A typed tenant that is also in the list is marked there instead: a filtered list would hide the others.
    match text {
        Some(text) if !model.picker.select_where(|choice| choice.is_tenant_named(&text)) => {
            model.field.set(&text);
            model.picker.filter(&text);
        }
        _ => mark(wizard, model),
    }
}

/// What was typed before and is not in the list stands in the field again, once the list is known.
pub(super) fn prefill_unlisted(wizard: &Wizard, model: &mut Model) {
    let draft = &wizard.draft;
    if !matches!(model.question, Question::Repository | Question::Tag) {
        return;
    }
    let question = model.question;
    if let Some(answer) = question.answer(draft)
        && !model.picker.select_where(|choice| choice.was_chosen(question, draft))
    {
        model.field.set(&answer);
        model.picker.filter(&answer);
    }
}

/// Marks what was chosen before, else what the demo suggests.
pub(super) fn mark(wizard: &Wizard, model: &mut Model) {
    let question = model.question;
    let draft = &wizard.draft;
    if model.picker.select_where(|choice| choice.was_chosen(question, draft)) {
        return;
    }
    if question.answered(draft) {
        return;
    }
    if let Some(world) = wizard.world() {
        model.picker.select_where(|choice| choice.is_suggested(question, world));
    }
}

fn side(wizard: &Wizard, which: Which) -> &crate::domain::draft::SideDraft {
    which.of(&wizard.draft)
}

/// Who asks, and where.
fn at(wizard: &Wizard, which: Which) -> Option<At> {
    let side = side(wizard, which);
    Some(At { tenant: side.tenant.clone()?, sign_in: side.sign_in.clone()? })
}

/// What has to be looked up for a question.
fn query(wizard: &Wizard, question: Question) -> Option<Query> {
    let at = at(wizard, question.side())?;
    let draft = &wizard.draft;
    Some(match question {
        Question::Subscription(_) => Query::Subscriptions { at },
        Question::Resource(which) => {
            let subscription = side(wizard, which).subscription.as_ref().and_then(|(id, _)| *id);
            match which {
                Which::Cluster => Query::Clusters { at, subscription },
                Which::Registry => Query::Registries { at, subscription },
            }
        }
        Question::Repository => Query::Repositories { at, login_server: draft.login_server.clone()? },
        Question::Tag => {
            Query::Tags { at, login_server: draft.login_server.clone()?, repository: draft.repository.clone()? }
        }
        _ => return None,
    })
}

/// What can be offered without looking.
pub(super) fn offer(wizard: &Wizard, model: &mut Model) {
    let rows = match model.question {
        Question::Tenant(which) => tenants(wizard, which),
        Question::Account(which) => accounts(wizard, which, model.more_ways),
        Question::LoginServer => their_server(wizard),
        Question::Repository | Question::Tag if wizard.draft.handed_over => their_image(wizard, model.question),
        _ => return,
    };
    model.picker.clear();
    model.picker.extend(rows);
}

fn row(value: Choice, label: impl Into<String>, detail: impl Into<String>) -> Row<Choice> {
    Row { label: label.into(), detail: detail.into(), unusable: None, why_code: None, value }
}

/// The tenants that somebody is signed in to, and those of the demo.
fn tenants(wizard: &Wizard, which: Which) -> Vec<Row<Choice>> {
    let mut rows: Vec<(Tenant, Vec<String>)> = Vec::new();
    // A support session shows no other tenants than those of its setup.
    for account in wizard.accounts.iter().flatten().filter(|_| !wizard.look.shared) {
        let Some(id) = account.tenant else { continue };
        let who = account.name.clone();
        if let Some((_, people)) = rows.iter_mut().find(|(tenant, _)| tenant.id == id) {
            people.push(who);
        } else {
            let tenant = Tenant { id, domain: None, display_name: account.tenant_name.clone() };
            rows.push((tenant, vec![who]));
        }
    }
    for tenant in wizard.world().into_iter().flat_map(|world| &world.tenants) {
        match rows.iter_mut().find(|(known, _)| known.id == tenant.id) {
            Some((known, _)) => *known = tenant.clone(),
            None => rows.push((tenant.clone(), Vec::new())),
        }
    }
    // The other side's tenant is no answer to this question.
    let other = match which {
        Which::Cluster => None,
        Which::Registry => wizard.draft.cluster.tenant.as_ref().map(|tenant| tenant.id),
    };
    rows.retain(|(tenant, _)| Some(tenant.id) != other);
    let widest = rows.iter().filter_map(|(tenant, _)| tenant.domain.as_deref()).map(UnicodeWidthStr::width).max();
    let domains = widest.unwrap_or_default();
    rows.into_iter()
        .map(|(tenant, people)| {
            if wizard.look.shared {
                let detail = tenant.domain.clone().unwrap_or_else(|| tenant.id.to_string());
                let label = tenant.label();
                return row(Choice::Tenant(tenant), label, detail);
            }
            let who = match people.as_slice() {
                [] => "nobody is signed in".to_owned(),
                [one] => format!("signed in: {one}"),
                [one, more @ ..] => format!("signed in: {one} and {} more", more.len()),
            };
            let (label, id) = (tenant.label(), tenant.id.to_string());
            // Of a tenant without a name the id is the label; a second one would push the people off the screen.
            let detail = match tenant.domain.clone().or_else(|| Some(id).filter(|id| *id != label)) {
                Some(domain) => format!("{domain:<domains$}  {who}"),
                None => who,
            };
            row(Choice::Tenant(tenant), label, detail)
        })
        .collect()
}

/// What the other company's admin would say, in a demo.
fn their_server(wizard: &Wizard) -> Vec<Row<Choice>> {
    let server = wizard.world().and_then(|world| world.login_server.clone());
    let said = |server: crate::domain::LoginServer| {
        row(Choice::LoginServer(server.clone()), server.to_string(), "demo: this is what their admin says")
    };
    server.map(said).into_iter().collect()
}

/// An image that is there, in a demo whose registry nobody here can look into.
fn their_image(wizard: &Wizard, question: Question) -> Vec<Row<Choice>> {
    const SAID: &str = "demo: this is what their admin says";
    let image = wizard.world().and_then(|world| world.image.clone());
    let said = |image: crate::domain::ImageReference| match question {
        Question::Tag => row(Choice::Tag(image.reference.clone()), image.reference, SAID),
        _ => row(Choice::Repository(image.repository.clone()), image.repository.to_string(), SAID),
    };
    image.map(said).into_iter().collect()
}

/// The ways to sign in to the tenant, and for the registry the other admin.
fn accounts(wizard: &Wizard, which: Which, more: bool) -> Vec<Row<Choice>> {
    let accounts = wizard.accounts.as_deref().unwrap_or_default();
    let (place, demo) = (wizard.place, wizard.demo.is_some());
    let tenant = side(wizard, which).tenant.as_ref();
    let offers = tenant.map(|tenant| ways::offers(&ways::Ground { tenant, accounts, place, demo, more }));
    let mut rows: Vec<Row<Choice>> = offers
        .unwrap_or_default()
        .into_iter()
        .map(|offer| row(Choice::SignIn(offer.way), offer.label, offer.detail))
        .collect();
    if which == Which::Registry {
        rows.push(row(Choice::HandOver, "nobody: hand this part over", "the other company's admin does it"));
    }
    rows
}

/// Shows the rarer ways too; the mark goes to the first of them.
pub(super) fn offer_more_ways(wizard: &mut Wizard) {
    let mut screen = std::mem::replace(&mut wizard.screen, Screen::Start(start::Model::default()));
    if let Screen::Questions(model) = &mut screen {
        model.more_ways = true;
        model.field.set("");
        model.picker.filter("");
        offer(wizard, model);
        let rarer =
            |choice: &Choice| matches!(choice, Choice::SignIn(ways::Way::With(sign_in)) if ways::is_rarer(sign_in));
        model.picker.select_where(rarer);
    }
    wizard.screen = screen;
}

/// The ticket that answers to the present question bear.
pub(super) fn is_current(wizard: &Wizard, ticket: Ticket) -> bool {
    matches!(&wizard.screen, Screen::Questions(model) if model.ticket == ticket)
}

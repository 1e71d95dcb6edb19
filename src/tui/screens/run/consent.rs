//! What a person of the registry's tenant has to be told: the link, the message, and what a pasted address says.

use time::OffsetDateTime;
use url::Url;

use super::Model;
use crate::{
    catalogue,
    domain::{Problem, StepId, answers::registered, problem::ProblemKind, redirect::Landed},
    engine::{Stage, event::Status},
    steps::{self, consent_link, handover},
    tui::{training::Suggested, trouble::error_words, widgets::doc::Tone},
    words::handover_text,
};

/// The consent link, once there is an app. A demo's page is the one that a browser shows without a warning.
pub(super) fn link(model: &Model, demo: Option<&Suggested>) -> Option<Url> {
    let (plan, app) = (model.progress.plan()?, model.progress.facts().app()?);
    let mut cloud = plan.cloud.clone();
    if let Some(pages) = demo.and_then(|world| world.pages.clone()) {
        cloud.login = pages;
    }
    Some(consent_link(&cloud, plan.registry_tenant.id, app.app_id, &model.answers.app.redirect_uri))
}

/// Where the page ends, as people see it.
pub(super) fn lands_on(model: &Model) -> &str {
    let uri = registered(&model.answers.app.redirect_uri);
    uri.trim_start_matches("https://").trim_start_matches("www.")
}

/// The message for the other company's admin: its title and its text.
pub(super) fn message(model: &Model, demo: Option<&Suggested>) -> Option<(String, String)> {
    let plan = model.progress.plan()?;
    let app = model.progress.facts().app()?.app_id;
    let link = link(model, demo)?;
    let commands = handover::commands(plan, app, &model.answers.registry.repositories).with_link(link);
    let known = model.progress.stage(StepId::Consent) == Stage::Done;
    Some((format!("For an admin of {}", plan.registry_tenant.label()), handover_text(plan, &commands, known)))
}

/// Whether the last look could not tell: a firewall is between us and the registry.
pub(super) fn cannot_be_seen(status: &Status) -> bool {
    status.said.as_deref().is_some_and(|said| said.starts_with(steps::CANNOT_BE_SEEN))
}

/// What a pasted address says.
pub(super) fn landed(model: &Model, text: &str, now: OffsetDateTime) -> Vec<(Tone, String)> {
    let one = |tone: Tone, text: &str| vec![(tone, text.to_owned())];
    let tenant = model.progress.plan().map(|plan| plan.registry_tenant.id);
    let there = model.progress.plan().map(|plan| plan.registry_tenant.label()).unwrap_or_default();
    match Landed::read(text, &model.answers.app.redirect_uri) {
        Landed::Accepted { tenant: Some(id) } if tenant.is_some_and(|tenant| tenant != id) => one(
            Tone::Bad,
            &format!("It was accepted in another tenant ({id}). An admin of {there} has to open the link."),
        ),
        Landed::Accepted { .. } => one(Tone::Good, "The address says: accepted. Looking for it now."),
        Landed::Silent => one(Tone::Good, "The address says nothing: so it looks after a success. Looking for it now."),
        Landed::Refused { error, code, description } => {
            let mut problem = Problem::new(ProblemKind::Azure, "accept the app", description.clone(), now);
            problem.code = Some(code.unwrap_or_else(|| error.clone()));
            let said = if description.is_empty() { error } else { description };
            let mut lines = one(Tone::Bad, &format!("It was not accepted. Azure said: {said}"));
            if let Some(entry) = catalogue::explain(&problem, Some(StepId::Consent)) {
                let words = format!("{}  {} {}", entry.code, entry.means(&[]), entry.advice(&[]));
                lines.push((Tone::Text, words));
            }
            lines
        }
        Landed::NotIt => not_it(model, text).map(|said| one(Tone::Bad, &said)).unwrap_or_default(),
    }
}

/// Why a text cannot be the address that the page ends on.
pub(super) fn not_it(model: &Model, text: &str) -> Option<String> {
    let begins = registered(&model.answers.app.redirect_uri);
    if Landed::read(text, &model.answers.app.redirect_uri) != Landed::NotIt {
        return None;
    }
    let is_link = link(model, None).is_some_and(|link| link.as_str() == text.trim());
    let link_itself = || {
        "That is the link itself. Open it, accept there, and copy the address that the page then ends on.".to_owned()
    };
    let elsewhere = || format!("That is not where the page ends: its address begins with {begins}");
    error_words(text, "no address").or_else(|| is_link.then(link_itself)).or_else(|| Some(elsewhere()))
}

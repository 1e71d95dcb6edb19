//! What is said of the marked step: what it does, what is waited for, what failed and what to do.

use time::OffsetDateTime;

use super::{Model, consent, state::Situation};
use crate::{
    domain::{Problem, StepId, plan::Line},
    engine::{
        Idle, Stage,
        event::{Doing, NodesReview, Status},
    },
    tui::{
        model::Model as Wizard,
        screens::{plan::lines, questions},
        time::{clock, day, span},
        widgets::{
            capital,
            doc::{Doc, Tone},
        },
    },
    words::{again::PRINTED_LATER, doing_words, output_words, problem_words},
};

/// The marked step in words. The link stands by itself: it begins at the screen's first column and nothing breaks it, so
/// that it can be selected.
#[derive(Default)]
pub(super) struct Pane {
    pub(super) doc: Doc,
    pub(super) link: Option<String>,
    pub(super) after: Doc,
}

const LABEL: usize = 9;
const ID: usize = 13;

/// What is said now.
pub(super) fn pane(model: &Model, wizard: &Wizard) -> Pane {
    let mut pane = Pane::default();
    if model.reopening {
        pane.doc.text("Taking it up again …");
        return pane;
    }
    match &model.ended {
        Some(Err(trouble)) => {
            // Where what is done is still to be looked at, no run came about.
            pane.doc.bad(if model.looking { "It could not be taken up." } else { "The run has ended." });
            questions::explain(&mut pane.doc, trouble);
            pane.doc.blank();
            pane.doc.text("What is done stays done.");
            return pane;
        }
        Some(Ok(_)) if !model.proven() => {
            pane.doc.text("The run was stopped. What is done stays done.");
            return pane;
        }
        _ => {}
    }
    if model.idle == Some(Idle::Plan) {
        plan_changed(&mut pane.doc, model);
        return pane;
    }
    if model.looking {
        pane.doc.text("Looking whether all that was done is still there. Nothing is changed by looking.");
        for (step, status) in model.statuses.iter().filter(|(_, status)| status.doing != Doing::Running) {
            pane.doc.blank();
            pane.doc.text(&format!("{}. {step}: {}.", model.number(*step), doing_words(status.doing, &status.what)));
            looked(&mut pane.doc, status, wizard.now);
        }
        return pane;
    }
    let Some(step) = model.shown_step() else { return pane };
    head(&mut pane.doc, model, step, wizard.now);
    match model.situation(step) {
        Situation::Consent(status) => to_accept(&mut pane, model, wizard, status),
        Situation::Role(status) => to_give_role(&mut pane, model, wizard, status),
        Situation::Nodes => nodes(&mut pane.doc, model, wizard.demo.is_some()),
        Situation::Failed(problem) => {
            // In front: what failed fills the screen.
            if step == StepId::ClusterUpdate && wizard.demo.is_some() {
                let made_room = "Demo: whoever runs the pods has made room meanwhile. r goes on.";
                pane.doc.toned(Tone::Accent, made_room);
            }
            failed(&mut pane.doc, &problem, step);
        }
        Situation::Works(status) => works(&mut pane.doc, model, wizard, step, status),
        Situation::Rests(stage) => rests(&mut pane.doc, model, step, &stage),
    }
    pane
}

fn head(doc: &mut Doc, model: &Model, step: StepId, now: OffsetDateTime) {
    let mut pieces = vec![(format!("{}. {step}", model.number(step)), Tone::Strong)];
    match model.situation(step) {
        Situation::Consent(status) | Situation::Role(status) if model.is_waited_for(step, status) => {
            let since = model.waits_since(step, status);
            let text = format!("  WAITS FOR {} since {}", registry_tenant(model), since_when(since, now));
            pieces.push((text, Tone::Warn));
        }
        Situation::Consent(_) | Situation::Role(_) => pieces.push(("  getting ready".to_owned(), Tone::Text)),
        Situation::Failed(problem) => {
            let head = problem_words(&problem, Some(step)).head;
            pieces.push((format!("  {head}"), Tone::Bad));
        }
        Situation::Nodes | Situation::Works(_) | Situation::Rests(_) => {
            let (state, tone) = model.state(step, now);
            pieces.push((format!("  {state}"), tone));
        }
    }
    doc.line(pieces);
}

/// `14:02:11 UTC (18 min)`; with its day where that is another one.
fn since_when(since: OffsetDateTime, now: OffsetDateTime) -> String {
    let day = if since.date() == now.date() { String::new() } else { format!("{} ", day(since)) };
    format!("{day}{} UTC ({})", clock(since), span(now - since))
}

fn registry_tenant(model: &Model) -> String {
    model.progress.plan().map(|plan| plan.registry_tenant.label()).unwrap_or_default()
}

fn line(model: &Model, step: StepId) -> Option<&Line> {
    model.progress.plan()?.line(step)
}

/// What a step does, as the plan says it.
pub(super) fn what_it_does(doc: &mut Doc, model: &Model, step: StepId) {
    let Some(line) = line(model, step) else { return };
    doc.text(&capital(&line.text));
    for change in &line.changes {
        doc.field("-", 2, change);
    }
}

fn to_accept(pane: &mut Pane, model: &Model, wizard: &Wizard, status: &Status) {
    let there = registry_tenant(model);
    if model.answers.registry.handed_over() {
        pane.doc.text(&format!(
            "An admin of {there} makes the app known there and gives it its role. Enter has the whole message for \
             them: this link, the role, the commands. crosspull sees from outside when it is done."
        ));
    } else {
        pane.doc.text(&format!("A Cloud Application Administrator of {there} opens this and accepts."));
    }
    pane.doc.text(&format!("Landing on {} without a word is success.", consent::lands_on(model)));
    if wizard.demo.is_some() {
        let as_whom = wizard.world().and_then(|world| world.admin.as_ref());
        let browser = as_whom.map(|user| format!(" Or open the link in a browser, as {user}.")).unwrap_or_default();
        pane.doc.toned(Tone::Accent, &format!("Demo: o plays the admin of {there}, who accepts.{browser}"));
    }
    pane.link = consent::link(model, wizard.world()).map(|link| link.to_string());
    for (tone, text) in &model.landed {
        pane.after.toned(*tone, text);
    }
    if model.is_waited_for(StepId::Consent, status) {
        looked(&mut pane.after, status, wizard.now);
    } else {
        pane.after.text(&format!(
            "Getting ready: a new app cannot be accepted before it can be seen everywhere. {}.",
            capital(&doing_words(status.doing, &status.what))
        ));
    }
    way_back_here(&mut pane.after, model, wizard);
}

fn to_give_role(pane: &mut Pane, model: &Model, wizard: &Wizard, status: &Status) {
    let there = registry_tenant(model);
    pane.doc.text(&format!(
        "The app is known at {there}. Now an Owner of the registry there lets it pull. Enter has the whole message \
         for them: the role, the scope, the commands."
    ));
    if wizard.demo.is_some() {
        pane.doc.toned(Tone::Accent, &format!("Demo: o plays the admin of {there}, who gives the role."));
    }
    pane.doc.blank();
    looked(&mut pane.doc, status, wizard.now);
    if consent::cannot_be_seen(status) {
        pane.doc.text("When the admin says that it is done, v takes their word for it.");
    }
    way_back_here(&mut pane.doc, model, wizard);
}

/// What the last look said, and when the next one is.
fn looked(doc: &mut Doc, status: &Status, now: OffsetDateTime) {
    let begin = match status.doing {
        Doing::Network => "The last look got no answer",
        Doing::Throttling => "Azure slows this down",
        _ => "The last look said",
    };
    let said = status.said.as_deref().map(short).unwrap_or_default();
    let said = if said.is_empty() { "not there yet".to_owned() } else { said };
    let next = match status.next_look {
        Some(next) if (next - now).whole_seconds() > 0 => format!(" Next look in {}.", span(next - now)),
        _ => " Looking now.".to_owned(),
    };
    doc.dim(&format!("{begin}: {}.{next}", said.trim_end_matches('.')));
}

/// Entra's sentences are long; their number says what a screen has room for.
fn short(said: &str) -> String {
    let code = said.split(':').next().unwrap_or(said);
    match code {
        "AADSTS700016" => format!("not known there yet ({code})"),
        _ if code.starts_with("AADSTS") => format!("not there yet ({code})"),
        _ => said.to_owned(),
    }
}

fn way_back_here(doc: &mut Doc, model: &Model, wizard: &Wizard) {
    if wizard.demo.is_none() {
        let command = wizard.started.resume(&model.answers.name, "");
        doc.command("You may close crosspull. To come back:", &command, PRINTED_LATER);
    }
}

fn nodes(doc: &mut Doc, model: &Model, demo: bool) {
    let Some(review) = &model.review else { return };
    if let Stage::Failed { problem, .. } = model.progress.stage(StepId::ClusterUpdate) {
        doc.text(&format!("The last replacement failed: {}", problem.message));
        doc.text(if problem.untouched {
            "No node was given anything yet."
        } else {
            "Some nodes may have the new credential by now. This replaces all of them once more, and settles that."
        });
    } else {
        let all = if on_a_word(doc, model) { "Everything else" } else { "Everything" };
        doc.text(&format!("{all} before this is proven. Nothing in the cluster has been changed yet."));
    }
    doc.blank();
    lines::nodes_lines(doc, &review.cluster);
    differences(doc, review);
    doc.blank();
    doc.toned(Tone::Warn, "Nothing goes on before you say so.");
    if !demo {
        doc.text("You may leave, and agree to it another day.");
    }
}

/// Says which steps nobody has seen, and whether there are any.
pub(super) fn on_a_word(doc: &mut Doc, model: &Model) -> bool {
    let vouched = model.progress.steps().filter(|(step, _)| model.progress.vouched(*step));
    let steps: Vec<String> = vouched.map(|(step, _)| step.to_string()).collect();
    if !steps.is_empty() {
        let (there, steps) = (registry_tenant(model), steps.join(", "));
        doc.toned(Tone::Warn, &format!("NOT PROVEN, and only the word of {there}'s admin: {steps}."));
    }
    !steps.is_empty()
}

/// What is not as the plan saw it, and which pools a reset does not reach.
pub(super) fn differences(doc: &mut Doc, review: &NodesReview) {
    for pool in review.cluster.pools.iter().filter(|pool| !pool.running) {
        doc.toned(Tone::Warn, &format!("Pool {} is stopped: it keeps its old credential.", pool.name));
    }
    if review.differences.is_empty() {
        doc.text("The cluster is as the plan saw it.");
        return;
    }
    doc.blank();
    doc.toned(Tone::Warn, "Different from the plan, or not known:");
    for difference in &review.differences {
        doc.field("-", 2, difference);
    }
}

fn failed(doc: &mut Doc, problem: &Problem, step: StepId) {
    let words = problem_words(problem, Some(step));
    if let Some(title) = words.title {
        doc.bad(title);
    }
    for (label, text) in &words.lines {
        doc.field(label, LABEL, text);
    }
    for (label, id) in &words.ids {
        doc.field(label, ID, id);
    }
    if let Some(link) = words.link {
        doc.dim("More on it:");
        doc.verbatim(link);
    }
}

fn works(doc: &mut Doc, model: &Model, wizard: &Wizard, step: StepId, status: &Status) {
    // Which nodes are replaced is known by now; what matters is how far it is.
    if step != StepId::ClusterUpdate {
        what_it_does(doc, model, step);
        doc.blank();
    }
    if let Some(tenant) = model.sign_in_for(step) {
        doc.toned(Tone::Warn, &format!("It goes on once somebody has signed in to {}.", tenant.label()));
    }
    if status.doing != Doing::Running {
        doc.text(&format!("{}.", capital(&doing_words(status.doing, &status.what))));
        // Since when nobody answers is not known: the wait is older than that.
        if !matches!(status.doing, Doing::Network | Doing::Throttling) {
            doc.dim(&format!("Since {}.", since_when(model.waits_since(step, status), wizard.now)));
        }
        looked(doc, status, wizard.now);
    }
    // A demo's Azure ends with the wizard.
    if step == StepId::ClusterUpdate && wizard.demo.is_none() {
        doc.blank();
        doc.dim("It goes on in Azure whether or not crosspull runs: you may leave, and come back.");
    }
}

fn rests(doc: &mut Doc, model: &Model, step: StepId, stage: &Stage) {
    what_it_does(doc, model, step);
    match stage {
        Stage::Done => {
            doc.blank();
            if let Some(at) = model.progress.done_at(step) {
                doc.field("done at", LABEL, &format!("{} UTC", clock(at)));
            }
            if let Some(words) = model.progress.facts().output(step).map(output_words).filter(|text| !text.is_empty()) {
                let label = if matches!(step, StepId::Probe | StepId::Proof) { "pulled" } else { "made" };
                doc.field(label, LABEL, &words);
            }
        }
        Stage::Lost => doc.toned(Tone::Warn, "It was done, and is not there any more. It is done again."),
        Stage::Failed { problem, .. } => doc.text(&problem.message),
        Stage::Due if step == StepId::ClusterUpdate => {
            doc.blank();
            if let Some(plan) = model.progress.plan() {
                lines::nodes_lines(doc, &plan.cluster);
            }
            doc.text("You are asked about that on its own, when everything before it is proven.");
        }
        _ => {}
    }
}

fn plan_changed(doc: &mut Doc, model: &Model) {
    doc.toned(Tone::Warn, "Part of what was done is gone. These steps have to be done again:");
    doc.blank();
    for (step, stage) in model.progress.steps() {
        if stage != Stage::Done {
            let text = line(model, step).map(|line| line.text.clone()).unwrap_or_default();
            let gone = if stage == Stage::Lost { "  (is gone)" } else { "" };
            doc.field(&format!("{}.", model.number(step)), 4, &format!("{text}{gone}"));
        }
    }
    doc.blank();
    doc.text("Nothing is changed before you agree.");
}

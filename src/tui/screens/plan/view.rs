//! How the plan looks.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::{Dialog, Model, lines};
use crate::{
    domain::{Plan, Severity, StepId, Subject, answers::Route, plan::Action},
    tui::{
        canvas::Canvas,
        model::Model as Wizard,
        msg::NoPlan,
        screens::questions,
        time::span,
        view::inset,
        widgets::{
            dialog,
            doc::{Doc, Tone},
            field, fit,
        },
    },
};

/// Draws the plan.
pub fn view(model: &Model, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let area = inset(area);
    let mut doc = Doc::default();
    head(&mut doc, model, wizard, usize::from(area.width));
    match (&model.plan, &model.refused) {
        (_, Some(NoPlan::Findings(findings))) => {
            doc.blank();
            doc.append(lines::findings_doc(findings));
        }
        (None, Some(NoPlan::Trouble(trouble))) => {
            doc.blank();
            questions::explain(&mut doc, trouble);
        }
        (Some(plan), refused) => {
            if let Some(NoPlan::Trouble(trouble)) = refused {
                doc.bad(&trouble.said);
            }
            if plan.stops().next().is_some() {
                // What stops it has to be read whole; the steps will not be done like this.
                doc.toned(Tone::Bad, "It cannot be started like this:");
                doc.blank();
                doc.append(lines::findings_doc(&plan.findings));
            } else {
                table(&mut doc, model, wizard, plan, usize::from(area.width));
                doc.blank();
                about(&mut doc, model, plan);
            }
        }
        (None, None) => {
            doc.dim("Nothing is changed by looking.");
            doc.blank();
            lines::looking_lines(&mut doc, &model.looking, &wizard.look, usize::from(area.width));
        }
    }
    doc.view(&wizard.look, model.scroll, area, canvas);
}

fn head(doc: &mut Doc, model: &Model, wizard: &Wizard, width: usize) {
    let title = if model.beginning { "BEGINNING" } else { "NOTHING HAS BEEN CHANGED YET" };
    let tone = if model.beginning { Tone::Strong } else { Tone::Good };
    let right = if model.beginning {
        String::new()
    } else if model.ticket.is_some() {
        let done = model.looking.done().count();
        let far = format!("{done} of {}", Subject::ALL.len());
        format!("looking at both sides: {far}, {}", span(wizard.now - model.since))
    } else if model.refused.is_some() && model.plan.is_none() {
        "there is no plan".to_owned()
    } else {
        lines::counts(model.findings())
    };
    let gap = width.saturating_sub(title.width() + right.width());
    let worst = model.findings().iter().map(|finding| finding.severity).min();
    let right_tone = match worst {
        Some(Severity::Stop) => Tone::Bad,
        Some(Severity::Warning) => Tone::Warn,
        _ => Tone::Dim,
    };
    doc.line(vec![(title.to_owned(), tone), (" ".repeat(gap), Tone::Text), (right, right_tone)]);
}

fn table(doc: &mut Doc, model: &Model, wizard: &Wizard, plan: &Plan, width: usize) {
    let look = &wizard.look;
    let words = width.saturating_sub(5 + 11 + 13);
    doc.line(vec![(format!("   # {:<words$} {:<9} how", "what will happen", "tenant"), Tone::Dim)]);
    for (at, line) in plan.lines.iter().enumerate() {
        let marked = at == model.at;
        let mark = if marked { look.glyphs.mark } else { " " };
        let text = fit(&look.glyphs.clean(&line.text), words, look);
        let pad = " ".repeat(words.saturating_sub(text.width()));
        let now = match line.action {
            Action::AskPerson => format!("ask {}", plan.registry_tenant.label()),
            // A pod on each pool is made for it, and removed.
            Action::ReadOnly if line.step == StepId::Proof && !line.changes.is_empty() => "test pods".to_owned(),
            action => action.to_string(),
        };
        let tone = match line.action {
            Action::ConfirmThen => Tone::Warn,
            Action::Keep | Action::ReadOnly => Tone::Dim,
            _ => Tone::Text,
        };
        doc.entry(
            marked,
            vec![
                (format!("{mark} "), Tone::Accent),
                (format!("{:>2} ", at + 1), Tone::Dim),
                (format!("{text}{pad}"), if marked { Tone::Selected } else { Tone::Text }),
                (format!(" {:<9} ", line.side), Tone::Dim),
                (fit(&look.glyphs.clean(&now), 13, look), tone),
            ],
        );
    }
    if model.stops().is_empty() && !model.beginning {
        let steps = plan.lines.len();
        let nodes = if plan.has(StepId::ClusterUpdate) { "you are asked again before any node" } else { "" };
        doc.choice(look, model.marked().is_none(), &format!("Start: do these {steps} steps"), nodes);
    }
}

/// What is worth knowing of the marked line; of the whole where "start" is marked.
fn about(doc: &mut Doc, model: &Model, plan: &Plan) {
    match model.marked() {
        Some(line) if line.step == StepId::ClusterUpdate => lines::nodes_lines(doc, &plan.cluster),
        Some(line) => {
            for change in &line.changes {
                doc.field("-", 2, change);
            }
            if line.changes.is_empty() {
                doc.dim(match line.action {
                    Action::AskPerson => "Somebody of the other company does it. The run has a message for them.",
                    Action::Remove => "Only secrets of this setup that nobody can be using.",
                    _ => "Nothing is changed by it.",
                });
            }
        }
        None if plan.route == Route::KeepApp => {
            doc.text(&format!("No node is replaced. Why this route: {}.", plan.route_reason));
        }
        None => lines::nodes_lines(doc, &plan.cluster),
    }
}

/// Draws what lies over the plan.
pub fn dialog_view(over: &Dialog, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &wizard.look;
    let crate::tui::model::Screen::Plan(model) = &wizard.screen else { return };
    match over {
        Dialog::Ticks(ticks) => {
            dialog::view(look, "Roles to be carried over", &ticks.doc(look), 0, area, canvas);
        }
        Dialog::Change(change) => {
            let doc = change.doc(look, model, &wizard.draft);
            match change.field() {
                Some(text) => {
                    let below = dialog::view_with_room(look, "Change", &doc, 0, 1, area, canvas);
                    field::view(text, look, "> ", Rect { height: below.height.min(1), ..below }, canvas);
                }
                None => {
                    dialog::view(look, "Change", &doc, 0, area, canvas);
                }
            }
        }
        Dialog::Start => {
            let mut doc = Doc::default();
            let warned = model.warned();
            let steps = model.count();
            let whose = model.plan.as_ref().map_or_else(String::new, |plan| {
                let (own, theirs) = (plan.cluster_tenant.label(), plan.registry_tenant.label());
                if wizard.draft.handed_over {
                    format!("in {own}; {theirs}'s admin is asked for the rest")
                } else {
                    format!("in {own} and {theirs}")
                }
            });
            doc.text(&format!("From here on things are made {whose}: {steps} steps."));
            if model.plan.as_ref().is_some_and(|plan| plan.has(StepId::ClusterUpdate)) {
                doc.text("No node is touched before you have typed the cluster's name.");
                doc.dim("Another route, keep-app, replaces no node: Esc, e, and then route.");
            }
            if warned {
                doc.blank();
                doc.text("Before it starts:");
            }
            for finding in model.findings().iter().filter(|finding| finding.severity == Severity::Warning) {
                doc.blank();
                lines::finding_lines(&mut doc, finding);
            }
            let title = if warned { "Start in spite of the warnings?" } else { "Start?" };
            dialog::view(look, title, &doc, 0, area, canvas);
        }
    }
}

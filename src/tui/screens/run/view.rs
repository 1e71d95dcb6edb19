//! How the run looks: a rail of steps beside the marked one's words, or above them where the screen is narrow.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::{Model, panes, panes::Pane, proof, state::Situation};
use crate::{
    domain::StepId,
    engine::{Stage, event::Doing, record::Outcome},
    tui::{
        canvas::Canvas,
        keymap::Act,
        model::Model as Wizard,
        screens::start::way_back,
        view::inset,
        widgets::{
            doc::{Doc, Tone},
            fit,
        },
    },
    words::again::PRINTED_LATER,
};

/// From this width on the steps stand in a rail of their own.
const ROOM_FOR_RAIL: u16 = 100;

/// The rail's width.
const RAIL: u16 = 42;

/// The width of a step's name in the lists.
const NAME: usize = 15;

/// Where everything stands.
struct Layout {
    steps: Rect,
    pane: Rect,
    link: Rect,
    after: Rect,
    /// The list of steps is left out: what is said of the marked one needs the room.
    short: bool,
}

fn below(area: Rect, used: u16) -> Rect {
    let used = used.min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

fn top(area: Rect, height: u16) -> Rect {
    Rect { height: height.min(area.height), ..area }
}

fn layout(model: &Model, wizard: &Wizard, pane: &Pane, area: Rect) -> Layout {
    let look = &wizard.look;
    let count = u16::try_from(model.progress.steps().count()).unwrap_or(u16::MAX);
    let link_rows = pane.link.as_ref().map_or(0, |link| {
        let rows = link.width().div_ceil(usize::from(area.width.max(1)));
        u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2)
    });
    let link_area = |y: u16| {
        let height = link_rows.saturating_sub(2).min(area.bottom().saturating_sub(y + 1));
        Rect { y: (y + 1).min(area.bottom()), height, ..area }
    };
    if area.width >= ROOM_FOR_RAIL {
        let right = Rect { x: area.x + RAIL, width: area.width - RAIL - 1, ..area };
        let after_rows = pane.after.height(look, area.width.saturating_sub(2));
        let room = area.height.saturating_sub(link_rows + after_rows);
        let upper = pane.doc.height(look, right.width).max(count).min(room);
        let link = link_area(area.y + upper);
        let after = inset(below(area, upper + link_rows));
        return Layout { steps: top(inset(area), upper), pane: top(right, upper), link, after, short: false };
    }
    let words = inset(area);
    let (doc, after_rows) = (pane.doc.height(look, words.width), pane.after.height(look, words.width));
    let list = count.div_ceil(2) + 1;
    let needed = doc.saturating_add(link_rows).saturating_add(after_rows);
    let short = list.saturating_add(needed) > area.height;
    let list = if short { 1 } else { list };
    let rest = below(words, list);
    let pane_rows = doc.min(rest.height.saturating_sub(link_rows + after_rows));
    let link = link_area(rest.y + pane_rows);
    let after = below(rest, pane_rows + link_rows);
    Layout { steps: top(words, list), pane: top(rest, pane_rows), link, after, short }
}

/// Draws the run, or its proof.
pub fn view(model: &Model, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &wizard.look;
    if model.proven() {
        proof::doc(model, wizard).view(look, model.scroll, inset(area), canvas);
        return;
    }
    let pane = panes::pane(model, wizard);
    let at = layout(model, wizard, &pane, area);
    if at.short {
        summary(model).view(look, 0, at.steps, canvas);
    } else if area.width >= ROOM_FOR_RAIL {
        rail(model, wizard).view(look, 0, at.steps, canvas);
    } else {
        two_columns(model, wizard, at.steps, canvas);
    }
    pane.doc.view(look, model.scroll, at.pane, canvas);
    if let Some(link) = pane.link {
        let mut doc = Doc::default();
        doc.link(&link);
        doc.view(look, 0, at.link, canvas);
        canvas.shown.link = Some((link, at.link));
    }
    pane.after.view(look, 0, at.after, canvas);
}

/// One step: its mark, number, name and state, in so many columns.
fn step_line(model: &Model, wizard: &Wizard, step: StepId, width: usize) -> Vec<(String, Tone)> {
    let look = &wizard.look;
    let marked = model.shown_step() == Some(step);
    let mark = if marked { look.glyphs.mark } else { " " };
    let (state, tone) = model.state(step, wizard.now);
    let state = fit(&state, width.saturating_sub(NAME + 6), look);
    let pad = width.saturating_sub(NAME + 6 + state.width());
    vec![
        (format!("{mark} "), Tone::Accent),
        (format!("{:>2} ", model.number(step)), Tone::Dim),
        (format!("{:<NAME$}", step.name()), if marked { Tone::Selected } else { Tone::Text }),
        (format!(" {state}{}", " ".repeat(pad)), tone),
    ]
}

fn rail(model: &Model, wizard: &Wizard) -> Doc {
    let mut doc = Doc::default();
    for (step, _) in model.progress.steps() {
        let marked = model.shown_step() == Some(step);
        doc.entry(marked, step_line(model, wizard, step, usize::from(RAIL) - 2));
    }
    doc
}

/// The steps in two columns, to be read downwards, and a rule below them.
fn two_columns(model: &Model, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let steps: Vec<StepId> = model.progress.steps().map(|(step, _)| step).collect();
    let (half, column) = (steps.len().div_ceil(2), area.width / 2);
    let rows = area.height.saturating_sub(1);
    for (at, step) in steps.iter().enumerate() {
        let (x, y) = if at < half { (0, at) } else { (column, at - half) };
        let Some(y) = u16::try_from(y).ok().filter(|y| *y < rows) else { continue };
        let cell = Rect { x: area.x + x, y: area.y + y, width: column, height: 1 };
        let mut doc = Doc::default();
        doc.line(step_line(model, wizard, *step, usize::from(column)));
        doc.view(&wizard.look, 0, cell, canvas);
        canvas.spot(cell, Act::Mark(at));
    }
    let mut doc = Doc::default();
    doc.rule("");
    doc.view(&wizard.look, 0, below(area, rows), canvas);
}

/// All steps in one line, where there is room for no more.
fn summary(model: &Model) -> Doc {
    let (mut done, mut work, mut failed, mut all) = (0, 0, 0, 0);
    for (step, stage) in model.progress.steps() {
        all += 1;
        match stage {
            Stage::Done => done += 1,
            Stage::Failed { .. } if matches!(model.situation(step), Situation::Failed(_)) => failed += 1,
            _ if model.status(step).is_some_and(|status| !model.is_waited_for(step, status)) => work += 1,
            _ => {}
        }
    }
    let mut pieces = vec![(format!("{done} of {all} steps are done"), Tone::Dim)];
    if work > 0 {
        pieces.push((format!(", {work} at work"), Tone::Dim));
    }
    if failed > 0 {
        pieces.push((format!(", {failed} failed"), Tone::Bad));
    }
    pieces.push((". Up and Down show the others.".to_owned(), Tone::Dim));
    let mut doc = Doc::default();
    doc.line(pieces);
    doc
}

/// What leaving means now.
pub fn leave_doc(model: &Model, wizard: &Wizard) -> Doc {
    let mut doc = Doc::default();
    if model.proven() {
        let secret =
            if model.secret_at_hand().is_some() { " The secret is forgotten when crosspull ends." } else { "" };
        let proven = if model.progress.facts().pull_was_seen() || model.progress.closed() == Some(Outcome::TakenBack) {
            "Everything is done."
        } else {
            "Every step is done, but no pull was seen."
        };
        doc.text(&format!("{proven}{secret}"));
        if model.report.is_none() {
            let does = if wizard.demo.is_some() { "shows" } else { "saves" };
            doc.text(&format!("Esc, and then s, {does} a report first, for both companies."));
        }
        return doc;
    }
    if model.replaces_nodes() && wizard.demo.is_none() {
        doc.text("The replacement of the nodes goes on in Azure by itself.");
    }
    if wizard.demo.is_some() {
        doc.text("This is a demo: it ends here, and its world with it.");
        let command = wizard.started.resume(&model.answers.name, "");
        doc.dim(&format!("Outside the demo what is done stays done, and this goes on with it:  {command}"));
    } else {
        let sends = model.statuses.values().any(|status| status.doing == Doing::Running);
        doc.text(&format!("What is done stays done.{}", if sends { " What is being sent is let finish." } else { "" }));
        if model.secret_to_lose() {
            doc.text("Only the secret is forgotten: whoever comes back gets a new one made, and the old one removed.");
        }
        let command = wizard.started.resume(&model.answers.name, "");
        doc.command("To come back to it, today or in a week:", &command, PRINTED_LATER);
        way_back(&mut doc, &model.progress, &model.answers.name, wizard);
    }
    doc
}

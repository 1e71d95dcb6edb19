//! How a question looks: what is answered above it, the question, the field, the list, and what went wrong.

use ratatui::layout::Rect;

use super::{
    Model,
    flow::{self, Question},
};
use crate::{
    domain::Draft,
    tui::{
        canvas::Canvas,
        model::{Model as Wizard, Which},
        trouble::Trouble,
        view::inset,
        widgets::{doc::Doc, field, picker},
    },
};

/// The widest label of an answer.
const LABEL: usize = 14;

/// Draws the question.
pub fn view(model: &Model, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &wizard.look;
    let area = inset(area);
    let mut doc = Doc::default();
    answered(&mut doc, &wizard.draft, model.question);
    doc.heading(model.question.asks());
    doc.dim(model.question.hint());
    let mut below = below_of(area, doc.view(look, 0, area, canvas));

    let field_area = Rect { height: below.height.min(1), ..below };
    field::view(&model.field, look, "> ", field_area, canvas);
    below = below_of(below, 1);

    let trouble = trouble(model);
    let trouble_height = trouble.as_ref().map_or(0, |doc| doc.height(look, area.width)).min(below.height);
    let status = u16::from(model.busy.is_some());
    let list = Rect { height: below.height.saturating_sub(trouble_height + status), ..below };
    if !model.picker.is_empty() {
        picker::view(&model.picker, look, list, canvas);
    }
    let mut rest = below_of(below, if model.picker.is_empty() { 0 } else { list.height });
    if let Some(busy) = model.busy {
        let mut doc = Doc::default();
        doc.dim(&format!("{busy} {}", look.glyphs.ellipsis));
        doc.view(look, 0, Rect { height: rest.height.min(1), ..rest }, canvas);
        rest = below_of(rest, 1);
    }
    if let Some(doc) = trouble {
        doc.view(look, 0, rest, canvas);
    }
}

fn below_of(area: Rect, used: u16) -> Rect {
    let used = used.min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// What is answered before this question, the side's own answers last.
fn answered(doc: &mut Doc, draft: &Draft, until: Question) {
    let all = flow::questions(draft);
    let at = all.iter().position(|one| *one == flow::anchor(until)).unwrap_or(0);
    let mut any = false;
    for question in all[..at].iter().filter(|question| question.side() == until.side()) {
        if let Some(answer) = question.answer(draft) {
            doc.field(question.label(), LABEL, &answer);
            any = true;
        }
    }
    // The registry's questions follow the cluster's: one line recalls what those came to.
    if until.side() == Which::Registry
        && let Some(cluster) = &draft.cluster.resource
        && !any
    {
        doc.field("cluster", LABEL, cluster.name());
        any = true;
    }
    if any {
        doc.blank();
    }
}

/// All answers so far, with their labels.
pub fn answers_so_far(draft: &Draft) -> Vec<(&'static str, String)> {
    flow::questions(draft)
        .into_iter()
        .filter_map(|question| Some((question.label(), question.answer(draft)?)))
        .collect()
}

/// Why the answer was not taken: what happened, what it means, what to do.
fn trouble(model: &Model) -> Option<Doc> {
    let trouble = model.trouble.as_ref()?;
    let mut doc = Doc::default();
    doc.blank();
    explain(&mut doc, trouble);
    Some(doc)
}

/// A trouble in words, with the catalogue's where it has any.
pub fn explain(doc: &mut Doc, trouble: &Trouble) {
    match trouble.entry() {
        Some(entry) => {
            doc.bad(&format!("{}  {}", trouble.said, entry.code));
            doc.text(&entry.means(&[]));
            doc.text(&entry.advice(&[]));
        }
        None => doc.bad(&trouble.said),
    }
}

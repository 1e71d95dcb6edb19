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
        look::Look,
        model::{Model as Wizard, Which},
        trouble::Trouble,
        view::inset,
        widgets::{capital, doc::Doc, field, fit, picker},
    },
    words::problem_words,
};

/// The widest label of an answer.
const LABEL: usize = 14;

/// The widest label of what went wrong.
const LABEL_OF_TROUBLE: usize = 7;

/// The lines that a list has at least, below what went wrong.
const LEAST_LIST: u16 = 3;

/// Draws the question.
pub fn view(model: &Model, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &wizard.look;
    let area = inset(area);
    let mut doc = Doc::default();
    answered(&mut doc, &wizard.draft, model.question);
    doc.heading(model.question.asks());
    // The other answers are to have room below what went wrong.
    if model.trouble.is_none() || model.question.is_typed() {
        let nobody = matches!(model.question, Question::Tenant(_))
            && model.picker.is_empty()
            && wizard.accounts.as_ref().is_some_and(Vec::is_empty)
            && wizard.demo.is_none();
        if nobody {
            doc.dim("No account was found on this machine, so there is no list to choose from. You can sign in next.");
        }
        doc.dim(model.question.hint());
    }
    let mut below = below_of(area, doc.view(look, 0, area, canvas));

    let field_area = Rect { height: below.height.min(1), ..below };
    field::view(&model.field, look, "> ", field_area, canvas);
    below = below_of(below, 1);

    // What was typed is answered in place: right below it.
    if let Some(doc) = trouble(model, look, below) {
        let used = doc.view(look, 0, below, canvas);
        below = below_of(below, used + 1);
    }
    let busy = model.busy.map(|busy| format!("{} {}", capital(busy), look.glyphs.ellipsis));
    if let Some(busy) = busy.filter(|_| !model.picker.is_loading() || model.picker.is_empty()) {
        let mut doc = Doc::default();
        doc.dim(&busy);
        doc.view(look, 0, Rect { height: below.height.min(1), ..below }, canvas);
        below = below_of(below, 1);
    }
    if !model.picker.is_empty() {
        let looks_it_up = model.question.is_typed() && model.trouble.is_none();
        let none = if looks_it_up { "not in this list: Enter looks it up" } else { "nothing is called that" };
        picker::view(&model.picker, look, none, below, canvas);
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
fn trouble(model: &Model, look: &Look, area: Rect) -> Option<Doc> {
    let trouble = model.trouble.as_ref()?;
    let mut doc = Doc::default();
    if let (Question::Repository | Question::Tag, Some(problem)) = (model.question, &trouble.problem) {
        // The catalogue speaks of the app's pulls there; this was the account's own list.
        doc.bad(&trouble.said);
        let is = |code: &str| problem.code.as_deref() == Some(code);
        doc.text(match model.question {
            Question::Tag if is("NAME_UNKNOWN") => {
                "The registry has no image of that name. Esc goes back to choose another."
            }
            Question::Tag => "The tags cannot be read from here. Ask for one, and type it: 1.4",
            // Owner gives no right to read images there.
            _ if is("UNAUTHORIZED") => {
                "This account may not read images there: with rights on single repositories not even an Owner may by \
                 that alone. Ask for an image and its tag, and type it: shop/web:1.4"
            }
            _ => "The list cannot be read from here. Ask for an image and its tag, and type it: shop/web:1.4",
        });
        return Some(doc);
    }
    // The question says what was tried.
    explain_with(&mut doc, trouble, &["Tried", "Changed"], str::to_owned);
    let list = if model.picker.is_empty() { 0 } else { LEAST_LIST };
    if doc.height(look, area.width) + list > area.height {
        // Azure's own words can be long; what to do, and the list to do it with, stay on the screen.
        let line = usize::from(area.width).saturating_sub(LABEL_OF_TROUBLE + 1);
        doc = Doc::default();
        explain_with(&mut doc, trouble, &["Tried", "Changed"], |words| fit(words, line * 2 - line / 4, look));
    }
    Some(doc)
}

/// A trouble in words, with the catalogue's where it has any.
pub fn explain(doc: &mut Doc, trouble: &Trouble) {
    explain_with(doc, trouble, &["Changed"], str::to_owned);
}

fn explain_with(doc: &mut Doc, trouble: &Trouble, left_out: &[&str], azure: impl Fn(&str) -> String) {
    let words = trouble.problem.as_ref().map(|problem| problem_words(problem, None));
    match words {
        Some(words) if words.title.is_some() => {
            doc.bad(&format!("{}  {}", words.head, words.title.unwrap_or_default()));
            for (label, text) in words.lines.iter().filter(|(label, _)| !left_out.contains(label)) {
                let text = if *label == "Azure" { azure(text) } else { text.clone() };
                doc.field(label, LABEL_OF_TROUBLE, &text);
            }
        }
        _ => doc.bad(&trouble.said),
    }
}

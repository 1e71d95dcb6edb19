//! The whole screen from the model: header, what fills it, what has just happened, keys.

use ratatui::{Frame, buffer::Buffer, layout::Rect};

use super::{
    canvas::{Canvas, Shown},
    keymap,
    model::{Dialog, Model, Screen, Which},
    screens::{plan, questions, run, scenarios, sign_in, start},
    widgets::{
        details, dialog,
        doc::{Doc, Tone},
        footer, header, too_small,
    },
};
use crate::words::again::PRINTED_LATER;

/// Every screen fits into this.
pub const SMALLEST: (u16, u16) = (80, 24);

/// The most lines of what has just happened.
const MOST_SAID: u16 = 3;

/// Draws everything, and tells what was drawn.
pub fn view(model: &Model, frame: &mut Frame<'_>) -> Shown {
    let area = frame.area();
    let shown = draw(model, area, frame.buffer_mut());
    if let Some(at) = shown.cursor {
        frame.set_cursor_position(at);
    }
    shown
}

/// Draws everything into a buffer, and tells what was drawn.
pub fn draw(model: &Model, area: Rect, buf: &mut Buffer) -> Shown {
    let mut canvas = Canvas::new(buf);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small::view(&model.look, area, SMALLEST, &mut canvas);
    } else {
        screen(model, area, &mut canvas);
    }
    canvas.shown
}

fn screen(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let said = notice(model);
    let head = header::HEIGHT;
    let foot = 1 + said.as_ref().map_or(1, |doc| doc.height(&model.look, area.width - 2).clamp(1, MOST_SAID));
    let body_height = area.height - head - foot;
    let pane = if model.details { (body_height / 2).min(12) } else { 0 };
    let top = Rect { height: head, ..area };
    let body = Rect { y: area.y + head, height: body_height - pane, ..area };
    let details_area = Rect { y: body.bottom(), height: pane, ..area };
    let notice = Rect { y: area.bottom() - foot, height: foot - 1, ..area };
    let keys = Rect { y: area.bottom() - 1, height: 1, ..area };

    header(model, top, canvas);
    match &model.screen {
        Screen::Scenarios(screen) => {
            let scenarios = model.demo.as_ref().map(|demo| demo.scenarios.as_slice()).unwrap_or_default();
            scenarios::doc(screen, scenarios, &model.look).view(&model.look, 0, inset(body), canvas);
        }
        Screen::Start(screen) => {
            start::doc(screen, model).view(&model.look, 0, inset(body), canvas);
        }
        Screen::Questions(screen) => questions::view(screen, model, body, canvas),
        Screen::Plan(screen) => plan::view(screen, model, body, canvas),
        Screen::Run(screen) => run::view(screen, model, body, canvas),
    }
    if model.details {
        details::view(&model.look, &model.requests, model.details_back, details_area, canvas);
    }
    if let Some(doc) = said {
        doc.view(&model.look, 0, inset(notice), canvas);
    }
    // The one on top alone: what sticks out from under it would only be scraps.
    if let Some(over) = model.dialogs.last() {
        // What has just happened stays in sight: a copy that was asked for, most of all.
        let room = area.height - if model.notice.is_some() { foot } else { 1 };
        over_screen(over, model, Rect { height: room, ..area }, canvas);
    }
    footer::view(&model.look, &keymap::bindings(model), keys, canvas);
}

/// What has just happened, in words.
fn notice(model: &Model) -> Option<Doc> {
    let notice = model.notice.as_ref().filter(|notice| !notice.text.is_empty())?;
    let mut doc = Doc::default();
    doc.toned(if notice.bad { Tone::Bad } else { Tone::Good }, &notice.text);
    Some(doc)
}

/// One column of air at each side.
pub fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn header(model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let tenants = [Which::Cluster, Which::Registry].map(|which| model.tenant(which));
    let name = model.name();
    let demo = model.demo.is_some();
    header::view(
        &model.look,
        &header::Header { name: name.as_deref(), stage: model.stage(), demo, tenants },
        area,
        canvas,
    );
}

fn over_screen(over: &Dialog, model: &Model, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &model.look;
    let mut framed = |title: &str, doc: &Doc, scroll| {
        dialog::view(look, title, doc, scroll, area, canvas);
    };
    match over {
        Dialog::Keys { scroll } => framed("Keys", &keys_doc(model), *scroll),
        Dialog::Leave => framed("Leave crosspull?", &leave_doc(model), 0),
        Dialog::Text { title, doc, scroll, copy: Some(_) } => {
            let head = header::HEIGHT - 1;
            let area = Rect { y: area.y + head, height: area.height.saturating_sub(head), ..area };
            dialog::sheet(look, title, doc, *scroll, area, canvas);
        }
        Dialog::Text { title, doc, scroll, copy: None } => framed(title, doc, *scroll),
        Dialog::Start(over) => framed("Forget this setup?", &start::forget_doc(over), 0),
        Dialog::Plan(over) => plan::dialog_view(over, model, area, canvas),
        Dialog::Run(over) => run::dialog_view(over, model, area, canvas),
        Dialog::SignIn(over) => sign_in::view(over, model, area, canvas),
    }
}

/// Every key that means something on the screen below the help.
fn keys_doc(model: &Model) -> Doc {
    let mut doc = Doc::default();
    for binding in keymap::bindings_below_help(model) {
        doc.field(binding.shown, 8, binding.help);
    }
    doc
}

fn leave_doc(model: &Model) -> Doc {
    if let Screen::Run(screen) = &model.screen {
        return run::leave_doc(screen, model);
    }
    let mut doc = Doc::default();
    doc.text("Nothing has been changed in Azure.");
    if model.demo.is_some() {
        doc.text("The demo ends here, and its world with it.");
    } else if model.draft.cluster.tenant.is_some() {
        doc.command(model.started.back_to_answers(), &model.started.wizard(), PRINTED_LATER);
    }
    doc
}

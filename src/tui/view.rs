//! The whole screen from the model: header, what fills it, what has just happened, keys.

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Widget as _,
};

use super::{
    keymap,
    model::{Dialog, Model, Screen, Which},
    screens::{plan, questions, run, scenarios, start},
    widgets::{details, dialog, doc::Doc, footer, header, too_small},
};

/// Every screen fits into this.
pub const SMALLEST: (u16, u16) = (80, 24);

/// Draws everything.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if let Some(at) = draw(model, area, frame.buffer_mut()) {
        frame.set_cursor_position(at);
    }
}

/// Draws everything into a buffer, and says where the cursor belongs.
pub fn draw(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        too_small::view(&model.look, area, SMALLEST, buf);
        return None;
    }
    let head = header::HEIGHT;
    let foot = 2;
    let body_height = area.height - head - foot;
    let pane = if model.details { (body_height / 2).min(12) } else { 0 };
    let top = Rect { height: head, ..area };
    let body = Rect { y: area.y + head, height: body_height - pane, ..area };
    let details_area = Rect { y: body.bottom(), height: pane, ..area };
    let notice = Rect { y: area.bottom() - foot, height: 1, ..area };
    let keys = Rect { y: area.bottom() - 1, height: 1, ..area };

    header(model, top, buf);
    let mut cursor = match &model.screen {
        Screen::Scenarios(screen) => {
            let scenarios = model.demo.as_ref().map(|demo| demo.scenarios.as_slice()).unwrap_or_default();
            scenarios::doc(screen, scenarios, &model.look).view(&model.look, 0, inset(body), buf);
            None
        }
        Screen::Start(screen) => {
            start::doc(screen, model).view(&model.look, 0, inset(body), buf);
            None
        }
        Screen::Questions(screen) => questions::view(screen, model, body, buf),
        Screen::Plan(screen) => plan::view(screen, model, body, buf),
        Screen::Run(screen) => run::view(screen, model, body, buf),
    };
    if model.details {
        details::view(&model.look, &model.requests, model.details_back, details_area, buf);
    }
    if let Some(said) = &model.notice {
        let style = if said.bad { model.look.theme.bad } else { model.look.theme.good };
        Line::from(Span::styled(format!(" {}", said.text), style)).render(notice, buf);
    }
    for over in &model.dialogs {
        cursor = over_screen(over, model, Rect { height: area.height - 1, ..area }, buf);
    }
    let shown: Vec<(&str, &str)> = keymap::bindings(model)
        .iter()
        .filter(|binding| !binding.label.is_empty())
        .map(|binding| (binding.shown, binding.label))
        .collect();
    footer::view(&model.look, &shown, keys, buf);
    cursor
}

/// One column of air at each side.
pub fn inset(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

fn header(model: &Model, area: Rect, buf: &mut Buffer) {
    let tenants = [Which::Cluster, Which::Registry].map(|which| {
        let (tenant, account) = model.tenant(which);
        header::TenantLine { tenant, account }
    });
    let name = model.name();
    let demo = model.demo.is_some();
    header::view(
        &model.look,
        &header::Header { name: name.as_deref(), stage: model.stage(), demo, tenants },
        area,
        buf,
    );
}

fn over_screen(over: &Dialog, model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let look = &model.look;
    match over {
        Dialog::Keys { scroll } => {
            dialog::view(look, "Keys", &keys_doc(model), *scroll, area, buf);
            None
        }
        Dialog::Leave => {
            dialog::view(look, "Leave crosspull?", &leave_doc(model), 0, area, buf);
            None
        }
        Dialog::Text { title, doc, scroll, .. } => {
            dialog::view(look, title, doc, *scroll, area, buf);
            None
        }
        Dialog::Start(over) => {
            dialog::view(look, "Forget this setup?", &start::forget_doc(over), 0, area, buf);
            None
        }
        Dialog::Plan(over) => plan::dialog_view(over, model, area, buf),
        Dialog::Run(over) => run::dialog_view(over, model, area, buf),
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
    match &model.screen {
        Screen::Run(screen) => run::leave_doc(screen, model),
        _ => {
            let mut doc = Doc::default();
            doc.text("Nothing has been changed in Azure.");
            if model.demo.is_some() {
                doc.text("The demo ends here, and its world with it.");
            } else if model.draft.cluster.tenant.is_some() {
                doc.text("What you have answered is kept. To come back to it:");
                doc.verbatim("crosspull");
            }
            doc
        }
    }
}

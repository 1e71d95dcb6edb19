//! How a sign-in that waits looks. The link begins at the screen's first column and nothing breaks it, so that it can be
//! selected.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::Model;
use crate::{
    session::{Way, lands_on},
    tui::{
        canvas::Canvas,
        model::{Model as Wizard, Screen, Which},
        time::{clock, span},
        view::inset,
        widgets::{
            dialog,
            doc::{Doc, Tone},
            field, header,
        },
    },
    words::{sign_in_page, sign_in_reason},
};

/// What stands on it, from top to bottom.
struct Parts {
    who: Doc,
    before: Doc,
    /// Begins at the first column.
    link: Option<String>,
    after: Doc,
}

/// Draws it below the names of the two tenants, over as much of the screen as it needs.
pub fn view(model: &Model, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) {
    let look = &wizard.look;
    let parts = parts(model, wizard);
    let height = |doc: &Doc| doc.height(look, inset(area).width);
    let (first, last) = (height(&parts.before), height(&parts.after) + u16::from(model.typing.is_some()));
    let link = parts.link.as_ref().map_or(0, |link| rows(link, area.width));
    let needed = first.saturating_add(link).saturating_add(last);
    let whole = 1 + height(&parts.who) + needed.saturating_add(3);
    let most = area.height.saturating_sub(header::HEIGHT - 1);
    // A single row above it would show nothing of what is there.
    let height = if whole + 1 < most { whole } else { most };
    let area = Rect { y: area.bottom() - height, height, ..area };
    let title = match model.behind {
        0 => "Sign in".to_owned(),
        behind => format!("Sign in (1 of {})", behind + 1),
    };
    dialog::sheet(look, &title, &Doc::default(), 0, area, canvas);
    let mut rest = below(area, 1);
    rest = below(rest, parts.who.view(look, 0, inset(rest), canvas));
    // Some air, where there is room for it.
    let spare = rest.height.saturating_sub(needed);
    rest = below(rest, u16::from(spare > 0));
    rest = below(rest, parts.before.view(look, 0, inset(rest), canvas));
    if let Some(link) = &parts.link {
        let room = Rect { height: rest.height.saturating_sub(last), ..rest };
        rest = below(rest, link_rows(link, wizard, room, canvas));
        rest = below(rest, u16::from(spare > 1));
    }
    rest = below(rest, parts.after.view(look, 0, inset(rest), canvas));
    if let Some(text) = &model.typing {
        field::view(text, look, "> ", Rect { height: rest.height.min(1), ..inset(rest) }, canvas);
    }
}

fn parts(model: &Model, wizard: &Wizard) -> Parts {
    let who = who(model, wizard);
    if model.typing.is_some() {
        let mut after = Doc::default();
        if let Some(wrong) = &model.wrong {
            after.bad(wrong);
        }
        return Parts { who, before: asked(model), link: None, after };
    }
    let (before, link, after) = match &model.wanted.way {
        Way::Browser { here, elsewhere } => {
            (page(model), if model.elsewhere { elsewhere } else { here }, expect(model))
        }
        Way::Code { code, page, .. } => (code_page(), page, to_type(model, code)),
    };
    Parts { who, before, link: Some(link.to_string()), after }
}

fn below(area: Rect, used: u16) -> Rect {
    let used = used.min(area.height);
    Rect { y: area.y + used, height: area.height - used, ..area }
}

/// The rows that a link fills; no screen has as many as the largest number.
fn rows(link: &str, width: u16) -> u16 {
    u16::try_from(link.width().div_ceil(usize::from(width.max(1)))).unwrap_or(u16::MAX / 2)
}

/// The link whole, or none of it: a part of it would lead nowhere.
fn link_rows(link: &str, wizard: &Wizard, area: Rect, canvas: &mut Canvas<'_>) -> u16 {
    let rows = rows(link, area.width);
    let mut doc = Doc::default();
    if rows > area.height {
        doc.dim("The link is too long for this screen. c copies it whole.");
        return doc.view(&wizard.look, 0, inset(area), canvas);
    }
    let area = Rect { height: rows, ..area };
    doc.link(link);
    doc.view(&wizard.look, 0, area, canvas);
    canvas.shown.link = Some((link.to_owned(), area));
    rows
}

/// Which tenant, who, and why.
fn who(model: &Model, wizard: &Wizard) -> Doc {
    let mut doc = Doc::default();
    let id = model.wanted.tenant;
    let known = [Which::Cluster, Which::Registry].into_iter().find_map(|which| {
        let tenant = wizard.tenant(which).tenant?;
        (tenant.id == id).then_some((which, tenant))
    });
    let mut name = format!("tenant {id}");
    if let Some((which, tenant)) = known {
        let (tone, words) = match which {
            Which::Cluster => (Tone::Cluster, "the cluster tenant"),
            Which::Registry => (Tone::Registry, "the registry tenant"),
        };
        name = tenant.label();
        let domain = tenant.domain.filter(|domain| *domain != name).map(|domain| (format!("  {domain}"), Tone::Text));
        let mut pieces = vec![(name.clone(), tone)];
        pieces.extend(domain);
        pieces.push((format!("  {words}"), Tone::Dim));
        doc.line(pieces);
    }
    let steps = match &wizard.screen {
        Screen::Run(run) => run.steps_waiting_for(id),
        _ => Vec::new(),
    };
    let waits = match steps.as_slice() {
        [] => String::new(),
        [one] => format!(" Step {one} waits for it."),
        many => format!(" Steps {} wait for it.", many.join(" and ")),
    };
    let reason = sign_in_reason(model.wanted.reason, &name, model.wanted.account.as_deref());
    doc.text(&format!("{reason}{waits}"));
    doc
}

fn page(model: &Model) -> Doc {
    let mut doc = Doc::default();
    if model.elsewhere {
        doc.text(
            "Open this where there is a browser, and sign in. It ends on a page that does not load: that is right. Copy \
             that page's whole address, and paste it here.",
        );
    } else {
        doc.text("Your browser is to show this page. If none shows up, Enter opens it again:");
    }
    doc
}

fn expect(model: &Model) -> Doc {
    let mut doc = Doc::default();
    if model.elsewhere {
        doc.dim("If the page shows an error instead (AADSTS and a number), paste its text.");
    } else {
        doc.text("The page says that the tab can be closed; crosspull goes on by itself.");
        doc.dim("If it shows an error instead (AADSTS and a number), p takes its text.");
    }
    doc.dim(&sign_in_page(model.wanted.client, false));
    doc
}

fn code_page() -> Doc {
    let mut doc = Doc::default();
    doc.text("Open this page on any device:");
    doc
}

fn to_type(model: &Model, code: &str) -> Doc {
    let mut doc = Doc::default();
    doc.text("Type this code there, and sign in:");
    doc.blank();
    doc.line(vec![(format!("      {code}"), Tone::Strong)]);
    doc.blank();
    if let Way::Code { ends, .. } = &model.wanted.way {
        // Not a minute less for the moment that it took to show.
        let life = span(*ends - model.came + time::Duration::SECOND);
        doc.dim(&format!("It is good for {life}, until {} UTC. Then another one comes by itself.", clock(*ends)));
    }
    doc.text("The page says that it can be closed; crosspull goes on by itself.");
    doc.dim(&sign_in_page(model.wanted.client, true));
    doc
}

fn asked(model: &Model) -> Doc {
    let mut doc = Doc::default();
    match lands_on(&model.wanted.way) {
        Some(begins) => doc.text(&format!(
            "Paste the whole address that the page has ended on: it begins with {begins}. Or paste the error that the page \
             shows."
        )),
        None => doc.text("Paste the error that the page shows: AADSTS and a number."),
    }
    doc
}

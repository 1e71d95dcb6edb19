//! The top of every screen: where we are, and in which two tenants.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget as _,
};
use unicode_width::UnicodeWidthStr as _;

use super::fit;
use crate::{
    domain::answers::Tenant,
    tui::{canvas::Canvas, look::Look, model::Stage},
};

/// Its lines.
pub const HEIGHT: u16 = 4;

/// From this width on there is room for the tenants' ids.
const ROOM_FOR_IDS: u16 = 120;

/// What it says.
#[derive(Debug)]
pub struct Header<'a> {
    /// The setup's name.
    pub name: Option<&'a str>,
    /// The stage that is open.
    pub stage: Option<Stage>,
    /// Whether all this is a demo.
    pub demo: bool,
    /// The cluster tenant and the registry tenant.
    pub tenants: [TenantLine; 2],
}

/// One tenant, and who is signed in there.
#[derive(Debug, Default)]
pub struct TenantLine {
    /// The tenant.
    pub tenant: Option<Tenant>,
    /// The account, or that it is handed over.
    pub account: Option<String>,
    /// The company that the account is a guest from.
    pub guest_of: Option<String>,
}

const STAGES: [(Stage, &str); 5] = [
    (Stage::Cluster, "1 Cluster"),
    (Stage::Registry, "2 Registry"),
    (Stage::Plan, "3 Plan"),
    (Stage::Run, "4 Run"),
    (Stage::Proof, "5 Proof"),
];

/// Draws it.
pub fn view(look: &Look, header: &Header<'_>, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height < HEIGHT || area.width == 0 {
        return;
    }
    let row = |at: u16| Rect { y: area.y + at, height: 1, ..area };
    title(look, header, area.width).render(row(0), canvas.buf);
    let styles = [look.theme.cluster, look.theme.registry];
    for (at, (line, label)) in header.tenants.iter().zip(["cluster tenant ", "registry tenant"]).enumerate() {
        tenant(look, line, label, styles[at], area.width).render(row(u16::try_from(at).unwrap_or(0) + 1), canvas.buf);
    }
    Line::from(Span::styled(look.glyphs.rule.repeat(usize::from(area.width)), look.theme.rule))
        .render(row(3), canvas.buf);
}

fn title(look: &Look, header: &Header<'_>, width: u16) -> Line<'static> {
    let mut spans = vec![Span::styled(" crosspull".to_owned(), look.theme.title)];
    if header.demo {
        spans.push(Span::styled("  DEMO".to_owned(), look.theme.warn));
    }
    let stages: Vec<Span<'static>> = match header.stage {
        None => Vec::new(),
        Some(open) => STAGES
            .iter()
            .map(|(stage, name)| {
                if *stage == open {
                    Span::styled(format!(" [{name}]"), look.theme.title)
                } else {
                    Span::styled(format!("  {name}"), look.theme.dim)
                }
            })
            .collect(),
    };
    let taken: usize = spans.iter().chain(&stages).map(|span| span.content.width()).sum();
    let room = usize::from(width).saturating_sub(taken + 4);
    let name = fit(&look.glyphs.clean(header.name.unwrap_or_default()), room, look);
    let gap = usize::from(width).saturating_sub(taken + name.width() + 4);
    spans.push(Span::styled(format!("  {name}"), look.theme.strong));
    spans.push(Span::raw(" ".repeat(gap)));
    spans.extend(stages);
    Line::from(spans)
}

fn tenant(look: &Look, line: &TenantLine, label: &str, style: Style, width: u16) -> Line<'static> {
    let clean = |text: &str| look.glyphs.clean(text);
    let mut spans = vec![Span::styled(format!(" {label}  "), look.theme.dim)];
    let Some(tenant) = &line.tenant else {
        spans.push(Span::styled("not chosen yet".to_owned(), look.theme.dim));
        return Line::from(spans);
    };
    let name = clean(&tenant.label());
    spans.push(Span::styled(fit(&name, 28, look), style));
    if let Some(domain) = tenant.domain.as_deref().map(clean).filter(|domain| *domain != name) {
        spans.push(Span::styled(format!("  {}", fit(&domain, 30, look)), look.theme.text));
    }
    if width >= ROOM_FOR_IDS && name != tenant.id.to_string() {
        spans.push(Span::styled(format!("  {}", tenant.id), look.theme.dim));
    }
    let used: usize = spans.iter().map(|span| span.content.width()).sum();
    let who = match line.account.as_deref() {
        Some("handed over") => "nobody signed in: handed over".to_owned(),
        Some(account) => clean(account),
        None => "no account chosen yet".to_owned(),
    };
    let room = usize::from(width).saturating_sub(used + 3);
    let guest = line.guest_of.as_ref().map(|home| format!("{who}, guest from {}", clean(home)));
    let who = match guest {
        Some(whole) if whole.width() <= room => whole,
        // Where they come from matters less than who they are.
        Some(_) => format!("{}, a guest", fit(&who, room.saturating_sub(9), look)),
        None => fit(&who, room, look),
    };
    spans.push(Span::styled(format!("  {who}"), look.theme.text));
    Line::from(spans)
}

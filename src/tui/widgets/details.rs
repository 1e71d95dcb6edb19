//! The details pane, for support staff: each request, never a body, never a header.

use std::{collections::VecDeque, sync::Arc};

use ratatui::layout::Rect;

use super::{
    doc::{Doc, Tone},
    fit_middle,
};
use crate::{
    session::RequestRecord,
    tui::{canvas::Canvas, look::Look},
};

/// How many requests are kept for it.
pub const REQUESTS: usize = 300;

/// From this width on a request has room for its ids on its own line.
const ROOM_FOR_IDS: usize = 150;

/// Draws the latest requests, `back` of them left out at the end.
pub fn view(look: &Look, requests: &VecDeque<Arc<RequestRecord>>, back: u16, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height < 2 {
        return;
    }
    let mut doc = Doc::default();
    let hidden = if back > 0 { format!(", {back} later ones not shown") } else { String::new() };
    let last = if requests.len() >= REQUESTS { "the last " } else { "" };
    doc.rule(&format!("{last}{} requests{hidden}; F3 earlier, F4 later, F2 closes", requests.len()));
    let width = usize::from(area.width);
    let lines = if width < ROOM_FOR_IDS { 2 } else { 1 };
    let rows = usize::from(area.height - 1) / lines;
    let end = requests.len().saturating_sub(usize::from(back).min(requests.len().saturating_sub(rows)));
    for request in requests.iter().take(end).skip(end.saturating_sub(rows)) {
        one(&mut doc, look, request, width);
    }
    if requests.is_empty() {
        doc.dim(" None yet.");
    }
    doc.view(look, 0, area, canvas);
}

fn one(doc: &mut Doc, look: &Look, request: &RequestRecord, width: usize) {
    let outcome = request.outcome.to_string();
    let head = format!(" {:<6} ", request.method);
    let mut tail = format!(" {outcome} {:>5} ms", request.duration.as_millis());
    let correlation = request.correlation_id.as_deref().unwrap_or("none");
    if width >= ROOM_FOR_IDS {
        tail = format!("{tail}  correlation {correlation}");
    }
    // Most of an address is the same everywhere; its end says what was asked.
    let room = width.saturating_sub(head.len() + tail.len());
    let tone = if outcome.starts_with('2') { Tone::Text } else { Tone::Warn };
    let address = format!("{:<room$}", fit_middle(&request.url, room, look));
    doc.line(vec![(head, Tone::Dim), (address, tone), (tail, Tone::Dim)]);
    if width < ROOM_FOR_IDS {
        doc.line(vec![(format!("        correlation {correlation}"), Tone::Dim)]);
    }
}

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

/// Draws the latest requests, `back` of them left out at the end.
pub fn view(look: &Look, requests: &VecDeque<Arc<RequestRecord>>, back: u16, area: Rect, canvas: &mut Canvas<'_>) {
    if area.height < 2 {
        return;
    }
    let mut doc = Doc::default();
    doc.rule(&format!("the last {} requests; never a body, never a secret; F2 closes", requests.len()));
    let rows = usize::from(area.height - 1);
    let last = requests.len().saturating_sub(usize::from(back).min(requests.len().saturating_sub(rows)));
    let width = usize::from(area.width);
    for request in requests.iter().take(last).skip(last.saturating_sub(rows)) {
        let outcome = request.outcome.to_string();
        let head = format!(" {:<6} ", request.method);
        let tail = format!(
            " {outcome} {:>5} ms  {}",
            request.duration.as_millis(),
            request.correlation_id.as_deref().unwrap_or_default()
        );
        // Most of an address is the same everywhere; its end says what was asked.
        let tail = if width < 120 { format!(" {outcome} {:>5} ms", request.duration.as_millis()) } else { tail };
        let room = width.saturating_sub(head.len() + tail.len());
        let tone = if outcome.starts_with('2') { Tone::Text } else { Tone::Warn };
        doc.line(vec![
            (head, Tone::Dim),
            (format!("{:<room$}", fit_middle(&request.url, room, look)), tone),
            (tail, Tone::Dim),
        ]);
    }
    if requests.is_empty() {
        doc.dim(" None yet.");
    }
    doc.view(look, 0, area, canvas);
}

//! The line of keys.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget as _,
};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::look::Look;

/// Draws the keys, the most important first. What does not fit is left to the help, whose key comes last and stays.
pub fn view(look: &Look, keys: &[(&str, &str)], area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let width = |key: &(&str, &str)| key.0.width() + 1 + key.1.width() + 2;
    let Some((last, others)) = keys.split_last() else { return };
    let mut room = usize::from(area.width).saturating_sub(1 + width(last));
    let mut shown = Vec::new();
    for key in others {
        if width(key) > room {
            break;
        }
        room -= width(key);
        shown.push(key);
    }
    shown.push(last);
    let mut spans = vec![Span::raw(" ")];
    for (key, label) in shown {
        spans.push(Span::styled((*key).to_owned(), look.theme.key));
        spans.push(Span::styled(format!(" {label}  "), look.theme.text));
    }
    Line::from(spans).render(Rect { height: 1, ..area }, buf);
}

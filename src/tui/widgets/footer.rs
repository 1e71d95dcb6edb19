//! The line of keys.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
    widgets::Widget as _,
};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::{canvas::Canvas, keymap::Binding, look::Look};

/// How many keys at the end are always shown: the way out, and the help, which has those that did not fit.
const ALWAYS: usize = 2;

/// Draws the keys, the most important first.
pub fn view(look: &Look, keys: &[Binding], area: Rect, canvas: &mut Canvas<'_>) {
    if area.height == 0 {
        return;
    }
    let keys: Vec<&Binding> = keys.iter().filter(|key| !key.label.is_empty()).collect();
    let width = |key: &Binding| key.shown.width() + 1 + key.label.width() + 2;
    let (others, always) = keys.split_at(keys.len().saturating_sub(ALWAYS));
    let mut room = usize::from(area.width).saturating_sub(1 + always.iter().map(|key| width(key)).sum::<usize>());
    let mut shown = Vec::new();
    for key in others {
        if width(key) > room {
            break;
        }
        room -= width(key);
        shown.push(*key);
    }
    shown.extend(always);
    let (mut spans, mut x) = (vec![Span::raw(" ")], area.x + 1);
    for key in shown {
        let wide = u16::try_from(width(key)).unwrap_or(u16::MAX);
        canvas.spot(Rect { x, y: area.y, width: wide.saturating_sub(2), height: 1 }, key.act);
        x = x.saturating_add(wide);
        spans.push(Span::styled(key.shown, look.theme.key));
        spans.push(Span::styled(format!(" {}  ", key.label), look.theme.text));
    }
    Line::from(spans).render(Rect { height: 1, ..area }, canvas.buf);
}

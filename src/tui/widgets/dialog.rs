//! A frame over the screen.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
    widgets::Widget as _,
};
use unicode_width::UnicodeWidthStr as _;

use super::{doc::Doc, fit};
use crate::tui::{canvas::Canvas, look::Look};

/// The widest text that is still easy to read.
const WIDEST: u16 = 96;

/// So few columns beside a frame would show only scraps of what lies below.
const SCRAPS: u16 = 8;

/// Draws a framed text over the screen, as large as it needs to be. Says where its inside is, below the text.
pub fn view(look: &Look, title: &str, doc: &Doc, scroll: u16, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
    view_with_room(look, title, doc, scroll, 0, area, canvas)
}

/// The same, with so many free lines below the text.
pub fn view_with_room(
    look: &Look,
    title: &str,
    doc: &Doc,
    scroll: u16,
    room: u16,
    area: Rect,
    canvas: &mut Canvas<'_>,
) -> Rect {
    canvas.cover();
    let width = area.width.saturating_sub(4).min(WIDEST);
    let inner_width = width.saturating_sub(4);
    if inner_width == 0 || area.height < 3 {
        return Rect { width: 0, height: 0, ..area };
    }
    let text = doc.height(look, inner_width);
    let height = text.saturating_add(room).saturating_add(2).min(area.height);
    let frame = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    if area.width - width <= SCRAPS {
        let rows = Rect { x: area.x, width: area.width, ..frame };
        for at in rows.positions() {
            canvas.buf[at].reset();
        }
    }
    draw_frame(look, title, frame, canvas);
    let inner = Rect { x: frame.x + 2, y: frame.y + 1, width: inner_width, height: height - 2 };
    let text_area = Rect { height: inner.height.saturating_sub(room), ..inner };
    let used = doc.view(look, scroll, text_area, canvas);
    Rect { y: inner.y + used, height: inner.height - used, ..inner }
}

/// Draws a text over everything, from the first column to the last: nothing stands beside it, so that it can be selected.
pub fn sheet(look: &Look, title: &str, doc: &Doc, scroll: u16, area: Rect, canvas: &mut Canvas<'_>) {
    canvas.cover();
    if area.height < 3 {
        return;
    }
    for at in area.positions() {
        canvas.buf[at].reset();
    }
    let mut head = Doc::default();
    head.rule(title);
    head.view(look, 0, Rect { height: 1, ..area }, canvas);
    doc.view(look, scroll, Rect { y: area.y + 1, height: area.height - 1, ..area }, canvas);
}

fn draw_frame(look: &Look, title: &str, frame: Rect, canvas: &mut Canvas<'_>) {
    for y in frame.top()..frame.bottom() {
        for x in frame.left()..frame.right() {
            canvas.buf[(x, y)].reset();
        }
    }
    let [top_left, top_right, bottom_left, bottom_right, upright] = look.glyphs.frame;
    let across = look.glyphs.rule.repeat(usize::from(frame.width).saturating_sub(2));
    let rule = look.theme.rule;
    let line = |left: &str, right: &str| Line::from(Span::styled(format!("{left}{across}{right}"), rule));
    line(top_left, top_right).render(Rect { height: 1, ..frame }, canvas.buf);
    line(bottom_left, bottom_right).render(Rect { y: frame.bottom() - 1, height: 1, ..frame }, canvas.buf);
    for y in frame.top() + 1..frame.bottom() - 1 {
        for x in [frame.left(), frame.right() - 1] {
            canvas.buf[(x, y)].set_symbol(upright).set_style(rule);
        }
    }
    let title = format!(" {} ", fit(&look.glyphs.clean(title), usize::from(frame.width).saturating_sub(6), look));
    let width = u16::try_from(title.width()).unwrap_or(0);
    let at = Rect { x: frame.x + 2, y: frame.y, width: width.min(frame.width.saturating_sub(2)), height: 1 };
    Line::from(Span::styled(title, look.theme.strong)).render(at, canvas.buf);
}

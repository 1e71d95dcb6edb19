//! A screen as text, with its styles in words below it.

use std::fmt::Write as _;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};

use crate::tui::{canvas::Shown, model::Model, view::draw};

/// Draws the wizard at a size.
pub(super) fn drawn(model: &Model, width: u16, height: u16) -> (Buffer, Shown) {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let shown = draw(model, area, &mut buffer);
    (buffer, shown)
}

/// The screen, the cursor, and for each row the columns whose style is not the plain one.
pub(super) fn picture(buffer: &Buffer, shown: &Shown) -> String {
    let area = buffer.area;
    let mut out = String::new();
    for y in area.top()..area.bottom() {
        let row: String = (area.left()..area.right()).map(|x| buffer[(x, y)].symbol()).collect();
        let _ = writeln!(out, "{}", row.trim_end());
    }
    if let Some(at) = shown.cursor {
        let _ = writeln!(out, "cursor at row {}, column {}", at.y, at.x);
    }
    out.push_str("styles\n");
    for y in area.top()..area.bottom() {
        let mut runs: Vec<(u16, u16, String)> = Vec::new();
        for x in area.left()..area.right() {
            let words = words(buffer[(x, y)].style());
            match runs.last_mut() {
                Some((_, end, last)) if *last == words && *end + 1 == x => *end = x,
                _ if words.is_empty() => {}
                _ => runs.push((x, x, words)),
            }
        }
        if !runs.is_empty() {
            let runs: Vec<String> = runs.iter().map(|(from, to, words)| format!("{from}-{to} {words}")).collect();
            let _ = writeln!(out, "{y:>3}: {}", runs.join(", "));
        }
    }
    out
}

fn words(style: Style) -> String {
    let mut words = Vec::new();
    if let Some(colour) = style.fg.filter(|colour| *colour != Color::Reset) {
        words.push(format!("{colour:?}").to_lowercase());
    }
    if let Some(colour) = style.bg.filter(|colour| *colour != Color::Reset) {
        words.push(format!("on {colour:?}").to_lowercase());
    }
    for (modifier, word) in [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ] {
        if style.add_modifier.contains(modifier) {
            words.push(word.to_owned());
        }
    }
    words.join("+")
}

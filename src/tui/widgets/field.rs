//! One line of text that is typed.

use std::fmt;

use crossterm::event::{Event, KeyEvent};
use ratatui::{
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Widget as _,
};
use tui_input::{Input, backend::crossterm::EventHandler as _};

use crate::tui::{canvas::Canvas, look::Look};

/// A line that is typed.
#[derive(Default)]
pub struct Field {
    input: Input,
    /// Nobody has touched what stands in it: what is pasted takes its place.
    offered: bool,
}

/// What is pasted into it can be a secret.
impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Field(…)")
    }
}

/// What a key did to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// The text is another one.
    Changed,
    /// The cursor moved.
    Moved,
    /// Nothing.
    Ignored,
}

impl Field {
    /// A line that holds this text, with the cursor at its end.
    pub fn with(text: &str) -> Self {
        Self { input: Input::new(text.to_owned()), offered: true }
    }

    /// Takes a key.
    pub fn handle(&mut self, key: KeyEvent) -> Edited {
        let edited = match self.input.handle_event(&Event::Key(key)) {
            Some(change) if change.value => Edited::Changed,
            Some(_) => Edited::Moved,
            None => Edited::Ignored,
        };
        self.offered &= edited == Edited::Ignored;
        edited
    }

    /// Takes pasted text: what surrounds it and line breaks in it are no part of any name.
    pub fn paste(&mut self, text: &str) {
        let clean: String = text.trim().chars().filter(|c| !c.is_control()).collect();
        let (before, after) = if self.offered { Default::default() } else { self.split() };
        self.offered = false;
        let cursor = before.chars().count() + clean.chars().count();
        self.input = Input::new(format!("{before}{clean}{after}")).with_cursor(cursor);
    }

    fn split(&self) -> (String, String) {
        let (at, text) = (self.input.cursor(), self.input.value());
        (text.chars().take(at).collect(), text.chars().skip(at).collect())
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Another text, with the cursor at its end.
    pub fn set(&mut self, text: &str) {
        *self = Self::with(text);
    }
}

/// Draws the line behind a prompt, with the cursor in it.
pub fn view(field: &Field, look: &Look, prompt: &str, area: Rect, canvas: &mut Canvas<'_>) {
    let prompt_width = u16::try_from(prompt.len()).unwrap_or(0);
    if area.height == 0 || area.width <= prompt_width + 1 {
        return;
    }
    let width = usize::from(area.width - prompt_width);
    let scroll = field.input.visual_scroll(width.saturating_sub(1));
    let shown: String = visible(&look.glyphs.clean(field.text()), scroll, width);
    Line::from(vec![Span::styled(prompt, look.theme.accent), Span::styled(shown, look.theme.strong)])
        .render(Rect { height: 1, ..area }, canvas.buf);
    let cursor = u16::try_from(field.input.visual_cursor().saturating_sub(scroll)).unwrap_or(0);
    let x = (area.x + prompt_width + cursor).min(area.right().saturating_sub(1));
    canvas.shown.cursor = Some(Position { x, y: area.y });
}

/// The part of a text that begins at a column and fills a width.
fn visible(text: &str, scroll: usize, width: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let (mut column, mut shown) = (0, String::new());
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if column >= scroll && column + wide <= scroll + width {
            shown.push(c);
        }
        column += wide;
    }
    shown
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn key(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn what_is_pasted_goes_in_at_the_cursor_and_brings_no_line_breaks() {
        let mut field = Field::with("contoso.example");
        assert_eq!(field.handle(key(KeyCode::End)), Edited::Ignored);
        field.paste(" x\r\ny\t");
        assert_eq!(field.text(), "xy", "what was offered gives way");
        field.paste("z");
        assert_eq!(field.text(), "xyz", "what was pasted does not");
        field.set("ac");
        assert_eq!(field.handle(key(KeyCode::Left)), Edited::Moved);
        field.paste("b");
        assert_eq!(field.text(), "abc");
        assert_eq!(field.handle(key(KeyCode::Char('!'))), Edited::Changed);
        assert_eq!(field.text(), "ab!c");
    }

    #[test]
    fn wide_characters_are_cut_at_their_edges() {
        assert_eq!(visible("日本語x", 2, 4), "本語");
        assert_eq!(visible("日本語x", 0, 5), "日本");
    }
}

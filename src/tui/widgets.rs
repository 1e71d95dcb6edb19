//! The pieces that screens are made of: plain functions that draw, and small models for what is typed and chosen.

pub mod details;
pub mod dialog;
pub mod doc;
pub mod field;
pub mod footer;
pub mod header;
pub mod picker;
pub mod too_small;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::look::Look;

/// A text with a capital in front.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A text cut to a width, with a sign where something was left out.
pub fn fit(text: &str, width: usize, look: &Look) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let ellipsis = look.glyphs.ellipsis;
    let room = width.saturating_sub(ellipsis.width());
    let (mut cut, mut used) = (String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > room {
            break;
        }
        used += wide;
        cut.push(c);
    }
    if width >= ellipsis.width() {
        cut.push_str(ellipsis);
    }
    cut
}

/// A text with its middle left out: of a resource id the end says most, and the beginning next.
pub fn fit_middle(text: &str, width: usize, look: &Look) -> String {
    let count = text.chars().count();
    let ellipsis = look.glyphs.ellipsis;
    if text.width() <= width || width <= ellipsis.width() + 2 {
        return fit(text, width, look);
    }
    let room = width - ellipsis.width();
    let head = room / 3;
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - (room - head).min(count)).collect();
    format!("{start}{ellipsis}{end}")
}

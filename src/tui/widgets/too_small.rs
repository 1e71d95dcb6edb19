//! What a screen that is too small says.

use ratatui::layout::Rect;

use super::doc::Doc;
use crate::tui::{canvas::Canvas, look::Look};

/// Says how large the screen is, and how large it has to be.
pub fn view(look: &Look, area: Rect, smallest: (u16, u16), canvas: &mut Canvas<'_>) {
    let mut doc = Doc::default();
    doc.text(&format!(
        "crosspull needs {} columns and {} rows. This terminal has {} and {}. Make it larger, or its letters smaller; \
         everything goes on meanwhile. Ctrl-C leaves.",
        smallest.0, smallest.1, area.width, area.height
    ));
    doc.view(look, 0, area, canvas);
}

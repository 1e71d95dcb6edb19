//! What is drawn on, and what the drawing tells: where the cursor belongs, what can be clicked, where the link stands.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::keymap::Act;

/// The screen's cells, and what there is to know of them besides.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// What was drawn there.
    pub shown: Shown,
}

impl<'a> Canvas<'a> {
    /// An empty one.
    pub fn new(buf: &'a mut Buffer) -> Self {
        Self { buf, shown: Shown::default() }
    }

    /// What is drawn from here on lies over all that was: only it can be clicked and typed into.
    pub fn cover(&mut self) {
        self.shown = Shown::default();
    }

    /// A click there means this.
    pub fn spot(&mut self, area: Rect, act: Act) {
        self.shown.spots.push((area, act));
    }
}

/// What a drawing tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The cursor's place, where something is typed.
    pub cursor: Option<Position>,
    /// What a click means, by its place.
    pub spots: Vec<(Rect, Act)>,
    /// A link, and the rows that it fills from their first column on: terminals that can make it clickable.
    pub link: Option<(String, Rect)>,
    /// How far the text that was scrolled can be scrolled at most.
    pub furthest: Option<u16>,
}

impl Shown {
    /// What a click means.
    pub fn clicked(&self, column: u16, row: u16) -> Option<Act> {
        let at = Position { x: column, y: row };
        self.spots.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, act)| *act)
    }
}

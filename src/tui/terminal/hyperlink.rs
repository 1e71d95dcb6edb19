//! A link that the terminal can open by itself (OSC 8). The screen's cells know nothing of it, so its rows are written once
//! more behind each frame, as they are, between the sequences that begin and end a link.

use std::io::{self, Write};

use ratatui::{
    backend::Backend,
    buffer::{Buffer, Cell},
    layout::Rect,
};

/// A link's address, and its rows as they were drawn.
pub(super) struct Link {
    address: String,
    cells: Vec<(u16, u16, Cell)>,
}

impl Link {
    pub(super) fn of(address: &str, area: Rect, drawn: &Buffer) -> Self {
        let area = area.intersection(drawn.area);
        let cells = area.positions().map(|at| (at.x, at.y, drawn[at].clone()));
        // What lies behind the last row's text is no part of the link.
        let cells = cells.filter(|(.., cell)| cell.symbol() != " ").collect();
        // An address that holds a control character would end the sequence: ours are made by `Url`, which has none.
        let address = address.chars().filter(|c| !c.is_control()).collect();
        Self { address, cells }
    }

    pub(super) fn write<W: Write + Backend<Error = io::Error>>(&self, out: &mut W) -> io::Result<()> {
        // With an id the rows are one link and not several.
        write!(out, "\x1b]8;id=consent;{}\x1b\\", self.address)?;
        Backend::draw(out, self.cells.iter().map(|(x, y, cell)| (*x, *y, cell)))?;
        write!(out, "\x1b]8;;\x1b\\")
    }
}

#[cfg(test)]
mod tests {
    use ratatui::backend::CrosstermBackend;

    use super::*;

    #[test]
    fn the_rows_are_written_as_they_are_inside_one_link() {
        let area = Rect::new(0, 0, 4, 2);
        let mut drawn = Buffer::empty(area);
        drawn.set_string(0, 0, "http", ratatui::style::Style::new());
        drawn.set_string(0, 1, "s:", ratatui::style::Style::new());
        let mut written = Vec::new();
        Link::of("https://x.example/\x1b]", area, &drawn).write(&mut CrosstermBackend::new(&mut written)).unwrap();
        let text = String::from_utf8(written).unwrap();
        assert!(text.starts_with("\x1b]8;id=consent;https://x.example/]\x1b\\"), "{text:?}");
        assert!(text.ends_with("\x1b]8;;\x1b\\"), "{text:?}");
        assert_eq!(text.matches("http").count(), 2, "{text:?}");
    }
}

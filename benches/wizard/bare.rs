//! The least that a program with a screen can be: ratatui and crossterm as the wizard has them, one paragraph, and `q`.
//!
//! It is this benchmark's own binary, called again with an argument: built in the same profile from the same crates. It is
//! smaller than the wizard's, which has all of HTTPS and a simulator in it, so that the comparison is a strict one.

use std::{
    io::{self, BufWriter, stdout},
    path::Path,
};

use crossterm::{
    event::{Event, KeyCode, read},
    execute, queue,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode,
    },
};
use portable_pty::CommandBuilder;
use ratatui::{Terminal, backend::CrosstermBackend, widgets::Paragraph};

/// What the benchmark is called with, to be the bare program.
pub(crate) const ARGUMENT: &str = "be-the-bare-program";

/// How to start it.
pub(crate) fn command() -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap_or_else(|_| Path::new("").to_owned()));
    command.arg(ARGUMENT);
    command
}

/// Is the bare program.
pub(crate) fn run() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen)?;
    let mut terminal = Terminal::new(CrosstermBackend::new(BufWriter::new(stdout())))?;
    queue!(terminal.backend_mut(), BeginSynchronizedUpdate)?;
    terminal.draw(|frame| frame.render_widget(Paragraph::new("One paragraph. q leaves."), frame.area()))?;
    execute!(terminal.backend_mut(), EndSynchronizedUpdate)?;
    while !matches!(read()?, Event::Key(key) if key.code == KeyCode::Char('q')) {}
    execute!(stdout(), LeaveAlternateScreen)?;
    disable_raw_mode()
}

//! The terminal: taken for the wizard, and given back whatever happens.

mod crash;
mod frames;
mod hyperlink;
mod signals;

use std::{
    io::{self, Write as _, stdout},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, EventStream},
    execute, queue,
    style::force_color_output,
    terminal::{
        BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
        disable_raw_mode, enable_raw_mode,
    },
};
use futures::StreamExt as _;
use ratatui::{Frame, backend::CrosstermBackend, layout::Rect};

pub use crash::panicked;
pub use signals::Signal;

use self::{frames::Frames, signals::Signals};
use crate::{domain::problem::ProblemKind, error::Error, tui::canvas::Shown};

/// Whether the terminal is taken now: a panic anywhere has to give it back, and once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// How the terminal is taken.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the mouse is wanted.
    pub mouse: bool,
    /// Where a crash report goes: a folder of its own in here.
    pub crashes: PathBuf,
}

/// The terminal, taken.
pub struct Terminal {
    screen: ratatui::Terminal<CrosstermBackend<Frames>>,
    mouse: bool,
    signals: Signals,
    input: EventStream,
    /// Nothing more comes from it.
    gone: bool,
}

impl Terminal {
    /// Takes the terminal.
    pub fn enter(options: Options) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::new(ProblemKind::Local, "take the terminal").because(error);
        let signals = Signals::listen().map_err(failed)?;
        crash::watch(options.crashes);
        // The theme has heeded NO_COLOR, and options that overrule it. What is left of colours is meant.
        force_color_output(true);
        take(options.mouse).map_err(failed)?;
        let backend = CrosstermBackend::new(Frames::default());
        let screen = ratatui::Terminal::new(backend).inspect_err(|_| give_back()).map_err(failed)?;
        Ok(Self { screen, mouse: options.mouse, signals, input: EventStream::new(), gone: false })
    }

    /// Draws one frame, shown at once and whole. Tells the screen's size and what was drawn.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>) -> Shown) -> io::Result<((u16, u16), Shown)> {
        let mut shown = Shown::default();
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok((self.size(), shown));
        }
        queue!(self.screen.backend_mut(), BeginSynchronizedUpdate)?;
        let drawn = self.screen.draw(|frame| shown = view(frame))?;
        let size = (drawn.area.width, drawn.area.height);
        let link = shown.link.as_ref().map(|(address, area)| hyperlink::Link::of(address, *area, drawn.buffer));
        if let Some(link) = link {
            link.write(self.screen.backend_mut())?;
        }
        execute!(self.screen.backend_mut(), EndSynchronizedUpdate)?;
        Ok((size, shown))
    }

    /// Writes a sequence to the terminal, between two frames.
    pub fn write(&mut self, sequence: &str) -> io::Result<()> {
        let out = self.screen.backend_mut();
        out.write_all(sequence.as_bytes())?;
        io::Write::flush(out)
    }

    /// The screen's columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.screen.size().map_or((0, 0), |size| (size.width, size.height))
    }

    /// What comes first.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            biased;
            signal = self.signals.next() => Heard::Signal(signal),
            input = self.input.next(), if !self.gone => {
                if let Some(Ok(event)) = input {
                    return Heard::Input(event);
                }
                self.gone = true;
                Heard::Signal(Signal::HungUp)
            }
        }
    }

    /// Gives the terminal back to the shell, and sleeps until that wakes the program: [`Signal::Woken`] comes then, and
    /// [`Self::again`] is due. Returns `false`, with the terminal as it was, where there is no shell that would.
    pub fn suspend(&mut self) -> io::Result<bool> {
        give_back();
        if signals::sleep()? {
            return Ok(true);
        }
        self.again()?;
        Ok(false)
    }

    /// Takes the terminal again, and draws everything anew at the next frame. Whoever was woken behind the shell's back has to
    /// wait until the shell lets it have the terminal.
    pub fn again(&mut self) -> io::Result<()> {
        if !signals::in_front() {
            give_back();
            return Ok(());
        }
        // Others had the terminal meanwhile: the modes that were set here are not those that it has.
        disable_raw_mode()?;
        take(self.mouse)?;
        // Not `clear`: that one asks the terminal where the cursor is, and the answer would be lost among the keys.
        let (columns, rows) = self.size();
        self.screen.resize(Rect::new(0, 0, columns, rows))
    }

    /// Gives the terminal back.
    pub fn leave(&mut self) {
        give_back();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// What was heard.
#[derive(Debug)]
pub enum Heard {
    /// A key, a paste, the mouse, another size.
    Input(Event),
    /// A word of the system's.
    Signal(Signal),
}

fn take(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    // One that was killed has left the other screen on, with what it showed.
    let taken = execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All), EnableBracketedPaste)
        .and_then(|()| if mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) });
    taken.inspect_err(|_| give_back())
}

/// Gives the terminal back, if it is taken. A terminal that is gone takes no words, and needs none.
pub(super) fn give_back() {
    // No frame is written between this and the last word.
    let mut out = stdout().lock();
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            out,
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        // In the background the modes are the shell's own already, and whoever sets them there is stopped.
        if signals::in_front() {
            let _ = disable_raw_mode();
        }
    }
}

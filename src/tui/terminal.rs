//! The terminal: taken for the wizard, and given back whatever happens.

mod crash;
mod hyperlink;
mod signals;

use std::{
    io::{self, BufWriter, Stdout, Write as _, stdout},
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, Event, EventStream},
    execute, queue,
    terminal::{
        BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode,
    },
};
use futures::StreamExt as _;
use ratatui::{Frame, backend::CrosstermBackend};

pub use crash::panicked;
pub use signals::Signal;

use self::signals::Signals;
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
    screen: ratatui::Terminal<CrosstermBackend<BufWriter<Stdout>>>,
    mouse: bool,
    signals: Signals,
    input: EventStream,
}

impl Terminal {
    /// Takes the terminal.
    pub fn enter(options: Options) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::new(ProblemKind::Local, "take the terminal").because(error);
        let signals = Signals::listen().map_err(failed)?;
        crash::watch(options.crashes);
        take(options.mouse).map_err(failed)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, stdout()));
        let screen = ratatui::Terminal::new(backend).inspect_err(|_| give_back()).map_err(failed)?;
        Ok(Self { screen, mouse: options.mouse, signals, input: EventStream::new() })
    }

    /// Draws one frame, shown at once and whole. Tells the screen's size and what was drawn.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>) -> Shown) -> io::Result<((u16, u16), Shown)> {
        let mut shown = Shown::default();
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(((0, 0), shown));
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

    /// What is typed, pasted, clicked; `None` once the terminal is gone.
    pub async fn input(&mut self) -> Option<Event> {
        self.input.next().await.and_then(Result::ok)
    }

    /// What the system says.
    pub async fn signal(&mut self) -> Signal {
        self.signals.next().await
    }

    /// What comes first.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            biased;
            signal = self.signals.next() => Heard::Signal(signal),
            input = self.input.next() => match input {
                Some(Ok(event)) => Heard::Input(event),
                _ => Heard::Signal(Signal::End),
            },
        }
    }

    /// Gives the terminal back, and sleeps until the shell wakes the program.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signals::sleep()?;
        self.again()
    }

    /// Takes the terminal again, and draws everything anew at the next frame.
    pub fn again(&mut self) -> io::Result<()> {
        take(self.mouse)?;
        self.screen.clear()
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
    let taken = execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)
        .and_then(|()| if mouse { execute!(stdout(), EnableMouseCapture) } else { Ok(()) });
    taken.inspect_err(|_| give_back())
}

/// Gives the terminal back, if it is taken. A terminal that is gone takes no words, and needs none.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            stdout(),
            EndSynchronizedUpdate,
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            Show
        );
        let _ = disable_raw_mode();
    }
}

//! Where the plain front end writes: lines for people, or one JSON object a line, on standard output.

mod lines;
mod pasted;

use std::io::{self, BufRead as _, IsTerminal as _};

use serde_json::Value;

use self::lines::{Held, Stream};
use crate::words::layout::wrapped;

/// The plain front end's output.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Out {
    /// A text for people. Nothing where JSON is wanted.
    pub fn text(self, text: &str) {
        if !self.json {
            write(text);
        }
    }

    /// A line of a running account, whose words stand in a column that begins at `indent`. On a terminal it is broken at
    /// blanks; in a file it stays one line, to be searched for.
    pub fn line(self, line: &str, indent: usize) {
        if self.watched() {
            self.text(&wrapped(line, indent));
        } else {
            self.text(line);
        }
    }

    /// Whether lines are held back.
    pub fn is_held() -> bool {
        lines::is_held()
    }

    /// Lets all go that is held back, since the program ends.
    pub fn let_go() {
        lines::let_go();
    }

    /// An object for programs. Nothing where text is wanted.
    pub fn object(self, object: &Value) {
        if self.json {
            write(&object.to_string());
        }
    }

    /// A line on standard error, whatever is wanted on standard output.
    pub fn aside(text: &str) {
        lines::say(Stream::Error, text.trim_end_matches('\n'));
    }

    /// The same, though lines are held back: it belongs to what is being asked.
    pub fn now(text: &str) {
        lines::say_now(Stream::Error, text.trim_end_matches('\n'));
    }

    /// Holds all other lines back while somebody types, for as long as what this gives is kept. They come then.
    pub fn hold() -> Held {
        lines::hold()
    }

    /// Whether a person can be asked.
    pub fn can_ask(self) -> bool {
        !self.json && Self::at_terminal()
    }

    /// Whether a person sits here.
    pub fn at_terminal() -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Whether a person watches, who wants to know how far it is.
    pub fn watched(self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// Asks, and waits for a line. `None` where the input has ended.
    pub async fn ask(self, question: &str) -> Option<String> {
        let _held = Self::hold();
        lines::prompt(question);
        tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            match io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => None,
                Ok(_) => Some(line.trim().to_owned()),
            }
        })
        .await
        .ok()
        .flatten()
    }

    /// What somebody pastes at a terminal after `ask`, up to an empty line; else all of standard input. No more than
    /// `longest` bytes of it; what is no text in it is replaced.
    pub async fn pasted(self, ask: &str, longest: u64) -> io::Result<String> {
        let terminal = io::stdin().is_terminal();
        if terminal {
            Self::aside(ask);
        }
        let read = move || if terminal { pasted::lines(longest) } else { pasted::all(longest) };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

/// Whether a line can be typed while something else goes on.
pub const TYPES: bool = cfg!(unix);

/// A line that somebody types while something else goes on. Given up, it takes nothing from whoever asks next. `None` where
/// the input has ended, or nobody can wait for it here without taking it.
pub async fn typed_line() -> Option<String> {
    #[cfg(unix)]
    {
        let (read, write) = io::pipe().ok()?;
        let reading = tokio::task::spawn_blocking(move || wait_for_line(&read));
        let line = reading.await.ok().flatten();
        // Dropped earlier, where this is given up, the pipe's end ends the wait.
        drop(write);
        line
    }
    #[cfg(not(unix))]
    None
}

/// Waits until there is a line, or `given_up` ends. A terminal has something to read once a line is whole.
#[cfg(unix)]
fn wait_for_line(given_up: &io::PipeReader) -> Option<String> {
    use rustix::event::{PollFd, PollFlags, poll};
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(given_up, PollFlags::empty())];
    while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
    if !watched[1].revents().is_empty() || !watched[0].revents().contains(PollFlags::IN) {
        return None;
    }
    let mut line = String::new();
    match stdin.lock().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line),
    }
}

fn write(text: &str) {
    lines::say(Stream::Out, text.strip_suffix('\n').unwrap_or(text));
}

//! A program in a pseudo-terminal: its keys, its screen, its signals.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    num::NonZeroU16,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use portable_pty::{CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

use super::left::{Left, last};

/// Far more than anything takes: a test that hangs ends with the screen as it stands.
const PATIENCE: Duration = Duration::from_mins(1);

/// Between these a frame is being drawn.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// Keys that are no letters.
pub(crate) const ENTER: &str = "\r";
pub(crate) const ESC: &str = "\x1b";
pub(crate) const F1: &str = "\x1bOP";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_Z: &str = "\x1a";

/// What is to run, and where.
pub(crate) struct Program {
    command: CommandBuilder,
    size: (u16, u16),
}

impl Program {
    /// Any program, in a terminal of 80 columns and 24 rows, with an environment of its own.
    pub(crate) fn new(path: impl AsRef<OsStr>, home: &Path) -> Self {
        let mut command = CommandBuilder::new(path);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", home);
        command.cwd(home);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        Self { command, size: (80, 24) }
    }

    /// crosspull, which keeps its files in `home`.
    pub(crate) fn crosspull(home: &Path) -> Self {
        Self::new(env!("CARGO_BIN_EXE_crosspull"), home).arg("--data-dir").arg(home)
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn size(mut self, columns: u16, rows: u16) -> Self {
        self.size = (columns, rows);
        self
    }

    pub(crate) fn start(self) -> Pty {
        let pair = native_pty_system().openpty(size(self.size)).expect("a pseudo-terminal");
        let before = modes(&*pair.master);
        let reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let mut child = pair.slave.spawn_command(self.command).expect("the program starts");
        let id = child.process_id().unwrap();
        let master: Arc<Mutex<Box<dyn MasterPty + Send>>> = Arc::new(Mutex::new(pair.master));
        let shared = Arc::new(Shared::new(self.size));
        let seen = Arc::clone(&shared);
        std::thread::spawn(move || seen.listen(reader));
        let (ended, at_the_end, slave) = (Arc::clone(&shared), Arc::downgrade(&master), pair.slave);
        std::thread::spawn(move || {
            let status = child.wait().expect("a child to wait for");
            let modes = at_the_end.upgrade().map(|master| modes(&**lock(&master)));
            // The modes live as long as somebody holds this end, and the output ends when nobody does.
            drop(slave);
            lock(&ended.seen).end = Some(End { status, modes });
            ended.news.notify_all();
        });
        Pty { shared, master, writer, id, before }
    }
}

/// A running program and its terminal.
pub(crate) struct Pty {
    shared: Arc<Shared>,
    master: Arc<Mutex<Box<dyn MasterPty + Send>>>,
    writer: Box<dyn Write + Send>,
    id: u32,
    before: String,
}

struct Shared {
    seen: Mutex<Seen>,
    news: Condvar,
}

/// How the program ended, and the modes in which it left the terminal, if there still was one.
#[derive(Debug, Clone)]
struct End {
    status: ExitStatus,
    modes: Option<String>,
}

/// What the terminal has been sent, and what has become of the program.
struct Seen {
    parser: vt100::Parser,
    raw: Vec<u8>,
    end: Option<End>,
    /// The reader is to let go of the terminal once the screen shows this.
    until: Option<String>,
    closed: bool,
}

impl Seen {
    /// Whether the screen shows a whole frame rather than a part of one.
    fn whole(&self) -> bool {
        self.closed || last(&self.raw, FRAME_BEGINS) <= last(&self.raw, FRAME_ENDS)
    }

    fn picture(&self) -> String {
        let screen = self.parser.screen();
        let (row, column) = screen.cursor_position();
        let shown = if screen.hide_cursor() { "hidden" } else { "shown" };
        format!(
            "{}\n--- cursor {shown} at {column}, {row}; {:?}",
            screen.contents(),
            self.end.as_ref().map(|end| &end.status)
        )
    }
}

impl Shared {
    fn new(size: (u16, u16)) -> Self {
        let parser = vt100::Parser::new(rows(size), columns(size), 0);
        Self {
            seen: Mutex::new(Seen { parser, raw: Vec::new(), end: None, until: None, closed: false }),
            news: Condvar::new(),
        }
    }

    /// Takes in what is sent, until nobody can send any more.
    fn listen(&self, mut reader: impl Read) {
        let mut buffer = [0; 4096];
        loop {
            let count = reader.read(&mut buffer).unwrap_or(0);
            let mut seen = lock(&self.seen);
            seen.parser.process(&buffer[..count]);
            seen.raw.extend_from_slice(&buffer[..count]);
            let last = seen.until.as_ref().is_some_and(|words| seen.parser.screen().contents().contains(words));
            seen.closed = count == 0 || (last && seen.whole());
            self.news.notify_all();
            if seen.closed {
                return;
            }
        }
    }

    /// Waits until this holds of what was seen, and fails the test when it no longer can.
    #[track_caller]
    fn wait(&self, what: &str, holds: impl Fn(&Seen) -> bool) -> MutexGuard<'_, Seen> {
        let deadline = Instant::now() + PATIENCE;
        let mut seen = lock(&self.seen);
        while !holds(&seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            let over = seen.closed && seen.end.is_some();
            assert!(!over && !left.is_zero(), "in vain for {what}; the screen:\n{}", seen.picture());
            seen = self.news.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        seen
    }
}

impl Pty {
    /// Waits until the screen is as wished; whole frames only.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        drop(self.shared.wait(what, |seen| seen.whole() && holds(seen.parser.screen())));
    }

    /// Waits until the screen shows these words.
    #[track_caller]
    pub(crate) fn shows(&self, words: &str) {
        self.wait_for(words, |screen| screen.contents().contains(words));
    }

    /// Waits until the screen does not show these words.
    #[track_caller]
    pub(crate) fn hides(&self, words: &str) {
        self.wait_for(&format!("no {words:?}"), |screen| !screen.contents().contains(words));
    }

    /// Waits until the screen shows one of these, and says which; `None` once the program has ended.
    #[track_caller]
    pub(crate) fn shows_one_of(&self, words: &[&str]) -> Option<usize> {
        let shown = |seen: &Seen| {
            let text = seen.parser.screen().contents();
            words.iter().position(|words| text.contains(words)).filter(|_| seen.whole())
        };
        let over = |seen: &Seen| seen.closed && seen.end.is_some();
        let seen = self.shared.wait(&format!("one of {words:?}"), |seen| over(seen) || shown(seen).is_some());
        if over(&seen) { None } else { shown(&seen) }
    }

    /// Waits until the screen does not show these words, or the program has ended.
    #[track_caller]
    pub(crate) fn hides_or_ends(&self, words: &str) {
        let over = |seen: &Seen| seen.closed && seen.end.is_some();
        let hidden = |seen: &Seen| seen.whole() && !seen.parser.screen().contents().contains(words);
        drop(self.shared.wait(&format!("no {words:?}"), |seen| over(seen) || hidden(seen)));
    }

    /// What can kill it while somebody else types.
    pub(crate) fn mortal(&self) -> Mortal {
        Mortal { shared: Arc::clone(&self.shared), id: self.id }
    }

    /// Types to somebody who may be gone.
    pub(crate) fn keys_if_alive(&mut self, keys: &str) {
        let _ = self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush());
    }

    /// Types.
    pub(crate) fn keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).and_then(|()| self.writer.flush()).expect("somebody to type to");
    }

    pub(crate) fn resize(&mut self, columns_: u16, rows_: u16) {
        let wished = (columns_, rows_);
        // The picture first: the program draws as soon as it hears.
        lock(&self.shared.seen).parser.set_size(rows(wished), columns(wished));
        lock(&self.master).resize(size(wished)).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Sends the program a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.id, name);
    }

    /// Whether the terminal has the modes now that it had before the program.
    pub(crate) fn is_as_before(&self) -> bool {
        modes(&**lock(&self.master)) == self.before
    }

    /// What was sent to the terminal so far.
    pub(crate) fn raw(&self) -> Vec<u8> {
        lock(&self.shared.seen).raw.clone()
    }

    /// Closes the terminal under the program, as a window is closed, and waits for its end. The reader sits in a read, and lets
    /// go once the key has brought the words about.
    #[track_caller]
    pub(crate) fn hang_up(mut self, key: &str, words: &str) -> ExitStatus {
        lock(&self.shared.seen).until = Some(words.to_owned());
        self.keys(key);
        let shared = Arc::clone(&self.shared);
        drop(shared.wait("the reader to let go", |seen| seen.closed));
        drop(self);
        let seen = shared.wait("the end", |seen| seen.end.is_some());
        seen.end.as_ref().unwrap().status.clone()
    }

    /// Waits for the end of a program that could do nothing about it.
    #[track_caller]
    pub(crate) fn killed(self) {
        let status = self.end().status;
        assert!(status.signal().is_some(), "{status}");
    }

    /// Waits for the program's end.
    #[track_caller]
    pub(crate) fn end(self) -> Left {
        let seen = self.shared.wait("the end", |seen| seen.closed && seen.end.is_some());
        let End { status, modes } = seen.end.clone().unwrap();
        Left {
            status,
            raw: seen.raw.clone(),
            screen: seen.parser.screen().clone(),
            modes: modes.unwrap(),
            before: self.before.clone(),
        }
    }
}

/// A program that may be killed at any moment.
pub(crate) struct Mortal {
    shared: Arc<Shared>,
    id: u32,
}

impl Mortal {
    pub(crate) fn has_ended(&self) -> bool {
        lock(&self.shared.seen).end.is_some()
    }

    pub(crate) fn kill(&self) {
        if !self.has_ended() {
            let _ = Command::new("kill").args(["-s", "KILL", &self.id.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // A test that failed leaves nobody behind. One that hangs up wants the program to hear of it.
        if std::thread::panicking() && lock(&self.shared.seen).end.is_none() {
            signal(self.id, "KILL");
        }
    }
}

pub(crate) fn signal(id: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &id.to_string()]).status().unwrap();
    // The one that is dying already needs none.
    assert!(sent.success() || std::thread::panicking(), "kill -s {name} {id}");
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Raw or not, echo or not, and all else that a program can set.
fn modes(master: &(dyn MasterPty + Send)) -> String {
    format!("{:#?}", master.get_termios().expect("a terminal has modes"))
}

fn size((columns, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

fn columns((columns, _): (u16, u16)) -> NonZeroU16 {
    NonZeroU16::new(columns).expect("a column at least")
}

fn rows((_, rows): (u16, u16)) -> NonZeroU16 {
    NonZeroU16::new(rows).expect("a row at least")
}

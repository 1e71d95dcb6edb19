//! A program in a pseudo-terminal: what it shows, when it showed it, and its keys.

use std::{
    io::{Read, Write},
    path::Path,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// What ends each frame: nothing of it is missing then.
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// Whatever takes longer than this never comes.
const PATIENCE: Duration = Duration::from_secs(30);

const SIZE: PtySize = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };

/// A program that is running. It is ended when it is dropped.
pub(crate) struct Program {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    seen: Arc<Seen>,
    begun: Instant,
    _terminal: Box<dyn MasterPty + Send>,
}

/// What the terminal has been told so far.
struct Seen {
    now: Mutex<Screen>,
    changed: Condvar,
}

struct Screen {
    shown: vt100::Parser,
    first_frame: Option<Instant>,
    last_change: Instant,
    /// The end of what came, as long as a frame's end that may be cut in two.
    tail: Vec<u8>,
    gone: bool,
}

/// The released program, with no setups but those in a folder below this one, where there are none yet.
pub(crate) fn crosspull(home: &Path, arguments: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_crosspull"));
    command.args(["--data-dir".as_ref(), home.join("setups").as_os_str()]);
    command.args(arguments);
    command
}

impl Program {
    /// Starts it, at home in this folder, with an environment that is the same everywhere.
    pub(crate) fn start(mut command: CommandBuilder, home: &Path) -> Self {
        command.env_clear();
        command.env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("HOME", home);
        let pair = native_pty_system().openpty(SIZE).unwrap();
        let (mut output, keyboard) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
        let screen = Screen {
            shown: vt100::Parser::new(SIZE.rows.try_into().unwrap(), SIZE.cols.try_into().unwrap(), 0),
            first_frame: None,
            last_change: Instant::now(),
            tail: Vec::new(),
            gone: false,
        };
        let seen = Arc::new(Seen { now: Mutex::new(screen), changed: Condvar::new() });
        let reader = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            // A terminal whose program is gone fails to be read on Linux, and ends elsewhere.
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                reader.told(&buffer[..count]);
            }
            reader.screen().gone = true;
            reader.changed.notify_all();
        });
        let begun = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        Self { child, keyboard, seen, begun, _terminal: pair.master }
    }

    /// How long it took from its start until its first frame was there.
    pub(crate) fn first_frame(&self) -> Duration {
        self.wait("the first frame", |screen| screen.first_frame) - self.begun
    }

    /// Waits until nothing has changed for so long.
    pub(crate) fn calm(&self, still: Duration) {
        let deadline = Instant::now() + PATIENCE;
        let mut screen = self.seen.screen();
        while let Some(more) = still.checked_sub(screen.last_change.elapsed()) {
            assert!(Instant::now() < deadline, "the screen never rests:\n{}", screen.text());
            screen = self.seen.changed.wait_timeout(screen, more).unwrap().0;
        }
    }

    /// What is on the screen.
    pub(crate) fn text(&self) -> String {
        self.seen.screen().text()
    }

    /// Waits until these words are on the screen.
    pub(crate) fn wait_for(&self, words: &str) {
        self.wait(words, |screen| screen.text().contains(words).then_some(()));
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        // What comes of a key is still to come: a screen is not at rest that was at rest before it.
        self.seen.screen().last_change = Instant::now();
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    fn wait<T>(&self, what: &str, found: impl Fn(&Screen) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        let mut screen = self.seen.screen();
        loop {
            if let Some(found) = found(&screen) {
                return found;
            }
            assert!(!screen.gone && Instant::now() < deadline, "no `{what}` on the screen:\n{}", screen.text());
            screen = self.seen.changed.wait_timeout(screen, Duration::from_millis(100)).unwrap().0;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that is gone by itself cannot be ended, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Seen {
    fn screen(&self) -> MutexGuard<'_, Screen> {
        self.now.lock().unwrap()
    }

    fn told(&self, bytes: &[u8]) {
        let now = Instant::now();
        let mut screen = self.screen();
        if screen.first_frame.is_none() {
            screen.tail.extend_from_slice(bytes);
            if screen.tail.windows(FRAME_ENDS.len()).any(|part| part == FRAME_ENDS) {
                screen.first_frame = Some(now);
            }
        }
        screen.shown.process(bytes);
        screen.last_change = now;
        self.changed.notify_all();
    }
}

impl Screen {
    fn text(&self) -> String {
        self.shown.screen().contents()
    }
}

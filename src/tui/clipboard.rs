//! The clipboard: on a thread of its own with a deadline, through the terminal where there is no display, and cleared of a
//! secret after a while.

mod board;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc as std_mpsc,
    },
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

pub use board::Board;

use crate::secret::Secret;

/// How long the system's clipboard may take. Without a display server some never answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// How long a secret stays on the clipboard.
pub const SECRET_STAYS: Duration = Duration::from_secs(45);

/// What is copied.
pub enum Text {
    /// Anything that others may see.
    Plain(String),
    /// Kept out of the clipboard's history, and cleared after a while.
    Secret(Secret),
}

impl Text {
    fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(…)")
    }
}

/// Where a text went, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The system's clipboard has it. On most Linux desktops it goes when this program does.
    Clipboard {
        /// It will be cleared, in so many seconds.
        cleared_after: Option<u64>,
    },
    /// The terminal was asked to put it there. Terminals give no answer.
    Terminal,
    /// Nowhere, and why.
    Nowhere(String),
}

impl Copied {
    /// In words; `what` was copied.
    pub fn words(&self, what: &str) -> String {
        match self {
            Self::Clipboard { cleared_after: None } => format!("On the clipboard: {what}."),
            Self::Clipboard { cleared_after: Some(seconds) } => {
                format!("On the clipboard: {what}. It is removed from there in {seconds} seconds.")
            }
            Self::Terminal => {
                format!("Sent to your terminal: {what}. It may have put it on the clipboard; paste to see.")
            }
            Self::Nowhere(why) => format!("Not copied: {why}"),
        }
    }

    /// Whether it was not copied.
    pub fn failed(&self) -> bool {
        matches!(self, Self::Nowhere(_))
    }
}

/// What this machine says of clipboards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The terminal is on another machine: this one's clipboard is of no use.
    pub ssh: bool,
    /// There is a display, or a system that needs none.
    pub display: bool,
    /// The terminal can be asked: it is none of the old Windows consoles.
    pub terminal: bool,
}

impl Place {
    /// The machine that this runs on.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            ssh: set("SSH_CONNECTION") || set("SSH_TTY"),
            display: cfg!(any(target_os = "macos", windows)) || set("DISPLAY") || set("WAYLAND_DISPLAY"),
            terminal: !cfg!(windows) || set("WT_SESSION"),
        }
    }
}

/// What the clipboard wants from the wizard's loop.
pub enum Note {
    /// Write this to the terminal, between two frames: an OSC 52 sequence.
    ToTerminal(Secret),
    /// A secret was removed from the clipboard.
    Cleared,
}

enum Order {
    Set {
        text: Secret,
        secret: bool,
        done: oneshot::Sender<Result<(), String>>,
    },
    /// Clears it where it still holds this.
    ClearOf {
        text: Secret,
        done: oneshot::Sender<bool>,
    },
}

/// A handle; nothing is started before something is copied.
#[derive(Clone)]
pub struct Clipboard {
    shared: Arc<Shared>,
}

struct Shared {
    place: Place,
    notes: mpsc::Sender<Note>,
    stays: Duration,
    board: Box<dyn Fn() -> Result<Box<dyn Board>, String> + Send + Sync>,
    worker: Mutex<Worker>,
    /// Counts copies: only the last one is cleared.
    copies: AtomicU64,
    /// The secret that is there now.
    secret: Mutex<Option<Secret>>,
}

enum Worker {
    Idle,
    At(std_mpsc::Sender<Order>),
    /// It did not answer in time, and is left behind.
    Hung,
}

impl Clipboard {
    /// For this machine; with what it wants from the loop.
    pub fn new(place: Place) -> (Self, mpsc::Receiver<Note>) {
        Self::with(place, SECRET_STAYS, board::system)
    }

    /// With another clipboard, and another time for secrets.
    pub fn with(
        place: Place,
        stays: Duration,
        board: impl Fn() -> Result<Box<dyn Board>, String> + Send + Sync + 'static,
    ) -> (Self, mpsc::Receiver<Note>) {
        let (notes, received) = mpsc::channel(16);
        let shared = Shared {
            place,
            notes,
            stays,
            board: Box::new(board),
            worker: Mutex::new(Worker::Idle),
            copies: AtomicU64::new(0),
            secret: Mutex::default(),
        };
        (Self { shared: Arc::new(shared) }, received)
    }

    /// Copies a text, and says what is known of where it went.
    pub async fn copy(&self, text: Text) -> Copied {
        let shared = &self.shared;
        let copy = shared.copies.fetch_add(1, Ordering::SeqCst) + 1;
        *lock(&shared.secret) = None;
        let mut why = "there is no clipboard here".to_owned();
        if shared.place.display && !shared.place.ssh {
            match self.set(&text).await {
                Ok(()) => {
                    let Text::Secret(secret) = text else { return Copied::Clipboard { cleared_after: None } };
                    *lock(&shared.secret) = Some(secret);
                    let clearing = self.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(clearing.shared.stays).await;
                        if clearing.shared.copies.load(Ordering::SeqCst) == copy && clearing.clear().await {
                            // A wizard that is gone reads no notes.
                            let _ = clearing.shared.notes.send(Note::Cleared).await;
                        }
                    });
                    return Copied::Clipboard { cleared_after: Some(shared.stays.as_secs()) };
                }
                Err(said) => why = said,
            }
        }
        if !shared.place.terminal {
            return Copied::Nowhere(why);
        }
        match shared.notes.send(Note::ToTerminal(sequence(&text))).await {
            Ok(()) => Copied::Terminal,
            Err(_) => Copied::Nowhere("the terminal is gone".to_owned()),
        }
    }

    async fn set(&self, text: &Text) -> Result<(), String> {
        let (done, answer) = oneshot::channel();
        let secret = matches!(text, Text::Secret(_));
        self.order(Order::Set { text: Secret::new(text.expose()), secret, done })?;
        match tokio::time::timeout(DEADLINE, answer).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err("the clipboard's thread has ended".to_owned()),
            Err(_) => {
                *lock(&self.shared.worker) = Worker::Hung;
                Err("the clipboard does not answer".to_owned())
            }
        }
    }

    /// Removes the secret that is there, if it still is. Says whether it did.
    async fn clear(&self) -> bool {
        let Some(text) = lock(&self.shared.secret).take() else { return false };
        let (done, answer) = oneshot::channel();
        if self.order(Order::ClearOf { text, done }).is_err() {
            return false;
        }
        matches!(tokio::time::timeout(DEADLINE, answer).await, Ok(Ok(true)))
    }

    /// No secret outlives the program on the clipboard.
    pub async fn close(&self) {
        self.clear().await;
        *lock(&self.shared.worker) = Worker::Idle;
    }

    fn order(&self, order: Order) -> Result<(), String> {
        let mut worker = lock(&self.shared.worker);
        if matches!(*worker, Worker::Idle) {
            let (orders, received) = std_mpsc::channel();
            let shared = Arc::clone(&self.shared);
            std::thread::Builder::new()
                .name("clipboard".to_owned())
                .spawn(move || work(&shared, &received))
                .map_err(|error| error.to_string())?;
            *worker = Worker::At(orders);
        }
        match &*worker {
            Worker::At(orders) => orders.send(order).map_err(|_| "the clipboard's thread has ended".to_owned()),
            Worker::Idle | Worker::Hung => Err("the clipboard does not answer".to_owned()),
        }
    }
}

/// Owns the system's clipboard for as long as somebody may want to paste.
fn work(shared: &Shared, orders: &std_mpsc::Receiver<Order>) {
    let mut board: Option<Box<dyn Board>> = None;
    while let Ok(order) = orders.recv() {
        if board.is_none() {
            match (shared.board)() {
                Ok(made) => board = Some(made),
                Err(why) => {
                    if let Order::Set { done, .. } = order {
                        // The one who asked may have given up.
                        let _ = done.send(Err(why));
                    }
                    continue;
                }
            }
        }
        let Some(board) = &mut board else { continue };
        match order {
            Order::Set { text, secret, done } => {
                let _ = done.send(board.set(text.expose(), secret));
            }
            Order::ClearOf { text, done } => {
                let ours = board.get().is_some_and(|there| there.expose() == text.expose());
                let _ = done.send(ours && board.clear());
            }
        }
    }
}

/// What asks a terminal to put a text on its own machine's clipboard.
pub(crate) fn sequence(text: &Text) -> Secret {
    use base64::Engine as _;
    let encoded = zeroize::Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(text.expose()));
    Secret::new(format!("\x1b]52;c;{}\x1b\\", encoded.as_str()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

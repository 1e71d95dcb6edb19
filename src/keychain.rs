//! The keychain of the operating system: the Secret Service on Linux, Keychain on macOS, Credential Manager on Windows. It is
//! asked only where the operator wants it, on a thread of its own with a deadline, since it may ask a person for a password,
//! or never answer.

mod store;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, mpsc},
    time::Duration,
};

use tokio::sync::oneshot;

pub use store::Store;

use crate::{
    domain::{KeyId, SetupId},
    secret::Secret,
};

/// How long opening it may take: the desktop may ask a person for its password meanwhile.
const OPENING: Duration = Duration::from_secs(90);

/// How long anything else may take, once it is open.
const DEADLINE: Duration = Duration::from_secs(10);

/// Whose text an entry holds. Both are ids that nobody chose, so that no name of anybody's can point elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The setup.
    pub setup: SetupId,
    /// The key.
    pub key: KeyId,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.setup, self.key)
    }
}

/// Why a keychain did not do what it was asked for. No text is ever in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is none for this user on this machine.
    #[error("there is no keychain here ({0})")]
    Missing(String),
    /// It is locked, and nobody unlocked it.
    #[error("the keychain is locked")]
    Locked,
    /// It did not answer.
    #[error("the keychain does not answer")]
    Silent,
    /// It did something else than was asked for.
    #[error("the keychain failed ({0})")]
    Failed(String),
}

type Opener = dyn Fn() -> Result<Box<dyn Store>, Refused> + Send + Sync;

/// A handle. Nothing is touched, and no thread begun, before something is asked of it.
#[derive(Clone)]
pub struct Keychain(Arc<Shared>);

struct Shared {
    open: Box<Opener>,
    opening: Duration,
    deadline: Duration,
    worker: Mutex<Worker>,
}

enum Worker {
    Idle,
    At(mpsc::Sender<Order>),
    /// It did not answer in time, and is left behind.
    Hung,
}

type Answer<T> = oneshot::Sender<Result<T, Refused>>;

enum Order {
    Ready(Answer<()>),
    Keep(Entry, Secret, Answer<()>),
    Get(Entry, Answer<Option<Secret>>),
    Remove(Entry, Answer<()>),
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keychain")
    }
}

impl Keychain {
    /// The one of this user.
    pub fn of_system() -> Self {
        Self::with(store::of_system, OPENING, DEADLINE)
    }

    /// Another one, which may take so long to open, and so long for anything else.
    pub fn with(
        open: impl Fn() -> Result<Box<dyn Store>, Refused> + Send + Sync + 'static,
        opening: Duration,
        deadline: Duration,
    ) -> Self {
        Self(Arc::new(Shared { open: Box::new(open), opening, deadline, worker: Mutex::new(Worker::Idle) }))
    }

    /// Opens it, and tries with an entry that holds no secret whether it takes one, gives it back, and removes it.
    pub async fn ready(&self) -> Result<(), Refused> {
        self.ask(self.0.opening, Order::Ready).await
    }

    /// Keeps a key's text.
    pub async fn keep(&self, entry: Entry, text: Secret) -> Result<(), Refused> {
        self.ask(self.0.deadline, |done| Order::Keep(entry, text, done)).await
    }

    /// A key's text, where it has it.
    pub async fn get(&self, entry: Entry) -> Result<Option<Secret>, Refused> {
        self.ask(self.0.deadline, |done| Order::Get(entry, done)).await
    }

    /// Removes a key's text. One that is not there is removed as well.
    pub async fn remove(&self, entry: Entry) -> Result<(), Refused> {
        self.ask(self.0.deadline, |done| Order::Remove(entry, done)).await
    }

    async fn ask<T>(&self, deadline: Duration, order: impl FnOnce(Answer<T>) -> Order) -> Result<T, Refused> {
        let (done, answer) = oneshot::channel();
        self.order(order(done))?;
        match tokio::time::timeout(deadline, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(ended()),
            Err(_) => {
                *self.worker() = Worker::Hung;
                Err(Refused::Silent)
            }
        }
    }

    fn order(&self, order: Order) -> Result<(), Refused> {
        let mut worker = self.worker();
        if matches!(*worker, Worker::Idle) {
            let (orders, received) = mpsc::channel();
            let shared = Arc::clone(&self.0);
            std::thread::Builder::new()
                .name("keychain".to_owned())
                .spawn(move || work(&shared, &received))
                .map_err(|error| Refused::Failed(error.to_string()))?;
            *worker = Worker::At(orders);
        }
        match &*worker {
            Worker::At(orders) => orders.send(order).map_err(|_| ended()),
            Worker::Idle | Worker::Hung => Err(Refused::Silent),
        }
    }

    fn worker(&self) -> std::sync::MutexGuard<'_, Worker> {
        self.0.worker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended() -> Refused {
    Refused::Failed("its thread has ended".to_owned())
}

/// Owns the keychain's connection. What it answers to whoever gave up is dropped.
fn work(shared: &Shared, orders: &mpsc::Receiver<Order>) {
    let mut store: Option<Box<dyn Store>> = None;
    while let Ok(order) = orders.recv() {
        if store.is_none() {
            match (shared.open)() {
                Ok(opened) => store = Some(opened),
                Err(refused) => {
                    order.refuse(refused);
                    continue;
                }
            }
        }
        let Some(store) = store.as_deref_mut() else { continue };
        match order {
            Order::Ready(done) => drop(done.send(try_out(store))),
            Order::Keep(entry, text, done) => drop(done.send(store.keep(&entry.to_string(), &text))),
            Order::Get(entry, done) => drop(done.send(store.get(&entry.to_string()))),
            Order::Remove(entry, done) => drop(done.send(store.remove(&entry.to_string()))),
        }
    }
}

impl Order {
    fn refuse(self, refused: Refused) {
        match self {
            Self::Ready(done) | Self::Keep(_, _, done) | Self::Remove(_, done) => drop(done.send(Err(refused))),
            Self::Get(_, done) => drop(done.send(Err(refused))),
        }
    }
}

fn try_out(store: &mut dyn Store) -> Result<(), Refused> {
    let (name, text) = (format!("trial {}", uuid::Uuid::new_v4()), "no secret: a trial whether entries can be kept");
    store.keep(&name, &Secret::new(text))?;
    let back = store.get(&name);
    store.remove(&name)?;
    if back?.is_some_and(|back| back.expose() == text) {
        return Ok(());
    }
    Err(Refused::Failed("it does not give back what it was given".to_owned()))
}

#[cfg(test)]
mod tests;

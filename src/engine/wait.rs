//! Clock, pace, back-off, windows: everything that waits, and the only thing that repeats.
//!
//! Waits on Azure follow `Retry-After`, back off with jitter, and end. Waits on people never fail, and slow down.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use time::OffsetDateTime;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use super::{
    event::{Doing, Status, Statuses},
    work::{Check, Fate, Fault},
};
use crate::domain::{Output, StepId};

/// Wall time. The engine asks for it here alone.
#[expect(clippy::disallowed_methods, reason = "the one place")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// Every window and interval of the engine; main hands it in, a test or a demo hands in a faster one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// How long Graph may show what was before a write.
    pub graph_window: Duration,
    /// How long a reset may go unseen in the cluster.
    pub cluster_window: Duration,
    /// How many reads in a row have to agree that something is not there.
    pub agreeing: u32,
    /// The first pause between two looks at Azure.
    pub first_look: Duration,
    /// The longest pause between two looks at Azure.
    pub slowest_look: Duration,
    /// How long a new role may take to be honoured: minutes as a rule, an hour at the worst.
    pub role_window: Duration,
    /// How long a new key or principal may take to be usable.
    pub key_window: Duration,
    /// How long the network, or a throttling service, is tried before the step fails.
    pub network_window: Duration,
    /// The pause between two looks at an operation that names none.
    pub operation_look: Duration,
    /// How long an operation may run before the wait for it ends. The operation goes on, and `resume` re-attaches.
    pub operation_limit: Duration,
    /// The first pause between two looks for what a person does.
    pub person_first: Duration,
    /// The longest.
    pub person_slowest: Duration,
    /// How long writes in flight get when the run is stopped.
    pub orderly_stop: Duration,
    /// How long a service may take for one answer.
    pub answer: Duration,
}

impl Pace {
    /// For the real Azure.
    pub const REAL: Self = Self {
        graph_window: Duration::from_mins(3),
        cluster_window: Duration::from_mins(2),
        agreeing: 5,
        first_look: Duration::from_secs(2),
        slowest_look: Duration::from_secs(20),
        role_window: Duration::from_hours(1),
        key_window: Duration::from_mins(5),
        network_window: Duration::from_mins(1),
        operation_look: Duration::from_secs(30),
        operation_limit: Duration::from_hours(4),
        person_first: Duration::from_secs(5),
        person_slowest: Duration::from_mins(2),
        orderly_stop: Duration::from_secs(10),
        answer: Duration::from_mins(1),
    };

    /// The real pace, `speed` times faster: for the simulator, whose own delays are shortened as much.
    pub fn faster(speed: f64) -> Self {
        let real = Self::REAL;
        let fast = |delay: Duration| delay.div_f64(speed.max(1.0)).max(Duration::from_millis(1));
        Self {
            graph_window: fast(real.graph_window),
            cluster_window: fast(real.cluster_window),
            first_look: fast(real.first_look),
            slowest_look: fast(real.slowest_look),
            role_window: fast(real.role_window).max(Duration::from_secs(20)),
            key_window: fast(real.key_window).max(Duration::from_secs(20)),
            network_window: fast(real.network_window).max(Duration::from_secs(2)),
            operation_look: fast(real.operation_look),
            operation_limit: fast(real.operation_limit).max(Duration::from_mins(2)),
            person_first: fast(real.person_first),
            person_slowest: fast(real.person_slowest),
            ..real
        }
    }

    fn looks(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        backoff(self.first_look, self.slowest_look)
    }

    fn person_looks(&self) -> impl Iterator<Item = Duration> + Send + use<> {
        backoff(self.person_first, self.person_slowest)
    }
}

/// Pauses that grow by half from `first` to `slowest`, with jitter, without end.
fn backoff(first: Duration, slowest: Duration) -> impl Iterator<Item = Duration> + Send + use<> {
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(slowest)
        .with_factor(1.5)
        .with_jitter()
        .without_max_times()
        .build()
        // Jitter adds up to the delay itself; the slowest pause stays the promise that the screen makes.
        .map(move |delay| delay.min(slowest))
}

/// What one look found.
#[derive(Debug)]
pub enum Look<T> {
    /// What was waited for.
    Ready(T),
    /// Not yet; with what the service said, and when it wants to be asked again.
    NotYet {
        /// In a few words, for the screen: a code, a state, a percentage.
        said: Option<String>,
        /// The service's own wish.
        after: Option<Duration>,
    },
}

impl<T> Look<T> {
    /// Not yet, and the service said this.
    pub fn not_yet(said: impl Into<String>) -> Self {
        Self::NotYet { said: Some(said.into()), after: None }
    }
}

/// How a wait paces itself, and when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Azure(Duration),
    Person,
}

/// Waits on behalf of one step, and says so.
#[derive(Debug, Clone)]
pub struct Waiter {
    step: Option<StepId>,
    pace: Pace,
    statuses: watch::Sender<Statuses>,
    stop: CancellationToken,
    look_now: Arc<Notify>,
}

impl Waiter {
    #[expect(clippy::similar_names, reason = "a step, and how to stop it")]
    pub(super) fn new(
        step: Option<StepId>,
        pace: Pace,
        statuses: watch::Sender<Statuses>,
        stop: CancellationToken,
        look_now: Arc<Notify>,
    ) -> Self {
        Self { step, pace, statuses, stop, look_now }
    }

    /// A waiter outside a run: nobody listens to its status, and nobody stops it.
    pub fn alone(pace: Pace) -> Self {
        Self::new(None, pace, watch::Sender::new(Statuses::new()), CancellationToken::new(), Arc::default())
    }

    /// The pace it keeps.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// Waits for what a service shows with delay: looks until it is ready, at most `limit`.
    pub async fn visible<T, F, A>(&self, what: &str, limit: Duration, look: F) -> Result<T, Fault>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<Look<T>, Fault>> + Send,
        T: Send,
    {
        self.watch(what, Doing::Visibility, Patience::Azure(limit), self.pace.looks(), look).await
    }

    /// Waits for a long-running operation, at most [`Pace::operation_limit`].
    pub async fn operation<T, F, A>(&self, what: &str, look: F) -> Result<T, Fault>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<Look<T>, Fault>> + Send,
        T: Send,
    {
        let pauses = std::iter::repeat(self.pace.operation_look);
        self.watch(what, Doing::Operation, Patience::Azure(self.pace.operation_limit), pauses, look).await
    }

    /// Waits for a person, for as long as it takes.
    pub async fn person<T, F, A>(&self, what: &str, look: F) -> Result<T, Fault>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<Look<T>, Fault>> + Send,
        T: Send,
    {
        self.watch(what, Doing::Person, Patience::Person, self.pace.person_looks(), look).await
    }

    async fn watch<T, F, A>(
        &self,
        what: &str,
        doing: Doing,
        patience: Patience,
        mut pauses: impl Iterator<Item = Duration> + Send,
        mut look: F,
    ) -> Result<T, Fault>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<Look<T>, Fault>> + Send,
        T: Send,
    {
        let since = now();
        let started = Instant::now();
        let mut trouble_since: Option<Instant> = None;
        let mut excused = Duration::ZERO;
        loop {
            let asked = started.elapsed();
            // A look in flight is let finish: some looks are requests that change something, and their answer matters.
            let (said, after, doing, fault) = match look().await {
                Ok(Look::Ready(value)) => {
                    self.running();
                    return Ok(value);
                }
                Ok(Look::NotYet { said, after }) => {
                    trouble_since = None;
                    (said, after, doing, None)
                }
                Err(fault) if !may_repeat(&fault) => return Err(fault),
                // A person is waited for through any trouble.
                Err(fault) => {
                    let trouble = *trouble_since.get_or_insert_with(Instant::now);
                    // An operation goes on whatever the network does, and a service that asks for patience answers.
                    let counts = doing != Doing::Operation && fault.fate != Fate::Throttled;
                    if patience != Patience::Person && counts && trouble.elapsed() >= self.pace.network_window {
                        return Err(fault);
                    }
                    let doing = if fault.fate == Fate::Throttled { Doing::Throttling } else { Doing::Network };
                    (Some(fault.problem.message.clone()), fault.retry_after, doing, Some(fault))
                }
            };
            let wish = after.unwrap_or_default();
            let mut pause = pauses.next().unwrap_or(self.pace.slowest_look).max(wish);
            if let Patience::Azure(limit) = patience {
                let left = (limit + excused).saturating_sub(started.elapsed());
                // A pause that a service asks for is its right, however long, and no time of the wait; up to a point.
                if doing == Doing::Throttling && excused <= limit {
                    excused += pause;
                } else if asked >= limit + excused || wish > left {
                    return Err(fault.unwrap_or_else(|| timed_out(what, said.as_deref(), started.elapsed())));
                } else {
                    // The last look is asked for at the end, and not a pause before it.
                    pause = pause.min(left);
                }
            }
            self.say(Status { doing, what: what.to_owned(), said, since, next_look: Some(now() + pause) });
            self.pause(what, pause).await?;
        }
    }

    /// Sends a request, and again while that does no harm and may help; at most [`Pace::network_window`].
    pub async fn call<T, F, A>(&self, what: &str, mut send: F) -> Result<T, Fault>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<T, Fault>> + Send,
        T: Send,
    {
        let since = now();
        let started = Instant::now();
        let mut pauses = self.pace.looks();
        loop {
            let fault = match send().await {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            let pause = pauses.next().unwrap_or(self.pace.slowest_look).max(fault.retry_after.unwrap_or_default());
            // A service that asks for a longer pause than the window is given it once: that is its right.
            if !may_repeat(&fault) || started.elapsed() >= self.pace.network_window {
                return Err(fault);
            }
            let doing = if fault.fate == Fate::Throttled { Doing::Throttling } else { Doing::Network };
            let said = Some(fault.problem.message.clone());
            self.say(Status { doing, what: what.to_owned(), said, since, next_look: Some(now() + pause) });
            self.pause(what, pause).await?;
            self.running();
        }
    }

    /// Believes "not there" only after a whole window and enough reads in a row that agree.
    pub(super) async fn find<F, A>(&self, what: &str, window: Duration, mut check: F) -> Result<Option<Output>, Fault>
    where
        F: FnMut() -> A + Send,
        A: Future<Output = Result<Check, Fault>> + Send,
    {
        let started = Instant::now();
        let agreeing = AtomicU32::new(0);
        // What is there shows within seconds as a rule. Where it does not, the last look falls on the window's end.
        let longest = (window / (self.pace.agreeing + 1)).max(Duration::from_millis(1));
        let pauses = self.pace.looks().map(move |pause| {
            let left = window.saturating_sub(started.elapsed());
            pause.min(longest).min(if left.is_zero() { longest } else { left })
        });
        let patience = Patience::Azure(window + self.pace.operation_limit);
        self.watch(what, Doing::Visibility, patience, pauses, || {
            // An answer tells what was there when it was asked for, however late it comes.
            let asked = started.elapsed();
            let looked = check();
            let (agreeing, enough) = (&agreeing, self.pace.agreeing);
            async move {
                match looked.await? {
                    Check::There(output) => Ok(Look::Ready(Some(output))),
                    Check::Absent | Check::CannotTell => {
                        let so_far = agreeing.fetch_add(1, Ordering::Relaxed) + 1;
                        if so_far >= enough && asked >= window {
                            return Ok(Look::Ready(None));
                        }
                        Ok(Look::not_yet("not there so far"))
                    }
                }
            }
        })
        .await
    }

    /// Whether the run is being stopped.
    pub(super) fn stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    fn say(&self, status: Status) {
        if let Some(step) = self.step {
            self.statuses.send_modify(|all| {
                all.insert(step, status);
            });
        }
    }

    pub(super) fn running(&self) {
        self.say(Status { doing: Doing::Running, what: String::new(), said: None, since: now(), next_look: None });
    }

    pub(super) fn quiet(&self) {
        if let Some(step) = self.step {
            self.statuses.send_modify(|all| {
                all.remove(&step);
            });
        }
    }

    pub(super) async fn pause(&self, what: &str, pause: Duration) -> Result<(), Fault> {
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(Fault::interrupted(what)),
            () = self.look_now.notified() => Ok(()),
            () = tokio::time::sleep(pause) => Ok(()),
        }
    }
}

/// Whether the same request may be sent again, and could come to something else.
fn may_repeat(fault: &Fault) -> bool {
    match fault.fate {
        Fate::Throttled => true,
        // A sign-in that has expired was never sent either, and comes to nothing else by itself.
        Fate::NeverSent | Fate::Unknown => fault.repeatable && !fault.is_interrupted(),
        Fate::Rejected => false,
    }
}

fn timed_out(what: &str, said: Option<&str>, after: Duration) -> Fault {
    use crate::domain::{Problem, problem::ProblemKind};
    let said = said.map(|said| format!("; the last answer was: {said}")).unwrap_or_default();
    let message = format!("it did not come within {} s{said}", after.as_secs());
    Fault::rejected(Problem::new(ProblemKind::Azure, format!("wait for {what}"), message, now()))
}

#[cfg(test)]
mod tests;

//! What the engine tells, and what it is told.

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;
use time::OffsetDateTime;
use tokio::sync::{mpsc, watch};

use super::record::{Entry, Outcome};
use crate::domain::{Plan, PlanHash, StepId, plan::ClusterSeen};

/// The present status of every step at work; the latest wins.
pub type Statuses = BTreeMap<StepId, Status>;

/// What a step is doing now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// In one word.
    pub doing: Doing,
    /// What is waited for; empty while running.
    pub what: String,
    /// What the last look said.
    pub said: Option<String>,
    /// Since when.
    #[serde(with = "time::serde::rfc3339")]
    pub since: OffsetDateTime,
    /// When the next look is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_look: Option<OffsetDateTime>,
}

/// What a step is doing, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Doing {
    /// At work.
    Running,
    /// Waiting for a person.
    Person,
    /// Waiting until a service shows what was done.
    Visibility,
    /// Waiting for a long-running operation.
    Operation,
    /// Asked by a service to slow down.
    Throttling,
    /// The network, or a service, does not answer.
    Network,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// A record was written and synced.
    Recorded(Arc<Entry>),
    /// What an earlier run did was looked at. The steps go on, or say what keeps them.
    Looked,
    /// What was done is partly gone; this plan says what has to be done again, and wants to be confirmed.
    PlanChanged(Arc<Plan>),
    /// All before the cluster update is proven; it wants a confirmation of its own.
    ConfirmNodes(Arc<NodesReview>),
    /// Nothing can go on by itself.
    Idle(Idle),
    /// Nothing more will happen.
    Ended(Ended),
}

/// Why nothing goes on by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Idle {
    /// The plan wants to be confirmed.
    Plan,
    /// The cluster update wants to be confirmed.
    Nodes,
    /// Steps have failed.
    Failed,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The setup is closed.
    Closed(Outcome),
    /// The run was stopped; the setup goes on with the next one.
    Stopped,
}

/// The cluster as it is right before every node is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodesReview {
    /// What the confirmation has to name.
    pub hash: PlanHash,
    /// The cluster now.
    pub cluster: ClusterSeen,
    /// What is different from the plan, in words.
    pub differences: Vec<String>,
    /// Whether a consent that was given in advance covers this: nothing that matters is different.
    pub as_planned: bool,
}

/// What a front end tells the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The plan with this hash is confirmed.
    Confirm(PlanHash),
    /// The replacement of every node is confirmed, for the cluster as the review with this hash showed it.
    ConfirmNodes(PlanHash),
    /// Try a failed step again.
    Retry(StepId),
    /// The other company's admin says that a handed-over step is done.
    Vouch(StepId),
    /// Look now instead of later.
    LookNow,
    /// Stop: no new intent, writes in flight get their time. A second one leaves at once.
    Stop,
}

/// Where the engine tells what happens. Records are never lost: a full channel holds the engine up.
#[derive(Debug, Clone)]
pub struct Events {
    /// What happened.
    pub happened: mpsc::Sender<Event>,
    /// The steps' present status.
    pub statuses: watch::Sender<Statuses>,
}

impl Events {
    /// A channel of events, and the statuses to watch.
    pub fn channel() -> (Self, mpsc::Receiver<Event>, watch::Receiver<Statuses>) {
        let (happened, receiver) = mpsc::channel(256);
        let (statuses, status) = watch::channel(Statuses::new());
        (Self { happened, statuses }, receiver, status)
    }

    pub(super) async fn tell(&self, event: Event) {
        // A front end that is gone is no reason to stop in the middle of a step.
        let _ = self.happened.send(event).await;
    }
}

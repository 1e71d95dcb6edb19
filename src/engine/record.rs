//! What the journal holds: an intent log, not a debug log. It is what has to be known after a crash.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::domain::{
    Answers, AppId, KeyId, Operator, Output, Plan, PlanHash, Problem, SetupId, Side, StepId, key::Delivery,
};

/// The newest schema that this program writes and reads.
pub const SCHEMA: u32 = 1;

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "kebab-case")]
pub enum Record {
    /// The first record of every journal.
    Opened {
        /// The schema of all that follows.
        schema: u32,
        /// The setup.
        setup: SetupId,
    },
    /// What a person chose; replaces earlier answers while no step has an intent.
    Answered {
        /// The answers.
        answers: Box<Answers>,
    },
    /// Somebody was seen to be signed in on one side: once a run, and again when that is somebody else.
    SignedIn {
        /// One of the two tenants.
        side: Side,
        /// Who.
        operator: Operator,
    },
    /// A plan was made of the answers and of what Azure showed.
    Planned {
        /// The plan.
        plan: Box<Plan>,
    },
    /// A person confirmed the plan with this hash.
    Confirmed {
        /// [`Plan::hash`].
        hash: PlanHash,
    },
    /// A person confirmed the replacement of every node, for the cluster as it was seen then. Holds for one reset.
    NodesConfirmed {
        /// [`Plan::nodes_hash`] of what was shown.
        hash: PlanHash,
    },
    /// A step is about to be applied. Without an `Applied` behind it, whether it was is unknown.
    Intent {
        /// The step.
        step: StepId,
        /// For a reset: the key that it carries.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<KeyId>,
        /// For a reset: the client id that the cluster had before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_before: Option<AppId>,
    },
    /// Azure has answered; `verify` goes on from here, and may take days.
    Applied {
        /// The step.
        step: StepId,
        /// What it left behind.
        output: Box<Output>,
    },
    /// The step's effect was seen.
    Done {
        /// The step.
        step: StepId,
        /// What `verify` learned beyond `Applied`, where it did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<Box<Output>>,
    },
    /// The step failed.
    Failed {
        /// The step.
        step: StepId,
        /// Why.
        problem: Box<Problem>,
        /// Where a retry begins.
        next: Next,
    },
    /// What a step had done is not there any more.
    Lost {
        /// The step.
        step: StepId,
    },
    /// A person of the other company said that a handed-over step is done, where it cannot be seen from here.
    Vouched {
        /// The step.
        step: StepId,
    },
    /// A key's text is about to be sent in a reset, copied or shown. Synced before it happens.
    Delivered {
        /// The key.
        key: KeyId,
        /// Where to.
        how: Delivery,
    },
    /// Every try of the reset that carried the key, in the attempt under way, was refused or never sent: no cluster has it.
    /// Takes the delivery of this very attempt back, and no earlier one.
    NotTaken {
        /// The key.
        key: KeyId,
    },
    /// A step was left before it had any effect: what its last intent announced was refused or never sent. It stands where
    /// it stood before.
    Withdrawn {
        /// The step.
        step: StepId,
    },
    /// A key's text is about to be put into the keychain of the operating system, which was asked for. Synced before it
    /// happens, so that no entry is there that the journal does not know.
    TextKept {
        /// The key.
        key: KeyId,
    },
    /// The keychain did not take a key's text: it is in memory alone.
    TextRefused {
        /// The key.
        key: KeyId,
        /// Why, in the keychain's words.
        why: String,
    },
    /// The keychain did not let go of a key's text that nobody needs any more.
    TextStays {
        /// The key.
        key: KeyId,
        /// Why, in the keychain's words.
        why: String,
    },
    /// The keychain holds a key's text no more.
    TextDropped {
        /// The key.
        key: KeyId,
    },
    /// The process that held a key's text is gone.
    TextLost {
        /// The key.
        key: KeyId,
    },
    /// A key was removed from the app.
    KeyRemoved {
        /// The key.
        key: KeyId,
    },
    /// A step is about to be taken back.
    UndoIntent {
        /// The step.
        step: StepId,
    },
    /// A step was taken back.
    Undone {
        /// The step.
        step: StepId,
    },
    /// Nothing more is to be done.
    Closed {
        /// How it ended.
        outcome: Outcome,
    },
}

/// Where the retry of a failed step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Next {
    /// With a new intent: it is known that the step had no effect, or that its effect came to nothing.
    Again,
    /// With a look whether the step had its effect.
    Look,
    /// With `verify`, from what `Applied` says.
    Verify,
}

/// How a setup ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The cluster can pull.
    Connected,
    /// What had been made was taken back.
    TakenBack,
}

/// A record with its place and time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts from 1, without gaps.
    pub seq: u64,
    /// Wall time at the write.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The record.
    #[serde(flatten)]
    pub record: Record,
}

//! The one trait that the engine is generic over: the steps' work, by [`StepId`].

use std::{future::Future, time::Duration};

use super::{StepContext, event::NodesReview};
use crate::domain::{AppId, KeyId, Operator, Output, Plan, Problem, Side, StepId};

/// Held while a run that was stopped comes to its end.
pub type Leaving = Box<dyn Send>;

/// What the steps do. Every call may be dropped at any await point; `apply` alone changes anything.
pub trait Work: Send + Sync + 'static {
    /// Whether an unanswered `apply` of this step may simply be repeated.
    fn repeat(&self, step: StepId, cx: &StepContext) -> Repeat;

    /// What the intent of this step has to name: the key and the client id of a reset.
    fn intent(&self, step: StepId, cx: &StepContext) -> impl Future<Output = Result<Intent, Fault>> + Send;

    /// Read only: is the step's effect there already?
    fn check(&self, step: StepId, cx: &StepContext) -> impl Future<Output = Result<Check, Fault>> + Send;

    /// Does it. An error says what is known of the effect by its [`Fate`].
    fn apply(&self, step: StepId, cx: &StepContext) -> impl Future<Output = Result<Output, Fault>> + Send;

    /// Waits until the effect can be seen by whoever needs it. Returns the output if it learned more.
    fn verify(
        &self,
        step: StepId,
        cx: &StepContext,
        output: &Output,
    ) -> impl Future<Output = Result<Option<Output>, Fault>> + Send;

    /// Takes the step back. Safe to repeat.
    fn undo(
        &self,
        step: StepId,
        cx: &StepContext,
        output: &Output,
    ) -> impl Future<Output = Result<Taken, Fault>> + Send;

    /// The run is stopped: ends every wait for a person that it does not see itself, now and for as long as what this gives is
    /// held.
    fn leave(&self) -> Leaving {
        Box::new(())
    }

    /// Who is signed in on each side, as far as a token has been needed so far.
    fn signed_in(&self) -> Vec<(Side, Operator)> {
        Vec::new()
    }

    /// Looks again at the cluster, its pools and its role assignments, before every node is replaced.
    fn review_nodes(&self, cx: &StepContext) -> impl Future<Output = Result<NodesReview, Fault>> + Send;

    /// Refuses to go on, or to take the setup back, where what Azure shows contradicts the journal: a cluster that has the
    /// app, and a journal that does not say so, means that the journal ends too early.
    fn guard(&self, cx: &StepContext, undo: bool) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Makes the plan anew from what is there now.
    fn plan(&self, cx: &StepContext) -> impl Future<Output = Result<Plan, Fault>> + Send;

    /// Whether this process holds the key's text.
    fn holds_text(&self, key: KeyId) -> bool;

    /// Whether the key's text outlives this process, in a keychain that the operator asked for.
    fn outlives(&self, _key: KeyId) -> bool {
        false
    }

    /// Takes a key's text that nobody needs any more out of the keychain. `false` where this process does not ask one;
    /// an error has the keychain's words.
    fn drop_text(&self, _key: KeyId, _cx: &StepContext) -> impl Future<Output = Result<bool, String>> + Send {
        async { Ok(false) }
    }

    /// Removes a key that nobody can be using.
    fn remove_key(&self, key: KeyId, cx: &StepContext) -> impl Future<Output = Result<Taken, Fault>> + Send;
}

/// What an intent names beyond its step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Intent {
    /// The key that a reset carries.
    pub key: Option<KeyId>,
    /// The client id that the cluster had before.
    pub client_before: Option<AppId>,
}

/// Whether an unanswered `apply` may simply be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The effect has a name that this setup made, and Azure holds to it: at once.
    Keyed,
    /// Graph's reads lag behind its writes: only when nothing was found for Graph's whole window.
    AfterGraphWindow,
    /// The cluster may begin late: only when nothing was found for the cluster's whole window.
    AfterClusterWindow,
    /// Nothing is changed.
    ReadOnly,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// It is there.
    There(Output),
    /// It is not there, or cannot be seen yet.
    Absent,
    /// This operator cannot see it; what the journal says has to do.
    CannotTell,
}

/// What came of taking something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was there, and is gone now; or there was nothing to take.
    Away,
    /// The service says that it is not there; so does a replica that does not know it yet.
    NotThere,
}

impl Taken {
    /// From what a deletion says: whether it found anything.
    pub fn of(found: bool) -> Self {
        if found { Self::Away } else { Self::NotThere }
    }
}

/// What is known of a request that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It never left: repeat anything.
    NeverSent,
    /// It was refused; the answer is known.
    Rejected,
    /// It was refused for now, and says when to come back.
    Throttled,
    /// It may have had its effect: look before anything else.
    Unknown,
}

/// A failure of a step's work.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{problem}")]
pub struct Fault {
    /// What to tell people.
    pub problem: Box<Problem>,
    /// What is known of the effect.
    pub fate: Fate,
    /// How long the service asked to be left alone.
    pub retry_after: Option<Duration>,
    /// Sending the same request again does no harm, whatever became of this one.
    pub repeatable: bool,
    /// The step's earlier `Applied` came to nothing: a retry begins with a new intent.
    pub again: bool,
    /// The sign-in that it needed was given up; nothing was sent.
    pub given_up: bool,
}

impl Fault {
    /// A failure whose answer is known.
    pub fn rejected(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            fate: Fate::Rejected,
            retry_after: None,
            repeatable: false,
            again: false,
            given_up: false,
        }
    }

    /// The same failure, saying that what was applied came to nothing.
    #[must_use]
    pub fn begin_again(mut self) -> Self {
        self.again = true;
        self
    }

    /// The run was stopped while the step was at work.
    pub fn interrupted(what: &str) -> Self {
        use crate::domain::problem::ProblemKind;
        let problem = Problem::new(ProblemKind::Interrupted, what, "the run was stopped", super::wait::now());
        Self {
            problem: Box::new(problem),
            fate: Fate::Unknown,
            retry_after: None,
            repeatable: false,
            again: false,
            given_up: false,
        }
    }

    /// Whether the run was stopped.
    pub fn is_interrupted(&self) -> bool {
        self.problem.kind == crate::domain::problem::ProblemKind::Interrupted
    }
}

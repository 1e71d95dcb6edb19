//! Progress: a pure fold over the journal's records. What runs next is a function of it.
//!
//! An illegal transition is an error, both when a record is about to be written and when a journal is read: a journal
//! that says what cannot have happened is not acted on.

mod ahead;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use time::OffsetDateTime;
use uuid::Uuid;

use super::record::{Entry, Next, Outcome, Record};
use crate::domain::{
    Answers, AppId, Facts, KeyId, Operator, Output, Plan, PlanHash, Problem, SetupId, Side, StepId, key::Delivery,
};

/// Where one step stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Not begun, or due again.
    Due,
    /// Begun; whether it had its effect is unknown.
    Intended {
        /// How often it was begun.
        attempt: u32,
        /// For a reset: its key.
        key: Option<KeyId>,
        /// For a reset: the cluster's client id before.
        client_before: Option<AppId>,
    },
    /// Azure has answered; its effect is yet to be seen.
    Applied,
    /// Seen.
    Done,
    /// Failed.
    Failed {
        /// Why.
        problem: Box<Problem>,
        /// Where a retry begins.
        next: Next,
    },
    /// Was done, and is not there any more.
    Lost,
    /// Being taken back.
    Undoing,
    /// Taken back.
    Undone,
}

/// A record that cannot follow what the journal says so far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct IllegalRecord {
    what: String,
}

/// What the records so far come to.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    setup: Option<SetupId>,
    answers: Option<Arc<Answers>>,
    plan: Option<Arc<Plan>>,
    /// Hashing a plan means writing it out, and it is asked for at every turn.
    plan_hash: Option<PlanHash>,
    confirmed: Option<PlanHash>,
    nodes_confirmed: Option<PlanHash>,
    stages: BTreeMap<StepId, Stage>,
    begun_at: BTreeMap<StepId, OffsetDateTime>,
    /// When steps that are not done were first begun.
    open_since: BTreeMap<StepId, OffsetDateTime>,
    done_at: BTreeMap<StepId, OffsetDateTime>,
    /// What the last intent of a reset named: it outlives the stage, since a look may fail and be repeated.
    reset: Option<(KeyId, AppId)>,
    /// The key that the reset under way was the first to carry, as long as it may turn out not to have been taken.
    open_delivery: Option<KeyId>,
    /// Where steps stood before their last intent.
    before: BTreeMap<StepId, Stage>,
    /// Steps of several requests that were left in the middle: the earlier ones may have had their effect.
    left: BTreeSet<StepId>,
    /// Who was last signed in on each side, and who before them.
    operators: BTreeMap<Side, (Operator, Option<Operator>)>,
    vouched: BTreeSet<StepId>,
    facts: Facts,
    closed: Option<Outcome>,
    started: Option<OffsetDateTime>,
    changed: Option<OffsetDateTime>,
}

impl Progress {
    /// Takes a record in.
    #[expect(clippy::too_many_lines, reason = "one arm a record: the table of what is legal reads best whole")]
    pub fn apply(&mut self, entry: &Entry) -> Result<(), IllegalRecord> {
        let illegal = |what: String| Err(IllegalRecord { what });
        if self.setup.is_none() != matches!(entry.record, Record::Opened { .. }) {
            return illegal("a journal begins with `opened`, and has it once".to_owned());
        }
        if self.closed.is_some() && !follows_the_end(&entry.record) && !self.begins_the_way_back(&entry.record) {
            let what = "nothing follows `closed` but what a person does with its keys, and the way back of an untouched cluster";
            return illegal(what.to_owned());
        }
        match &entry.record {
            Record::Opened { setup, .. } => {
                self.setup = Some(*setup);
                self.started = Some(entry.at);
            }
            Record::Answered { answers } => {
                // Somebody else may go on with it: who signs in is no part of what was planned.
                // And as long as no image has been pulled, another one does as well.
                let same = self.answers.as_ref().is_some_and(|known| {
                    let another = self.awaits_its_image().then(|| known.with_image(answers.registry.image.clone()));
                    another.as_ref().unwrap_or(known).same_but_for_who_signs_in(answers)
                });
                if !same && !self.stages.is_empty() {
                    let what = "answers cannot change once a step has begun, but for who signs in and an image that was not pulled";
                    return illegal(what.to_owned());
                }
                self.answers = Some(Arc::new((**answers).clone()));
                if same {
                    self.changed = Some(entry.at);
                    return Ok(());
                }
                (self.plan, self.plan_hash, self.confirmed, self.nodes_confirmed) = (None, None, None, None);
            }
            Record::SignedIn { side: Side::Both, .. } => {
                return illegal("whoever signs in does so to one tenant".to_owned());
            }
            Record::SignedIn { side, operator } => {
                let before = self.operators.remove(side).map(|(before, _)| before);
                self.operators.insert(*side, (operator.clone(), before));
            }
            Record::Planned { plan } => {
                if self.answers.is_none() || Some(plan.setup) != self.setup {
                    return illegal("a plan needs the answers of its own setup".to_owned());
                }
                self.plan_hash = Some(plan.hash());
                self.plan = Some(Arc::new((**plan).clone()));
                (self.confirmed, self.nodes_confirmed) = (None, None);
            }
            Record::Confirmed { hash } => {
                if self.plan_hash.as_ref() != Some(hash) {
                    return illegal(format!("{hash} is not the plan that was made"));
                }
                self.confirmed = Some(hash.clone());
            }
            Record::NodesConfirmed { hash } => {
                if self.confirmed.is_none() {
                    return illegal("the replacement of nodes cannot be confirmed before the plan".to_owned());
                }
                self.nodes_confirmed = Some(hash.clone());
            }
            Record::Intent { step, key, client_before } => {
                self.intend(*step, *key, *client_before)?;
                self.begun_at.insert(*step, entry.at);
                self.open_since.entry(*step).or_insert(entry.at);
            }
            Record::Applied { step, output } => self.applied(*step, output)?,
            Record::Done { step, output } => {
                match self.raw(*step) {
                    Stage::Applied | Stage::Failed { next: Next::Verify, .. } => {}
                    other => return illegal(format!("{step} cannot be done: it is {}", name(&other))),
                }
                if let Some(output) = output {
                    self.facts.put(*step, (**output).clone());
                }
                self.stages.insert(*step, Stage::Done);
                self.done_at.insert(*step, entry.at);
                self.open_since.remove(step);
            }
            Record::Failed { step, problem, next } => {
                if matches!(self.raw(*step), Stage::Done | Stage::Undone) {
                    return illegal(format!("{step} cannot fail any more"));
                }
                self.stages.insert(*step, Stage::Failed { problem: problem.clone(), next: *next });
                self.settle_delivery(*step);
            }
            Record::Lost { step } => {
                if self.raw(*step) != Stage::Done {
                    return illegal(format!("{step} cannot be lost: it was not done"));
                }
                self.stages.insert(*step, Stage::Lost);
            }
            Record::Vouched { step } => {
                self.vouched.insert(*step);
            }
            Record::Delivered { key, how } => {
                self.known(*key)?;
                let carried = |stage| matches!(stage, Stage::Intended { key: Some(carried), .. } if carried == *key);
                let first = self.facts.key(*key).is_some_and(|record| record.delivered.is_none());
                if *how == Delivery::Cluster && first && carried(self.raw(StepId::ClusterUpdate)) {
                    self.open_delivery = Some(*key);
                }
                self.facts.deliver(*key, *how);
            }
            Record::NotTaken { key } => {
                if self.open_delivery != Some(*key) {
                    return illegal(format!("key {key} may have been taken"));
                }
                self.open_delivery = None;
                self.facts.not_taken(*key);
            }
            Record::Withdrawn { step } => self.withdraw(*step)?,
            Record::TextKept { key } => {
                self.known(*key)?;
                self.facts.keep_text(*key, true);
            }
            // An entry that was refused may be there all the same: it is removed in the end like any other.
            Record::TextRefused { key, .. } | Record::TextStays { key, .. } => self.known(*key)?,
            Record::TextDropped { key } => {
                self.known(*key)?;
                self.facts.keep_text(*key, false);
            }
            Record::TextLost { key } => {
                self.known(*key)?;
                // Another process than the one that sent it does not know how the request went.
                self.open_delivery = None;
                self.facts.lose_text(*key);
            }
            Record::KeyRemoved { key } => {
                self.known(*key)?;
                self.facts.remove_key(*key);
            }
            Record::UndoIntent { step } => {
                if self.cluster_touched() {
                    return illegal("the cluster has been touched: nothing is taken back".to_owned());
                }
                self.stages.insert(*step, Stage::Undoing);
                // One that was connected is unfinished again until it is taken back whole.
                self.closed = None;
            }
            Record::Undone { step } => {
                if self.raw(*step) != Stage::Undoing {
                    return illegal(format!("{step} was not being taken back"));
                }
                self.facts.take_back(*step);
                self.open_since.remove(step);
                self.stages.insert(*step, Stage::Undone);
            }
            Record::Closed { outcome } => {
                let complete = match outcome {
                    Outcome::Connected => self.complete(),
                    Outcome::TakenBack => self.effects().is_empty(),
                };
                if !complete {
                    return illegal("the setup is not at its end".to_owned());
                }
                self.closed = Some(*outcome);
            }
        }
        self.changed = Some(entry.at);
        Ok(())
    }

    /// A cluster that kept its app was not changed: even a connected setup of it can be taken back.
    fn begins_the_way_back(&self, record: &Record) -> bool {
        self.closed == Some(Outcome::Connected)
            && !self.cluster_touched()
            && matches!(record, Record::SignedIn { .. } | Record::UndoIntent { .. })
    }

    fn intend(&mut self, step: StepId, key: Option<KeyId>, client_before: Option<AppId>) -> Result<(), IllegalRecord> {
        let illegal = |what: String| Err(IllegalRecord { what });
        if !self.is_confirmed() {
            return illegal(format!("{step} cannot begin: the plan is not confirmed"));
        }
        if self.undoing() {
            return illegal(format!("{step} cannot begin: the setup is being taken back"));
        }
        let Some(line) = self.plan.as_ref().and_then(|plan| plan.line(step)) else {
            return illegal(format!("the plan has no {step}"));
        };
        if let Some(need) = line.needs.iter().find(|need| self.stage(**need) != Stage::Done) {
            return illegal(format!("{step} cannot begin before {need} is done"));
        }
        let attempt = match self.stage(step) {
            Stage::Due | Stage::Lost | Stage::Failed { next: Next::Again | Next::Look, .. } => 1,
            Stage::Intended { attempt, .. } => attempt + 1,
            other => return illegal(format!("{step} cannot begin: it is {}", name(&other))),
        };
        if step == StepId::ClusterUpdate {
            if self.nodes_confirmed.is_none() {
                return illegal("the cluster update is not confirmed".to_owned());
            }
            if key.is_none() || client_before.is_none() {
                return illegal("a reset names its key and the client id before".to_owned());
            }
        }
        if step == StepId::ClusterUpdate {
            self.reset = key.zip(client_before);
        }
        self.settle_delivery(step);
        self.before.insert(step, self.raw(step));
        self.stages.insert(step, Stage::Intended { attempt, key, client_before });
        Ok(())
    }

    fn applied(&mut self, step: StepId, output: &Output) -> Result<(), IllegalRecord> {
        match self.raw(step) {
            Stage::Intended { .. } | Stage::Failed { next: Next::Look, .. } => {}
            other => {
                return Err(IllegalRecord { what: format!("{step} cannot be applied: it is {}", name(&other)) });
            }
        }
        self.facts.put(step, output.clone());
        self.stages.insert(step, Stage::Applied);
        self.settle_delivery(step);
        if step == StepId::ClusterUpdate {
            // A confirmation holds for one reset: should this one fail, the next is confirmed anew.
            self.nodes_confirmed = None;
        }
        Ok(())
    }

    /// What the reset under way carried counts as delivered from here on.
    fn settle_delivery(&mut self, step: StepId) {
        if step == StepId::ClusterUpdate {
            self.open_delivery = None;
        }
    }

    fn withdraw(&mut self, step: StepId) -> Result<(), IllegalRecord> {
        let illegal = |what: String| Err(IllegalRecord { what });
        if !matches!(self.raw(step), Stage::Intended { .. }) {
            return illegal(format!("{step} cannot be withdrawn: it is {}", name(&self.raw(step))));
        }
        if step == StepId::ClusterUpdate && self.open_delivery.is_some() {
            return illegal(format!("{step} cannot be withdrawn: its key may have been taken"));
        }
        if may_be_partly_applied(step) {
            self.left.insert(step);
        }
        // An intent that follows another one was written when nothing was found of that one.
        let before = self.before.remove(&step).filter(|stage| !matches!(stage, Stage::Intended { .. }));
        self.stages.insert(step, before.unwrap_or(Stage::Due));
        Ok(())
    }

    fn known(&self, key: KeyId) -> Result<(), IllegalRecord> {
        match self.facts.key(key) {
            Some(_) => Ok(()),
            None => Err(IllegalRecord { what: format!("key {key} is not known") }),
        }
    }

    fn raw(&self, step: StepId) -> Stage {
        self.stages.get(&step).cloned().unwrap_or(Stage::Due)
    }

    /// Where a step stands. A step that made a key, or used one, is due again when the key's text is gone while
    /// something still needs it: what was done counts for that key only.
    pub fn stage(&self, step: StepId) -> Stage {
        let raw = self.raw(step);
        if !matches!(raw, Stage::Done | Stage::Applied) || !self.text_needed(step) {
            return raw;
        }
        let still_counts = match step {
            StepId::WatchKey | StepId::Secret => self
                .facts
                .key_of(step)
                .and_then(|key| self.facts.key(key.id))
                .is_some_and(|record| !record.text_lost && !record.removed),
            StepId::Probe => {
                self.stage(StepId::Secret) == Stage::Done
                    && self.facts.probe().map(|pulled| pulled.key)
                        == self.facts.key_of(StepId::Secret).map(|key| key.id)
            }
            _ => true,
        };
        if still_counts { raw } else { Stage::Due }
    }

    /// Whether anything that is still to come needs the text of the key that `step` makes or uses.
    fn text_needed(&self, step: StepId) -> bool {
        let planned = |step: StepId| self.plan.as_ref().is_some_and(|plan| plan.has(step));
        match step {
            StepId::WatchKey => [StepId::Consent, StepId::RegistryRole]
                .into_iter()
                .any(|step| planned(step) && self.raw(step) != Stage::Done),
            StepId::Secret | StepId::Probe if planned(StepId::ClusterUpdate) => {
                // A reset that may have been taken holds the key; only one that came to nothing needs a text again.
                matches!(
                    self.raw(StepId::ClusterUpdate),
                    Stage::Due | Stage::Lost | Stage::Failed { next: Next::Again, .. }
                )
            }
            StepId::Secret | StepId::Probe => self.raw(StepId::Proof) != Stage::Done,
            _ => false,
        }
    }

    /// The setup.
    pub fn setup(&self) -> SetupId {
        self.setup.unwrap_or(SetupId(Uuid::nil()))
    }

    /// What a person chose.
    pub fn answers(&self) -> Option<&Arc<Answers>> {
        self.answers.as_ref()
    }

    /// The latest plan.
    pub fn plan(&self) -> Option<&Arc<Plan>> {
        self.plan.as_ref()
    }

    /// What Azure answered so far.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// How the setup ended, if it has.
    pub fn closed(&self) -> Option<Outcome> {
        self.closed
    }

    /// Who was last signed in on a side.
    pub fn operator(&self, side: Side) -> Option<&Operator> {
        self.operators.get(&side).map(|(operator, _)| operator)
    }

    /// Who had been signed in on a side when somebody else signed in there last.
    pub fn replaced(&self, side: Side) -> Option<&Operator> {
        let (now, before) = self.operators.get(&side)?;
        before.as_ref().filter(|before| before.object_id != now.object_id)
    }

    /// When the setup was opened.
    pub fn started(&self) -> Option<OffsetDateTime> {
        self.started
    }

    /// When the last record was written.
    pub fn changed(&self) -> Option<OffsetDateTime> {
        self.changed
    }

    /// When a step was last begun.
    pub fn begun_at(&self, step: StepId) -> Option<OffsetDateTime> {
        self.begun_at.get(&step).copied()
    }

    /// When a step that is not done was first begun, however often it was left and taken up again since.
    pub fn open_since(&self, step: StepId) -> Option<OffsetDateTime> {
        self.open_since.get(&step).copied()
    }

    /// When a step was done.
    pub fn done_at(&self, step: StepId) -> Option<OffsetDateTime> {
        self.done_at.get(&step).copied()
    }

    /// Whether the latest plan is the one that was confirmed.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed.is_some() && self.confirmed == self.plan_hash
    }

    /// The confirmation of the replacement of nodes that has not been used up.
    pub fn nodes_confirmed(&self) -> Option<&PlanHash> {
        self.nodes_confirmed.as_ref()
    }

    /// The key that the last reset carried, and the cluster's client id before it.
    pub fn reset_intended(&self) -> Option<(KeyId, AppId)> {
        self.reset
    }

    /// Whether this key's delivery can be taken back: the reset under way was the first to carry it, and is not answered.
    pub fn delivery_is_open(&self, key: KeyId) -> bool {
        self.open_delivery == Some(key)
    }

    /// Whether the other company's admin said that a step is done.
    pub fn vouched(&self, step: StepId) -> bool {
        self.vouched.contains(&step)
    }

    /// Where a step stands by the records alone, for undo.
    pub(super) fn recorded(&self, step: StepId) -> Stage {
        self.raw(step)
    }
}

/// Steps of more than one request: a refusal in the middle leaves what came before it.
fn may_be_partly_applied(step: StepId) -> bool {
    matches!(step, StepId::Registration | StepId::Identity | StepId::CarryOver)
}

/// A key that is given to a person, or removed, after the setup has ended; a text that leaves the keychain late.
fn follows_the_end(record: &Record) -> bool {
    matches!(
        record,
        Record::Delivered { how: Delivery::Person, .. }
            | Record::KeyRemoved { .. }
            | Record::TextLost { .. }
            | Record::TextDropped { .. }
            | Record::TextStays { .. }
    )
}

/// A stage in one word, for messages.
pub fn name(stage: &Stage) -> &'static str {
    match stage {
        Stage::Due => "due",
        Stage::Intended { .. } => "begun",
        Stage::Applied => "applied",
        Stage::Done => "done",
        Stage::Failed { .. } => "failed",
        Stage::Lost => "lost",
        Stage::Undoing => "being taken back",
        Stage::Undone => "taken back",
    }
}

#[cfg(test)]
mod tests;

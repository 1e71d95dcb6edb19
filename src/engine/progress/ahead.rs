//! What can be done from here: which steps can be at work, what an undo goes through.

use super::{Progress, Stage, may_be_partly_applied};
use crate::{
    domain::{Problem, StepId},
    engine::record::Next,
};

impl Progress {
    /// The plan's steps with their stages, in reading order.
    pub fn steps(&self) -> impl Iterator<Item = (StepId, Stage)> {
        let plan = self.plan.clone();
        let count = plan.as_ref().map_or(0, |plan| plan.lines.len());
        (0..count)
            .filter_map(move |at| plan.as_ref().map(|plan| plan.lines[at].step))
            .map(|step| (step, self.stage(step)))
    }

    /// The steps that failed.
    pub fn failed(&self) -> impl Iterator<Item = (StepId, Box<Problem>)> {
        self.steps().filter_map(|(step, stage)| match stage {
            Stage::Failed { problem, .. } => Some((step, problem)),
            _ => None,
        })
    }

    /// Whether every step of the plan is done.
    pub fn complete(&self) -> bool {
        self.plan.is_some() && self.steps().all(|(_, stage)| stage == Stage::Done)
    }

    /// The steps that could be at work now: what they need is done, and they are not. A reset that may have been sent
    /// is followed up whatever else has failed; one that is due has a gate of its own, [`Self::update_ready`].
    pub fn runnable(&self) -> Vec<StepId> {
        if !self.is_confirmed() || self.undoing() || self.closed.is_some() {
            return Vec::new();
        }
        self.steps()
            .filter(|(step, stage)| match stage {
                Stage::Due | Stage::Lost => *step != StepId::ClusterUpdate && self.has_its_needs(*step),
                Stage::Intended { .. } | Stage::Applied => *step == StepId::ClusterUpdate || self.has_its_needs(*step),
                _ => false,
            })
            .map(|(step, _)| step)
            .collect()
    }

    /// Whether the cluster update has all it needs but its confirmation: everything before it is proven, and nothing
    /// else has failed but what comes after it.
    pub fn update_ready(&self) -> bool {
        let Some(plan) = self.plan.as_ref().filter(|_| self.is_confirmed() && !self.undoing()) else { return false };
        plan.line(StepId::ClusterUpdate).is_some_and(|line| {
            matches!(
                self.stage(StepId::ClusterUpdate),
                Stage::Due | Stage::Lost | Stage::Failed { next: Next::Again, .. }
            ) && self.failed().all(|(step, _)| step == StepId::ClusterUpdate || !self.has_its_needs(step))
                && self.has_its_needs(line.step)
        })
    }

    /// Whether a step may be driven: what it needs is done. The cluster update has a gate of its own.
    pub fn has_its_needs(&self, step: StepId) -> bool {
        // All the way down: what was done on top of something that is gone does not count.
        self.plan.as_ref().and_then(|plan| plan.line(step)).is_some_and(|line| {
            line.needs.iter().all(|need| self.stage(*need) == Stage::Done && self.has_its_needs(*need))
        })
    }

    /// Whether no image has been pulled so far, so that another one can be named.
    pub fn awaits_its_image(&self) -> bool {
        let pulls = [StepId::Probe, StepId::Proof].into_iter();
        self.plan.is_some() && pulls.into_iter().all(|step| !matches!(self.stage(step), Stage::Done | Stage::Applied))
    }

    /// Whether a reset may have been sent.
    pub fn cluster_touched(&self) -> bool {
        !matches!(self.raw(StepId::ClusterUpdate), Stage::Due)
            && !matches!(self.raw(StepId::ClusterUpdate), Stage::Failed { next: Next::Again, .. } if self.facts.update().is_none())
    }

    /// Whether the setup is being taken back, or has been.
    pub fn undoing(&self) -> bool {
        self.stages.values().any(|stage| matches!(stage, Stage::Undoing | Stage::Undone))
    }

    /// Whether a step is done by the other company's admin, outside of this program, and is theirs to take back.
    pub fn is_theirs(&self, step: StepId) -> bool {
        let handed_over = self.answers().is_some_and(|answers| answers.registry.handed_over());
        handed_over && matches!(step, StepId::Consent | StepId::RegistryRole)
    }

    /// The steps that may have left something in a tenant, in the order in which undo goes through them: last first, but the
    /// consent after the app. Until the app is gone, or closed to other tenants again, whoever has the link can accept it. What
    /// is the other company's admin's is not among them.
    pub fn effects(&self) -> Vec<StepId> {
        let mut steps: Vec<StepId> = self
            .stages
            .iter()
            .filter(|(step, stage)| {
                let untouched = matches!(stage, Stage::Due | Stage::Undone);
                let rejected =
                    matches!(stage, Stage::Failed { next: Next::Again, .. }) && !may_be_partly_applied(**step);
                let nothing = (untouched && !(**stage == Stage::Due && self.left.contains(step)))
                    || rejected && self.facts.output(**step).is_none();
                let read_only = matches!(step, StepId::Probe | StepId::Proof | StepId::Sweep);
                !nothing && !read_only && !self.is_theirs(**step)
            })
            .map(|(step, _)| *step)
            .collect();
        steps.reverse();
        steps.sort_by_key(|step| *step == StepId::Consent);
        steps
    }

    /// The steps whose work exists in a tenant, in the order of [`Self::effects`]: a key that was removed is there no more.
    pub fn left_behind(&self) -> Vec<StepId> {
        let gone = |step: &StepId| {
            let key = self.facts.key_of(*step).and_then(|key| self.facts.key(key.id));
            key.is_some_and(|record| record.removed)
        };
        self.effects().into_iter().filter(|step| !gone(step)).collect()
    }
}

//! Where a step stands, in a few words, and which step matters most now.

use time::OffsetDateTime;

use super::Model;
use crate::{
    domain::{Plan, Problem, StepId, answers::Provision, problem::ProblemKind},
    engine::{
        Idle, Stage,
        event::{Doing, Status},
    },
    tui::{time::span, widgets::doc::Tone},
};

/// What is going on with a step, as far as it decides what is shown and which keys there are.
pub(super) enum Situation<'a> {
    /// A person has to accept the app.
    Consent(&'a Status),
    /// A person has to give the app its role: only where the tenant is handed over.
    Role(&'a Status),
    /// The replacement of every node wants a yes.
    Nodes,
    /// It failed.
    Failed(Box<Problem>),
    /// It is at work, or waits for something.
    Works(&'a Status),
    /// Nothing of this.
    Rests(Stage),
}

impl Model {
    /// The step that is shown.
    pub(super) fn shown_step(&self) -> Option<StepId> {
        self.at.or_else(|| self.matters_most())
    }

    /// From now on what matters most is shown.
    pub(super) fn follow(&mut self) {
        (self.at, self.scroll) = (None, 0);
    }

    /// A failure, then what waits for a person, then what is at work, then what was done last.
    fn matters_most(&self) -> Option<StepId> {
        let steps: Vec<(StepId, Stage)> = self.progress.steps().collect();
        let with = |matters: &dyn Fn(StepId, &Status) -> bool| {
            steps.iter().map(|(step, _)| *step).find(|step| self.status(*step).is_some_and(|one| matters(*step, one)))
        };
        let failed = self.progress.failed().find(|(_, problem)| problem.kind != ProblemKind::Waiting);
        let last_done = || steps.iter().rfind(|(_, stage)| *stage == Stage::Done).map(|(step, _)| *step);
        let nodes = (self.idle == Some(Idle::Nodes)).then_some(StepId::ClusterUpdate);
        nodes
            .or(failed.map(|(step, _)| step))
            .or_else(|| with(&|step, status| self.is_waited_for(step, status)))
            .or_else(|| with(&|_, status| status.doing == Doing::Operation))
            .or_else(|| with(&|_, _| true))
            .or_else(last_done)
            .or_else(|| steps.first().map(|(step, _)| *step))
    }

    /// What a step is doing, while it is at work.
    pub(super) fn status(&self, step: StepId) -> Option<&Status> {
        self.statuses.get(&step)
    }

    /// A step's number in the plan.
    pub(super) fn number(&self, step: StepId) -> usize {
        self.progress.plan().and_then(|plan| position(plan, step)).map_or(0, |at| at + 1)
    }

    /// What is going on with a step.
    pub(super) fn situation(&self, step: StepId) -> Situation<'_> {
        // After a reset that failed, another one waits for a yes of its own.
        if self.nodes_wait(step) {
            return Situation::Nodes;
        }
        match self.progress.stage(step) {
            Stage::Failed { problem, .. } if problem.kind != ProblemKind::Waiting && self.status(step).is_none() => {
                Situation::Failed(problem)
            }
            stage => match self.status(step) {
                Some(status) if step == StepId::RegistryRole && self.is_waited_for(step, status) => {
                    Situation::Role(status)
                }
                Some(status) if self.is_waited_for(step, status) => Situation::Consent(status),
                // A fresh app cannot be accepted before it can be seen: the link is there, and says so.
                Some(status) if step == StepId::Consent && self.consent_is_a_persons() => Situation::Consent(status),
                Some(status) => Situation::Works(status),
                None => Situation::Rests(stage),
            },
        }
    }

    /// Whether the replacement of every node waits for a yes.
    fn nodes_wait(&self, step: StepId) -> bool {
        step == StepId::ClusterUpdate && self.idle == Some(Idle::Nodes)
    }

    fn consent_is_a_persons(&self) -> bool {
        self.answers.registry.handed_over() || self.answers.registry.provision == Provision::Consent
    }

    /// Whether a person's act is waited for, whatever the last look came to: an app that is still getting ready is not.
    pub(super) fn is_waited_for(&self, step: StepId, status: &Status) -> bool {
        match status.doing {
            Doing::Person => true,
            // While the network is away nobody knows whether the app is ready; once it was, it is.
            Doing::Network | Doing::Throttling => self.ready.contains(&step),
            Doing::Running | Doing::Visibility | Doing::Operation => false,
        }
    }

    /// Since when a step waits. What a person or Azure does goes on while crosspull does not run, so that a resume does not
    /// begin it anew.
    pub(super) fn waits_since(&self, step: StepId, status: &Status) -> OffsetDateTime {
        let begun = match status.doing {
            // The last one: each attempt is an operation of its own.
            Doing::Operation => self.progress.begun_at(step),
            _ if self.is_waited_for(step, status) => self.progress.open_since(step),
            _ => None,
        };
        begun.map_or(status.since, |begun| begun.min(status.since))
    }

    /// Where a step stands, in at most eighteen columns.
    pub(super) fn state(&self, step: StepId, now: OffsetDateTime) -> (String, Tone) {
        if let Some(status) = self.status(step) {
            let long = span(now - self.waits_since(step, status));
            if self.sign_in_for(step).is_some() {
                return ("WAITS FOR SIGN-IN".to_owned(), Tone::Warn);
            }
            return match status.doing {
                Doing::Running => (format!("at work {long}"), Tone::Text),
                Doing::Person => ("WAITS FOR A PERSON".to_owned(), Tone::Warn),
                Doing::Visibility => (format!("waits {long}"), Tone::Text),
                Doing::Operation => (format!("Azure works {long}"), Tone::Text),
                // The wait is older than the trouble, whose beginning is not known.
                Doing::Throttling => ("slowed down".to_owned(), Tone::Warn),
                Doing::Network => ("no answer now".to_owned(), Tone::Warn),
            };
        }
        let text = |words: &str, tone| (words.to_owned(), tone);
        if self.nodes_wait(step) {
            return text("WAITS FOR YOUR YES", Tone::Warn);
        }
        match self.progress.stage(step) {
            Stage::Done if self.progress.vouched(step) => text("done, on a word", Tone::Warn),
            Stage::Done => {
                let took = self.progress.begun_at(step).zip(self.progress.done_at(step));
                let took = took.map(|(begun, done)| done - begun).filter(|took| took.whole_seconds() > 0).map(span);
                (took.map_or_else(|| "done".to_owned(), |took| format!("done {took}")), Tone::Good)
            }
            Stage::Failed { problem, .. } if problem.kind == ProblemKind::Waiting => text("waits", Tone::Text),
            Stage::Failed { .. } => text("FAILED", Tone::Bad),
            Stage::Lost => text("gone: to be redone", Tone::Warn),
            Stage::Undoing => text("being taken back", Tone::Text),
            Stage::Undone => text("taken back", Tone::Dim),
            Stage::Intended { .. } => text("begun", Tone::Text),
            Stage::Applied => text("to be looked at", Tone::Text),
            Stage::Due => self.due(step),
        }
    }

    fn due(&self, step: StepId) -> (String, Tone) {
        let needs: Vec<String> = self.unmet(step).iter().map(|need| self.number(*need).to_string()).collect();
        match (needs.as_slice(), step) {
            ([], _) if self.progress.done_at(step).is_some() => ("to be done again".to_owned(), Tone::Text),
            ([], _) => ("next".to_owned(), Tone::Text),
            (_, StepId::ClusterUpdate) => ("asks you then".to_owned(), Tone::Dim),
            (needs, _) => (format!("waits for {}", needs.join(", ")), Tone::Dim),
        }
    }

    /// The steps that have to be done before this one.
    fn unmet(&self, step: StepId) -> Vec<StepId> {
        let line = self.progress.plan().and_then(|plan| plan.line(step));
        let needs = line.map(|line| line.needs.as_slice()).unwrap_or_default();
        needs.iter().copied().filter(|need| self.progress.stage(*need) != Stage::Done).collect()
    }

    /// The plan with the marked step's neighbours, for moving the mark.
    pub(super) fn mark(&mut self, to: impl Fn(usize, usize) -> usize) {
        let Some(plan) = self.progress.plan() else { return };
        let place = self.shown_step().and_then(|step| position(plan, step)).unwrap_or(0);
        let at = to(place, plan.lines.len().saturating_sub(1));
        self.at = plan.lines.get(at).map(|line| line.step);
        self.scroll = 0;
    }
}

fn position(plan: &Plan, step: StepId) -> Option<usize> {
    plan.lines.iter().position(|line| line.step == step)
}

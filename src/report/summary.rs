//! A setup in one line, as lists show it.

use serde::Serialize;
use time::OffsetDateTime;

use crate::{
    domain::{SetupId, StepId, answers::Tenant, problem::ProblemKind},
    engine::{JournalError, Progress, Stage, record::Outcome},
};

/// Where a setup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// There is no plan yet.
    Answered,
    /// The plan wants to be confirmed.
    Planned,
    /// Steps can go on.
    UnderWay,
    /// A person, often of the other company, has to act.
    WaitingForPerson,
    /// The replacement of nodes wants to be confirmed.
    WaitingForNodes,
    /// A step has failed.
    Failed,
    /// It is being taken back.
    TakingBack,
    Connected,
    TakenBack,
    /// Its journal cannot be read.
    Unreadable,
}

impl State {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Answered => "no plan yet",
            Self::Planned => "plan not confirmed",
            Self::UnderWay => "under way",
            Self::WaitingForPerson => "waits for a person",
            Self::WaitingForNodes => "waits for your yes",
            Self::Failed => "FAILED",
            Self::TakingBack => "being taken back",
            Self::Connected => "connected",
            Self::TakenBack => "taken back",
            Self::Unreadable => "UNREADABLE",
        }
    }

    pub(super) fn of(progress: &Progress) -> Self {
        match progress.closed() {
            Some(Outcome::Connected) => return Self::Connected,
            Some(Outcome::TakenBack) => return Self::TakenBack,
            None => {}
        }
        let Some(plan) = progress.plan() else { return Self::Answered };
        if progress.undoing() {
            return Self::TakingBack;
        }
        if progress.failed().any(|(_, problem)| problem.kind != ProblemKind::Waiting) {
            return Self::Failed;
        }
        if !progress.is_confirmed() {
            return Self::Planned;
        }
        // A key lives as long as the run that made it. That it has to be made anew is nobody's concern.
        let renewed = |step: StepId| {
            matches!(step, StepId::WatchKey | StepId::Secret | StepId::Probe) && progress.done_at(step).is_some()
        };
        let ready = |step: StepId| {
            let needs = plan.line(step).map(|line| line.needs.as_slice()).unwrap_or_default();
            needs.iter().all(|need| renewed(*need) || progress.stage(*need) == Stage::Done)
        };
        let update = progress.stage(StepId::ClusterUpdate);
        if plan.has(StepId::ClusterUpdate)
            && matches!(update, Stage::Due | Stage::Lost | Stage::Failed { .. })
            && ready(StepId::ClusterUpdate)
        {
            return Self::WaitingForNodes;
        }
        let asks =
            |step: StepId| plan.line(step).is_some_and(|line| line.action == crate::domain::plan::Action::AskPerson);
        let open: Vec<StepId> = progress
            .steps()
            .filter(|(step, stage)| *stage != Stage::Done && ready(*step))
            .map(|(step, _)| step)
            .collect();
        if open.iter().any(|step| asks(*step)) { Self::WaitingForPerson } else { Self::UnderWay }
    }
}

/// A setup in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub setup: SetupId,
    pub name: String,
    pub state: State,
    pub cluster: Option<String>,
    pub registry: Option<String>,
    pub cluster_tenant: Option<Tenant>,
    pub registry_tenant: Option<Tenant>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub changed: Option<OffsetDateTime>,
    /// Why the journal cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Summary {
    /// Of a journal that was read.
    pub fn of(progress: &Progress) -> Self {
        let (answers, plan) = (progress.answers(), progress.plan());
        let registry = plan
            .map(|plan| plan.registry.login_server.to_string())
            .or_else(|| answers?.registry.login_server.as_ref().map(ToString::to_string))
            .or_else(|| answers?.registry.id.as_ref().map(|id| id.name().to_owned()));
        Self {
            setup: progress.setup(),
            name: answers.map_or_else(|| progress.setup().to_string(), |answers| answers.name.clone()),
            state: State::of(progress),
            cluster: answers.map(|answers| answers.cluster.id.name().to_owned()),
            registry,
            cluster_tenant: plan.map(|plan| plan.cluster_tenant.clone()),
            registry_tenant: plan.map(|plan| plan.registry_tenant.clone()),
            changed: progress.changed(),
            problem: None,
        }
    }

    /// Of a journal that cannot be read: it is listed all the same, so that nobody believes it gone.
    pub fn unreadable(setup: SetupId, error: &JournalError) -> Self {
        Self {
            setup,
            name: setup.to_string(),
            state: State::Unreadable,
            cluster: None,
            registry: None,
            cluster_tenant: None,
            registry_tenant: None,
            changed: None,
            problem: Some(crate::error::chain(error)),
        }
    }
}

//! What a setup did, for people and programs of both companies. It holds ids, names and dates; never a secret.

mod gather;
mod markdown;
mod summary;

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    AppId, Digest, ImageReference, KeyId, LoginServer, ObjectId, Problem, Purpose, ResourceId, SetupId, StepId,
    TenantId,
    answers::{Route, Tenant},
};
pub use summary::{State, Summary};

/// All that is worth keeping of a setup.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub setup: SetupId,
    pub name: String,
    pub state: State,
    #[serde(with = "time::serde::rfc3339::option")]
    pub started: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub changed: Option<OffsetDateTime>,
    pub route: Option<Route>,
    pub cluster_tenant: Option<Tenant>,
    pub registry_tenant: Option<Tenant>,
    /// Whether the registry's tenant is handed over to its own admin.
    pub handed_over: bool,
    pub cluster: Option<ResourceId>,
    pub registry: Option<ResourceId>,
    pub login_server: Option<LoginServer>,
    pub image: Option<ImageReference>,
    /// What the registry named when the image was pulled.
    pub digest: Option<Digest>,
    pub app_id: Option<AppId>,
    pub objects: Vec<Object>,
    pub role_assignments: Vec<Assignment>,
    pub keys: Vec<KeyLine>,
    pub renewal: Option<Renewal>,
    /// What the other company's admin did, or has to do.
    pub handed_over_steps: Vec<HandedStep>,
    /// What the proof could not show, in words.
    pub not_proven: Vec<String>,
    pub steps: Vec<StepLine>,
    pub problems: Vec<Failure>,
}

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Where {
    Cluster,
    Registry,
}

/// A directory object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Object {
    pub tenant: Where,
    pub tenant_id: TenantId,
    pub kind: &'static str,
    pub name: String,
    pub object_id: Option<ObjectId>,
    /// It was there before this setup, which leaves it when it is taken back.
    pub was_there: bool,
}

/// A role assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assignment {
    pub tenant: Where,
    pub role: String,
    pub role_id: Uuid,
    pub scope: String,
    pub name: Uuid,
    pub condition: Option<String>,
    pub was_there: bool,
}

/// A key of the app. Its secret is not known to this report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    pub id: KeyId,
    pub purpose: Purpose,
    #[serde(with = "time::serde::rfc3339")]
    pub ends: OffsetDateTime,
    pub state: KeyState,
}

/// What became of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyState {
    /// Made, and held in memory by the process that made it.
    Made,
    /// Sent to the cluster.
    SentToCluster,
    /// Given to a person.
    GivenToPerson,
    /// Never used, and nobody has its secret any more.
    Unusable,
    Removed,
}

/// When the cluster's key has to be renewed, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renewal {
    /// A month before the key ends.
    #[serde(with = "time::serde::rfc3339")]
    pub by: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    pub ends: OffsetDateTime,
    /// The commands, for bash.
    pub commands: Vec<String>,
}

/// A step of the other company's admin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandedStep {
    pub step: StepId,
    pub done: bool,
    /// What was, or is to be, done, in words.
    pub what: String,
    #[serde(with = "time::serde::rfc3339::option")]
    pub seen: Option<OffsetDateTime>,
    /// The admin's word stands for it, since it cannot be seen from the cluster's side.
    pub vouched: bool,
}

/// A step with its times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepLine {
    pub step: StepId,
    pub stage: &'static str,
    #[serde(with = "time::serde::rfc3339::option")]
    pub began: Option<OffsetDateTime>,
    #[serde(with = "time::serde::rfc3339::option")]
    pub done: Option<OffsetDateTime>,
}

/// A failure on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub step: StepId,
    /// The catalogue's code.
    pub code: Option<String>,
    pub problem: Problem,
    /// The step was done later on.
    pub overcome: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn report(records: Vec<crate::engine::Record>) -> Report {
        let entries = sample::entries(records);
        Report::of(&sample::fold(&entries), &entries)
    }

    #[test]
    fn a_connected_setup_is_reported_whole() {
        let report = report(sample::connected());
        assert_eq!(report.state, State::Connected);
        insta::assert_snapshot!(report.to_markdown(), @"");
    }

    #[test]
    fn a_failed_setup_says_where_it_stands() {
        let report = report(sample::failed());
        assert_eq!(report.state, State::Failed);
        assert_eq!(report.problems[0].code.as_deref(), Some("CP-405"));
        assert!(!report.problems[0].overcome && report.renewal.is_none() && report.keys.is_empty());
        let markdown = report.to_markdown();
        assert!(markdown.contains("CP-405") && markdown.contains("c1b7e6d2-0f4b-4b0e-8d55-2f9a7c3e4410"), "{markdown}");
        assert!(markdown.contains("The pull has not been proven"), "{markdown}");
    }

    #[test]
    fn a_handed_over_setup_says_what_the_other_admin_has_to_do() {
        let mut records = sample::confirmed(sample::handed_over_answers(), sample::handed_over_plan());
        records.extend(sample::registration());
        records.extend(sample::identity());
        let report = report(records);
        assert_eq!(report.state, State::WaitingForPerson);
        assert_eq!(report.handed_over_steps.len(), 2);
        assert!(report.handed_over_steps.iter().all(|step| !step.done));
        insta::assert_snapshot!(report.to_markdown().split("## Of Fabrikam").nth(1).unwrap().split("## ").next().unwrap(), @"");
    }

    #[test]
    fn a_setup_without_a_plan_has_a_report_all_the_same() {
        let records = sample::confirmed(sample::answers(), sample::plan()).into_iter().take(2).collect();
        let report = report(records);
        assert_eq!((report.state, report.name.as_str()), (State::Answered, "new-shop"));
        assert!(report.to_markdown().contains("shop-prod"));
    }

    #[test]
    fn programs_get_the_same_as_people() {
        let report = report(sample::connected());
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["state"], "connected");
        assert_eq!(json["keys"][0]["state"], "sent-to-cluster");
        assert_eq!(json["renewal"]["by"], "2027-10-24T13:00:00Z");
        assert_eq!(json["role_assignments"].as_array().unwrap().len(), 2);
        assert_eq!(json["objects"].as_array().unwrap().len(), 3);
        let markdown = report.to_markdown();
        for text in ["app_id", "digest"].map(|key| json[key].as_str().unwrap()) {
            assert!(markdown.contains(text), "{text}");
        }
    }
}

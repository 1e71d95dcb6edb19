//! What a setup did, for people and programs of both companies. It holds ids, names and dates; never a secret.

mod gather;
mod markdown;
mod save;
mod summary;

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    AppId, Digest, ImageReference, KeyId, LoginServer, ObjectId, Problem, Purpose, ResourceId, SetupId, StepId,
    TenantId,
    answers::{Route, Tenant},
};
pub use save::save;
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
    /// The pools whose nodes were seen to pull.
    pub proven_pools: Vec<String>,
    /// Whether the image was seen to be pulled at the end.
    pub pull_was_seen: bool,
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
    /// The command that removes the old key, once every node has the new one.
    pub remove_old: String,
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
    /// The other company's admin's word stands for it.
    pub vouched: bool,
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
    /// It was not: the other company's admin's word stands for the step.
    pub vouched: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::Output,
        engine::{Record, record::Next},
        sample,
    };

    fn report(records: Vec<Record>) -> Report {
        let entries = sample::entries(records);
        Report::of(&sample::fold(&entries), &entries)
    }

    #[test]
    fn what_rests_on_a_word_is_not_reported_as_proven() {
        let mut records = sample::connected();
        let probe =
            records.iter().position(|record| matches!(record, Record::Applied { step: StepId::Probe, .. })).unwrap();
        let failed = Record::Failed { step: StepId::Probe, problem: Box::new(sample::problem()), next: Next::Again };
        let again = Record::Intent { step: StepId::Probe, key: None, client_before: None };
        records.splice(probe..probe, [failed, Record::Vouched { step: StepId::Probe }, again]);
        for record in &mut records {
            let (Record::Done { output: Some(output), .. } | Record::Applied { output, .. }) = record else { continue };
            match &mut **output {
                Output::Probe(pulled) => pulled.digest = None,
                Output::Proof(proven) => proven.pulled.digest = None,
                _ => {}
            }
        }
        let text = report(records).to_markdown();
        assert!(text.starts_with("# new-shop: set up, NOT PROVEN"), "{text}");
        assert!(text.contains("| probe | done, by their admin's word |"), "{text}");
        assert!(text.contains("passed over on their admin's word"), "{text}");
    }

    #[test]
    fn a_connected_setup_is_reported_whole() {
        let report = report(sample::connected());
        assert_eq!(report.state, State::Connected);
        insta::assert_snapshot!(report.to_markdown(), @r#"
        # new-shop: connected

        |  |  |
        |---|---|
        | setup | 33333333-3333-4333-8333-333333333333 |
        | cluster tenant | Contoso, contoso.example, 66666666-6666-4666-8666-666666666666 |
        | registry tenant | Fabrikam, fabrikam.example, 77777777-7777-4777-8777-777777777777 |
        | cluster | /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod |
        | registry | /subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages |
        | login server | fabrikamimages.azurecr.io |
        | image | shop/web:1.4 |
        | digest | sha256:abababababababababababababababababababababababababababababababab |
        | app (client) id | 55555555-5555-4555-8555-555555555555 |
        | route | new-app: a new app became the cluster's identity |
        | begun | 2026-11-23 13:02 UTC |
        | last change | 2026-11-23 13:38 UTC |

        ## Objects

        | tenant | what | name | object id |  |
        |---|---|---|---|---|
        | cluster | app registration | crosspull new-shop | 55555555-5555-4555-8555-555555555555 | made |
        | cluster | service principal | crosspull new-shop | 66666666-6666-4666-8666-666666666666 | made |
        | registry | service principal | crosspull new-shop | 77777777-7777-4777-8777-777777777777 | made |

        ## Role assignments

        | tenant | role | scope | assignment |  |
        |---|---|---|---|---|
        | cluster | Contributor | /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/MC_shop_shop-prod_northeurope | 88888888-8888-4888-8888-888888888888 | made |
        | registry | AcrPull | /subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages | 88888888-8888-4888-8888-888888888888 | made |

        ## Keys

        Secrets are not part of this report, and crosspull keeps none.

        | key id | for | ends | state |
        |---|---|---|---|
        | 11111111-1111-4111-8111-111111111111 | cluster | 2027-11-23 13:00 UTC | sent to the cluster |

        ## Renewal

        **Renew the cluster's key by 2027-10-24.** It ends on 2027-11-23; after that the cluster cannot pull, scale or change load balancers and disks. The renewal replaces every node again.

        ```bash
        az login --tenant 66666666-6666-4666-8666-666666666666
        SECRET=$(az ad app credential reset --id 55555555-5555-4555-8555-555555555555 --append --display-name renewed --end-date 2028-10-23 --query password --output tsv)
        az aks update-credentials --subscription 11111111-1111-4111-8111-111111111111 --resource-group shop --name shop-prod --reset-service-principal --service-principal 55555555-5555-4555-8555-555555555555 --client-secret="$SECRET"
        unset SECRET
        ```

        The Azure CLI takes the secret as an argument, so run this where nobody else can list processes. Remove the old key when every pool shows Succeeded:

        ```bash
        az ad app credential delete --id 55555555-5555-4555-8555-555555555555 --key-id 11111111-1111-4111-8111-111111111111
        ```

        ## Proof

        `fabrikamimages.azurecr.io/shop/web:1.4` was pulled with the app's own key: `sha256:abababababababababababababababababababababababababababababababab`.

        It was pulled inside the cluster by pods on: system.

        Not proven:

        - Pool web (6 nodes): access proven, nodes not proven: run command is switched off.

        ## Steps

        | step | state | begun | done |
        |---|---|---|---|
        | registration | done | 2026-11-23 13:06 UTC | 2026-11-23 13:08 UTC |
        | identity | done | 2026-11-23 13:09 UTC | 2026-11-23 13:11 UTC |
        | carry over | done | 2026-11-23 13:12 UTC | 2026-11-23 13:14 UTC |
        | consent | done | 2026-11-23 13:15 UTC | 2026-11-23 13:17 UTC |
        | registry role | done | 2026-11-23 13:18 UTC | 2026-11-23 13:20 UTC |
        | secret | done | 2026-11-23 13:21 UTC | 2026-11-23 13:23 UTC |
        | probe | done | 2026-11-23 13:24 UTC | 2026-11-23 13:26 UTC |
        | cluster update | done | 2026-11-23 13:28 UTC | 2026-11-23 13:31 UTC |
        | proof | done | 2026-11-23 13:32 UTC | 2026-11-23 13:34 UTC |
        | sweep | done | 2026-11-23 13:35 UTC | 2026-11-23 13:37 UTC |
        "#);
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
        let mut records = sample::confirmed(sample::handed_over_answers(), &sample::handed_over_plan());
        records.extend(sample::registration());
        records.extend(sample::identity());
        let report = report(records);
        assert_eq!(report.state, State::WaitingForPerson);
        assert_eq!(report.handed_over_steps.len(), 2);
        assert!(report.handed_over_steps.iter().all(|step| !step.done));
        insta::assert_snapshot!(report.to_markdown().split("## Of Fabrikam").nth(1).unwrap().split("## ").next().unwrap(), @"
        's admin

        - consent: make the app known in Fabrikam (TO BE DONE)
        - registry role: on fabrikamimages.azurecr.io, give the app AcrPull; or Container Registry Repository Reader where the registry's role assignment mode is AbacRepositoryPermissions (TO BE DONE)
        ");
    }

    #[test]
    fn a_setup_without_a_plan_has_a_report_all_the_same() {
        let records = sample::confirmed(sample::answers(), &sample::plan()).into_iter().take(2).collect();
        let report = report(records);
        assert_eq!((report.state, report.name.as_str()), (State::Answered, "new-shop"));
        assert!(report.to_markdown().contains("shop-prod"));
    }

    #[test]
    fn an_app_that_was_there_is_neither_ours_nor_renewed_by_us() {
        let report = report(sample::adopted());
        assert!(report.objects[0].was_there && report.renewal.is_none());
        let markdown = report.to_markdown();
        assert!(markdown.contains("aks-sp") && markdown.contains("neither made nor knows"), "{markdown}");
    }

    #[test]
    fn a_secret_that_lives_shortly_is_not_due_before_it_is_made() {
        let mut short = sample::plan();
        short.secret_days = 7;
        let records = sample::connected().into_iter().map(|record| match record {
            Record::Planned { .. } => Record::Planned { plan: Box::new(short.clone()) },
            Record::Confirmed { .. } => Record::Confirmed { hash: short.hash() },
            other => other,
        });
        let renewal = report(records.collect()).renewal.unwrap();
        assert_eq!((renewal.ends - renewal.by).whole_days(), 2, "a third of its life");
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

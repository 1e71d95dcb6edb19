//! Reads a report out of a setup's records.

use std::collections::BTreeMap;

use time::{Duration, OffsetDateTime};

use super::{Assignment, Failure, HandedStep, KeyLine, KeyState, Object, Renewal, Report, State, StepLine, Where};
use crate::{
    catalogue,
    domain::{
        AppId, Plan, Purpose, StepId,
        facts::{Facts, Given},
        key::{Delivery, KeyRecord},
    },
    engine::{Entry, Progress, Record, Stage, progress::name},
    steps::handover,
};

/// How long before its end a key should be renewed: time for two companies to find a date.
const RENEW_BEFORE: Duration = Duration::days(30);

impl Report {
    /// Of what the journal comes to, and its entries for the times.
    pub fn of(progress: &Progress, entries: &[Entry]) -> Self {
        let (answers, plan, facts) = (progress.answers(), progress.plan(), progress.facts());
        let pulled = facts.proof().map(|proof| &proof.pulled).or_else(|| facts.probe());
        let keys: Vec<KeyLine> = facts.keys().map(key_line).collect();
        Self {
            setup: progress.setup(),
            name: answers.map(|answers| answers.name.clone()).unwrap_or_default(),
            state: State::of(progress),
            started: progress.started(),
            changed: progress.changed(),
            route: plan.map(|plan| plan.route),
            cluster_tenant: plan.map(|plan| plan.cluster_tenant.clone()),
            registry_tenant: plan.map(|plan| plan.registry_tenant.clone()),
            handed_over: answers.is_some_and(|answers| answers.registry.handed_over()),
            cluster: answers.map(|answers| answers.cluster.id.clone()),
            registry: plan
                .and_then(|plan| plan.registry.id.clone())
                .or_else(|| answers.and_then(|answers| answers.registry.id.clone())),
            login_server: plan
                .map(|plan| plan.registry.login_server.clone())
                .or_else(|| answers.and_then(|answers| answers.registry.login_server.clone())),
            image: answers.map(|answers| answers.registry.image.clone()),
            digest: pulled.and_then(|pulled| pulled.digest.clone()),
            app_id: facts.app().map(|app| app.app_id),
            objects: plan.map(|plan| objects(plan, facts)).unwrap_or_default(),
            role_assignments: assignments(facts),
            renewal: plan.zip(facts.app()).and_then(|(plan, app)| renewal(plan, app.app_id, &keys)),
            handed_over_steps: plan.map(|plan| handed_over(plan, progress)).unwrap_or_default(),
            proven_pools: facts
                .proof()
                .map(|proof| {
                    proof.pools.iter().filter(|pool| pool.nodes_proven).map(|pool| pool.pool.clone()).collect()
                })
                .unwrap_or_default(),
            pull_was_seen: facts.pull_was_seen(),
            not_proven: not_proven(progress),
            steps: steps(progress, entries),
            problems: problems(progress, entries),
            keys,
        }
    }
}

fn objects(plan: &Plan, facts: &Facts) -> Vec<Object> {
    let mut objects = Vec::new();
    let adopted = facts.adopted().is_some();
    if let Some(app) = facts.app() {
        objects.push(Object {
            tenant: Where::Cluster,
            tenant_id: plan.cluster_tenant.id,
            kind: "app registration",
            name: app.display_name.clone(),
            object_id: Some(app.object_id),
            was_there: adopted,
        });
    }
    if let Some(principal) = facts.identity() {
        objects.push(Object {
            tenant: Where::Cluster,
            tenant_id: plan.cluster_tenant.id,
            kind: "service principal",
            name: facts.app().map_or_else(|| plan.app_name.clone(), |app| app.display_name.clone()),
            object_id: Some(principal.object_id),
            was_there: adopted,
        });
    }
    if let Some(consented) = facts.consented() {
        objects.push(Object {
            tenant: Where::Registry,
            tenant_id: plan.registry_tenant.id,
            kind: "service principal",
            name: facts.app().map_or_else(|| plan.app_name.clone(), |app| app.display_name.clone()),
            object_id: consented.object_id,
            was_there: consented.was_there,
        });
    }
    objects
}

fn assignments(facts: &Facts) -> Vec<Assignment> {
    let line = |tenant: Where, given: &Given| Assignment {
        tenant,
        role: given.role_name.clone(),
        role_id: given.role,
        scope: given.scope.clone(),
        name: given.name,
        condition: given.condition.clone(),
        was_there: given.was_there,
    };
    let carried = facts.carried().iter().map(|given| line(Where::Cluster, given));
    carried.chain(facts.registry_role().map(|given| line(Where::Registry, given))).collect()
}

fn key_line(record: &KeyRecord) -> KeyLine {
    let state = match (record.removed, record.delivered, record.text_lost) {
        (true, _, _) => KeyState::Removed,
        (false, Some(Delivery::Cluster), _) => KeyState::SentToCluster,
        (false, Some(Delivery::Person), _) => KeyState::GivenToPerson,
        (false, None, true) => KeyState::Unusable,
        (false, None, false) => KeyState::Made,
    };
    KeyLine { id: record.key.id, purpose: record.key.purpose, ends: record.key.ends, state }
}

/// For the cluster's newest key. A cluster that kept its app has a secret that this setup did not make.
fn renewal(plan: &Plan, app: AppId, keys: &[KeyLine]) -> Option<Renewal> {
    let key = keys
        .iter()
        // One that was copied for a person as well is the cluster's all the same.
        .filter(|key| {
            let given = matches!(key.state, KeyState::SentToCluster | KeyState::GivenToPerson);
            key.purpose == Purpose::Cluster && given
        })
        .max_by_key(|key| key.ends)?;
    let cluster = &plan.cluster.id;
    // A secret that lives shortly is not due before it is made.
    let by = key.ends - RENEW_BEFORE.min(Duration::days(plan.secret_days.into()) / 3);
    Some(Renewal {
        by,
        remove_old: format!("az ad app credential delete --id {app} --key-id {}", key.id),
        ends: key.ends,
        commands: vec![
            format!("az login --tenant {}", plan.cluster_tenant.id),
            // Without --append every other secret of the app is deleted, the one in use first of all.
            format!(
                "SECRET=$(az ad app credential reset --id {app} --append --display-name renewed --end-date {} \
                 --query password --output tsv)",
                (by + Duration::days(plan.secret_days.into())).date()
            ),
            // With `=`, since a secret may begin with a hyphen.
            format!(
                "az aks update-credentials --subscription {} --resource-group {} --name {} \
                 --reset-service-principal --service-principal {app} --client-secret=\"$SECRET\"",
                cluster.subscription(),
                cluster.resource_group(),
                cluster.name()
            ),
            "unset SECRET".to_owned(),
        ],
    })
}

fn handed_over(plan: &Plan, progress: &Progress) -> Vec<HandedStep> {
    let Some(answers) = progress.answers().filter(|answers| answers.registry.handed_over()) else { return Vec::new() };
    let app = progress.facts().app().map(|app| app.app_id);
    let role = app.map(|app| handover::commands(plan, app, &answers.registry.repositories).role);
    [StepId::Consent, StepId::RegistryRole]
        .into_iter()
        .filter(|step| plan.has(*step))
        .map(|step| HandedStep {
            step,
            done: progress.stage(step) == Stage::Done,
            what: match (step, &role) {
                (StepId::Consent, _) => format!("make the app known in {}", plan.registry_tenant.label()),
                (_, Some(role)) => format!("on {}, give the app {role}", plan.registry.login_server),
                (_, None) => format!("give the app the right to pull from {}", plan.registry.login_server),
            },
            seen: progress.done_at(step),
            vouched: progress.vouched(step),
        })
        .collect()
}

fn not_proven(progress: &Progress) -> Vec<String> {
    let facts = progress.facts();
    let mut missing = Vec::new();
    let Some(proof) = facts.proof() else {
        missing.push(match facts.probe() {
            Some(_) => "The key can pull; that the cluster has it is not proven.".to_owned(),
            None => "The pull has not been proven.".to_owned(),
        });
        return missing;
    };
    if proof.pulled.anonymous {
        missing.push("Anybody can pull the image, so the pull proves nothing about the right.".to_owned());
    }
    for pool in proof.pools.iter().filter(|pool| !pool.nodes_proven) {
        let why = pool.why_not.as_deref().unwrap_or("no pull was made inside the cluster");
        let access = if proof.pulled.digest.is_some() { "access proven, nodes not proven" } else { "not proven" };
        let why = why.trim_end_matches('.');
        let nodes = if pool.nodes == 1 { "1 node".to_owned() } else { format!("{} nodes", pool.nodes) };
        missing.push(format!("Pool {} ({nodes}): {access}: {why}.", pool.pool));
    }
    for step in [StepId::Consent, StepId::RegistryRole, StepId::Probe] {
        if progress.vouched(step) {
            missing.push(format!("The step \"{step}\" rests on the word of the other company's admin."));
        }
    }
    missing
}

fn steps(progress: &Progress, entries: &[Entry]) -> Vec<StepLine> {
    let mut began: BTreeMap<StepId, OffsetDateTime> = BTreeMap::new();
    for entry in entries {
        if let Record::Intent { step, .. } = entry.record {
            began.entry(step).or_insert(entry.at);
        }
    }
    progress
        .steps()
        .map(|(step, stage)| StepLine {
            step,
            stage: name(&stage),
            began: began.get(&step).copied(),
            done: progress.done_at(step).filter(|_| stage == Stage::Done),
            vouched: stage == Stage::Done && progress.vouched(step),
        })
        .collect()
}

fn problems(progress: &Progress, entries: &[Entry]) -> Vec<Failure> {
    entries
        .iter()
        .filter_map(|entry| match &entry.record {
            Record::Failed { step, problem, .. } => Some(Failure {
                step: *step,
                code: catalogue::explain(problem, Some(*step)).map(|entry| entry.code.clone()),
                problem: (**problem).clone(),
                overcome: progress.stage(*step) == Stage::Done && !progress.vouched(*step),
                vouched: progress.stage(*step) == Stage::Done && progress.vouched(*step),
            }),
            _ => None,
        })
        .collect()
}

//! Step 8: the reset of the cluster's service principal profile. Apply is the request, verify is the wait: the operation's
//! address is journalled, so that a resume re-attaches instead of sending a second one.

use super::{
    Steps,
    fault::{fault, not_yet, refused},
    secret,
};
use crate::{
    azure::aks::{Accepted, Cluster, ClusterClient, OperationState},
    domain::{AppId, KeyId, Output, StepId, facts::Update, key::Delivery, problem::ProblemKind},
    engine::{Check, Fault, Record, Stage, StepContext, wait::Look, work::Intent},
};

const TRIED: &str = "give the cluster the app";

pub(super) async fn intent(steps: &Steps, cx: &StepContext) -> Result<Intent, Fault> {
    let (key, _text) = secret::text(steps, cx, StepId::Secret)?;
    let cluster = read(steps, cx).await?;
    let ClusterClient::ServicePrincipal(client_before) = cluster.client else {
        return Err(refused(ProblemKind::Azure, TRIED, "the cluster has a managed identity now"));
    };
    Ok(Intent { key: Some(key.id), client_before: Some(client_before) })
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let plan = cx.plan()?;
    let app_id = super::app_id(cx)?;
    let (key, text) = secret::text(steps, cx, StepId::Secret)?;
    let Stage::Intended { client_before: Some(client_before), .. } = cx.progress().stage(StepId::ClusterUpdate) else {
        return Err(crate::engine::context::missing("the intent of the reset"));
    };
    // Synced before it happens: from here on a cluster may have this key, whatever becomes of the answer.
    cx.record(Record::Delivered { key: key.id, how: Delivery::Cluster }).await?;
    let arm = &steps.cluster.arm;
    let accepted = cx
        .wait
        .visible("the cluster's tenant to take the new key", cx.wait.pace().key_window * 6, || async {
            match arm.reset_service_principal(&plan.cluster.id, app_id, &text).await {
                Ok(accepted) => Ok(Look::Ready(accepted)),
                // Refused before anything was changed: the key is too fresh for AKS.
                Err(error) if error.cluster_credentials_refused() => Ok(not_yet(&error)),
                // Nothing of ours is under way, or this step would be waiting for it: somebody else's operation runs.
                Err(error) if error.cluster_busy() => Ok(not_yet(&error)),
                Err(error) => Err(fault(error)),
            }
        })
        .await?;
    let operation = match accepted {
        Accepted::Done => None,
        Accepted::Running { operation, location, .. } => operation.or(location),
    };
    Ok(Output::ClusterUpdate(Update { key: key.id, client_before, operation }))
}

/// Whether a reset whose answer was lost has arrived. The cluster's word counts only if it had another app before, and
/// one key only was ever sent to it.
pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let app_id = super::app_id(cx)?;
    let progress = cx.progress();
    let ours = |cluster: &Cluster| cluster.client == ClusterClient::ServicePrincipal(app_id);
    if progress.stage(StepId::ClusterUpdate) == Stage::Done {
        let there = ours(&read(steps, cx).await?);
        let update = progress.facts().update().cloned().filter(|_| there);
        return Ok(update.map_or(Check::Absent, |update| Check::There(Output::ClusterUpdate(update))));
    }
    // What runs on the cluster may be the very reset whose answer was lost.
    if !ours(&at_rest(steps, cx).await?) {
        return Ok(Check::Absent);
    }
    let Stage::Intended { key: Some(key), client_before: Some(client_before), .. } =
        progress.stage(StepId::ClusterUpdate)
    else {
        return Err(stranger_in_the_cluster());
    };
    if proves(cx, app_id, key, client_before) {
        return Ok(Check::There(Output::ClusterUpdate(Update { key, client_before, operation: None })));
    }
    Err(refused(
        ProblemKind::Azure,
        "tell which key the cluster has",
        "it names the app, but more than one key was sent to it. Another reset, confirmed anew, settles it",
    )
    .begin_again())
}

fn proves(cx: &StepContext, app_id: AppId, key: KeyId, client_before: AppId) -> bool {
    let facts = cx.facts();
    let mut sent = facts.delivered_to_cluster();
    client_before != app_id && sent.next().is_some_and(|record| record.key.id == key) && sent.next().is_none()
}

/// The cluster names our app, and the journal knows of no reset: the journal ends earlier than it should.
pub(super) fn stranger_in_the_cluster() -> Fault {
    refused(
        ProblemKind::Local,
        "go on with this setup",
        "the cluster has this setup's app already, and the journal does not say so: the journal is not complete. \
         Nothing is changed and no key is removed. Restore the journal from a copy",
    )
}

pub(super) async fn verify(steps: &Steps, cx: &StepContext, update: &Update) -> Result<(), Fault> {
    let app_id = super::app_id(cx)?;
    if let Some(operation) = &update.operation {
        let arm = &steps.cluster.arm;
        let ended = cx
            .wait
            .operation("the cluster update", || async {
                let status = match arm.operation(operation).await {
                    Ok(status) => status,
                    Err(error) if error.not_found() => return Ok(Look::Ready(None)),
                    Err(error) => return Err(fault(error)),
                };
                Ok(match status.state {
                    OperationState::Running => Look::NotYet {
                        said: Some(
                            status
                                .percent
                                .map_or(status.word.clone(), |percent| format!("{} {percent:.0} %", status.word)),
                        ),
                        after: status.retry_after,
                    },
                    _ => Look::Ready(Some(status)),
                })
            })
            .await?;
        match ended {
            Some(status) if status.state == OperationState::Succeeded => {}
            Some(status) => {
                let (code, message) = status.error.map_or((None, None), |error| (error.code, error.message));
                let mut fault = refused(
                    ProblemKind::Azure,
                    TRIED,
                    format!(
                        "the operation ended {}: {}. Some nodes may have the new key and some the old one; both apps, all \
                         keys and all rights are left as they are",
                        status.word,
                        message.as_deref().filter(|text| !text.is_empty()).unwrap_or("Azure gives no reason")
                    ),
                );
                fault.problem.code = code;
                return Err(fault.begin_again());
            }
            None if !proves(cx, app_id, update.key, update.client_before) => {
                return Err(refused(
                    ProblemKind::Azure,
                    TRIED,
                    "the operation cannot be found any more, and the cluster alone does not prove which key it has",
                )
                .begin_again());
            }
            None => {}
        }
    }
    settled(steps, cx, app_id).await
}

/// Waits until the cluster names the app and every pool is at rest.
async fn settled(steps: &Steps, cx: &StepContext, app_id: AppId) -> Result<(), Fault> {
    let cluster = at_rest(steps, cx).await?;
    if let Some(pool) = cluster.pools.iter().find(|pool| !pool.provisioning_state.eq_ignore_ascii_case("Succeeded")) {
        let what =
            format!("pool {} is {}; a reset is repeated with a new confirmation", pool.name, pool.provisioning_state);
        return Err(refused(ProblemKind::Azure, TRIED, what).begin_again());
    }
    if cluster.failed() {
        return Err(refused(ProblemKind::Azure, TRIED, "the cluster is in state Failed").begin_again());
    }
    if cluster.client == ClusterClient::ServicePrincipal(app_id) {
        return Ok(());
    }
    let plan = cx.plan()?;
    let arm = &steps.cluster.arm;
    cx.wait
        .visible("the cluster to name the app", cx.wait.pace().cluster_window, || async {
            match arm.cluster(&plan.cluster.id).await {
                Ok(cluster) if cluster.client == ClusterClient::ServicePrincipal(app_id) => Ok(Look::Ready(())),
                Ok(_) => Ok(Look::not_yet("it names another app so far")),
                Err(error) => Err(fault(error)),
            }
        })
        .await
        .map_err(Fault::begin_again)
}

/// The cluster, once no operation runs on it.
async fn at_rest(steps: &Steps, cx: &StepContext) -> Result<Cluster, Fault> {
    let plan = cx.plan()?;
    let arm = &steps.cluster.arm;
    cx.wait
        .operation("the operation that runs on the cluster", || async {
            match arm.cluster(&plan.cluster.id).await {
                Ok(cluster) if cluster.busy() => Ok(Look::not_yet(cluster.provisioning_state)),
                Ok(cluster) => Ok(Look::Ready(cluster)),
                Err(error) => Err(fault(error)),
            }
        })
        .await
}

/// The cluster as it is now.
pub(super) async fn read(steps: &Steps, cx: &StepContext) -> Result<Cluster, Fault> {
    let plan = cx.plan()?;
    let arm = &steps.cluster.arm;
    cx.wait.call("read the cluster", || async { arm.cluster(&plan.cluster.id).await.map_err(fault) }).await
}

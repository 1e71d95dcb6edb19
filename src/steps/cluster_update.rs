//! Step 8: the reset of the cluster's service principal profile. Apply is the request, verify is the wait: the operation's
//! address is journalled, so that a resume re-attaches instead of sending a second one.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::{
    Steps,
    fault::{fault, not_yet, refused},
    known, registration, secret,
};
use crate::{
    azure::{
        ErrorKind,
        aks::{Accepted, Cluster, ClusterClient, OperationState, OperationStatus},
    },
    domain::{AppId, KeyId, Output, StepId, facts::Update, key::Delivery, problem::ProblemKind},
    engine::{Check, Fate, Fault, Record, Stage, StepContext, wait::Look, work::Intent},
};

const TRIED: &str = "give the cluster the app";

pub(super) async fn intent(steps: &Steps, cx: &StepContext) -> Result<Intent, Fault> {
    let (key, _text) = secret::text(steps, cx, StepId::Secret)?;
    let cluster = read_recent(steps, cx).await?;
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
    let arm = &steps.cluster.arm;
    // A sign-in that is due anyway comes before the key is on its way.
    cx.wait.call("sign in", || async { arm.sign_in().await.map_err(fault) }).await?;
    // Synced before it happens: from here on a cluster may have this key, whatever becomes of the answer.
    cx.record(Record::Delivered { key: key.id, how: Delivery::Cluster }).await?;
    let sent = cx
        .wait
        .visible("the cluster to take the new key", cx.wait.pace().key_window * 6, || async {
            match arm.reset_service_principal(&plan.cluster.id, app_id, &text).await {
                Ok(accepted) => Ok(Look::Ready(accepted)),
                // Refused before anything was changed: the key is too fresh for AKS.
                Err(error) if error.cluster_credentials_refused() => Ok(not_yet(&error)),
                // Nothing of ours is under way, or this step would be waiting for it: somebody else's operation runs,
                // and what it makes of the cluster wants to be reviewed.
                Err(error) if error.cluster_busy() => Err(Fault { fate: Fate::Rejected, ..fault(error) }),
                Err(error) => Err(fault(error)),
            }
        })
        .await;
    let operation = match sent {
        Ok(Accepted::Done) => None,
        Ok(Accepted::Running { operation, location, .. }) => operation.or(location),
        Err(fault) => return Err(not_sent(cx, key.id, fault).await),
    };
    Ok(Output::ClusterUpdate(Update { key: key.id, client_before, operation, every_pool: false }))
}

/// A reset that did not go through. Where every try was refused or never left, no cluster has its key, and that is journalled.
async fn not_sent(cx: &StepContext, key: KeyId, mut fault: Fault) -> Fault {
    if fault.is_interrupted() {
        // A stop is heard between two tries only, and each that is followed by another one was refused.
        fault.fate = Fate::Rejected;
    }
    if fault.fate != Fate::Unknown && cx.progress().delivery_is_open(key) {
        // Without the record the key counts as delivered.
        if let Err(unwritten) = cx.record(Record::NotTaken { key }).await {
            return unwritten;
        }
    }
    fault
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
    let Some((key, client_before)) = progress.reset_intended() else { return Err(stranger_in_the_cluster()) };
    if proves(cx, app_id, key, client_before) {
        return Ok(Check::There(Output::ClusterUpdate(Update {
            key,
            client_before,
            operation: None,
            every_pool: false,
        })));
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

pub(super) async fn verify(steps: &Steps, cx: &StepContext, update: &Update) -> Result<Update, Fault> {
    let app_id = super::app_id(cx)?;
    if let Some(operation) = &update.operation {
        let arm = &steps.cluster.arm;
        let gone = Gone::default();
        let ended = cx
            .wait
            .operation("the cluster update", || async {
                let status = match arm.operation(operation).await {
                    Ok(status) => status,
                    // An operation that was just begun may not be found yet.
                    Err(error) if error.not_found() => return Ok(gone.look(cx)),
                    // Nobody is asked at an address of another host: the operation is as good as gone.
                    Err(error) if error.kind == ErrorKind::ForeignHost => return Ok(Look::Ready(None)),
                    Err(error) => return Err(fault(error)),
                };
                gone.found();
                Ok(match status.state {
                    OperationState::Running => {
                        Look::NotYet { said: Some(how_far(steps, cx, &status).await), after: status.retry_after }
                    }
                    _ => Look::Ready(Some(status)),
                })
            })
            .await?;
        match ended {
            Some(status) if status.state == OperationState::Succeeded => {}
            Some(status) => return Err(not_succeeded(status)),
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
    let cluster = settled(steps, cx, app_id).await?;
    let every_pool = cluster.pools.iter().all(|pool| pool.running() && pool.count > 0);
    Ok(Update { every_pool, ..update.clone() })
}

/// An operation that came to an end which is no success.
pub(crate) fn not_succeeded(status: OperationStatus) -> Fault {
    let (code, inner_codes, message) =
        status.error.map_or((None, Vec::new(), None), |error| (error.code, error.inner_codes, error.message));
    let message = message.as_deref().filter(|text| !text.is_empty()).unwrap_or("Azure gives no reason");
    let mut fault = refused(ProblemKind::Azure, TRIED, format!("the operation ended {}: {message}", status.word));
    fault.problem.code = code;
    fault.problem.inner_codes = inner_codes;
    fault.problem.request_id = status.request_id;
    fault.problem.correlation_id = status.correlation_id;
    fault.begin_again()
}

/// How far a running operation has come: its own word, and the pools', where they can be read.
async fn how_far(steps: &Steps, cx: &StepContext, status: &OperationStatus) -> String {
    let percent = status.percent.map(|percent| format!(" {percent:.0} %")).unwrap_or_default();
    let word = format!("{}{percent}", status.word);
    let Ok(plan) = cx.plan() else { return word };
    match known::recent_cluster(steps, &plan.cluster.id).await {
        Ok(cluster) => state(&cluster, word),
        Err(_) => word,
    }
}

/// A word for the cluster, and the pools that are not at rest.
fn state(cluster: &Cluster, word: String) -> String {
    let busy = cluster.pools.iter().filter(|pool| !pool.provisioning_state.eq_ignore_ascii_case("Succeeded"));
    let busy: Vec<String> = busy.map(|pool| format!("{} {}", pool.name, pool.provisioning_state)).collect();
    if busy.is_empty() { word } else { format!("{word}; pool {}", busy.join(", ")) }
}

/// The cluster, once it names the app and every pool is at rest.
async fn settled(steps: &Steps, cx: &StepContext, app_id: AppId) -> Result<Cluster, Fault> {
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
        return Ok(cluster);
    }
    cx.wait
        .visible("the cluster to name the app", cx.wait.pace().cluster_window, || async {
            let cluster = at_rest(steps, cx).await?;
            Ok(if cluster.client == ClusterClient::ServicePrincipal(app_id) {
                Look::Ready(cluster)
            } else {
                Look::not_yet("it names another app so far")
            })
        })
        .await
        .map_err(Fault::begin_again)
}

/// The cluster, once no operation runs on it.
async fn at_rest(steps: &Steps, cx: &StepContext) -> Result<Cluster, Fault> {
    let plan = cx.plan()?;
    cx.wait
        .operation("the operation that runs on the cluster", || async {
            match known::cluster(steps, &plan.cluster.id).await {
                Ok(cluster) if cluster.busy() => Ok(Look::not_yet(state(&cluster, cluster.provisioning_state.clone()))),
                Ok(cluster) => Ok(Look::Ready(cluster)),
                Err(error) => Err(fault(error)),
            }
        })
        .await
}

/// The cluster as it is now.
pub(super) async fn read(steps: &Steps, cx: &StepContext) -> Result<Cluster, Fault> {
    let plan = cx.plan()?;
    cx.wait.call("read the cluster", || async { known::cluster(steps, &plan.cluster.id).await.map_err(fault) }).await
}

/// The cluster as the step before, or the review, has only just seen it.
pub(super) async fn read_recent(steps: &Steps, cx: &StepContext) -> Result<Cluster, Fault> {
    let plan = cx.plan()?;
    let read = || async { known::recent_cluster(steps, &plan.cluster.id).await.map_err(fault) };
    cx.wait.call("read the cluster", read).await
}

/// An operation that cannot be found: believed after a whole window and enough looks that agree.
#[derive(Debug, Default)]
struct Gone(Mutex<Option<(Instant, u32)>>);

impl Gone {
    fn look<T>(&self, cx: &StepContext) -> Look<Option<T>> {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (started, agreeing) = since.get_or_insert_with(|| (Instant::now(), 0));
        *agreeing += 1;
        if *agreeing >= cx.wait.pace().agreeing && started.elapsed() >= cx.wait.pace().cluster_window {
            return Look::Ready(None);
        }
        Look::not_yet("the operation cannot be found")
    }

    fn found(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Before anything is done on a resume, and before anything is taken back: a cluster that has the app although the journal
/// knows of no reset means that the journal ends too early; and an app that a cluster has, or may be given at this moment,
/// is not taken away from it.
pub(super) async fn guard(steps: &Steps, cx: &StepContext, undo: bool) -> Result<(), Fault> {
    let (progress, plan) = (cx.progress(), cx.plan()?);
    let sent = progress.facts().delivered_to_cluster().next().is_some();
    if !plan.has(StepId::ClusterUpdate) || (sent && !undo) {
        return Ok(());
    }
    let app_id = match progress.facts().app() {
        Some(app) => app.app_id,
        // The journal may end before it: the app has this setup's name all the same.
        None => match registration::named(steps, cx).await? {
            Some(app) => app.app_id,
            None => return Ok(()),
        },
    };
    let cluster = read(steps, cx).await?;
    let has_app = cluster.client == ClusterClient::ServicePrincipal(app_id);
    if has_app && !sent {
        return Err(stranger_in_the_cluster());
    }
    if undo && (has_app || (sent && cluster.busy())) {
        return Err(refused(
            ProblemKind::Answers,
            "take the setup back",
            "a reset was sent, and the cluster has the app or is changing right now; without it, its nodes could not pull",
        ));
    }
    Ok(())
}

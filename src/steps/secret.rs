//! Step 6: the key. Each call of `addPassword` makes one more, and its text is told once; so a key whose answer was lost
//! is found by its label, journalled, and removed before another is made.

use time::OffsetDateTime;

use super::{
    Steps, cluster_update,
    fault::{fault, refused, yet},
    keys::{held, may_remove},
};
use crate::{
    azure::{self, aks::ClusterClient},
    domain::{
        Key, KeyId, Output, Purpose, StepId,
        key::{Delivery, label},
        problem::ProblemKind,
    },
    engine::{
        Check, Fault, Record, Stage, StepContext,
        wait::{self, Look},
        work::Taken,
    },
    secret::Secret,
};

/// What the key of a step is for.
fn purpose(step: StepId, cx: &StepContext) -> Result<Purpose, Fault> {
    if step == StepId::WatchKey {
        return Ok(Purpose::Watch);
    }
    Ok(super::route::key_purpose(cx.plan()?.route))
}

/// How long a key for one run lives: Entra takes no less than it needs to spread.
const SHORT: time::Duration = time::Duration::days(1);

pub(super) async fn check(steps: &Steps, step: StepId, cx: &StepContext) -> Result<Check, Fault> {
    let (_, object_id) = super::app(cx)?;
    // An app that is gone has no keys. Who asks waits for lagging replicas.
    let Some(app) = steps.cluster.graph.application(object_id).await.map_err(fault)? else { return Ok(Check::Absent) };
    let facts = cx.facts();
    if cx.progress().stage(step) == Stage::Done {
        let there = facts
            .key_of(step)
            .filter(|key| app.password_credentials.iter().any(|credential| credential.key_id == key.id));
        return Ok(there.map_or(Check::Absent, |key| Check::There(Output::Key(key.clone()))));
    }
    // An unanswered request: a key with this label that the journal does not know is the one that it made.
    let purpose = purpose(step, cx)?;
    let label = label(cx.setup(), purpose);
    let stranger = app.password_credentials.iter().find(|credential| {
        credential.display_name.as_deref() == Some(label.as_str()) && facts.key(credential.key_id).is_none()
    });
    Ok(stranger.map_or(Check::Absent, |credential| {
        Check::There(Output::Key(Key {
            id: credential.key_id,
            purpose,
            ends: credential.end.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }))
    }))
}

pub(super) async fn apply(steps: &Steps, step: StepId, cx: &StepContext) -> Result<Output, Fault> {
    remove_lost(steps, cx).await?;
    let (_, object_id) = super::app(cx)?;
    let purpose = purpose(step, cx)?;
    let life = match purpose {
        Purpose::Cluster => time::Duration::days(i64::from(cx.plan()?.secret_days)),
        Purpose::Probe | Purpose::Watch => SHORT,
    };
    let label = label(cx.setup(), purpose);
    let graph = &steps.cluster.graph;
    let (credential, text) = cx
        .wait
        .visible("the app to take a key", cx.wait.pace().graph_window, || async {
            yet(graph.add_password(object_id, &label, wait::now() + life).await, azure::Error::not_replicated)
        })
        .await?;
    steps.texts.keep(credential.key_id, text);
    let ends = credential.end.unwrap_or_else(|| wait::now() + life);
    Ok(Output::Key(Key { id: credential.key_id, purpose, ends }))
}

/// Puts the text of the nodes' key into the keychain, where one was asked for. A keychain that fails costs the resume its
/// text, and not the run.
pub(super) async fn entrust(steps: &Steps, cx: &StepContext, key: &Key) -> Result<(), Fault> {
    if key.purpose != Purpose::Cluster || !steps.texts.has_keychain() || !steps.texts.holds(key.id) {
        return Ok(());
    }
    cx.record(Record::TextKept { key: key.id }).await?;
    if let Err(refused) = steps.texts.entrust(cx.setup(), key.id).await {
        cx.record(Record::TextRefused { key: key.id, why: refused.to_string() }).await?;
    }
    Ok(())
}

/// Keys of this setup whose text is gone and never went anywhere: nobody can be using them.
async fn remove_lost(steps: &Steps, cx: &StepContext) -> Result<(), Fault> {
    let facts = cx.facts();
    let lost = facts.keys().filter(|record| record.text_lost && !record.removed && record.delivered.is_none());
    for record in lost {
        let key = record.key.id;
        // What may not go now goes with the sweep, when it is proven which key the cluster has.
        if expect_unused(steps, &record.key, cx).await?.is_ok() {
            remove(steps, key, cx).await?;
            cx.record(Record::KeyRemoved { key }).await?;
        }
    }
    Ok(())
}

/// Whether nobody can be using a key whose text this process does not have, or why that is not known. It may have been found
/// under this setup's label alone: while the cluster has the app, and the journal does not say with which key, it may be the
/// cluster's.
async fn expect_unused(steps: &Steps, key: &Key, cx: &StepContext) -> Result<Result<(), &'static str>, Fault> {
    if key.purpose != Purpose::Cluster || steps.texts.holds(key.id) {
        return Ok(Ok(()));
    }
    let app_id = super::app_id(cx)?;
    let cluster = cluster_update::read(steps, cx).await?;
    let progress = cx.progress();
    let every_pool = progress.facts().update().is_some_and(|update| update.every_pool);
    let has_app = cluster.client == ClusterClient::ServicePrincipal(app_id);
    let held = held(&progress, has_app, !cluster.busy(), every_pool);
    Ok(may_remove(&progress, key.id, &label(cx.setup(), key.purpose), None, held))
}

/// Removes a key that was never delivered, where nobody can be using it.
pub(super) async fn remove_unused(steps: &Steps, key: KeyId, cx: &StepContext) -> Result<Taken, Fault> {
    let known = cx.facts().key(key).map(|record| record.key.clone());
    if let Some(known) = known
        && let Err(why) = expect_unused(steps, &known, cx).await?
    {
        return Err(refused(ProblemKind::Azure, "remove a key", why));
    }
    remove(steps, key, cx).await
}

/// Removes a key from the app. One that is not there any more is removed as well.
pub(super) async fn remove(steps: &Steps, key: KeyId, cx: &StepContext) -> Result<Taken, Fault> {
    if cx.facts().key(key).is_some_and(|record| record.delivered == Some(Delivery::Person)) {
        return Err(refused(ProblemKind::Answers, "remove a key", "it was given to a person, who may be using it"));
    }
    take_away(steps, key, cx).await
}

/// Removes a key from the app, until it is not among the app's keys any more: a replica that does not know the app yet says
/// of a key that it is not there.
pub(super) async fn take_away(steps: &Steps, key: KeyId, cx: &StepContext) -> Result<Taken, Fault> {
    let (_, object_id) = super::app(cx)?;
    let graph = &steps.cluster.graph;
    let taken = cx
        .wait
        .visible("a key to be gone", cx.wait.pace().graph_window, || async {
            if graph.remove_password(object_id, key).await.map_err(fault)? {
                return Ok(Look::Ready(Taken::Away));
            }
            let app = graph.application(object_id).await.map_err(fault)?;
            let listed = app.is_some_and(|app| app.password_credentials.iter().any(|one| one.key_id == key));
            Ok(if listed { Look::not_yet("it is listed still") } else { Look::Ready(Taken::NotThere) })
        })
        .await?;
    steps.texts.forget(key);
    Ok(taken)
}

/// A key that is about to end is given up before the service says so: whoever waits with it goes on with a new one.
pub(super) async fn expect_fresh(steps: &Steps, cx: &StepContext, key: &Key) -> Result<(), Fault> {
    const BEFORE_ITS_END: time::Duration = time::Duration::minutes(10);
    if wait::now() < key.ends - BEFORE_ITS_END {
        return Ok(());
    }
    steps.texts.forget(key.id);
    cx.record(Record::TextLost { key: key.id }).await?;
    Err(refused(
        ProblemKind::Waiting,
        "watch the other tenant",
        "the key of this watch is about to end; a new one is made",
    )
    .begin_again())
}

/// The key of a step with its text, where this process has it.
pub(super) fn text(steps: &Steps, cx: &StepContext, step: StepId) -> Result<(Key, Secret), Fault> {
    let facts = cx.facts();
    let key = facts.key_of(step).ok_or_else(|| crate::engine::context::missing("the key"))?;
    let text = steps.texts.get(key.id).ok_or_else(|| {
        refused(ProblemKind::Internal, "use the key", "its text ended with the run that made it; a new key is needed")
            .begin_again()
    })?;
    Ok((key.clone(), text))
}

//! Which keys may be removed. Azure tells which keys exist, never which one the nodes have; so the journal must.

use crate::domain::{
    KeyId, Purpose, SetupId, StepId,
    key::{Delivery, label, label_prefix},
};
use crate::engine::{Progress, Stage};

/// What the journal and the cluster's face together prove of the key that the nodes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The cluster has another app, is at rest, and no reset may be under way: none of our keys.
    None,
    /// A reset with this key was seen to succeed on every pool.
    Only(KeyId),
    /// A reset with this key succeeded, but some pools were stopped or empty: they may hold an older one.
    Some(KeyId),
    /// It cannot be told.
    Unknown,
}

/// Says what is proven. `cluster_has_app` and `at_rest` are what the cluster shows now; `every_pool` whether all pools
/// were running with nodes when the reset was done.
pub(crate) fn held(progress: &Progress, cluster_has_app: bool, at_rest: bool, every_pool: bool) -> Held {
    let reset = progress.facts().update().map(|update| update.key);
    match (progress.stage(StepId::ClusterUpdate), reset) {
        (Stage::Done, Some(key)) if at_rest && every_pool => Held::Only(key),
        (Stage::Done, Some(key)) => Held::Some(key),
        (Stage::Due, _) if at_rest && !cluster_has_app => Held::None,
        _ => Held::Unknown,
    }
}

/// Whether a key with this setup's label may be removed, or why not.
pub(crate) fn may_remove(progress: &Progress, key: KeyId, labelled: &str, held: Held) -> Result<(), &'static str> {
    let setup = progress.setup();
    if !labelled.starts_with(&label_prefix(setup)) {
        return Err("it is not one of this setup's keys");
    }
    let Some(record) = progress.facts().key(key) else {
        return stranger(setup, labelled, held);
    };
    match record.delivered {
        Some(Delivery::Person) => Err("it was given to a person, who has to say that it is not used"),
        Some(Delivery::Cluster) => match held {
            Held::Only(current) if current != key => Ok(()),
            Held::Only(_) | Held::Some(_) => Err("the cluster has it, or a stopped pool may have it"),
            Held::None | Held::Unknown => Err("it was sent to the cluster, and nothing proves that it is not used"),
        },
        // While it cannot be told what the cluster has, the journal's word that a key for it was never sent is not enough.
        None if record.key.purpose == Purpose::Cluster && held == Held::Unknown => {
            Err("what the cluster has cannot be told")
        }
        // Never delivered: nobody but the process that made it ever had its text.
        None => Ok(()),
    }
}

/// A key with our label that the journal does not know was made by a request whose answer was lost: its text went
/// nowhere. Unless the journal ends too early: then a cluster that has our app may have just this key.
fn stranger(setup: SetupId, labelled: &str, held: Held) -> Result<(), &'static str> {
    let never_for_a_cluster =
        [Purpose::Probe, Purpose::Watch].into_iter().any(|purpose| labelled == label(setup, purpose));
    match held {
        _ if never_for_a_cluster => Ok(()),
        Held::None | Held::Only(_) => Ok(()),
        Held::Some(_) | Held::Unknown => Err("the journal does not prove which key the cluster has"),
    }
}

//! Which keys may be removed. Azure tells which keys exist, never which one the nodes have; so the journal must.

use time::OffsetDateTime;

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

/// Whether a key with this setup's label may be removed, or why not. `made` is when Azure says that it was made, where it does.
pub(crate) fn may_remove(
    progress: &Progress,
    key: KeyId,
    labelled: &str,
    made: Option<OffsetDateTime>,
    held: Held,
) -> Result<(), &'static str> {
    let setup = progress.setup();
    if !labelled.starts_with(&label_prefix(setup)) {
        return Err("it is not one of this setup's keys");
    }
    let Some(record) = progress.facts().key(key) else {
        let since = progress.done_at(StepId::ClusterUpdate);
        let younger = since.is_some_and(|since| made.is_none_or(|made| made > since));
        return stranger(setup, labelled, held, younger);
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
/// nowhere. Unless the journal ends too early, or somebody goes on with a copy of it: then a cluster that has our app may have
/// just this key. No request of ours makes a key once the cluster has one: what is younger is somebody else's.
fn stranger(setup: SetupId, labelled: &str, held: Held, younger: bool) -> Result<(), &'static str> {
    let never_for_a_cluster =
        [Purpose::Probe, Purpose::Watch].into_iter().any(|purpose| labelled == label(setup, purpose));
    match held {
        _ if never_for_a_cluster => Ok(()),
        Held::None | Held::Only(_) if younger => Err("it was made after the cluster update, and not by this setup"),
        Held::None | Held::Only(_) => Ok(()),
        Held::Some(_) | Held::Unknown => Err("the journal does not prove which key the cluster has"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{Key, Output},
        engine::Record,
        sample,
    };

    /// The records of a setup that went well, up to the one that `last` finds.
    fn until(last: impl Fn(&Record) -> bool) -> Progress {
        let records = sample::connected();
        let at = records.iter().position(last).unwrap();
        sample::fold(&sample::entries(records.into_iter().take(at + 1)))
    }

    fn secret_made(record: &Record) -> bool {
        matches!(record, Record::Done { step: StepId::Secret, .. })
    }

    fn sent(record: &Record) -> bool {
        matches!(record, Record::Delivered { .. })
    }

    fn updated(record: &Record) -> bool {
        matches!(record, Record::Done { step: StepId::ClusterUpdate, .. })
    }

    fn made() -> KeyId {
        KeyId(sample::uuid(1))
    }

    fn stranger_key() -> KeyId {
        KeyId(sample::uuid(99))
    }

    #[test]
    fn a_key_that_never_left_may_go_while_the_cluster_is_known_to_have_none() {
        let progress = until(secret_made);
        let labelled = label(progress.setup(), Purpose::Cluster);
        let none = held(&progress, false, true, true);
        assert_eq!(none, Held::None);
        assert_eq!(may_remove(&progress, made(), &labelled, None, none), Ok(()));
        // The cluster names our app, and the journal knows of no reset: it ends too early.
        let unknown = held(&progress, true, true, true);
        assert_eq!(unknown, Held::Unknown);
        assert!(may_remove(&progress, made(), &labelled, None, unknown).is_err());
        assert!(may_remove(&progress, stranger_key(), &labelled, None, unknown).is_err());
    }

    #[test]
    fn a_key_that_was_sent_stays_until_another_is_proven_on_every_pool() {
        let sent = until(sent);
        let labelled = label(sent.setup(), Purpose::Cluster);
        for (has_app, at_rest) in [(false, true), (true, true), (true, false), (false, false)] {
            let held = held(&sent, has_app, at_rest, true);
            assert_eq!(held, Held::Unknown);
            assert!(may_remove(&sent, made(), &labelled, None, held).is_err());
        }
        let updated = until(updated);
        let current = held(&updated, true, true, true);
        assert_eq!(current, Held::Only(made()));
        assert!(may_remove(&updated, made(), &labelled, None, current).is_err());
        // Had it been an older key, and this one's reset had reached every pool, it could go; with a stopped pool not.
        assert_eq!(may_remove(&updated, made(), &labelled, None, Held::Only(stranger_key())), Ok(()));
        assert!(may_remove(&updated, made(), &labelled, None, Held::Some(stranger_key())).is_err());
    }

    #[test]
    fn what_a_person_has_stays_and_so_does_what_is_not_ours() {
        let mut records = sample::connected();
        let at = records.iter().position(secret_made).unwrap();
        records.truncate(at + 1);
        records.push(Record::Delivered { key: made(), how: Delivery::Person });
        let progress = sample::fold(&sample::entries(records));
        let labelled = label(progress.setup(), Purpose::Cluster);
        for held in [Held::None, Held::Only(stranger_key()), Held::Unknown] {
            assert!(may_remove(&progress, made(), &labelled, None, held).is_err());
            assert!(may_remove(&progress, stranger_key(), "renewed by hand", None, held).is_err());
        }
    }

    #[test]
    fn a_lost_answer_leaves_a_key_that_may_go() {
        let progress = until(updated);
        let setup = progress.setup();
        let proven = held(&progress, true, true, true);
        for purpose in [Purpose::Cluster, Purpose::Probe, Purpose::Watch] {
            let before = progress.done_at(StepId::ClusterUpdate).map(|at| at - time::Duration::MINUTE);
            assert_eq!(may_remove(&progress, stranger_key(), &label(setup, purpose), before, proven), Ok(()));
        }
        // Made since then, or nobody knows when: somebody may have given it to the cluster.
        let since = progress.done_at(StepId::ClusterUpdate).map(|at| at + time::Duration::MINUTE);
        for made in [since, None] {
            let cluster = label(setup, Purpose::Cluster);
            assert!(may_remove(&progress, stranger_key(), &cluster, made, proven).is_err());
        }
        // Keys for one run alone never go to a cluster, whatever it has.
        let watch = label(setup, Purpose::Watch);
        assert_eq!(may_remove(&progress, stranger_key(), &watch, None, Held::Unknown), Ok(()));
    }

    #[test]
    fn the_sample_makes_the_key_that_these_tests_are_about() {
        let progress = until(secret_made);
        let Some(Output::Key(Key { id, .. })) = progress.facts().output(StepId::Secret) else { panic!("no key") };
        assert_eq!(*id, made());
    }
}

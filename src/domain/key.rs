//! Keys: password credentials of the app, known by their `keyId`. A key's text is not here; it is in memory or nowhere.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{KeyId, SetupId};

/// What a key is for. Decides how long it lives, and whether it may ever go to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// For the nodes of the cluster.
    Cluster,
    /// For the pull test alone: lives a day.
    Probe,
    /// To watch a handed-over tenant from outside: lives a day, never goes to a cluster.
    Watch,
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cluster => "cluster",
            Self::Probe => "probe",
            Self::Watch => "watch",
        })
    }
}

/// A key that Azure has made for this setup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// What it is for.
    pub purpose: Purpose,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub ends: OffsetDateTime,
}

/// What the journal knows of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key.
    pub key: Key,
    /// Its text was sent in a reset, copied or shown; journalled before it happened.
    pub delivered: Option<Delivery>,
    /// Its text is in the keychain of the operating system, or may be.
    pub kept: bool,
    /// The process that had its text is gone.
    pub text_lost: bool,
    /// It was removed from the app.
    pub removed: bool,
}

/// Where a key's text went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// In a reset, to the cluster.
    Cluster,
    /// To a person: copied or shown.
    Person,
}

/// The display name that marks a key as this setup's. Only such keys are ever removed.
pub fn label(setup: SetupId, purpose: Purpose) -> String {
    format!("{}{purpose}", label_prefix(setup))
}

/// What every key of a setup is labelled with, whatever its purpose.
pub fn label_prefix(setup: SetupId) -> String {
    format!("crosspull {setup} ")
}

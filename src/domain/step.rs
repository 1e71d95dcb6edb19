//! The steps of the procedure, and the two sides they act on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One unit of work. The order of the variants is the order in which people read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepId {
    /// The app registration in the cluster tenant (route `new-app`).
    Registration,
    /// The cluster's present app is opened to other tenants (route `keep-app`).
    Adoption,
    /// The app's service principal at home, and the app opened to other tenants.
    Identity,
    /// The present principal's role assignments, given to the new one.
    CarryOver,
    /// A key that lives a day, to watch a handed-over registry tenant from outside.
    WatchKey,
    /// The app's service principal in the registry tenant.
    Consent,
    /// The right to pull, on the registry.
    RegistryRole,
    /// The key that the cluster will use, or the short-lived one of the probe.
    Secret,
    /// The pull test with that key.
    Probe,
    /// The reset of the cluster's service principal profile.
    ClusterUpdate,
    /// Proof that the cluster has the app and that pulls work.
    Proof,
    /// Removal of keys that nobody can be using.
    Sweep,
}

impl StepId {
    /// Every step, in reading order.
    pub const ALL: [Self; 12] = [
        Self::Registration,
        Self::Adoption,
        Self::Identity,
        Self::CarryOver,
        Self::WatchKey,
        Self::Consent,
        Self::RegistryRole,
        Self::Secret,
        Self::Probe,
        Self::ClusterUpdate,
        Self::Proof,
        Self::Sweep,
    ];

    /// The step's name in screens, logs and the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Adoption => "adoption",
            Self::Identity => "identity",
            Self::CarryOver => "carry over",
            Self::WatchKey => "watch key",
            Self::Consent => "consent",
            Self::RegistryRole => "registry role",
            Self::Secret => "secret",
            Self::Probe => "probe",
            Self::ClusterUpdate => "cluster update",
            Self::Proof => "proof",
            Self::Sweep => "sweep",
        }
    }

    /// The tenant in which the step acts.
    pub fn side(self) -> Side {
        match self {
            Self::Registration
            | Self::Adoption
            | Self::Identity
            | Self::CarryOver
            | Self::WatchKey
            | Self::Secret
            | Self::ClusterUpdate
            | Self::Sweep => Side::Cluster,
            Self::Consent | Self::RegistryRole => Side::Registry,
            Self::Probe | Self::Proof => Side::Both,
        }
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One of the two tenants of a setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The tenant that owns the cluster, and is the app's home.
    Cluster,
    /// The tenant that owns the registry.
    Registry,
    /// Both of them.
    Both,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cluster => "cluster",
            Self::Registry => "registry",
            Self::Both => "both",
        })
    }
}

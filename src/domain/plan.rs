//! The plan: the steps of a setup with what each would do now, and what was seen when it was made.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    AppId, Cloud, Finding, LoginServer, ObjectId, SetupId, Severity, Side, StepId,
    answers::{Route, Tenant},
    facts::Adopted,
};

/// What a setup would do now. Confirmed by its [`PlanHash`] before anything is created or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The setup.
    pub setup: SetupId,
    /// Which steps it takes, and why these.
    pub route: Route,
    /// Why this route.
    pub route_reason: String,
    /// The cloud that both tenants are in.
    pub cloud: Cloud,
    /// The tenant that owns the cluster.
    pub cluster_tenant: Tenant,
    /// The tenant that owns the registry.
    pub registry_tenant: Tenant,
    /// The cluster as it was seen.
    pub cluster: ClusterSeen,
    /// The registry as it was seen, or as it was given.
    pub registry: RegistrySeen,
    /// The app's name.
    pub app_name: String,
    /// How long the cluster's key will live, in days.
    pub secret_days: u16,
    /// The role assignments of the present principal, and what happens to each.
    pub carry_over: Vec<CarryLine>,
    /// Route `keep-app`: the cluster's app as it was found. Journalled with the plan, before anything is changed, so that
    /// undo can put it back whatever happens in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub present_app: Option<Adopted>,
    /// The steps, in reading order.
    pub lines: Vec<Line>,
    /// What the preflight found.
    pub findings: Vec<Finding>,
}

/// One step of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The step.
    pub step: StepId,
    /// The steps that it needs.
    pub needs: Vec<StepId>,
    /// Where it acts.
    pub side: Side,
    /// What it would do now.
    pub action: Action,
    /// The same in words.
    pub text: String,
    /// Each single change, in words.
    pub changes: Vec<String>,
}

/// What a step would do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Makes something new.
    Create,
    /// Finds it there already, and leaves it.
    Keep,
    /// Changes something that is there.
    Change,
    /// Waits for a person of the other company.
    AskPerson,
    /// Asks for a confirmation of its own when it is due.
    ConfirmThen,
    /// Reads only.
    ReadOnly,
    /// Removes something of ours.
    Remove,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Keep => "keep",
            Self::Change => "change",
            Self::AskPerson => "ask",
            Self::ConfirmThen => "asks you then",
            Self::ReadOnly => "read only",
            Self::Remove => "remove",
        })
    }
}

/// The cluster as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterSeen {
    /// Its resource id.
    pub id: super::ResourceId,
    /// Its region.
    pub location: String,
    /// The client id of the app it has now.
    pub client_id: AppId,
    /// The principal of that app in the cluster tenant, where it could be read.
    pub principal: Option<ObjectId>,
    /// The resource group of its nodes.
    pub node_resource_group: String,
    /// Its pools.
    pub pools: Vec<PoolSeen>,
    /// Whether the operator could put a new secret on the old app: the only way back from a reset.
    pub way_back: Option<bool>,
    /// Whether a command can be run inside it.
    pub run_command: bool,
}

impl ClusterSeen {
    /// How many nodes a reset replaces.
    pub fn nodes(&self) -> u32 {
        self.pools.iter().map(|pool| pool.count).sum()
    }
}

/// A node pool as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolSeen {
    /// Its name.
    pub name: String,
    /// How many nodes it has.
    pub count: u32,
    /// `Linux` or `Windows`.
    pub os_type: String,
    /// Whether it is running.
    pub running: bool,
    /// The node image it has now.
    pub node_image: Option<String>,
}

/// The registry as it was seen, or as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrySeen {
    /// Its resource id, where it is known.
    pub id: Option<super::ResourceId>,
    /// Where it answers.
    pub login_server: LoginServer,
    /// Which role grants a pull: read from `roleAssignmentMode`, unknown where the tenant is handed over.
    pub mode: Option<RoleMode>,
    /// Whether it lets anybody pull; unknown where the tenant is handed over.
    pub anonymous: Option<bool>,
}

/// `roleAssignmentMode` of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleMode {
    /// `LegacyRegistryPermissions`, or not said.
    Legacy,
    /// `AbacRepositoryPermissions`.
    Abac,
}

/// One role assignment of the present principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryLine {
    /// The assignment's resource id.
    pub id: String,
    /// Where it holds.
    pub scope: String,
    /// The role definition's resource id, as Azure gave it.
    pub role_definition: String,
    /// The role's GUID.
    pub role: Uuid,
    /// The role's name, or its GUID where the name could not be read.
    pub role_name: String,
    /// Its condition, copied as it is.
    pub condition: Option<String>,
    /// The condition's version.
    pub condition_version: Option<String>,
    /// Whether it is carried over.
    pub carry: bool,
}

/// What identifies a plan: confirmations name it, so that another plan is never meant.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(String);

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanHash({})", self.0)
    }
}

impl PlanHash {
    /// The hash of anything that is serialised the same way each time (no maps with random order).
    pub fn of(value: &impl Serialize) -> Self {
        // Plans are structs, vectors and strings: serialising them to memory has no way to fail but a defect, and an
        // empty text then simply never equals a journalled hash.
        let text = serde_json::to_vec(value).unwrap_or_default();
        let digest = Sha256::digest(text);
        Self(digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
    }
}

impl Plan {
    /// The hash that a confirmation names.
    pub fn hash(&self) -> PlanHash {
        PlanHash::of(self)
    }

    /// The hash that the confirmation of the cluster update names: the cluster and its role assignments, as seen now.
    pub fn nodes_hash(&self) -> PlanHash {
        PlanHash::of(&(&self.cluster, &self.carry_over))
    }

    /// The line of a step, where the plan has it.
    pub fn line(&self, step: StepId) -> Option<&Line> {
        self.lines.iter().find(|line| line.step == step)
    }

    /// Whether the plan has a step.
    pub fn has(&self, step: StepId) -> bool {
        self.line(step).is_some()
    }

    /// The findings that stop the setup.
    pub fn stops(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity == Severity::Stop)
    }
}

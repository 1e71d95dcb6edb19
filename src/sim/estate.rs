//! What the subscriptions hold: clusters with their pools and nodes, registries, role assignments, operations.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{AppId, ObjectId, SubscriptionId, TenantId};

/// A subscription of a tenant.
#[derive(Debug, Clone)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub tenant: TenantId,
    pub name: String,
}

/// A role assignment. Scopes are kept as given and compared without regard to case.
#[derive(Debug, Clone)]
pub struct RoleAssignment {
    pub name: Uuid,
    pub tenant: TenantId,
    pub scope: String,
    pub role: Uuid,
    pub principal: ObjectId,
    pub principal_type: String,
    pub condition: Option<String>,
    pub description: Option<String>,
    pub created: OffsetDateTime,
    /// Lists and gets show it from this moment.
    pub visible_from: OffsetDateTime,
    /// It takes effect from this moment.
    pub effective_from: OffsetDateTime,
}

/// A lock. Scopes are kept as given and compared without regard to case.
#[derive(Debug, Clone)]
pub struct Lock {
    pub scope: String,
    pub name: String,
    /// `CanNotDelete` or `ReadOnly`.
    pub level: String,
}

/// The quota for cores, the same in every subscription and region.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    pub used: i64,
    pub limit: i64,
}

/// A cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The ARM resource id.
    pub id: String,
    pub name: String,
    pub location: String,
    pub tenant: TenantId,
    /// `None`: a managed-identity cluster, whose face says `msi`.
    pub client_id: Option<AppId>,
    pub provisioning_state: String,
    pub power_state: String,
    pub node_resource_group: String,
    pub pools: Vec<Pool>,
    pub azure_rbac_aad: bool,
    pub run_command_disabled: bool,
    pub subnet_id: Option<String>,
    pub outbound_ip_ids: Vec<String>,
    pub egress_ip: String,
    pub disk_encryption_set_id: Option<String>,
    pub private_dns_zone_id: Option<String>,
    pub current_operation: Option<Uuid>,
    /// Maintenance windows: name and `properties`.
    pub maintenance: BTreeMap<String, serde_json::Value>,
    /// Extra members of `properties`, from the scenario.
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Cluster {
    /// The ids of the public addresses that it goes out by: its owner's, or one of its own.
    pub fn outbound_ids(&self) -> Vec<String> {
        if !self.outbound_ip_ids.is_empty() {
            return self.outbound_ip_ids.clone();
        }
        let subscription = self.id.split('/').nth(2).unwrap_or_default();
        let group = &self.node_resource_group;
        vec![format!(
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/publicIPAddresses/outbound"
        )]
    }
}

/// A node pool.
#[derive(Debug, Clone)]
pub struct Pool {
    pub name: String,
    pub mode: String,
    pub os_type: String,
    pub pool_type: String,
    pub vm_size: String,
    pub provisioning_state: String,
    pub power_state: String,
    pub node_image: String,
    pub subnet_id: Option<String>,
    pub nodes: Vec<Node>,
}

/// A node keeps the id and secret that it last received: the truth that the tests ask for.
#[derive(Clone)]
pub struct Node {
    pub name: String,
    pub client_id: AppId,
    pub secret: String,
    pub replaced_at: Option<OffsetDateTime>,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node").field("name", &self.name).field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// A long-running operation.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: Uuid,
    pub cluster: String,
    pub subscription: SubscriptionId,
    pub location: String,
    pub kind: OperationKind,
    pub started: OffsetDateTime,
    pub ends: OffsetDateTime,
    /// How it will end: `Succeeded`, `Failed`, `Canceled`.
    pub outcome: String,
    pub error: Option<(String, String)>,
    /// Already applied to the nodes up to this many.
    pub nodes_done: usize,
    pub finished: bool,
    /// From this moment the operation URL answers 404.
    pub vanishes_at: Option<OffsetDateTime>,
}

/// What an operation does when it proceeds.
#[derive(Clone)]
pub enum OperationKind {
    Reset {
        client_id: AppId,
        secret: String,
        fail_after_nodes: Option<usize>,
        /// What reads of the cluster still show for a moment.
        previous: AppId,
    },
    RunCommand {
        command: String,
        exit_code: i32,
        logs: String,
    },
    UpgradeNodeImage {
        pool: String,
    },
}

impl std::fmt::Debug for OperationKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Reset { .. } => "Reset",
            Self::RunCommand { .. } => "RunCommand",
            Self::UpgradeNodeImage { .. } => "UpgradeNodeImage",
        })
    }
}

/// What the login servers of a bulk list end with: nobody listens there.
pub(super) const NOBODY: &str = ".localhost:9";

/// A registry, answering on a port of its own.
#[derive(Debug, Clone)]
pub struct Registry {
    /// The ARM resource id.
    pub id: String,
    pub name: String,
    pub location: String,
    pub tenant: TenantId,
    /// `localhost:PORT`, set when the listener is bound.
    pub login_server: String,
    pub sku: String,
    /// `AbacRepositoryPermissions` or `LegacyRegistryPermissions`.
    pub role_assignment_mode: String,
    pub public_network_access: String,
    pub default_action: String,
    pub ip_rules: Vec<String>,
    pub anonymous_pull: bool,
    pub provisioning_state: String,
    pub private_endpoints: usize,
    pub arm_tokens_accepted: bool,
    /// Repository → tag → manifest digest.
    pub repositories: BTreeMap<String, BTreeMap<String, String>>,
    /// The caller's address as the firewall sees it, for callers on loopback.
    pub seen_from: String,
}

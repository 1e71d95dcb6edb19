//! What was read already and need not be asked for again.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use uuid::Uuid;

use super::Steps;
use crate::{
    azure::{Error, Stopwatch, aks::Cluster, rbac::RoleDefinition},
    domain::ResourceId,
};

/// For so long a reading of the cluster is as good as a new one: time for the journal to be synced between one step's
/// look and the next one's, and not for a person to come back to the keyboard.
const FRESH: Duration = Duration::from_secs(3);

/// Readings, kept in memory for as long as they are good.
#[derive(Debug, Default)]
pub(super) struct Known {
    roles: Mutex<HashMap<Uuid, RoleDefinition>>,
    cluster: Mutex<Option<(Stopwatch, Cluster)>>,
}

impl Known {
    /// Forgets a role that does not come out as its definition said: a custom role can be changed.
    pub(super) fn forget_role(&self, role: Uuid) {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).remove(&role);
    }

    fn role(&self, role: Uuid) -> Option<RoleDefinition> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner).get(&role).cloned()
    }

    fn cluster(&self) -> Option<Cluster> {
        let held = self.cluster.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|(read, _)| read.elapsed() < FRESH).map(|(_, cluster)| cluster.clone())
    }
}

/// A role of the cluster tenant. Plan, probe and proof need the same few.
pub(super) async fn role(steps: &Steps, scope: &str, role: Uuid) -> Result<Option<RoleDefinition>, Error> {
    if let Some(known) = steps.known.role(role) {
        return Ok(Some(known));
    }
    let read = steps.cluster.arm.role_definition(scope, role).await?;
    if let Some(definition) = &read {
        let mut roles = steps.known.roles.lock().unwrap_or_else(PoisonError::into_inner);
        roles.insert(role, definition.clone());
    }
    Ok(read)
}

/// The cluster as it is now.
pub(super) async fn cluster(steps: &Steps, id: &ResourceId) -> Result<Cluster, Error> {
    let cluster = steps.cluster.arm.cluster(id).await?;
    let held = Some((Stopwatch::start(), cluster.clone()));
    *steps.known.cluster.lock().unwrap_or_else(PoisonError::into_inner) = held;
    Ok(cluster)
}

/// The cluster as a step that has only just ended saw it, or as it is now.
pub(super) async fn recent_cluster(steps: &Steps, id: &ResourceId) -> Result<Cluster, Error> {
    match steps.known.cluster() {
        Some(cluster) => Ok(cluster),
        None => cluster(steps, id).await,
    }
}

//! The whole simulated Azure: one value under one lock.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use time::OffsetDateTime;

use crate::domain::{AppId, TenantId};

use super::{
    directory::{Application, Grants, Tenant},
    estate::{Cluster, Cores, Lock, Operation, Registry, RoleAssignment, Subscription},
    machine::Machine,
};

/// What the simulator is at this moment.
#[derive(Debug)]
pub struct World {
    pub tenants: Vec<Tenant>,
    pub subscriptions: Vec<Subscription>,
    pub clusters: Vec<Cluster>,
    pub registries: Vec<Registry>,
    pub assignments: Vec<RoleAssignment>,
    pub locks: Vec<Lock>,
    pub cores: Cores,
    /// The addresses of every subnet that nodes are in.
    pub subnet_prefix: String,
    pub operations: BTreeMap<uuid::Uuid, Operation>,
    pub timing: Timing,
    /// How many reads were answered where replicas flap.
    pub reads: AtomicU64,
    /// How many entries a page of a list holds.
    pub page_size: usize,
    /// How resets end, where not well.
    pub reset_fate: Option<ResetFate>,
    /// Codes and refresh tokens that are out.
    pub grants: Grants,
    /// The machine whose identities the metadata endpoints give out; none where there is no such machine.
    pub machine: Option<Machine>,
    /// How long an access token lives, in seconds.
    pub token_life: u32,
    /// Services take no access token that was issued up to this moment.
    pub tokens_ended: Option<OffsetDateTime>,
    /// Added to wall time: tests and the admin endpoint move the clock with it.
    pub clock_offset: time::Duration,
}

/// How slow the simulated Azure is, before `speed` divides it.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// How many times faster than written the delays below run. Tokens and dates stay wall time.
    pub speed: f64,
    /// Graph reads lag behind writes by this much.
    pub graph_lag: Duration,
    /// While a write spreads, reads show it or not, by the replica that happens to answer.
    pub flapping: bool,
    /// ARM knows a new principal after this much.
    pub arm_principal_lag: Duration,
    /// A new key is usable after this much.
    pub key_lag: Duration,
    /// A role assignment takes effect after this much.
    pub role_lag: Duration,
    /// A token for a new principal is issued after this much.
    pub token_lag: Duration,
    /// One node's replacement takes this long.
    pub per_node: Duration,
    /// What `Retry-After` of a running operation says, in seconds, before `speed`.
    pub retry_after: u32,
}

/// A reset that does not end well, from the scenario or the admin endpoint.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResetFate {
    /// So many nodes get the new credential before it ends.
    pub after_nodes: usize,
    /// `Failed` or `Canceled`.
    pub outcome: String,
    #[serde(default)]
    pub code: String,
    #[serde(default)]
    pub message: String,
    /// How many resets it befalls; none for all.
    #[serde(default)]
    pub times: Option<u32>,
}

impl World {
    /// A tenant by id.
    pub fn tenant(&self, id: TenantId) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| tenant.id == id)
    }

    /// A tenant by id, to change it.
    pub fn tenant_mut(&mut self, id: TenantId) -> Option<&mut Tenant> {
        self.tenants.iter_mut().find(|tenant| tenant.id == id)
    }

    /// A tenant as addresses name it: its id, or its domain.
    pub fn tenant_named(&self, name: &str) -> Option<&Tenant> {
        let id = name.parse().ok();
        self.tenants.iter().find(|tenant| Some(tenant.id) == id || tenant.domain.eq_ignore_ascii_case(name))
    }

    /// The application with that client id, and the tenant that is its home; deleted ones are not found.
    pub fn application(&self, app_id: AppId) -> Option<(&Tenant, &Application)> {
        self.tenants.iter().find_map(|tenant| {
            let live = |app: &&Application| app.app_id == app_id && app.deleted.is_none();
            tenant.applications.values().find(live).map(|app| (tenant, app))
        })
    }

    /// The simulated time.
    pub fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        now + self.clock_offset
    }

    /// The moment up to which a read's replica knows what was written.
    pub fn read_at(&self) -> OffsetDateTime {
        let spread = self.timing.flapping && {
            // As good as a coin, and the same in each run with the same reads.
            let read = self.reads.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            read.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 1
        };
        self.now() + if spread { self.scaled(self.timing.graph_lag) } else { Duration::ZERO }
    }

    /// A delay as it is with the present speed.
    pub fn scaled(&self, delay: Duration) -> Duration {
        delay.div_f64(self.timing.speed.max(0.001))
    }
}

/// The world, shared by every service.
#[derive(Debug, Clone)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    /// Takes a world over.
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world, for a short look or change; never held across an await.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

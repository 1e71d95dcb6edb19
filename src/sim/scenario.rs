//! Scenarios: data from which a world is built.

use super::{SimError, directory, faults::Rule, ready::ReadyOperator, world::World};
use crate::domain::TenantId;

/// A scenario, parsed.
#[derive(Debug, Clone)]
pub struct Scenario {}

impl Scenario {
    pub(super) fn build(&self, _speed: f64) -> Result<(World, Vec<(TenantId, ReadyOperator)>), SimError> {
        let _: Option<directory::Tenant> = None;
        Err(SimError::Scenario("none yet".into()))
    }

    pub(super) fn faults(&self) -> Vec<Rule> {
        Vec::new()
    }
}

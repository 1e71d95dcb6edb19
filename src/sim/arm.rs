//! Azure Resource Manager: subscriptions, resources, roles; the providers' own parts lie in `aks` and below.
//!
//! Ids and paths are compared without regard to case, as Azure does.

mod gate;
mod list;
mod locks;
mod metadata;
mod permissions;
mod registries;
mod resources;
mod role_assignments;
mod role_definitions;
mod room;
mod scope;
mod tenants;

use axum::{Router, response::Response};

use super::{
    aks,
    service::{Call, Caller, State, arm_error, empty},
    world::World,
};
use crate::sim::rbac::{Decision, Plane, Rights, condition::Request};

pub(super) use list::{Sight, paged};
pub(super) use locks::unlocked;
pub use scope::Scope;

/// An answer, or the refusal that takes its place.
pub(super) type Answer = Result<Response, Box<Response>>;

/// Resource Manager's routes, AKS among them.
pub fn router(state: State) -> Router {
    Router::new().fallback(move |call: Call| {
        let state = state.clone();
        async move { answer(&state, &call).unwrap_or_else(|refusal| *refusal) }
    })
}

/// A request that came through the gate: it names an API version, and its caller belongs to the right tenant.
pub(super) struct Asked<'a> {
    pub(super) state: &'a State,
    pub(super) call: &'a Call,
    pub(super) caller: Caller,
    pub(super) scope: Scope,
}

fn answer(state: &State, call: &Call) -> Answer {
    if call.operation.name == "arm.metadata" {
        return Ok(metadata::endpoints(state));
    }
    let asked = gate::enter(state, call)?;
    let mut world = state.world.lock();
    aks::advance(&mut world);
    let world = &mut *world;
    match call.operation.name {
        "arm.tenants.list" => Ok(tenants::tenants(&asked, world)),
        "arm.subscriptions.list" => Ok(tenants::subscriptions(&asked, world)),
        "arm.subscriptions.get" => tenants::subscription(&asked, world),
        "arm.resources.list" => resources::resources(&asked, world),
        "arm.resource_groups.list" => resources::groups(&asked, world),
        "arm.resource_groups.get" => resources::group(&asked, world),
        "arm.role_definitions.list" => role_definitions::list(&asked, world),
        "arm.role_definitions.get" => role_definitions::get(&asked, world),
        "arm.role_assignments.list" => role_assignments::list(&asked, world),
        "arm.role_assignments.get" => role_assignments::get(&asked, world),
        "arm.role_assignments.create" => role_assignments::put(&asked, world),
        "arm.role_assignments.delete" => role_assignments::delete(&asked, world),
        "arm.permissions.list" => Ok(permissions::list(&asked, world)),
        "arm.locks.list" => locks::list(&asked, world),
        "compute.usages.list" => room::usages(&asked, world),
        "network.public_ips.get" => room::public_ip(&asked, world),
        "network.subnets.get" => room::subnet(&asked, world),
        "acr.registries.list" => registries::list(&asked, world),
        "acr.registries.get" => registries::get(&asked, world),
        name if name.starts_with("aks.") => aks::answer(&asked, world),
        _ => Ok(empty(501)),
    }
}

impl Asked<'_> {
    /// The API version that the request names.
    pub(super) fn api_version(&self) -> &str {
        self.call.query("api-version").unwrap_or_default()
    }

    /// The caller's rights.
    pub(super) fn rights<'w>(&self, world: &'w World) -> Rights<'w> {
        Rights::of(world, self.caller.tenant, self.caller.object_id)
    }

    /// Lets the caller through who may do `action` at `scope`.
    pub(super) fn require(&self, world: &World, scope: &str, action: &str) -> Result<(), Box<Response>> {
        self.require_with(world, scope, &Request { action, attributes: &[] })
    }

    /// The same, with what conditions look at.
    pub(super) fn require_with(&self, world: &World, scope: &str, request: &Request<'_>) -> Result<(), Box<Response>> {
        match self.rights(world).decide(Plane::Control, scope, request) {
            Decision::Allowed => Ok(()),
            Decision::ConditionNotMet => {
                Err(self.forbidden(scope, request.action, "or an ABAC condition not fulfilled ").into())
            }
            Decision::Denied => Err(self.forbidden(scope, request.action, "").into()),
        }
    }

    fn forbidden(&self, scope: &str, action: &str, condition: &str) -> Response {
        let (name, id) = (self.caller.name(), self.caller.object_id);
        let message = format!(
            "The client '{name}' with object id '{id}' does not have authorization {condition}to perform action \
             '{action}' over scope '{scope}' or the scope is invalid. If access was recently granted, please refresh \
             your credentials."
        );
        arm_error(403, "AuthorizationFailed", &message)
    }
}

/// The answer for a resource that is not there.
pub(super) fn resource_not_found(kind: &str, name: &str, group: &str) -> Response {
    let message = format!(
        "The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details please go to \
         https://aka.ms/ARMResourceNotFoundFix"
    );
    arm_error(404, "ResourceNotFound", &message)
}

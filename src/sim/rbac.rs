//! What a principal may do: the assignments at or above a scope that have taken effect, with their conditions.

pub mod condition;

use time::OffsetDateTime;

use super::{
    estate::RoleAssignment,
    roles::{self, RoleDefinition},
    world::World,
};
use crate::domain::{ObjectId, TenantId};
use condition::Request;

/// What is asked for: a control-plane or a data-plane action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plane {
    Control,
    Data,
}

/// The answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// A role allows it, but a condition of its assignment does not.
    ConditionNotMet,
    Denied,
}

/// An assignment of the principal that has taken effect, with its role.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'w> {
    pub assignment: &'w RoleAssignment,
    pub role: &'static RoleDefinition,
}

/// Everything that one principal may do now. Made once a request, since lists ask it for every entry.
#[derive(Debug, Clone)]
pub struct Rights<'w> {
    grants: Vec<Grant<'w>>,
}

impl<'w> Rights<'w> {
    /// The rights of a principal of `tenant`.
    pub fn of(world: &'w World, tenant: TenantId, principal: ObjectId) -> Self {
        let now = world.now();
        let grants = world
            .assignments
            .iter()
            .filter(|assignment| {
                assignment.tenant == tenant && assignment.principal == principal && assignment.effective_from <= now
            })
            .filter_map(|assignment| Some(Grant { assignment, role: roles::by_id(assignment.role)? }))
            .collect();
        Self { grants }
    }

    /// The grants at or above a scope.
    pub fn at<'s>(&'s self, scope: &'s str) -> impl Iterator<Item = &'s Grant<'w>> {
        self.grants.iter().filter(move |grant| covers(&grant.assignment.scope, scope))
    }

    /// Whether a control-plane action is allowed at a scope.
    pub fn allow(&self, scope: &str, action: &str) -> bool {
        self.decide(Plane::Control, scope, &Request { action, attributes: &[] }) == Decision::Allowed
    }

    /// The decision on an action with the attributes that conditions look at.
    pub fn decide(&self, plane: Plane, scope: &str, request: &Request<'_>) -> Decision {
        let mut decision = Decision::Denied;
        for grant in self.at(scope) {
            let role_allows = match plane {
                Plane::Control => grant.role.allows(request.action),
                Plane::Data => grant.role.allows_data(request.action),
            };
            if !role_allows {
                continue;
            }
            match &grant.assignment.condition {
                Some(text) if !condition::holds(text, request) => decision = Decision::ConditionNotMet,
                _ => return Decision::Allowed,
            }
        }
        decision
    }

    /// Whether the principal has anything to do with a scope: a grant at, above or below it.
    pub fn touch(&self, scope: &str) -> bool {
        self.grants.iter().any(|grant| covers(&grant.assignment.scope, scope) || covers(scope, &grant.assignment.scope))
    }
}

/// Whether something assigned at `above` counts at `scope`: the same scope or one that holds it.
pub fn covers(above: &str, scope: &str) -> bool {
    let (above, scope) = (above.trim_end_matches('/'), scope.trim_end_matches('/'));
    scope.len() >= above.len()
        && scope.is_char_boundary(above.len())
        && scope[..above.len()].eq_ignore_ascii_case(above)
        && (scope.len() == above.len() || scope.as_bytes()[above.len()] == b'/')
}

/// Whether two scopes are the same place.
pub fn same_scope(one: &str, other: &str) -> bool {
    one.trim_end_matches('/').eq_ignore_ascii_case(other.trim_end_matches('/'))
}

/// Whether lists show an assignment yet.
pub fn visible(assignment: &RoleAssignment, now: OffsetDateTime) -> bool {
    assignment.visible_from <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_itself_and_what_it_holds() {
        assert!(covers("/", "/subscriptions/1"));
        assert!(covers("/subscriptions/1", "/SUBSCRIPTIONS/1/resourceGroups/g"));
        assert!(covers("/subscriptions/1/resourceGroups/g", "/subscriptions/1/resourcegroups/G"));
        assert!(!covers("/subscriptions/1/resourceGroups/g", "/subscriptions/1/resourceGroups/g2"));
        assert!(!covers("/subscriptions/1/resourceGroups/g", "/subscriptions/1"));
    }
}

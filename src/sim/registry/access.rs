//! Who may do what on a registry: pure questions to the world, asked for requests and for nodes alike.

use serde_json::Value;
use uuid::Uuid;

use crate::{
    domain::{AppId, ObjectId},
    sim::{
        entra::credentials::{self, CredentialFault},
        estate::Registry,
        rbac::{Decision, Plane, Rights, condition},
        world::World,
    },
};

/// Why a user name and password are refused, in the registry's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotGuid,
    NotRegistered,
    BadCredential,
}

impl Refusal {
    /// What the registry says.
    pub fn message(self) -> &'static str {
        match self {
            Self::NotGuid => "aad access token with sp failed client id must be guid",
            Self::NotRegistered => "Application not registered with AAD",
            Self::BadCredential => "Invalid clientid or client secret",
        }
    }
}

/// One part of a `scope` parameter: `repository:shop/web:pull`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRequest {
    pub kind: String,
    pub name: String,
    pub actions: Vec<String>,
}

impl ScopeRequest {
    /// Reads one scope; what is none grants nothing.
    pub fn parsed(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        let actions = actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned).collect();
        Some(Self { kind: kind.to_owned(), name: name.to_owned(), actions })
    }
}

/// The principal, in the registry's tenant, that an app id and secret stand for.
pub fn authenticate(world: &World, registry: &Registry, user: &str, password: &str) -> Result<ObjectId, Refusal> {
    let app = Uuid::try_parse(user).map(AppId).map_err(|_| Refusal::NotGuid)?;
    credentials::authenticate(world, registry.tenant, app, password).map_err(|fault| match fault {
        CredentialFault::NotInTenant | CredentialFault::NoPrincipalAtHome => Refusal::NotRegistered,
        CredentialFault::Disabled | CredentialFault::WrongSecret | CredentialFault::ExpiredSecret => {
            Refusal::BadCredential
        }
    })
}

/// Those of the actions asked for that a principal has; none stands for an anonymous client.
pub fn granted(world: &World, registry: &Registry, principal: Option<ObjectId>, scope: &ScopeRequest) -> Vec<String> {
    let rights = principal.map(|principal| Rights::of(world, registry.tenant, principal));
    let may = |action: &str| {
        let anonymous = registry.anonymous_pull && scope.kind == "repository" && action == "pull";
        anonymous || rights.as_ref().is_some_and(|rights| allows(rights, registry, scope, action))
    };
    scope.actions.iter().filter(|action| may(action)).cloned().collect()
}

fn allows(rights: &Rights<'_>, registry: &Registry, scope: &ScopeRequest, action: &str) -> bool {
    let abac = registry.role_assignment_mode == "AbacRepositoryPermissions";
    let needed = match (scope.kind.as_str(), action, abac) {
        ("repository", "pull", true) => "repositories/content/read",
        ("repository", "push", true) => "repositories/content/write",
        ("repository", "delete", true) => "repositories/content/delete",
        ("repository", "metadata_read", true) => "repositories/metadata/read",
        ("repository", "metadata_write", true) => "repositories/metadata/write",
        ("registry", "*", true) if scope.name == "catalog" => "catalog/read",
        ("repository", "pull" | "metadata_read", false) => "pull/read",
        ("repository", "push" | "metadata_write", false) => "push/write",
        ("repository", "delete", false) => "artifacts/delete",
        ("registry", "*", false) if scope.name == "catalog" => "pull/read",
        _ => return false,
    };
    let needed = format!("Microsoft.ContainerRegistry/registries/{needed}");
    let name = [(condition::REPOSITORY_NAME, scope.name.as_str())];
    let attributes: &[(&str, &str)] = if scope.kind == "repository" { &name } else { &[] };
    // A registry of repository permissions honours data actions only, one of the older kind control actions only:
    // each ignores the other's roles without a word.
    let plane = if abac { Plane::Data } else { Plane::Control };
    rights.decide(plane, &registry.id, &condition::Request { action: &needed, attributes }) == Decision::Allowed
}

/// Whether a principal has anything to do with a registry: what the exchange asks for.
pub fn knows(world: &World, registry: &Registry, principal: ObjectId) -> bool {
    Rights::of(world, registry.tenant, principal).touch(&registry.id)
}

/// Whether a client of that address gets through; the error is the address.
pub fn firewall(registry: &Registry, address: &str) -> Result<(), String> {
    let open = registry.public_network_access != "Disabled"
        && (registry.default_action != "Deny" || registry.ip_rules.iter().any(|rule| in_range(rule, address)));
    if open { Ok(()) } else { Err(address.to_owned()) }
}

/// An address, or a range such as `192.0.2.0/24`.
fn in_range(rule: &str, address: &str) -> bool {
    let (network, bits) = rule.split_once('/').unwrap_or((rule, "32"));
    let parse = |text: &str| text.trim().parse::<std::net::Ipv4Addr>().ok().map(u32::from);
    let (Some(network), Some(address), Ok(bits @ 0..=32)) = (parse(network), parse(address), bits.parse::<u32>())
    else {
        return false;
    };
    let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
    network & mask == address & mask
}

/// The principal that one of the registry's own tokens names.
pub fn principal_of(claims: &Value) -> Option<ObjectId> {
    claims["sub"].as_str().and_then(|text| Uuid::try_parse(text).ok()).map(ObjectId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_whole() {
        let scope = ScopeRequest::parsed("repository:shop/web:pull,push").unwrap();
        assert_eq!((scope.kind.as_str(), scope.name.as_str(), scope.actions.len()), ("repository", "shop/web", 2));
        assert_eq!(ScopeRequest::parsed("nonsense"), None);
    }

    #[test]
    fn rules_are_addresses_or_ranges() {
        assert!(in_range("203.0.113.7", "203.0.113.7") && in_range("203.0.113.0/24", "203.0.113.7"));
        assert!(in_range("0.0.0.0/0", "203.0.113.7"));
        assert!(!in_range("203.0.113.8", "203.0.113.7") && !in_range("nonsense", "203.0.113.7"));
    }
}

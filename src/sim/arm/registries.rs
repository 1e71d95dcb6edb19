//! Registries as Resource Manager shows them.

use serde_json::{Value, json};

use super::{
    Answer, Asked,
    list::{Sight, paged},
    resource_not_found,
};
use crate::sim::{estate::Registry, rbac, service::json, world::World};

pub(super) const TYPE: &str = "Microsoft.ContainerRegistry/registries";
const READ: &str = "Microsoft.ContainerRegistry/registries/read";

pub(super) fn list(asked: &Asked<'_>, world: &World) -> Answer {
    let sight = Sight::of(asked, world, READ)?;
    let seen = world
        .registries
        .iter()
        .filter(|registry| rbac::covers(&asked.scope.text, &registry.id) && sight.sees(&registry.id));
    Ok(paged(asked, world, seen, |registry| face(registry, asked.api_version())))
}

pub(super) fn get(asked: &Asked<'_>, world: &World) -> Answer {
    let name = asked.call.param("registry");
    let id = asked.scope.resource_id(TYPE, name);
    asked.require(world, &id, READ)?;
    let found = world.registries.iter().find(|registry| rbac::same_scope(&registry.id, &id));
    let group = asked.scope.group.as_deref().unwrap_or_default();
    let registry = found.ok_or_else(|| resource_not_found(TYPE, name, group))?;
    Ok(json(200, &face(registry, asked.api_version())))
}

fn face(registry: &Registry, api_version: &str) -> Value {
    let status = |on: bool| if on { "enabled" } else { "disabled" };
    let rules: Vec<Value> = registry.ip_rules.iter().map(|rule| json!({"action": "Allow", "value": rule})).collect();
    let endpoints: Vec<Value> = (1..=registry.private_endpoints)
        .map(|number| {
            let name = format!("{}.{number}", registry.name);
            json!({
                "id": format!("{}/privateEndpointConnections/{name}", registry.id),
                "name": name,
                "type": format!("{TYPE}/privateEndpointConnections"),
                "properties": {
                    "privateLinkServiceConnectionState": {"status": "Approved", "description": "Auto-Approved"},
                    "provisioningState": "Succeeded",
                },
            })
        })
        .collect();
    let mut face = json!({
        "id": registry.id,
        "name": registry.name,
        "type": TYPE,
        "location": registry.location,
        "tags": {},
        "sku": {"name": registry.sku, "tier": registry.sku},
        "properties": {
            "loginServer": registry.login_server,
            "creationDate": "2026-01-01T00:00:00.0000000Z",
            "provisioningState": registry.provisioning_state,
            "adminUserEnabled": false,
            "networkRuleSet": {"defaultAction": registry.default_action, "ipRules": rules},
            "policies": {
                "quarantinePolicy": {"status": "disabled"},
                "trustPolicy": {"type": "Notary", "status": "disabled"},
                "retentionPolicy":
                    {"days": 7, "lastUpdatedTime": "2026-01-01T00:00:00.0000000+00:00", "status": "disabled"},
                "exportPolicy": {"status": "enabled"},
                "azureADAuthenticationAsArmPolicy": {"status": status(registry.arm_tokens_accepted)},
            },
            "encryption": {"status": "disabled"},
            "dataEndpointEnabled": false,
            "dataEndpointHostNames": [],
            "privateEndpointConnections": endpoints,
            "publicNetworkAccess": registry.public_network_access,
            "networkRuleBypassOptions": "AzureServices",
            "networkRuleBypassAllowedForTasks": false,
            "zoneRedundancy": "Disabled",
            "anonymousPullEnabled": registry.anonymous_pull,
        },
    });
    if shows_mode(api_version) {
        face["properties"]["roleAssignmentMode"] = json!(registry.role_assignment_mode);
    }
    face
}

/// 2025-11-01 is the first stable version with the mode, 2025-05-01-preview the first of all: for an older one every
/// registry looks like one of the older kind.
fn shows_mode(api_version: &str) -> bool {
    let date = api_version.get(..10).unwrap_or(api_version);
    date >= "2025-11-01" || (date >= "2025-05-01" && api_version.ends_with("-preview"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn older_versions_do_not_have_the_mode() {
        assert!(shows_mode("2025-11-01") && shows_mode("2026-09-01-preview") && shows_mode("2025-05-01-preview"));
        assert!(!shows_mode("2023-07-01") && !shows_mode("2025-04-01"));
    }
}

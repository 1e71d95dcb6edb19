//! Resources of all kinds by type or name, and resource groups.

use std::collections::BTreeMap;

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    Answer, Asked, Scope,
    list::{Sight, paged},
};
use crate::sim::{
    aks, rbac,
    service::{arm_error, json},
    world::World,
};

const GROUP_READ: &str = "Microsoft.Resources/subscriptions/resourceGroups/read";

/// A resource as the generic list shows it.
struct Row<'w> {
    id: &'w str,
    name: &'w str,
    kind: &'static str,
    location: &'w str,
    sku: Option<&'w str>,
}

pub(super) fn resources(asked: &Asked<'_>, world: &World) -> Answer {
    let filter = asked.call.query("$filter").unwrap_or_default();
    let wanted = comparisons(filter).ok_or_else(|| bad_filter(filter))?;
    let sight = Sight::of(asked, world, "Microsoft.Resources/subscriptions/resources/read")?;
    let fits = |row: &Row<'_>| {
        rbac::covers(&asked.scope.text, row.id)
            && wanted.iter().all(|(field, value)| match field.as_str() {
                "resourcetype" => row.kind.eq_ignore_ascii_case(value),
                "name" => row.name.eq_ignore_ascii_case(value),
                "location" => row.location.eq_ignore_ascii_case(value),
                _ => Scope::parsed(row.id).group.is_some_and(|group| group.eq_ignore_ascii_case(value)),
            })
            && sight.sees(row.id)
    };
    Ok(paged(asked, world, rows(world).filter(fits), |row| {
        let mut face = json!({"id": row.id, "name": row.name, "type": row.kind, "location": row.location, "tags": {}});
        if let Some(sku) = row.sku {
            face["sku"] = json!({"name": sku, "tier": sku});
        }
        face
    }))
}

fn rows(world: &World) -> impl Iterator<Item = Row<'_>> {
    let clusters = world.clusters.iter().map(|cluster| Row {
        id: &cluster.id,
        name: &cluster.name,
        kind: aks::CLUSTER_TYPE,
        location: &cluster.location,
        sku: None,
    });
    let registries = world.registries.iter().map(|registry| Row {
        id: &registry.id,
        name: &registry.name,
        kind: super::registries::TYPE,
        location: &registry.location,
        sku: Some(&registry.sku),
    });
    clusters.chain(registries)
}

/// `field eq 'value'`, several of them joined by `and`; fields in lower case.
fn comparisons(filter: &str) -> Option<Vec<(String, String)>> {
    let known = ["resourcetype", "name", "resourcegroup", "location"];
    let mut found = Vec::new();
    for part in filter.split(" and ").map(str::trim).filter(|part| !part.is_empty()) {
        let (field, value) = part.split_once(" eq ")?;
        let field = field.trim().to_lowercase();
        let value = value.trim().strip_prefix('\'')?.strip_suffix('\'')?;
        known.contains(&field.as_str()).then(|| found.push((field, value.replace("''", "'"))))?;
    }
    Some(found)
}

fn bad_filter(filter: &str) -> Response {
    let message = format!("Invalid $filter '{filter}' specified in the query string.");
    arm_error(400, "InvalidFilterInQueryString", &message)
}

pub(super) fn groups(asked: &Asked<'_>, world: &World) -> Answer {
    let sight = Sight::of(asked, world, GROUP_READ)?;
    let known = known_groups(world, &asked.scope.text);
    Ok(paged(asked, world, known.into_values().filter(|(id, _)| sight.sees(id)), group_face))
}

pub(super) fn group(asked: &Asked<'_>, world: &World) -> Answer {
    asked.require(world, &asked.scope.text, GROUP_READ)?;
    let name = asked.scope.group.as_deref().unwrap_or_default();
    let entry = known_groups(world, &asked.scope.text).into_values().next().ok_or_else(|| group_not_found(name))?;
    Ok(json(200, &group_face(entry)))
}

pub(super) fn group_not_found(name: &str) -> Response {
    arm_error(404, "ResourceGroupNotFound", &format!("Resource group '{name}' could not be found."))
}

/// The groups at or below a scope, by their id in lower case, each with a location: there is a group wherever the world
/// names something in it.
pub(super) fn known_groups(world: &World, within: &str) -> BTreeMap<String, (String, String)> {
    let mut groups = BTreeMap::new();
    let mut add = |id: &str, location: &str| {
        let scope = Scope::parsed(id);
        let (Some(subscription), Some(group)) = (&scope.subscription, &scope.group) else { return };
        let id = format!("/subscriptions/{subscription}/resourceGroups/{group}");
        if rbac::covers(within, &id) || rbac::covers(&id, within) {
            groups.entry(id.to_lowercase()).or_insert((id, location.to_owned()));
        }
    };
    for cluster in &world.clusters {
        add(&cluster.id, &cluster.location);
        if let Some(subscription) = Scope::parsed(&cluster.id).subscription {
            let id = format!("/subscriptions/{subscription}/resourceGroups/{}", cluster.node_resource_group);
            add(&id, &cluster.location);
        }
        let named = [&cluster.subnet_id, &cluster.disk_encryption_set_id, &cluster.private_dns_zone_id];
        for id in named.into_iter().flatten().chain(&cluster.outbound_ip_ids) {
            add(id, &cluster.location);
        }
    }
    for registry in &world.registries {
        add(&registry.id, &registry.location);
    }
    for assignment in &world.assignments {
        add(&assignment.scope, "westeurope");
    }
    groups
}

fn group_face((id, location): (String, String)) -> Value {
    let name = Scope::parsed(&id).group.unwrap_or_default();
    json!({
        "id": id,
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "properties": {"provisioningState": "Succeeded"},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read_and_others_refused() {
        let found = comparisons("resourceType eq 'Microsoft.X/y' and name eq 'o''x'").unwrap();
        assert_eq!(found, [("resourcetype".into(), "Microsoft.X/y".into()), ("name".into(), "o'x".into())]);
        assert_eq!(comparisons(""), Some(Vec::new()));
        assert_eq!(comparisons("substringof('x', name)"), None);
    }
}

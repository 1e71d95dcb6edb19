//! Locks: what keeps people from changing or deleting a resource, whatever roles they have.

use serde::Deserialize;

use super::ResourceManager;
use crate::azure::{api_version, pages::Pages};

const LOCKS: &str = "/providers/Microsoft.Authorization/locks";

/// What a lock forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Nothing can be changed, and no action be posted.
    ReadOnly,
    /// Nothing can be deleted.
    CanNotDelete,
    /// A level that this program does not know.
    Other,
}

/// A lock.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Lock {
    pub id: String,
    pub name: String,
    pub level: Level,
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    name: String,
    properties: WireProperties,
}

#[derive(Deserialize)]
struct WireProperties {
    level: Option<String>,
}

impl From<Wire> for Lock {
    fn from(Wire { id, name, properties }: Wire) -> Self {
        let level = match properties.level.as_deref() {
            Some(word) if word.eq_ignore_ascii_case("ReadOnly") => Level::ReadOnly,
            Some(word) if word.eq_ignore_ascii_case("CanNotDelete") => Level::CanNotDelete,
            _ => Level::Other,
        };
        Self { id, name, level }
    }
}

impl Lock {
    /// Where it was set.
    pub fn scope(&self) -> &str {
        self.id.to_ascii_lowercase().rfind(&LOCKS.to_ascii_lowercase()).map_or("", |at| &self.id[..at])
    }

    /// Whether it holds for a resource: it was set there or above. Lists also show those of what lies below.
    pub fn holds_at(&self, resource: &str) -> bool {
        let (own, resource) = (self.scope().to_ascii_lowercase(), resource.to_ascii_lowercase());
        resource.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl ResourceManager {
    /// The locks that hold at a resource or near it.
    pub fn locks(&self, scope: &str) -> Pages<Lock> {
        let url = self.url([scope, LOCKS], api_version::LOCKS);
        Pages::new(self.api.clone(), "arm.locks.list", format!("list the locks at {scope}"), url)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_lock_holds_where_it_was_set_and_below() {
        let lock = |scope: &str, level: &str| -> Lock {
            serde_json::from_value(json!({
                "id": format!("{scope}/providers/Microsoft.Authorization/locks/keep"), "name": "keep",
                "type": "Microsoft.Authorization/locks", "properties": {"level": level},
            }))
            .unwrap()
        };
        let cluster = "/subscriptions/1/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/c";
        assert!(lock(cluster, "ReadOnly").holds_at(cluster));
        assert!(lock("/subscriptions/1/resourcegroups/SHOP", "ReadOnly").holds_at(cluster));
        assert!(!lock("/subscriptions/1/resourceGroups/sho", "ReadOnly").holds_at(cluster));
        assert!(!lock(&format!("{cluster}/agentPools/web"), "ReadOnly").holds_at(cluster));
        assert_eq!(lock(cluster, "readonly").level, Level::ReadOnly);
        assert_eq!(lock(cluster, "NotSpecified").level, Level::Other);
    }
}

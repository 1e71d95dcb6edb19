//! When a cluster's owner lets its nodes be disturbed.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::azure::api::nullable;

/// When nodes may be disturbed, as the cluster's owner has set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(from = "WireCluster")]
pub enum NodeDisruption {
    /// At any time.
    Allowed,
    /// In the maintenance window alone.
    InWindow,
    /// Never.
    Blocked,
}

#[derive(Deserialize)]
struct WireCluster {
    #[serde(default, deserialize_with = "nullable")]
    properties: WireClusterProperties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireClusterProperties {
    #[serde(default, deserialize_with = "nullable")]
    node_disruption_profile: WireDisruption,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireDisruption {
    node_disruption_policy: Option<String>,
}

impl From<WireCluster> for NodeDisruption {
    fn from(wire: WireCluster) -> Self {
        let policy = wire.properties.node_disruption_profile.node_disruption_policy;
        match policy.as_deref() {
            Some(word) if word.eq_ignore_ascii_case("AllowDuringMaintenanceWindow") => Self::InWindow,
            Some(word) if word.eq_ignore_ascii_case("Block") => Self::Blocked,
            _ => Self::Allowed,
        }
    }
}

/// A maintenance window, in words: schedules have many forms, and none is decided upon here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct MaintenanceWindow {
    pub name: String,
    /// Such as `weekly on Sunday, from 02:00 +00:00, for 4 hours`; empty where the form is not known.
    pub words: String,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    properties: WireProperties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireProperties {
    maintenance_window: Option<WireWindow>,
    #[serde(default, deserialize_with = "nullable")]
    time_in_week: Vec<WireWeek>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireWindow {
    #[serde(default, deserialize_with = "nullable")]
    schedule: Map<String, Value>,
    duration_hours: Option<u32>,
    utc_offset: Option<String>,
    start_time: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireWeek {
    day: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    hour_slots: Vec<u32>,
}

impl From<Wire> for MaintenanceWindow {
    fn from(Wire { name, properties }: Wire) -> Self {
        let window = properties.maintenance_window.map(|window| {
            // One member, named after its kind, is set.
            let kind = window.schedule.iter().find(|(_, schedule)| schedule.is_object());
            let often = kind.map(|(kind, schedule)| match schedule["dayOfWeek"].as_str() {
                Some(day) => format!("{kind} on {day}"),
                None => kind.clone(),
            });
            let offset = window.utc_offset.unwrap_or_else(|| "+00:00".to_owned());
            let from = window.start_time.map(|time| format!("from {time} {offset}"));
            let long = window.duration_hours.map(|hours| format!("for {hours} hours"));
            [often, from, long].into_iter().flatten().collect::<Vec<_>>().join(", ")
        });
        let week = properties.time_in_week.into_iter().filter_map(|slot| {
            let hours: Vec<String> = slot.hour_slots.iter().map(|hour| format!("{hour}:00")).collect();
            slot.day.map(|day| format!("{day} at {} UTC", hours.join(", ")))
        });
        let words = window.into_iter().chain(week).collect::<Vec<_>>().join("; ");
        Self { name, words }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn policies_on_disruption_are_told_apart() {
        let with = |properties: Value| -> NodeDisruption {
            serde_json::from_value(json!({"name": "shop-prod", "properties": properties})).unwrap()
        };
        let policy = |word: &str| with(json!({"nodeDisruptionProfile": {"nodeDisruptionPolicy": word}}));
        assert_eq!(policy("block"), NodeDisruption::Blocked);
        assert_eq!(policy("AllowDuringMaintenanceWindow"), NodeDisruption::InWindow);
        assert_eq!(policy("Allow"), NodeDisruption::Allowed);
        assert_eq!(with(json!({"nodeDisruptionProfile": null})), NodeDisruption::Allowed);
        assert_eq!(with(Value::Null), NodeDisruption::Allowed);
    }

    #[test]
    fn both_forms_are_put_into_words() {
        let new: MaintenanceWindow = serde_json::from_value(json!({
            "name": "aksManagedNodeOSUpgradeSchedule",
            "properties": {"maintenanceWindow": {
                "schedule": {"daily": null, "weekly": {"intervalWeeks": 1, "dayOfWeek": "Sunday"}},
                "durationHours": 4, "utcOffset": "+01:00", "startTime": "02:00",
            }},
        }))
        .unwrap();
        assert_eq!(new.words, "weekly on Sunday, from 02:00 +01:00, for 4 hours");
        let old: MaintenanceWindow = serde_json::from_value(
            json!({"name": "default", "properties": {"timeInWeek": [{"day": "Monday", "hourSlots": [1, 2]}]}}),
        )
        .unwrap();
        assert_eq!(old.words, "Monday at 1:00, 2:00 UTC");
        let bare: MaintenanceWindow = serde_json::from_value(json!({"name": "default"})).unwrap();
        assert_eq!(bare.words, "");
    }
}

//! Room in a region and in a network: quota, public addresses, subnets.

use serde::Deserialize;

use super::ResourceManager;
use crate::{
    azure::{Result, api::nullable, api_version, http::Call, pages::Pages},
    domain::SubscriptionId,
};

/// How much of something a subscription uses in a region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireUsage")]
pub struct Usage {
    /// `cores` for all machines, or a family such as `standardDSv5Family`.
    pub name: String,
    pub used: i64,
    pub limit: i64,
}

impl Usage {
    /// What is left.
    pub fn free(&self) -> i64 {
        self.limit - self.used
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUsage {
    name: WireName,
    #[serde(default, deserialize_with = "nullable")]
    current_value: i64,
    #[serde(default, deserialize_with = "nullable")]
    limit: i64,
}

#[derive(Deserialize)]
struct WireName {
    #[serde(default, deserialize_with = "nullable")]
    value: String,
}

impl From<WireUsage> for Usage {
    fn from(wire: WireUsage) -> Self {
        Self { name: wire.name.value, used: wire.current_value, limit: wire.limit }
    }
}

/// A subnet: which addresses it has, and how many are taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireSubnet")]
pub struct Subnet {
    pub prefixes: Vec<String>,
    pub taken: usize,
}

#[derive(Deserialize)]
struct WireSubnet {
    properties: WireSubnetProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireSubnetProperties {
    address_prefix: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    address_prefixes: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    ip_configurations: Vec<serde::de::IgnoredAny>,
}

impl From<WireSubnet> for Subnet {
    fn from(WireSubnet { properties }: WireSubnet) -> Self {
        // One or the other is given; where both are, they say the same.
        let prefixes = match properties.address_prefixes {
            list if list.is_empty() => properties.address_prefix.into_iter().collect(),
            list => list,
        };
        Self { prefixes, taken: properties.ip_configurations.len() }
    }
}

#[derive(Deserialize)]
struct WirePublicIp {
    properties: WirePublicIpProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePublicIpProperties {
    ip_address: Option<String>,
    ip_prefix: Option<String>,
}

impl ResourceManager {
    /// What a subscription uses of its quota for machines in a region.
    pub fn compute_usages(&self, subscription: SubscriptionId, location: &str) -> Pages<Usage> {
        let subscription = subscription.to_string();
        let segments = ["subscriptions", &subscription, "/providers/Microsoft.Compute/locations", location, "usages"];
        let url = self.url(segments, api_version::COMPUTE);
        Pages::new(self.api.clone(), "compute.usages.list", format!("read the quota in {location}"), url)
    }

    /// A subnet.
    pub async fn subnet(&self, id: &str) -> Result<Subnet> {
        let url = self.url([id], api_version::NETWORK);
        self.api.send(Call::get("network.subnets.get", format!("read the subnet {id}"), url)).await?.json()
    }

    /// The address of a public address, or the range of a prefix; `None` while it has none.
    pub async fn public_address(&self, id: &str) -> Result<Option<String>> {
        let url = self.url([id], api_version::NETWORK);
        let call = Call::get("network.publicIPAddresses.get", format!("read the public address {id}"), url);
        let WirePublicIp { properties } = self.api.send(call).await?.json()?;
        Ok(properties.ip_address.or(properties.ip_prefix))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_subnet_has_its_prefixes_once() {
        let subnet: Subnet = serde_json::from_value(json!({"properties": {
            "addressPrefix": "10.0.0.0/24", "addressPrefixes": ["10.0.0.0/24"], "ipConfigurations": [{"id": "a"}, {"id": "b"}],
        }}))
        .unwrap();
        assert_eq!((subnet.prefixes, subnet.taken), (vec!["10.0.0.0/24".to_owned()], 2));
        let bare: Subnet = serde_json::from_value(json!({"properties": {"addressPrefix": "10.0.0.0/29"}})).unwrap();
        assert_eq!((bare.prefixes, bare.taken), (vec!["10.0.0.0/29".to_owned()], 0));
    }

    #[test]
    fn what_is_left_can_be_less_than_nothing() {
        let usage: Usage = serde_json::from_value(json!({
            "unit": "Count", "currentValue": 12, "limit": 10, "name": {"value": "cores", "localizedValue": "Total"},
        }))
        .unwrap();
        assert_eq!((usage.name.as_str(), usage.free()), ("cores", -2));
    }
}

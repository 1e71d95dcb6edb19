//! ARM resource ids: `/subscriptions/{s}/resourceGroups/{g}/providers/{namespace}/{type}/{name}[/{type}/{name}…]`.

use std::{fmt, hash::Hash, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ParseError, SubscriptionId};

const EXPECTED: &str =
    "a resource id, such as /subscriptions/…/resourceGroups/…/providers/Microsoft.ContainerService/managedClusters/…";

/// The kinds of resource that a setup is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceKind {
    /// `Microsoft.ContainerService/managedClusters`
    Cluster,
    /// `Microsoft.ContainerRegistry/registries`
    Registry,
}

impl ResourceKind {
    /// The resource type as Azure writes it.
    pub fn resource_type(self) -> &'static str {
        match self {
            Self::Cluster => "Microsoft.ContainerService/managedClusters",
            Self::Registry => "Microsoft.ContainerRegistry/registries",
        }
    }
}

/// A parsed resource id. Azure compares ids without regard to case, and so does this type; the spelling given is kept.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId {
    text: String,
    subscription: SubscriptionId,
    group: String,
    resource_type: String,
    name: String,
}

impl ResourceId {
    /// The whole id, with a leading slash and none at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The subscription that holds the resource.
    pub fn subscription(&self) -> SubscriptionId {
        self.subscription
    }

    /// The resource group's name.
    pub fn resource_group(&self) -> &str {
        &self.group
    }

    /// The scope of the resource group: `/subscriptions/{s}/resourceGroups/{g}`.
    pub fn resource_group_scope(&self) -> String {
        format!("/subscriptions/{}/resourceGroups/{}", self.subscription, self.group)
    }

    /// `Namespace/type[/type…]` as it was written.
    pub fn resource_type(&self) -> &str {
        &self.resource_type
    }

    /// The last segment: the resource's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the resource is of `kind`.
    pub fn is(&self, kind: ResourceKind) -> bool {
        self.resource_type.eq_ignore_ascii_case(kind.resource_type())
    }
}

impl FromStr for ResourceId {
    type Err = ParseError;

    /// Takes a resource id, or a portal address that holds one after `#…/resource`.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || ParseError::new(text, EXPECTED);
        let trimmed = text.trim();
        let path = match trimmed.find("/resource/subscriptions/") {
            Some(at) if trimmed.starts_with("https://") => &trimmed[at + "/resource".len()..],
            _ => trimmed,
        };
        let path = path.split(['?', '#']).next().unwrap_or(path).trim_end_matches('/');
        let segments: Vec<&str> = path.strip_prefix('/').ok_or_else(wrong)?.split('/').collect();
        let [subscriptions, subscription, groups, group, providers, namespace, rest @ ..] = segments.as_slice() else {
            return Err(wrong());
        };
        // A portal address goes on after the resource (`/overview`); a resource id has type and name in pairs.
        let rest = if rest.len() % 2 == 1 && trimmed.starts_with("https://") { &rest[..rest.len() - 1] } else { rest };
        let well_formed = subscriptions.eq_ignore_ascii_case("subscriptions")
            && groups.eq_ignore_ascii_case("resourceGroups")
            && providers.eq_ignore_ascii_case("providers")
            && !rest.is_empty()
            && rest.len() % 2 == 0
            && [group, namespace].into_iter().chain(rest).all(|segment| is_name(segment));
        if !well_formed {
            return Err(wrong());
        }
        let subscription: SubscriptionId = subscription.parse().map_err(|_| wrong())?;
        let types: Vec<&str> = rest.iter().step_by(2).copied().collect();
        Ok(Self {
            text: format!(
                "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{}",
                rest.join("/")
            ),
            subscription,
            group: (*group).to_owned(),
            resource_type: format!("{namespace}/{}", types.join("/")),
            name: (*rest.last().ok_or_else(wrong)?).to_owned(),
        })
    }
}

/// ARM names hold letters, digits and a few signs; anything else (a space, `%`, a control character) would change the
/// address that a request goes to.
fn is_name(segment: &str) -> bool {
    !segment.is_empty()
        && segment != "."
        && segment != ".."
        && segment.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '(' | ')'))
}

impl TryFrom<String> for ResourceId {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> Self {
        id.text
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.text.eq_ignore_ascii_case(&other.text)
    }
}

impl Eq for ResourceId {}

impl Hash for ResourceId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.to_ascii_lowercase().hash(state);
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceId({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod";

    #[test]
    fn takes_an_id_in_any_case_and_a_portal_address() {
        let plain: ResourceId = CLUSTER.parse().unwrap();
        assert!(plain.is(ResourceKind::Cluster));
        assert_eq!(plain.name(), "shop-prod");
        let lower: ResourceId = CLUSTER.to_lowercase().parse().unwrap();
        assert_eq!(plain, lower);
        let portal: ResourceId =
            format!("https://portal.azure.com/#@contoso.example/resource{CLUSTER}/overview").parse().unwrap();
        assert_eq!(plain, portal);
    }

    #[test]
    fn refuses_what_would_change_the_address_of_a_request() {
        for bad in [
            "",
            "/",
            "shop-prod",
            &CLUSTER.replace("shop-prod", ".."),
            &CLUSTER.replace("shop-prod", "a b"),
            &CLUSTER.replace("shop-prod", "a%2fb"),
            &format!("{CLUSTER}/extra"),
            &CLUSTER.replace("11111111-", "x"),
        ] {
            assert!(bad.parse::<ResourceId>().is_err(), "{bad}");
        }
    }
}

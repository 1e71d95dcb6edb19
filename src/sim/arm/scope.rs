//! What a path is about: a subscription, a group, a resource; or the tenant as a whole.

use crate::{domain::SubscriptionId, sim::service::Call};

/// A place in the hierarchy, as the path spells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// `/subscriptions/…`, or `/` for the tenant's root.
    pub text: String,
    /// The subscription's segment, which need not be an id.
    pub subscription: Option<String>,
    pub group: Option<String>,
    /// `Namespace/type[/type…]` and the last name.
    pub resource: Option<(String, String)>,
}

impl Scope {
    /// The scope of a call: the one that it names, or the subscription and group of its path.
    pub fn of(call: &Call) -> Self {
        match (call.param("scope"), call.param("subscription"), call.param("group")) {
            ("", "", _) => Self::parsed(""),
            ("", subscription, "") => Self::parsed(&format!("subscriptions/{subscription}")),
            ("", subscription, group) => Self::parsed(&format!("subscriptions/{subscription}/resourceGroups/{group}")),
            (scope, _, _) => Self::parsed(scope),
        }
    }

    /// Takes a scope apart. Whatever is not of the known form is kept as text only.
    pub fn parsed(text: &str) -> Self {
        let segments: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut scope =
            Self { text: format!("/{}", segments.join("/")), subscription: None, group: None, resource: None };
        let mut rest = segments.as_slice();
        if let [name, value, tail @ ..] = rest
            && name.eq_ignore_ascii_case("subscriptions")
        {
            scope.subscription = Some((*value).to_owned());
            rest = tail;
        }
        if let [name, value, tail @ ..] = rest
            && name.eq_ignore_ascii_case("resourceGroups")
        {
            scope.group = Some((*value).to_owned());
            rest = tail;
        }
        if let [name, namespace, pairs @ ..] = rest
            && name.eq_ignore_ascii_case("providers")
            && let Some(last) = pairs.last()
        {
            let types: Vec<&str> = pairs.iter().step_by(2).copied().collect();
            scope.resource = Some((format!("{namespace}/{}", types.join("/")), (*last).to_owned()));
        }
        scope
    }

    /// The subscription's id, where the segment is one.
    pub fn subscription_id(&self) -> Option<SubscriptionId> {
        self.subscription.as_deref().and_then(|text| text.parse().ok())
    }

    /// The id of a resource of the scope's group.
    pub fn resource_id(&self, kind: &str, name: &str) -> String {
        format!("{}/providers/{kind}/{name}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_taken_apart_in_any_case() {
        let scope = Scope::parsed("SUBSCRIPTIONS/s/resourcegroups/g/PROVIDERS/M.Network/virtualNetworks/v/subnets/n");
        assert_eq!((scope.subscription.as_deref(), scope.group.as_deref()), (Some("s"), Some("g")));
        assert_eq!(scope.resource, Some(("M.Network/virtualNetworks/subnets".into(), "n".into())));
        assert_eq!(Scope::parsed("").text, "/");
    }
}

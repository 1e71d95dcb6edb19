//! What names things: ids, addresses of the portal, images, and which actions a pattern stands for.

use std::fmt::{Debug, Display};

use url::Url;

use super::{assert_harmless, parts, text};
use crate::{
    azure::arm::{Permission, Permissions},
    domain::{ImageReference, KeyId, LoginServer, Pasted, Repository, ResourceId, TenantRef},
};

/// What is pasted into the first field names a tenant or a resource, in a form that stays what it is.
pub(super) fn first_field(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(pasted) = Pasted::read(text) else { return };
    assert!(pasted.tenant.is_some() || pasted.resource.is_some(), "it names nothing");
    if let Some(tenant) = pasted.tenant {
        same::<TenantRef>(&tenant);
        in_one_segment(&tenant.to_string());
    }
    if let Some(resource) = pasted.resource {
        resource_id(&resource);
    }
}

/// Whatever is read as an id reads the same again, and stays in its place in an address.
pub(super) fn ids(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(id) = text.parse::<ResourceId>() {
        resource_id(&id);
    }
    if let Ok(server) = text.parse::<LoginServer>() {
        same::<LoginServer>(&server);
        let url = Url::parse(&format!("https://{server}/v2/")).expect("a login server makes an address");
        assert_eq!(url.host_str().map(str::to_ascii_lowercase), Some(server.host().to_ascii_lowercase()));
        assert!(url.username().is_empty() && url.password().is_none() && url.path() == "/v2/", "{server}");
    }
    if let Ok(repository) = text.parse::<Repository>() {
        same::<Repository>(&repository);
        let url = Url::parse(&format!("https://registry.example/v2/{repository}/tags")).unwrap();
        assert_eq!(url.path(), format!("/v2/{repository}/tags"));
        assert!(url.query().is_none() && url.fragment().is_none());
    }
    if let Ok(image) = text.parse::<ImageReference>() {
        same::<ImageReference>(&image);
    }
    if let Ok(tenant) = text.parse::<TenantRef>() {
        same::<TenantRef>(&tenant);
        in_one_segment(&tenant.to_string());
    }
    if let Ok(key) = text.parse::<KeyId>() {
        same::<KeyId>(&key);
    }
}

fn same<T: Display + Debug + PartialEq + std::str::FromStr>(value: &T) {
    let written = value.to_string();
    assert_harmless("an id", &written);
    assert_eq!(written.parse::<T>().ok().as_ref(), Some(value), "{written}");
}

fn in_one_segment(text: &str) {
    let url = Url::parse(&format!("https://login.example/{text}/oauth2/v2.0/token")).unwrap();
    assert_eq!(url.path_segments().map(Iterator::count), Some(4), "{text}");
    assert!(url.query().is_none() && url.fragment().is_none(), "{text}");
}

fn resource_id(id: &ResourceId) {
    assert_harmless("a resource id", id.as_str());
    let again: ResourceId = id.as_str().parse().expect("an id is read again");
    assert_eq!((&again, again.as_str()), (id, id.as_str()));
    assert!(id.as_str().starts_with("/subscriptions/") && id.as_str().ends_with(id.name()), "{id}");
    assert!(!id.name().contains(['/', '?', '#', '%']) && !id.resource_group().contains(['/', '?', '#', '%']), "{id}");
    let url = Url::parse(&format!("https://management.example{id}")).unwrap();
    let asked = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
    assert_eq!(asked, id.as_str(), "the address asks for something else");
}

/// A pattern stands for what its stars say, and no more: `notActions` takes away, and a role covers itself.
pub(super) fn permissions(data: &[u8]) {
    let Some([pattern, action, json]) = parts(data) else { return };
    // The plain way takes long for long texts.
    if pattern.len() > 64 || action.len() > 64 {
        return;
    }
    let entry = |actions: &str, not: &str| Permission {
        actions: vec![actions.to_owned()],
        not_actions: vec![not.to_owned()],
        ..Permission::default()
    };
    let expected = stands_for(&pattern.to_ascii_lowercase(), &action.to_ascii_lowercase());
    assert_eq!(Permissions::new(vec![entry(pattern, "\0")]).allows(action), expected, "{pattern:?} {action:?}");
    assert_eq!(Permissions::new(vec![entry("*", pattern)]).allows(action), !expected, "{pattern:?} {action:?}");
    if let Ok(permissions) = serde_json::from_str::<Permissions>(json) {
        let unconditional: Vec<Permission> =
            permissions.entries().iter().map(|entry| Permission { condition: None, ..entry.clone() }).collect();
        let unconditional = Permissions::new(unconditional);
        assert!(unconditional.covers(&unconditional) && unconditional.covers(&Permissions::default()));
        assert!(permissions.allows(action) || permissions.conditions(action).is_empty());
        assert!(!Permissions::default().allows(action));
    }
}

/// Letter by letter, as the documentation describes it.
fn stands_for(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for sign in pattern.chars() {
        if sign == '*' {
            for at in 1..=text.len() {
                reached[at] |= reached[at - 1];
            }
        } else {
            for at in (0..text.len()).rev() {
                reached[at + 1] = reached[at] && text[at] == sign;
            }
            reached[0] = false;
        }
    }
    reached[text.len()]
}

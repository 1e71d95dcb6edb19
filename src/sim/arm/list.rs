//! Lists: what the caller may see of a scope, page by page.

use axum::response::Response;
use serde_json::{Value, json};

use super::Asked;
use crate::sim::{rbac::Rights, service::json, world::World};

/// The query parameter that says where a page begins.
const SKIP: &str = "$skiptoken";

/// Who sees what in the list of a scope: all, or what they have rights on below it.
pub(in crate::sim) struct Sight<'w> {
    rights: Rights<'w>,
    action: &'static str,
    all: bool,
}

impl<'w> Sight<'w> {
    /// Refuses a caller who has nothing to do with the scope.
    pub(in crate::sim) fn of(asked: &Asked<'_>, world: &'w World, action: &'static str) -> Result<Self, Box<Response>> {
        let rights = asked.rights(world);
        let all = rights.allow(&asked.scope.text, action);
        if !all && !rights.touch(&asked.scope.text) {
            asked.require(world, &asked.scope.text, action)?;
        }
        Ok(Self { rights, action, all })
    }

    /// Whether the caller sees this resource.
    pub(in crate::sim) fn sees(&self, id: &str) -> bool {
        self.all || self.rights.allow(id, self.action)
    }
}

/// One page of `entries`, the rest behind a `nextLink`.
pub(in crate::sim) fn paged<T>(
    asked: &Asked<'_>,
    world: &World,
    entries: impl Iterator<Item = T>,
    render: impl Fn(T) -> Value,
) -> Response {
    let start: usize = asked.call.query(SKIP).and_then(|text| text.parse().ok()).unwrap_or(0);
    let size = world.page_size.max(1);
    let mut entries = entries.skip(start);
    let value: Vec<Value> = entries.by_ref().take(size).map(render).collect();
    let mut body = json!({ "value": value });
    if entries.next().is_some() {
        body["nextLink"] = json!(next_link(asked, start + size));
    }
    json(200, &body)
}

fn next_link(asked: &Asked<'_>, start: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.call.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(SKIP)));
    query.append_pair(SKIP, &start.to_string());
    format!("{}{}?{}", asked.state.hosts.resource_manager, asked.call.path, query.finish())
}

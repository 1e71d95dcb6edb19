//! Repositories and tags, page by page.

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use serde_json::{Value, json};

use super::{Answer, Asked, content::no_repository};
use crate::sim::service::json;

/// How many names a page has where the client does not say.
const PAGE: usize = 100;
/// When everything in a registry was pushed.
const PUSHED: &str = "2026-01-01T00:00:00Z";

pub(super) fn catalog(asked: &Asked<'_>) -> Answer {
    asked.permit("registry", "catalog", &["*"])?;
    let (names, more) = page(asked, asked.registry.repositories.keys());
    Ok(paged(asked, &json!({"repositories": names}), &names, more))
}

pub(super) fn tags(asked: &Asked<'_>) -> Answer {
    let name = asked.call.param("name");
    asked.permit("repository", name, &["pull", "metadata_read"])?;
    let tags = asked.registry.repositories.get(name).ok_or_else(|| no_repository(name))?;
    let (names, more) = page(asked, tags.keys());
    Ok(paged(asked, &json!({"name": name, "tags": names}), &names, more))
}

pub(super) fn tag_attributes(asked: &Asked<'_>) -> Answer {
    let name = asked.call.param("name");
    asked.permit("repository", name, &["metadata_read", "pull"])?;
    let tags = asked.registry.repositories.get(name).ok_or_else(|| no_repository(name))?;
    let (names, more) = page(asked, tags.keys());
    let entries: Vec<Value> = names
        .iter()
        .map(|tag| {
            json!({
                "name": tag,
                "digest": tags.get(*tag),
                "createdTime": PUSHED,
                "lastUpdateTime": PUSHED,
                "signed": false,
                "changeableAttributes":
                    {"deleteEnabled": true, "writeEnabled": true, "readEnabled": true, "listEnabled": true},
            })
        })
        .collect();
    let body = json!({"registry": asked.registry.login_server, "imageName": name, "tags": entries});
    Ok(paged(asked, &body, &names, more))
}

/// The names after `last`, and whether there are more of them.
fn page<'a>(asked: &Asked<'_>, names: impl Iterator<Item = &'a String>) -> (Vec<&'a str>, bool) {
    let size = asked.call.query("n").and_then(|n| n.parse().ok()).filter(|n| *n > 0).unwrap_or(PAGE);
    let last = asked.call.query("last").unwrap_or_default();
    let mut names = names.map(String::as_str).filter(|name| *name > last);
    let page = names.by_ref().take(size).collect();
    (page, names.next().is_some())
}

/// The next page is named by a path without a host.
fn paged(asked: &Asked<'_>, body: &Value, names: &[&str], more: bool) -> Response {
    let mut response = json(200, body);
    if let (true, Some(last)) = (more, names.last()) {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("last", last)
            .append_pair("n", &names.len().to_string())
            .finish();
        if let Ok(link) = HeaderValue::from_str(&format!("<{}?{query}>; rel=\"next\"", asked.call.path)) {
            response.headers_mut().insert(header::LINK, link);
        }
    }
    response
}

//! Manifests and blobs.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{HeaderValue, Method, header},
    response::Response,
};
use serde_json::json;

use super::{Answer, Asked, accepted};
use crate::sim::{
    image::{self, Content, Image},
    service::registry_error,
};

pub(super) fn manifest(asked: &Asked<'_>) -> Answer {
    let images = permitted(asked)?;
    let reference = asked.call.param("reference");
    if reference.contains(':') {
        let found = images.iter().find_map(|(_, image)| image.manifest(reference));
        let message = format!("manifest \"{reference}\" is not found");
        let missing = || unknown("MANIFEST_UNKNOWN", &message, "Revision", reference);
        return Ok(answer(asked, found.ok_or_else(missing)?));
    }
    let Some((_, image)) = images.iter().find(|(tag, _)| *tag == reference) else {
        let message = format!("manifest tagged by \"{reference}\" is not found");
        return Err(unknown("MANIFEST_UNKNOWN", &message, "Tag", reference).into());
    };
    let content = image.for_tag(&accepted(&asked.call.headers)).ok_or_else(|| {
        let message = "OCI index found, but accept header does not support OCI indexes";
        unknown("MANIFEST_UNKNOWN", message, "Tag", reference)
    })?;
    Ok(answer(asked, content))
}

pub(super) fn blob(asked: &Asked<'_>) -> Answer {
    let images = permitted(asked)?;
    let digest = asked.call.param("digest");
    let found = images.iter().find_map(|(_, image)| image.blob(digest));
    let missing = || unknown("BLOB_UNKNOWN", "blob unknown to registry", "digest", digest);
    Ok(answer(asked, found.ok_or_else(missing)?))
}

/// The repository's images, for a client that may pull from it.
fn permitted<'a>(asked: &Asked<'a>) -> Result<Vec<(&'a str, Arc<Image>)>, Box<Response>> {
    let name = asked.call.param("name");
    asked.permit("repository", name, &["pull"])?;
    let tags = asked.registry.repositories.get(name).ok_or_else(|| no_repository(name))?;
    Ok(tags.keys().map(|tag| (tag.as_str(), image::image(name, tag))).collect())
}

pub(super) fn no_repository(name: &str) -> Response {
    unknown("NAME_UNKNOWN", "repository name not known to registry", "Name", name)
}

fn unknown(code: &str, message: &str, what: &str, value: &str) -> Response {
    registry_error(404, code, message, &json!({ what: value }))
}

fn answer(asked: &Asked<'_>, content: &Content) -> Response {
    let body = if asked.call.method == Method::HEAD { Body::empty() } else { Body::from(content.bytes.clone()) };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content.media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(content.bytes.len()));
    if let (Ok(digest), Ok(tag)) =
        (HeaderValue::from_str(&content.digest), HeaderValue::from_str(&format!("\"{}\"", content.digest)))
    {
        headers.insert("docker-content-digest", digest);
        headers.insert(header::ETAG, tag);
    }
    response
}

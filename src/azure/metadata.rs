//! The endpoints of a custom cloud, as its Resource Manager gives them.

use serde::Deserialize;
use url::Url;

use super::{
    ErrorKind, Result,
    api::{address, lacks, nullable},
    api_version,
    error::clean,
    http::{Call, Http, Response, authority, is_loopback, same_origin},
};
use crate::domain::Cloud;

/// Some Resource Managers give one cloud, some a list of all they know.
#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    One(Box<Entry>),
    Many(Vec<Entry>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    portal: Option<Url>,
    authentication: Authentication,
    resource_manager: Option<Url>,
    microsoft_graph_resource_id: Option<Url>,
    #[serde(default, deserialize_with = "nullable")]
    suffixes: Suffixes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    login_endpoint: Url,
    #[serde(default, deserialize_with = "nullable")]
    audiences: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Suffixes {
    acr_login_server: Option<String>,
}

/// Asks a Resource Manager which cloud it belongs to.
pub async fn discover(http: &Http, resource_manager: &Url) -> Result<Cloud> {
    let url = address(resource_manager, ["metadata", "endpoints"], &[("api-version", api_version::METADATA)]);
    let call = Call::get("arm.metadata.endpoints", format!("read the endpoints of {resource_manager}"), url);
    read(&http.send(call).await?, resource_manager)
}

/// Reads what a Resource Manager says of its cloud.
pub(crate) fn read(response: &Response, resource_manager: &Url) -> Result<Cloud> {
    let entries = match response.json::<Wire>()? {
        Wire::One(entry) => vec![*entry],
        Wire::Many(entries) => entries,
    };
    let only = entries.len() == 1;
    let entry = entries
        .into_iter()
        .find(|entry| match &entry.resource_manager {
            Some(own) => same_origin(own, resource_manager),
            None => only,
        })
        .ok_or_else(|| lacks(response, "entry for this Resource Manager"))?;
    cloud(response, resource_manager, entry)
}

fn cloud(response: &Response, resource_manager: &Url, entry: Entry) -> Result<Cloud> {
    let login = secure(response, entry.authentication.login_endpoint)?;
    let graph = entry.microsoft_graph_resource_id.ok_or_else(|| lacks(response, "address of Microsoft Graph"))?;
    let graph = secure(response, graph)?;
    let audience = entry.authentication.audiences.into_iter().next();
    let suffix = entry.suffixes.acr_login_server.map(|suffix| suffix.trim_start_matches('.').to_owned());
    let suffix = suffix.filter(|suffix| !suffix.is_empty());
    let name = clean(&entry.name);
    Ok(Cloud {
        name: if name.is_empty() { "custom".to_owned() } else { name },
        login,
        resource_manager: secure(response, resource_manager.clone())?,
        resource_manager_audience: audience.ok_or_else(|| lacks(response, "audience of Resource Manager"))?,
        graph_audience: graph.as_str().trim_end_matches('/').to_owned(),
        graph,
        registry_suffix: suffix.ok_or_else(|| lacks(response, "suffix of registries"))?,
        // It is shown and opened, so that it must be no less safe; nothing depends on it.
        portal: entry
            .portal
            .and_then(|portal| secure(response, portal).ok())
            .unwrap_or_else(|| resource_manager.clone()),
        custom: true,
    })
}

/// An address to which tokens and keys may go.
fn secure(response: &Response, url: Url) -> Result<Url> {
    if !url.username().is_empty() || url.password().is_some() {
        return Err(response.error(ErrorKind::Malformed, format!("the cloud names a user at `{}`", authority(&url))));
    }
    if url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url) {
        return Ok(url);
    }
    Err(response.error(ErrorKind::Insecure, format!("the cloud names an address without TLS: {url}")))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::{Value, json};

    use super::*;

    fn read_with(change: impl FnOnce(&mut Value)) -> Result<Cloud> {
        let manager = Url::parse("https://management.example/").unwrap();
        let mut document = json!({
            "name": "Example",
            "authentication": { "loginEndpoint": "https://login.example/", "audiences": ["https://management.example/"] },
            "microsoftGraphResourceId": "https://graph.example/",
            "suffixes": { "acrLoginServer": ".registry.example" },
        });
        change(&mut document);
        let call = Call::get("arm.metadata.endpoints", "read", manager.clone());
        read(&Response::new(200, HeaderMap::new(), document.to_string().into_bytes(), &call), &manager)
    }

    #[test]
    fn a_cloud_says_where_its_services_are() {
        let cloud = read_with(|_| {}).unwrap();
        assert_eq!((cloud.name.as_str(), cloud.registry_suffix.as_str()), ("Example", "registry.example"));
    }

    #[test]
    fn a_portal_that_is_not_safe_to_open_is_left_out() {
        for portal in
            ["http://portal.example/", "file:///etc/passwd", "javascript:alert(1)", "https://u:p@portal.example/"]
        {
            let cloud = read_with(|document| document["portal"] = json!(portal)).unwrap();
            assert_eq!(cloud.portal.as_str(), "https://management.example/", "{portal}");
        }
        let cloud = read_with(|document| document["portal"] = json!("https://portal.example/")).unwrap();
        assert_eq!(cloud.portal.as_str(), "https://portal.example/");
    }

    #[test]
    fn a_suffix_of_a_dot_is_none() {
        let found = read_with(|document| document["suffixes"]["acrLoginServer"] = json!("."));
        assert_eq!(found.unwrap_err().kind, ErrorKind::Malformed);
    }

    #[test]
    fn an_address_names_no_user() {
        let found =
            read_with(|document| document["authentication"]["loginEndpoint"] = json!("https://a:b@login.example/"));
        let error = found.unwrap_err();
        assert!(error.kind == ErrorKind::Malformed && !error.message.contains("a:b"), "{error}");
    }

    #[test]
    fn its_name_is_safe_to_show() {
        let cloud = read_with(|document| document["name"] = json!("Ex\u{1b}[2Jample\u{202e}")).unwrap();
        assert_eq!(cloud.name, "Ex [2Jample");
    }
}

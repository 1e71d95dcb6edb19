//! Addresses that services give: the next page, where a registry signs people in, a cloud's endpoints.

use std::sync::{Arc, LazyLock};

use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::{assert_harmless, parts, text};
use crate::{
    azure::{
        ErrorKind, Http, HttpOptions, Pages, TenantClients, entra, error,
        http::{Call, Response, judge},
        metadata,
        registry::{self, RegistryClient},
        sign_in,
    },
    domain::{Cloud, TenantId, cloud::KnownCloud},
};

const SERVICE: &str = "https://graph.example/v1.0/things?page=1";

static HTTP: LazyLock<Http> = LazyLock::new(|| Http::new(HttpOptions::default()).expect("a client"));

/// Nobody is asked for a token here.
#[derive(Debug)]
struct Nobody;

#[async_trait::async_trait]
impl TokenCredential for Nobody {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        panic!("a token was asked for")
    }
}

static CLIENTS: LazyLock<TenantClients> = LazyLock::new(|| {
    let service = Url::parse("https://graph.example/").expect("an address");
    let cloud = Cloud { resource_manager: service, custom: true, ..Cloud::known(KnownCloud::Public) };
    let tenant = TenantId(uuid::Uuid::from_u128(1));
    TenantClients::new(HTTP.clone(), Arc::new(cloud), sign_in::Tokens::new(Arc::new(Nobody), tenant))
});

/// Whether a token for `https://graph.example` may go to an address: worked out without the program's own means.
fn is_service(url: &Url) -> bool {
    let rest = url.as_str().strip_prefix("https://graph.example");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

/// A page whose link leads elsewhere gets no token there; what is no page is an error without its words.
pub(super) fn next_link(data: &[u8]) {
    let api = CLIENTS.arm.api.clone();
    let from = Url::parse(SERVICE).unwrap();
    let mut pages = Pages::<Value>::new(api.clone(), "test.list", "list", from.clone());
    // As an answer, and as the link of one.
    let linked = text(data).map(|link| serde_json::json!({ "value": [], "nextLink": link }).to_string());
    for body in [Some(data.to_vec()), linked.map(String::into_bytes)].into_iter().flatten() {
        let call = Call::get("test.list", "list", from.clone());
        match pages.take(&Response::new(200, json(), body, &call), &from) {
            Ok(_) => {
                let Some(next) = pages.link().cloned() else { continue };
                assert_ne!(next, from, "the list leads to where it came from");
                let sent = api.expect_own(&Call::get("test.list", "list", next.clone()));
                assert_eq!(sent.is_ok(), is_service(&next), "{next}");
                assert!(sent.is_ok() || sent.unwrap_err().kind == ErrorKind::ForeignHost);
            }
            Err(error) => assert_harmless("an error", &error.message),
        }
    }
}

fn json() -> HeaderMap {
    let name = HeaderName::from_static("content-type");
    HeaderMap::from_iter([(name, HeaderValue::from_static("application/json"))])
}

/// A key goes only to a realm on the registry's own host, over TLS. What a service wants proven becomes JSON, or nothing.
pub(super) fn challenge(data: &[u8]) {
    let Some([header, claims]) = parts(data) else { return };
    let Ok(value) = HeaderValue::from_bytes(header.as_bytes()) else { return };
    let headers = HeaderMap::from_iter([(HeaderName::from_static("www-authenticate"), value)]);
    let call = Call::get("registry.challenge", "ask", Url::parse("https://images.azurecr.io/v2/").unwrap());
    let response = Response::new(401, headers, Vec::new(), &call);
    if let Some(challenge) = registry::Challenge::of(&response) {
        let cloud = Arc::new(Cloud::known(KnownCloud::Public));
        let client = RegistryClient::new(HTTP.clone(), cloud, "images.azurecr.io".parse().unwrap());
        if let Ok(url) = client.realm(&challenge, &"shop/web".parse().unwrap(), "sign in") {
            let rest = url.as_str().strip_prefix("https://images.azurecr.io").expect("the registry's own host");
            assert!(rest.starts_with('/'), "{url}");
        }
    }
    let refused = judge(response, &call).err().expect("a refusal");
    assert_harmless("an error", &refused.message);
    for claims in refused.claims.clone().into_iter().chain([claims.to_owned()]) {
        let challenge = sign_in::Challenge(claims);
        let parameter: Value = serde_json::from_str(&sign_in::parameter(Some(&challenge))).expect("JSON");
        assert!(parameter.get("access_token").is_some(), "{parameter}");
        if let Some(base64) = challenge.base64() {
            // It stands in a command that people copy.
            assert!(base64.chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)), "{base64}");
        }
    }
}

/// Tokens and keys go to no address without TLS, whatever a cloud or a tenant publishes of itself.
pub(super) fn metadata(data: &[u8]) {
    let manager = Url::parse("https://management.example/").unwrap();
    let call = Call::get("arm.metadata.endpoints", "read", manager.clone());
    let response = Response::new(200, json(), data.to_vec(), &call);
    match metadata::read(&response, &manager) {
        Ok(cloud) => {
            for url in [&cloud.login, &cloud.graph, &cloud.resource_manager, &cloud.portal] {
                assert!(url.scheme() == "https" || crate::azure::http::is_loopback(url), "{url}");
                assert!(url.username().is_empty() && url.password().is_none(), "a user goes along: {url}");
            }
            assert_eq!(cloud.resource_manager, manager);
            assert_harmless("a cloud's name", &cloud.name);
            let foreign = "images.elsewhere.test".parse().unwrap();
            assert!(
                !cloud.owns_login_server(&foreign)
                    || foreign.as_str().ends_with(&format!(".{}", cloud.registry_suffix)),
                "{}",
                cloud.registry_suffix
            );
            assert!(!cloud.registry_suffix.is_empty(), "every registry would be this cloud's");
        }
        Err(error) => assert_harmless("an error", &error.message),
    }
    match entra::read_openid(&response) {
        Ok(found) => assert!(!found.tenant_id.0.is_nil(), "a tenant that cannot be"),
        Err(error) => assert_harmless("an error", &error::clean(&error.message)),
    }
}

//! A registry's own API. Pulls are tried as the nodes pull: with the app's id and key. What it holds is listed with the
//! operator's own token.

mod answer;
mod challenge;
mod lists;

use std::sync::Arc;

use reqwest::Method;
use serde::Deserialize;
use url::Url;

pub use answer::{RegistryAnswer, answer};
pub use challenge::Challenge;
pub use lists::Names;

use super::{
    Error, ErrorKind, Result,
    api::{address, lacks, set_query},
    entra,
    http::{Call, Http, Response, authority, same_origin},
};
use crate::{
    domain::{AppId, Cloud, Digest, ImageReference, LoginServer, Repository},
    secret::Secret,
};

/// What manifests may look like: single and multi-platform, of both formats.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.docker.distribution.manifest.v2+json";

/// One registry, by its login server.
#[derive(Debug, Clone)]
pub struct RegistryClient {
    http: Http,
    cloud: Arc<Cloud>,
    server: LoginServer,
}

/// What the registry let in, and to what.
#[derive(Debug, Clone)]
pub struct RegistryToken {
    pub token: Secret,
    /// What it may do with the repository: empty where the registry let it in, and to nothing.
    pub actions: Vec<String>,
}

impl RegistryToken {
    /// Whether it may pull. That the registry gave a token does not mean that it may.
    pub fn can_pull(&self) -> bool {
        self.actions.iter().any(|action| action == "pull" || action == "*")
    }
}

/// A manifest that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub digest: Digest,
    pub media_type: String,
}

#[derive(Deserialize)]
struct WireToken {
    access_token: Secret,
}

#[derive(Deserialize)]
struct WireClaims {
    #[serde(default)]
    access: Vec<WireAccess>,
}

#[derive(Deserialize)]
struct WireAccess {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    actions: Vec<String>,
}

impl RegistryClient {
    /// The registry that answers at `server`.
    pub fn new(http: Http, cloud: Arc<Cloud>, server: LoginServer) -> Self {
        Self { http, cloud, server }
    }

    /// Where it answers.
    pub fn server(&self) -> &LoginServer {
        &self.server
    }

    fn base(&self, operation: &'static str) -> Result<Url> {
        Url::parse(&format!("https://{}/", self.server)).map_err(|_| {
            let message = format!("`{}` is no address", self.server);
            Error::new(ErrorKind::Local, operation, "reach the registry", message)
        })
    }

    fn manifest_url(&self, operation: &'static str, repository: &Repository, reference: &str) -> Result<Url> {
        let base = self.base(operation)?;
        let repository = format!("/{repository}");
        Ok(address(&base, ["v2", &repository, "manifests", reference], &[]))
    }

    /// Asks for a repository without a token, to be told where to get one.
    pub async fn challenge(&self, repository: &Repository) -> Result<Challenge> {
        let operation = "registry.challenge";
        let tried = format!("ask {} for {repository}", self.server);
        let url = self.manifest_url(operation, repository, "latest")?;
        let response = self.http.send(Call::get(operation, tried, url).takes(&[401])).await?;
        Challenge::of(&response).ok_or_else(|| lacks(&response, "challenge that says where to sign in"))
    }

    /// A token for the app with its key, the way the nodes get theirs. The key goes only to a login server of this cloud,
    /// over TLS, and only where the challenge names a realm on that same host and port.
    pub async fn token_basic(&self, app: AppId, key: &Secret, repository: &Repository) -> Result<RegistryToken> {
        let tried = format!("sign in to {} as the app", self.server);
        if !self.cloud.owns_login_server(&self.server) {
            let message = format!(
                "`{}` is not under `{}`, the registries of this cloud, so the key was not sent there",
                self.server, self.cloud.registry_suffix
            );
            return Err(Error::new(ErrorKind::ForeignHost, "registry.token", tried, message));
        }
        let challenge = self.challenge(repository).await?;
        let url = self.realm(&challenge, repository, &tried)?;
        let call = Call::get("registry.token", tried, url).basic(&app.to_string(), key);
        self.read_token(&self.http.send(call).await?, repository)
    }

    /// A token without any credential: given where the registry lets anyone pull.
    pub async fn token_anonymous(&self, repository: &Repository) -> Result<RegistryToken> {
        let tried = format!("ask {} for a token without a credential", self.server);
        let challenge = self.challenge(repository).await?;
        let url = self.realm(&challenge, repository, &tried)?;
        self.read_token(&self.http.send(Call::get("registry.token", tried, url)).await?, repository)
    }

    /// The realm of a challenge with its query, if it is the registry's own.
    pub(crate) fn realm(&self, challenge: &Challenge, repository: &Repository, tried: &str) -> Result<Url> {
        let base = self.base("registry.token")?;
        if challenge.realm.scheme() != "https" || !same_origin(&base, &challenge.realm) {
            let message = format!(
                "`{}` sends those who sign in to `{}`, so nothing was sent there",
                self.server,
                authority(&challenge.realm)
            );
            return Err(Error::new(ErrorKind::ForeignHost, "registry.token", tried, message));
        }
        let scope = challenge.scope.clone().unwrap_or_else(|| format!("repository:{repository}:pull"));
        let mut url = challenge.realm.clone();
        set_query(&mut url, &[("service", &challenge.service), ("scope", &scope)]);
        Ok(url)
    }

    fn read_token(&self, response: &Response, repository: &Repository) -> Result<RegistryToken> {
        let wire: WireToken = response.json()?;
        let claims: Option<WireClaims> =
            entra::payload(&wire.access_token).and_then(|payload| serde_json::from_slice(&payload).ok());
        let claims = claims.ok_or_else(|| lacks(response, &format!("readable token of {}", self.server)))?;
        let actions = claims
            .access
            .into_iter()
            .filter(|access| access.kind == "repository" && access.name == repository.as_str())
            .flat_map(|access| access.actions)
            .collect();
        Ok(RegistryToken { token: wire.access_token, actions })
    }

    /// An image's manifest. One request; a second one where it failed, since the answer to HEAD holds no reason.
    pub async fn manifest(&self, token: Option<&RegistryToken>, image: &ImageReference) -> Result<Manifest> {
        let response = match self.manifest_request(Method::HEAD, token, image).await {
            Ok(response) => response,
            Err(error) if error.kind == ErrorKind::Service && !error.transient() => {
                self.manifest_request(Method::GET, token, image).await?
            }
            Err(error) => return Err(error),
        };
        let digest = response.header("docker-content-digest").and_then(|digest| digest.parse().ok());
        Ok(Manifest {
            digest: digest.ok_or_else(|| lacks(&response, "digest of the image"))?,
            media_type: response.header("content-type").unwrap_or_default().to_owned(),
        })
    }

    async fn manifest_request(
        &self,
        method: Method,
        token: Option<&RegistryToken>,
        image: &ImageReference,
    ) -> Result<Response> {
        let operation = "registry.manifest";
        let url = self.manifest_url(operation, &image.repository, &image.reference)?;
        let tried = format!("read {}/{image}", self.server);
        let call = Call::new(operation, tried, method, url).header("accept", MANIFESTS);
        let call = if let Some(token) = token { call.token(&token.token) } else { call };
        self.http.send(call).await
    }

    /// Whether anyone can pull the image: a pull with a credential then proves nothing. `None` where the registry wants
    /// one.
    pub async fn pulls_anonymously(&self, image: &ImageReference) -> Result<Option<Manifest>> {
        let refused = |error: &Error| error.unauthorized() || error.forbidden() || error.not_found();
        let token = match self.token_anonymous(&image.repository).await {
            Ok(token) if token.can_pull() => token,
            Ok(_) => return Ok(None),
            Err(error) if refused(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        match self.manifest(Some(&token), image).await {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) if refused(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{azure::HttpOptions, domain::cloud::KnownCloud};

    fn client() -> RegistryClient {
        let cloud = Arc::new(Cloud::known(KnownCloud::Public));
        let server = "fabrikamimages.azurecr.io".parse().unwrap();
        RegistryClient::new(Http::new(HttpOptions::default()).unwrap(), cloud, server)
    }

    #[test]
    fn only_the_registrys_own_realm_is_followed() {
        let repository: Repository = "shop/web".parse().unwrap();
        let realm = |text: &str| {
            let challenge = Challenge {
                realm: Url::parse(text).unwrap(),
                service: "fabrikamimages.azurecr.io".to_owned(),
                scope: None,
            };
            client().realm(&challenge, &repository, "sign in")
        };
        assert_eq!(
            realm("https://fabrikamimages.azurecr.io/oauth2/token").unwrap().as_str(),
            "https://fabrikamimages.azurecr.io/oauth2/token?service=fabrikamimages.azurecr.io&scope=repository%3Ashop%2Fweb%3Apull"
        );
        for foreign in [
            "https://evil.example/oauth2/token",
            "http://fabrikamimages.azurecr.io/oauth2/token",
            "https://fabrikamimages.azurecr.io:8443/oauth2/token",
            "https://fabrikamimages.azurecr.io@evil.example/oauth2/token",
            "https://other.azurecr.io/oauth2/token",
        ] {
            assert_eq!(realm(foreign).unwrap_err().kind, ErrorKind::ForeignHost, "{foreign}");
        }
    }

    #[test]
    fn a_token_counts_for_its_own_repository_only() {
        let read = |access: serde_json::Value| {
            let token = entra::tests::jwt(&serde_json::json!({ "access": access }));
            let call = Call::get("registry.token", "sign in", Url::parse("https://x.azurecr.io/").unwrap());
            let body = serde_json::json!({ "access_token": token }).to_string().into_bytes();
            let response = Response::new(200, reqwest::header::HeaderMap::default(), body, &call);
            client().read_token(&response, &"shop/web".parse().unwrap())
        };
        let access = |name: &str, actions: &[&str]| serde_json::json!([{"type": "repository", "name": name, "actions": actions}]);
        assert!(read(access("shop/web", &["pull"])).unwrap().can_pull());
        assert!(!read(access("shop/web", &[])).unwrap().can_pull());
        assert!(!read(access("shop/api", &["pull"])).unwrap().can_pull());
        assert!(!read(serde_json::json!([])).unwrap().can_pull());
        assert_eq!(read(serde_json::json!("?")).unwrap_err().kind, ErrorKind::Malformed);
    }
}

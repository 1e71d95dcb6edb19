//! What a registry holds, as the operator may see it: the operator's token is exchanged for the registry's own.

use reqwest::Method;
use serde::Deserialize;

use super::{Manifest, RegistryClient, RegistryToken};
use crate::{
    azure::{Error, ErrorKind, Result, TenantClients, api::address, http::Call},
    domain::{ImageReference, Repository},
    secret::Secret,
};

/// How many names a page holds.
const PAGE: &str = "200";

/// What tokens for registries are asked for with, in every cloud.
const REGISTRY_SCOPE: &str = "https://containerregistry.azure.net/.default";

/// Names, page by page.
#[derive(Debug)]
pub struct Names<'a> {
    client: RegistryClient,
    tenant: &'a TenantClients,
    operation: &'static str,
    tried: String,
    path: String,
    scope: String,
    token: Option<Secret>,
    last: Option<String>,
    done: bool,
}

#[derive(Deserialize)]
struct WireRefresh {
    refresh_token: Secret,
}

#[derive(Deserialize)]
struct WireAccess {
    access_token: Secret,
}

#[derive(Deserialize)]
struct WireNames {
    #[serde(default)]
    repositories: Option<Vec<String>>,
    #[serde(default)]
    tags: Option<Vec<WireTag>>,
}

#[derive(Deserialize)]
struct WireTag {
    name: String,
}

impl RegistryClient {
    /// The registry's repositories.
    pub fn repositories<'a>(&self, tenant: &'a TenantClients) -> Names<'a> {
        let tried = format!("list the images of {}", self.server);
        self.names(
            tenant,
            "registry.repositories",
            tried,
            "/acr/v1/_catalog".to_owned(),
            "registry:catalog:*".to_owned(),
        )
    }

    /// The tags of a repository.
    pub fn tags<'a>(&self, tenant: &'a TenantClients, repository: &Repository) -> Names<'a> {
        let tried = format!("list the tags of {repository}");
        let path = format!("/acr/v1/{repository}/_tags");
        self.names(tenant, "registry.tags", tried, path, format!("repository:{repository}:metadata_read"))
    }

    /// Looks for an image with the operator's own rights: who runs a registry may pull from it, as a rule.
    pub async fn look_for(&self, tenant: &TenantClients, image: &ImageReference) -> Result<Manifest> {
        let tried = format!("look for {image} in {}", self.server);
        let scope = format!("repository:{}:pull", image.repository);
        let token = self.operators_token(tenant, &tried, &scope).await?;
        self.manifest(Some(&RegistryToken { token, actions: Vec::new() }), image).await
    }

    /// The operator's Entra token for one of the registry's. It goes to a login server of this cloud alone.
    async fn operators_token(&self, tenant: &TenantClients, tried: &str, scope: &str) -> Result<Secret> {
        let server = self.server.to_string();
        if !self.cloud.owns_login_server(&self.server) {
            let message = format!("`{server}` is not a registry of this cloud, so no token was sent there");
            return Err(Error::new(ErrorKind::ForeignHost, "registry.exchange", tried, message));
        }
        let entra = tenant.tokens().token(REGISTRY_SCOPE).await?;
        let base = self.base("registry.exchange")?;
        let tenant = tenant.id().to_string();
        let plain = |text: &str| Secret::new(text);
        let form = vec![
            ("grant_type".into(), plain("access_token")),
            ("service".into(), plain(&server)),
            ("tenant".into(), plain(&tenant)),
            ("access_token".into(), entra.clone()),
        ];
        let url = address(&base, ["oauth2", "exchange"], &[]);
        let call = Call::new("registry.exchange", tried, Method::POST, url).read().form(form).hide(&entra);
        let refresh = self.http.send(call).await?.json::<WireRefresh>()?.refresh_token;
        let form = vec![
            ("grant_type".into(), plain("refresh_token")),
            ("service".into(), plain(&server)),
            ("scope".into(), plain(scope)),
            ("refresh_token".into(), refresh.clone()),
        ];
        let url = address(&base, ["oauth2", "token"], &[]);
        let call = Call::new("registry.token", tried, Method::POST, url).read().form(form).hide(&refresh);
        let access: WireAccess = self.http.send(call).await?.json()?;
        Ok(access.access_token)
    }

    fn names<'a>(
        &self,
        tenant: &'a TenantClients,
        operation: &'static str,
        tried: String,
        path: String,
        scope: String,
    ) -> Names<'a> {
        let client = self.clone();
        Names { client, tenant, operation, tried, path, scope, token: None, last: None, done: false }
    }
}

impl Names<'_> {
    /// The next page; `None` behind the last one.
    pub async fn next(&mut self) -> Result<Option<Vec<String>>> {
        if self.done {
            return Ok(None);
        }
        let token = if let Some(token) = &self.token {
            token.clone()
        } else {
            let token = self.client.operators_token(self.tenant, &self.tried, &self.scope).await?;
            self.token.insert(token).clone()
        };
        let mut query = vec![("n", PAGE)];
        query.extend(self.last.as_deref().map(|last| ("last", last)));
        let url = address(&self.client.base(self.operation)?, [self.path.as_str()], &query);
        let call = Call::get(self.operation, self.tried.clone(), url).token(&token);
        let wire: WireNames = self.client.http.send(call).await?.json()?;
        let names = wire
            .repositories
            .unwrap_or_else(|| wire.tags.unwrap_or_default().into_iter().map(|tag| tag.name).collect());
        // A page that does not go on would be asked for without end.
        let next = names.last().cloned();
        self.done = names.len() < PAGE.parse().unwrap_or(usize::MAX) || next == self.last;
        self.last = next;
        Ok(Some(names))
    }
}

//! An operator that is a service principal with a secret, for pipelines and tests.

use std::sync::Arc;

use azure_core::{
    cloud::CustomConfiguration,
    credentials::TokenCredential,
    error::ErrorKind as CoreKind,
    http::{
        AsyncRawResponse, ClientOptions, HttpClient, Request, RetryOptions, Transport, headers::Headers, request::Body,
    },
};
use azure_identity::{ClientSecretCredential, ClientSecretCredentialOptions};
use reqwest::Method;
use url::form_urlencoded;

use super::classify::classify;
use crate::{
    azure::{
        error::Result,
        http::{Call, Http},
    },
    domain::{AppId, Cloud, TenantId},
    secret::Secret,
};

/// Signs in as a service principal. Its requests go through `http` like all others.
pub fn service_principal(
    http: &Http,
    cloud: &Cloud,
    tenant: TenantId,
    client: AppId,
    secret: &Secret,
) -> Result<Arc<dyn TokenCredential>> {
    let mut custom = CustomConfiguration::default();
    custom.authority_host = cloud.login.to_string();
    let options = ClientSecretCredentialOptions {
        client_options: ClientOptions {
            transport: Some(Transport::new(Arc::new(Logged(http.clone())))),
            retry: RetryOptions::none(),
            cloud: Some(Arc::new(custom.into())),
            ..ClientOptions::default()
        },
    };
    let secret = azure_core::credentials::Secret::new(secret.expose().to_owned());
    ClientSecretCredential::new(&tenant.to_string(), client.to_string(), secret, Some(options))
        .map(|credential| credential as Arc<dyn TokenCredential>)
        .map_err(|error| classify(&format!("sign in to tenant {tenant}"), &error))
}

/// Sends a credential's requests through [`Http`], so that they are logged and their errors are read here: the
/// credential's own reading of an error stumbles over the line breaks in Entra's descriptions.
#[derive(Debug)]
struct Logged(Http);

#[async_trait::async_trait]
impl HttpClient for Logged {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let Body::Bytes(body) = request.body() else {
            return Err(azure_core::Error::with_message(CoreKind::Other, "a request for a token has no stream"));
        };
        let pairs = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned().into(), Secret::new(value)))
            .collect::<Vec<_>>();
        let hidden = pairs.iter().find(|(name, _)| name == "client_secret").map(|(_, value)| value.clone());
        let mut call = Call::new("sign_in.token", "sign in", Method::POST, request.url().clone()).read().form(pairs);
        if let Some(hidden) = &hidden {
            call = call.hide(hidden);
        }
        let response =
            self.0.send(call).await.map_err(|error| {
                azure_core::Error::with_error(CoreKind::Other, error, "the request for a token failed")
            })?;
        Ok(AsyncRawResponse::from_bytes(response.status().into(), Headers::new(), response.body))
    }
}

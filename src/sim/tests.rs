//! The simulator over its own sockets, asked by a plain HTTPS client.

mod assertions;
mod clusters;
mod directory;
mod estate;
mod faults;
mod flows;
mod identities;
mod manager;
mod people;
mod registries;
mod second_factor;
mod sessions;
mod sign_in;
mod table;

use std::collections::HashMap;

use reqwest::{Method, StatusCode, redirect};
use serde_json::{Value, json};
use time::Duration;

use super::{Options, Scenario, Simulator, ready::ReadyOperator};
use crate::domain::TenantId;

pub(super) const CONTOSO: &str = "contoso.example";
pub(super) const FABRIKAM: &str = "fabrikam.example";

/// A simulator and a client that trusts it.
pub(super) struct Bench {
    pub(super) simulator: Simulator,
    pub(super) http: reqwest::Client,
}

/// An answer, read.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(super) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn number(&self) -> u64 {
        self.json()["error_codes"][0].as_u64().unwrap_or_default()
    }

    pub(super) fn location(&self) -> HashMap<String, String> {
        let place = self.headers.get("location").map(|place| place.to_str().unwrap()).unwrap_or_default();
        url::Url::parse(place).map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default()
    }
}

impl Bench {
    /// So slow that no lag ends by itself within a test.
    pub(super) async fn start(scenario: &str) -> Self {
        let mut options = Options::new(Scenario::load(scenario).unwrap());
        options.speed = 0.001;
        let simulator = Simulator::start(options).await.unwrap();
        let ca = reqwest::Certificate::from_pem(simulator.ca_pem().as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([ca])
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self { simulator, http }
    }

    /// Hours pass.
    pub(super) fn pass(&self, duration: Duration) {
        self.simulator.world().lock().clock_offset += duration;
    }

    /// All lags end. (Moving the clock instead would end the tokens too.)
    pub(super) fn settle(&self) {
        let mut world = self.simulator.world().lock();
        let past = world.now() - Duration::SECOND;
        for tenant in &mut world.tenants {
            for app in tenant.applications.values_mut() {
                app.visible_from = past;
                app.passwords.iter_mut().for_each(|key| key.usable_from = past);
            }
            for principal in tenant.principals.values_mut() {
                (principal.visible_from, principal.arm_visible_from, principal.token_from) = (past, past, past);
            }
        }
        world.assignments.iter_mut().for_each(|one| (one.visible_from, one.effective_from) = (past, past));
    }

    pub(super) fn operator(&self, name: &str) -> (TenantId, ReadyOperator) {
        let tenants = self.simulator.ready().tenants.iter();
        let mut all = tenants.flat_map(|tenant| tenant.operators.iter().map(move |one| (tenant.id, one.clone())));
        all.find(|(_, operator)| operator.name == name).unwrap()
    }

    pub(super) async fn token(&self, operator: &str, resource: &str) -> String {
        let (tenant, operator) = self.operator(operator);
        let (id, secret) = (operator.client_id.to_string(), operator.client_secret);
        let answer = self.client_credentials(&tenant.to_string(), &id, &secret, resource).await;
        answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
    }

    pub(super) async fn client_credentials(&self, tenant: &str, id: &str, secret: &str, resource: &str) -> Answer {
        let scope = format!("{resource}/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id),
            ("client_secret", secret),
            ("scope", scope.as_str()),
        ];
        self.post_form(&format!("{}/{tenant}/oauth2/v2.0/token", self.simulator.ready().login), &form).await
    }

    pub(super) async fn post_form(&self, url: &str, form: &[(&str, &str)]) -> Answer {
        read(self.http.post(url).form(form).send().await.unwrap()).await
    }

    /// A request to Graph as an operator.
    pub(super) async fn graph(&self, operator: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        read(self.graph_request(operator, method, path, body).await.send().await.unwrap()).await
    }

    pub(super) async fn graph_request(
        &self,
        operator: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::RequestBuilder {
        let graph = self.simulator.ready().graph.clone();
        let token = self.token(operator, &graph).await;
        let request = self.http.request(method, format!("{graph}/v1.0{path}")).bearer_auth(token);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
    }

    /// An application of Ana's that any company may have, visible everywhere, with a usable key: its id and key.
    pub(super) async fn multitenant_app(&self) -> (String, String) {
        let body = json!({
            "displayName": "crosspull test",
            "signInAudience": "AzureADMultipleOrgs",
            "web": {"redirectUris": ["https://www.microsoft.com"]},
            "requiredResourceAccess": [{
                "resourceAppId": "00000003-0000-0000-c000-000000000000",
                "resourceAccess": [{"id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"}],
            }],
        });
        let app = self.graph("ana", Method::POST, "/applications", Some(body)).await.json();
        self.settle();
        let path = format!("/applications/{}/addPassword", app["id"].as_str().unwrap());
        let key = self.graph("ana", Method::POST, &path, Some(json!({}))).await.json();
        self.settle();
        (app["appId"].as_str().unwrap().to_owned(), key["secretText"].as_str().unwrap().to_owned())
    }
}

pub(super) async fn read(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    Answer { status, headers, text: response.text().await.unwrap() }
}

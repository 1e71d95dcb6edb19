//! What the tests of Resource Manager, AKS and registries share.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Bench, FABRIKAM, read};
use crate::domain::{AppId, ObjectId};

pub(super) const PULL: &str = "7f951dda-4ed3-4680-a7ca-43fe172d538d";
pub(super) const REPOSITORY_READER: &str = "b93aa761-3e63-49ed-ac28-beffa264f7ac";

impl Bench {
    pub(super) fn cluster(&self, name: &str) -> String {
        let tenants = self.simulator.ready().tenants.iter();
        tenants.flat_map(|tenant| &tenant.clusters).find(|cluster| cluster.name == name).unwrap().id.clone()
    }

    /// A registry's resource id and its login server.
    pub(super) fn registry(&self, name: &str) -> (String, String) {
        let tenants = self.simulator.ready().tenants.iter();
        let registry = tenants.flat_map(|tenant| &tenant.registries).find(|one| one.name == name).unwrap();
        (registry.id.clone(), registry.login_server.clone())
    }

    /// A request to Resource Manager: a path, or a whole address as it came.
    pub(super) async fn manage(&self, operator: &str, method: Method, place: &str, body: Option<Value>) -> Answer {
        let token = self.token(operator, "https://management.core.sim.example/").await;
        let base = if place.starts_with("https://") { "" } else { &self.simulator.ready().resource_manager };
        let mut url = url::Url::parse(&format!("{base}{place}")).unwrap();
        if !url.query_pairs().any(|(name, _)| name == "api-version") {
            url.query_pairs_mut().append_pair("api-version", "2025-11-01");
        }
        let request = self.http.request(method, url).bearer_auth(token);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        read(request.send().await.unwrap()).await
    }

    /// The app's principal in the registries' tenant, as its admin makes it; all lags end.
    pub(super) fn consented(&self, app: &str) -> String {
        let app = AppId(Uuid::try_parse(app).unwrap());
        let mut world = self.simulator.world().lock();
        let tenant = world.tenant_named(FABRIKAM).unwrap().id;
        let id: ObjectId = crate::sim::changes::consent(&mut world, tenant, app).unwrap();
        drop(world);
        self.settle();
        id.to_string()
    }

    pub(super) async fn assign(&self, operator: &str, scope: &str, name: Uuid, properties: Value) -> Answer {
        let place = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
        self.manage(operator, Method::PUT, &place, Some(json!({ "properties": properties }))).await
    }

    /// Operations that run come to their end.
    pub(super) fn finish_operations(&self) {
        let mut world = self.simulator.world().lock();
        let now = world.now();
        for operation in world.operations.values_mut().filter(|operation| !operation.finished) {
            operation.started = now - time::Duration::DAY;
            operation.ends = now;
        }
    }

    /// A registry's token endpoint with Basic.
    pub(super) async fn pull_token(&self, server: &str, user: &str, secret: &str, repository: &str) -> Answer {
        let url = format!("https://{server}/oauth2/token?service={server}&scope=repository:{repository}:pull");
        read(self.http.get(url).basic_auth(user, Some(secret)).send().await.unwrap()).await
    }

    /// What a registry grants: status, and the actions for that repository.
    pub(super) async fn granted(
        &self,
        server: &str,
        user: &str,
        secret: &str,
        repository: &str,
    ) -> (StatusCode, Vec<String>) {
        let answer = self.pull_token(server, user, secret, repository).await;
        let claims = answer.json()["access_token"].as_str().map(claims).unwrap_or_default();
        let actions = claims["access"][0]["actions"].as_array().cloned().unwrap_or_default();
        (answer.status, actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect())
    }

    /// How many of a cluster's nodes can pull an image.
    pub(super) fn pulling(&self, cluster: &str, registry: &str) -> usize {
        let nodes = self.simulator.nodes();
        nodes.iter().filter(|node| node.cluster == cluster && node.can_pull(registry, "shop/web", "1.4")).count()
    }
}

pub(super) fn assignment(role: &str, principal: &str) -> Value {
    json!({
        "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{role}"),
        "principalId": principal,
        "principalType": "ServicePrincipal",
    })
}

pub(super) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(super) fn basic(user: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{secret}")))
}

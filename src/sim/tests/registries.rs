//! Registries: credentials, roles of both kinds, tokens that are good for one registry only, images.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::Duration;
use uuid::Uuid;

use super::{
    Bench,
    estate::{PULL, REPOSITORY_READER, assignment, basic, claims},
    read,
};

fn message(answer: &super::Answer) -> String {
    answer.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn each_reason_for_a_refusal_has_its_own_words() {
    let bench = Bench::start("default").await;
    let (app, secret) = bench.multitenant_app().await;
    let (_, server) = bench.registry("fabrikamimages");
    let refused = async |user: &str, secret: &str| message(&bench.pull_token(&server, user, secret, "shop/web").await);
    assert_eq!(refused(&app, &secret).await, "Application not registered with AAD");
    bench.consented(&app);
    assert_eq!(refused(&app, "wrong").await, "Invalid clientid or client secret");
    assert_eq!(refused("somebody", &secret).await, "aad access token with sp failed client id must be guid");
    // Known, without a role: a token that grants nothing.
    assert_eq!(bench.granted(&server, &app, &secret, "shop/web").await, (StatusCode::OK, Vec::new()));
    bench.pass(Duration::days(900));
    assert_eq!(refused(&app, &secret).await, "Invalid clientid or client secret", "expired");
    let (_, walled) = bench.registry("fabrikamfw");
    let answer = bench.pull_token(&walled, &app, &secret, "shop/web").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(message(&answer).contains("client with IP '203.0.113.7' is not allowed access"));
}

#[tokio::test]
async fn a_role_counts_on_the_kind_of_registry_it_is_for_once_it_took_effect() {
    let bench = Bench::start("default").await;
    let (app, secret) = bench.multitenant_app().await;
    let principal = bench.consented(&app);
    let pull = vec!["pull".to_owned()];
    for (registry, wrong, right) in
        [("fabrikamimages", REPOSITORY_READER, PULL), ("fabrikamabac", PULL, REPOSITORY_READER)]
    {
        let (scope, server) = bench.registry(registry);
        let granted = async || bench.granted(&server, &app, &secret, "shop/web").await.1;
        bench.assign("ben", &scope, Uuid::new_v4(), assignment(wrong, &principal)).await;
        bench.settle();
        assert!(granted().await.is_empty(), "{registry}: the wrong role gives nothing, and no error");
        bench.assign("ben", &scope, Uuid::new_v4(), assignment(right, &principal)).await;
        assert!(granted().await.is_empty(), "{registry}: not in effect yet");
        bench.settle();
        assert_eq!(granted().await, pull, "{registry}");
    }
}

#[tokio::test]
async fn a_condition_narrows_a_role_to_repositories() {
    let bench = Bench::start("default").await;
    let (app, secret) = bench.multitenant_app().await;
    let principal = bench.consented(&app);
    let (scope, server) = bench.registry("fabrikamabac");
    let repositories = "Microsoft.ContainerRegistry/registries/repositories";
    let mut wanted = assignment(REPOSITORY_READER, &principal);
    wanted["condition"] = json!(format!(
        "((!(ActionMatches{{'{repositories}/content/read'}}) AND !(ActionMatches{{'{repositories}/metadata/read'}})) \
         OR (@Request[{repositories}:name] StringStartsWithIgnoreCase 'shop/'))"
    ));
    let name = Uuid::from_u128(1);
    assert_eq!(bench.assign("ben", &scope, name, wanted.clone()).await.status, StatusCode::BAD_REQUEST);
    wanted["conditionVersion"] = json!("2.0");
    assert_eq!(bench.assign("ben", &scope, name, wanted).await.status, StatusCode::CREATED);
    bench.settle();
    let granted = async |repository: &str| bench.granted(&server, &app, &secret, repository).await.1.len();
    assert_eq!((granted("shop/web").await, granted("hello-world").await), (1, 0));
}

#[tokio::test]
async fn a_token_opens_one_repository_of_one_registry_for_a_while() {
    let bench = Bench::start("default").await;
    let (_, ben) = bench.operator("ben");
    let (_, server) = bench.registry("fabrikamimages");
    let (_, other) = bench.registry("fabrikamother");
    let id = ben.client_id.to_string();
    let token = bench.pull_token(&server, &id, &ben.client_secret, "shop/web").await.json()["access_token"].clone();
    let token = token.as_str().unwrap().to_owned();
    let status = async |server: &str, path: &str| {
        let request = bench.http.get(format!("https://{server}/v2/{path}")).bearer_auth(&token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(&server, "shop/web/manifests/1.4").await, 200);
    assert_eq!(status(&server, "shop/web/manifests/9").await, 404);
    assert_eq!(status(&server, "shop/api/manifests/2.0").await, 401, "another repository");
    assert_eq!(status(&other, "shop/web/manifests/1.4").await, 401, "another registry");
    bench.pass(Duration::minutes(76));
    assert_eq!(status(&server, "shop/web/manifests/1.4").await, 401, "expired");
}

#[tokio::test]
async fn every_way_to_a_token_leads_to_the_same_grant() {
    let bench = Bench::start("default").await;
    let (tenant, ben) = bench.operator("ben");
    let (_, server) = bench.registry("fabrikamimages");
    let (id, secret) = (ben.client_id.to_string(), ben.client_secret.clone());
    let (endpoint, scope) = (format!("https://{server}/oauth2/token"), "repository:shop/web:pull");
    let actions = |answer: &super::Answer| claims(answer.json()["access_token"].as_str().unwrap())["access"].clone();
    let expected = json!([{"type": "repository", "name": "shop/web", "actions": ["pull"]}]);

    // containerd
    let form = [("grant_type", "password"), ("username", &id), ("password", &secret), ("scope", scope)];
    assert_eq!(actions(&bench.post_form(&endpoint, &form).await), expected);
    // The Azure CLI: an Entra token is exchanged.
    let entra = bench.token("ben", "https://containerregistry.azure.net").await;
    let exchange = format!("https://{server}/oauth2/exchange");
    let tenant = tenant.to_string();
    let form = [("grant_type", "access_token"), ("service", &server), ("tenant", &tenant), ("access_token", &entra)];
    let refresh = bench.post_form(&exchange, &form).await.json()["refresh_token"].as_str().unwrap().to_owned();
    let form = [("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", scope)];
    assert_eq!(actions(&bench.post_form(&endpoint, &form).await), expected);
    // docker, with what the CLI stored.
    let nil = Uuid::nil().to_string();
    assert_eq!(actions(&bench.pull_token(&server, &nil, &refresh, "shop/web").await), expected);
    // A refresh token is no access token, and nobody without any right is given one.
    let direct = bench.http.get(format!("https://{server}/v2/")).bearer_auth(&refresh).send().await.unwrap();
    assert_eq!(direct.status(), StatusCode::UNAUTHORIZED);
    let eve = bench.token("eve", "https://containerregistry.azure.net").await;
    let form = [("grant_type", "access_token"), ("service", &server), ("access_token", &eve)];
    assert_eq!(bench.post_form(&exchange, &form).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn several_scopes_in_one_request_are_each_answered() {
    let bench = Bench::start("default").await;
    let (_, ben) = bench.operator("ben");
    let (_, server) = bench.registry("fabrikamimages");
    let url = format!(
        "https://{server}/oauth2/token?service={server}&scope=repository:shop/web:pull&scope=repository:shop/api:pull,push%20registry:catalog:*"
    );
    let request = bench.http.get(url).header("authorization", basic(&ben.client_id.to_string(), &ben.client_secret));
    let answer = read(request.send().await.unwrap()).await.json();
    let access = claims(answer["access_token"].as_str().unwrap())["access"].clone();
    let actions: Vec<&Value> = access.as_array().unwrap().iter().map(|entry| &entry["actions"]).collect();
    assert_eq!(actions, [&json!(["pull"]), &json!(["pull", "push"]), &json!(["*"])]);
}

#[tokio::test]
async fn an_image_is_whole_down_to_its_layer() {
    let bench = Bench::start("default").await;
    bench.simulator.world().lock().registries.iter_mut().for_each(|registry| registry.anonymous_pull = true);
    let (_, server) = bench.registry("fabrikamimages");
    let url = format!("https://{server}/oauth2/token?service={server}&scope=repository:shop/web:pull");
    let token = read(bench.http.get(url).send().await.unwrap()).await.json()["access_token"].clone();
    let token = token.as_str().unwrap().to_owned();
    let get = async |method: Method, path: &str| {
        let url = format!("https://{server}/v2/shop/web/{path}");
        bench.http.request(method, url).bearer_auth(&token).send().await.unwrap()
    };
    let head = get(Method::HEAD, "manifests/1.4").await;
    let digest = head.headers()["docker-content-digest"].to_str().unwrap().to_owned();
    let index = get(Method::GET, &format!("manifests/{digest}")).await;
    assert_eq!(head.headers()["content-length"], index.headers()["content-length"]);
    let index = index.bytes().await.unwrap();
    assert_eq!(digest, format!("sha256:{:x}", Sha256::digest(&index)));
    let index: Value = serde_json::from_slice(&index).unwrap();
    let entry = index["manifests"][0]["digest"].as_str().unwrap().to_owned();
    let manifest: Value =
        serde_json::from_slice(&get(Method::GET, &format!("manifests/{entry}")).await.bytes().await.unwrap()).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
    let bytes = get(Method::GET, &format!("blobs/{layer}")).await.bytes().await.unwrap();
    assert_eq!(layer, format!("sha256:{:x}", Sha256::digest(&bytes)));
}

#[tokio::test]
async fn the_challenge_names_the_scope_on_everything_but_the_base() {
    let bench = Bench::start("default").await;
    let (_, server) = bench.registry("fabrikamimages");
    let challenge = async |path: &str| {
        let response = bench.http.get(format!("https://{server}{path}")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        response.headers()["www-authenticate"].to_str().unwrap().to_owned()
    };
    let base = format!("Bearer realm=\"https://{server}/oauth2/token\",service=\"{server}\"");
    assert_eq!(challenge("/v2/").await, base);
    assert_eq!(challenge("/v2/shop/web/manifests/1.4").await, format!("{base},scope=\"repository:shop/web:pull\""));
    assert_eq!(challenge("/v2/_catalog").await, format!("{base},scope=\"registry:catalog:*\""));
}

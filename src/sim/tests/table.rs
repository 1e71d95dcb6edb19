//! The table of operations and the handlers agree.

use reqwest::{Method, StatusCode};

use super::Bench;
use crate::sim::{
    operations::{OPERATIONS, find},
    service::Service,
    tokens,
};

/// A path that fits a pattern: the names of what there is, and any word elsewhere.
fn example(pattern: &str, subscription: &str) -> String {
    let mut path = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap();
        path.push_str(before);
        path.push_str(match name {
            "tenant" | "domainName" => super::CONTOSO,
            "subscription" => subscription,
            "cluster" if pattern.starts_with("/oidc/") => "shop-prod",
            "*scope" => "subscriptions/",
            _ => "some",
        });
        if name == "*scope" {
            path.push_str(subscription);
        }
        rest = after;
    }
    path + rest
}

#[tokio::test]
async fn every_row_is_found_first_by_its_own_path_and_has_a_handler() {
    let bench = Bench::start("default").await;
    let ready = bench.simulator.ready().clone();
    let subscription = ready.tenants[0].subscriptions[0].id.to_string();
    let registry = format!("https://{}", ready.tenants[1].registries[0].login_server);
    let (graph, manager) =
        (bench.token("ana", &ready.graph).await, bench.token("ana", tokens::RESOURCE_MANAGER_AUDIENCE).await);
    for operation in OPERATIONS {
        let path = example(operation.pattern, &subscription);
        let found = find(operation.service, operation.method, &path).map(|(found, _)| found.name);
        assert_eq!(found, Some(operation.name), "{path}");
        let (base, token) = match operation.service {
            Service::Login => (&ready.login, None),
            Service::Graph => (&ready.graph, Some(&graph)),
            Service::ResourceManager => (&ready.resource_manager, Some(&manager)),
            Service::Registry => (&registry, None),
        };
        let method = Method::from_bytes(operation.method.as_bytes()).unwrap();
        let mut request = bench.http.request(method, format!("{base}{path}?api-version=2026-08-01"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let status = request.body("{}").send().await.unwrap().status();
        assert_ne!(status, StatusCode::NOT_IMPLEMENTED, "{} {path}", operation.method);
        assert!(!status.is_server_error(), "{} {path}: {status}", operation.method);
    }
    assert!(bench.simulator.unknown().is_empty());
}

//! The rules, as a client feels them.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::Bench;
use crate::sim::{Action, Rule, faults::StatusFault};

async fn named(bench: &Bench, name: &str) -> usize {
    let answer = bench.graph("ana", Method::GET, &format!("/applications?$filter=displayName eq '{name}'"), None).await;
    answer.json()["value"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn a_dropped_request_is_done_or_not_as_the_rule_says() {
    let bench = Bench::start("default").await;
    for (action, name, found) in [(Action::DropBefore, "before", 0), (Action::DropAfter, "after", 1)] {
        bench.simulator.faults().add(Rule::new("graph.application.create", action));
        let body = Some(json!({"displayName": name}));
        let request = bench.graph_request("ana", Method::POST, "/applications", body).await;
        let error = request.send().await.unwrap_err();
        assert!(error.is_request(), "no answer at all: {error:?}");
        bench.settle();
        assert_eq!(named(&bench, name).await, found, "{name}");
    }
    let dropped = bench.simulator.requests().iter().filter(|exchange| exchange.dropped).count();
    assert_eq!(dropped, 2);
}

#[tokio::test]
async fn a_late_request_is_done_after_its_sender_has_given_up() {
    let bench = Bench::start("default").await;
    bench.simulator.faults().add(Rule::new("graph.application.create", Action::Late { delay_ms: 100 }));
    let body = Some(json!({"displayName": "late"}));
    let request = bench.graph_request("ana", Method::POST, "/applications", body).await;
    assert!(request.send().await.unwrap_err().is_request(), "no answer at all");
    assert_eq!(named(&bench, "late").await, 0, "it is under way");
    let done = || bench.simulator.requests().iter().any(|one| one.dropped && one.status == 201);
    while !done() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    bench.settle();
    assert_eq!(named(&bench, "late").await, 1);
}

#[tokio::test]
async fn a_cut_body_and_a_status_reach_the_client_as_such() {
    let bench = Bench::start("default").await;
    bench.simulator.faults().add(Rule::new("graph.organization", Action::TruncateBody));
    let request = bench.graph_request("ana", Method::GET, "/organization", None).await;
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.text().await.is_err());

    let fault = StatusFault { status: 429, retry_after: Some("7".into()), ..StatusFault::default() };
    bench.simulator.faults().add(Rule::new("graph.organization.list", Action::Status(fault)));
    let answer = bench.graph("ana", Method::GET, "/organization", None).await;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_ne!(answer.json()["error"]["innerError"]["request-id"], Value::Null);
    assert_eq!(bench.graph("ana", Method::GET, "/organization", None).await.status, StatusCode::OK, "once only");
}

#[tokio::test]
async fn what_is_not_in_the_table_is_501_and_remembered() {
    let bench = Bench::start("default").await;
    let answer = bench.graph("ana", Method::GET, "/groups", None).await;
    assert_eq!(answer.status, StatusCode::NOT_IMPLEMENTED);
    let unknown = bench.simulator.unknown();
    assert_eq!(unknown.len(), 1);
    assert!(unknown[0].url.ends_with("/v1.0/groups"), "{:?}", unknown[0]);
    assert!(!unknown[0].request_headers.contains_key("authorization"));
}

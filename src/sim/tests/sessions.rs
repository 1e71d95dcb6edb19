//! How sessions end: revoked, expired, by the life of their tokens.

use reqwest::{Method, StatusCode};
use serde_json::json;
use time::Duration;

use super::{
    Bench, CONTOSO,
    people::{CAPABLE, Tokens, demanded},
};

const ANA: &str = "ana@contoso.example";

async fn organization(bench: &Bench, token: &str) -> super::Answer {
    let url = format!("{}/v1.0/organization", bench.simulator.ready().graph);
    super::read(bench.http.get(url).bearer_auth(token).send().await.unwrap()).await
}

fn graph_scope(bench: &Bench) -> String {
    format!("{}/.default offline_access", bench.simulator.ready().graph)
}

#[tokio::test]
async fn a_revoked_session_ends_at_once_for_clients_that_understand_it() {
    let bench = Bench::start("default").await;
    let graph = graph_scope(&bench);
    let capable = bench.signed_in(CONTOSO, ANA, &[("claims", CAPABLE)]).await;
    let capable_graph =
        Tokens::of(&bench.refresh(CONTOSO, &capable.refresh, &[("scope", &graph), ("claims", CAPABLE)]).await);
    let plain = bench.signed_in(CONTOSO, ANA, &[]).await;
    bench.act("revoke", &json!({"user": ANA})).await;

    let refused = bench.refresh(CONTOSO, &capable.refresh, &[]).await;
    assert_eq!((refused.number(), &refused.json()["error"]), (50173, &json!("invalid_grant")));
    let manager = bench.manager(&capable.access, Method::GET, "/subscriptions").await;
    assert_eq!((manager.status, manager.code()), (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken".into()));
    assert!(demanded(&manager)["access_token"]["nbf"]["essential"].as_bool().unwrap());
    let directory = organization(&bench, &capable_graph.access).await;
    assert!(directory.text.contains("TokenIssuedBeforeRevocationTimestamp"), "{}", directory.text);
    assert!(demanded(&directory)["access_token"]["nbf"]["value"].is_string());
    assert_eq!(
        bench.manager(&plain.access, Method::GET, "/subscriptions").await.status,
        StatusCode::OK,
        "a client that said nothing keeps its token until it ends"
    );
    let again = bench.signed_in(CONTOSO, ANA, &[("claims", CAPABLE)]).await;
    assert_eq!(bench.manager(&again.access, Method::GET, "/subscriptions").await.status, StatusCode::OK);
}

#[tokio::test]
async fn all_access_tokens_can_end_while_sessions_go_on() {
    let bench = Bench::start("default").await;
    let ana = bench.signed_in(CONTOSO, ANA, &[]).await;
    let graph = graph_scope(&bench);
    let of_graph = Tokens::of(&bench.refresh(CONTOSO, &ana.refresh, &[("scope", &graph)]).await);
    bench.act("end-tokens", &json!({})).await;
    let manager = bench.manager(&ana.access, Method::GET, "/subscriptions").await;
    assert_eq!((manager.status, manager.code()), (StatusCode::UNAUTHORIZED, "ExpiredAuthenticationToken".into()));
    assert_eq!(organization(&bench, &of_graph.access).await.code(), "InvalidAuthenticationToken");
    let renewed = Tokens::of(&bench.refresh(CONTOSO, &ana.refresh, &[]).await);
    assert_eq!(bench.manager(&renewed.access, Method::GET, "/subscriptions").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_lives_as_long_as_the_world_says() {
    let bench = Bench::start("default").await;
    bench.act("token-life", &json!({"seconds": 30})).await;
    let ana = bench.signed_in(CONTOSO, ANA, &[]).await;
    assert_eq!(ana.whole["expires_in"], 30);
    bench.pass(Duration::seconds(31));
    assert_eq!(bench.manager(&ana.access, Method::GET, "/subscriptions").await.code(), "ExpiredAuthenticationToken");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_the_one_before_still_works() {
    let bench = Bench::start("default").await;
    let ana = bench.signed_in(CONTOSO, ANA, &[]).await;
    // A client need not ask for the next one.
    let scope = "https://management.core.sim.example//.default";
    let next = Tokens::of(&bench.refresh(CONTOSO, &ana.refresh, &[("scope", scope)]).await);
    assert_ne!(next.refresh, ana.refresh);
    for token in [&next.refresh, &ana.refresh] {
        assert_eq!(bench.refresh(CONTOSO, token, &[]).await.status, StatusCode::OK);
    }
    bench.pass(Duration::days(91));
    assert_eq!(bench.refresh(CONTOSO, &next.refresh, &[]).await.number(), 700_082);
}

//! Managed identities, asked for from the machine.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Answer, Bench, read};
use crate::sim::{ready::ReadyMachine, tokens};

const RESOURCE: &str = "https://management.core.sim.example/";

fn machine(bench: &Bench) -> ReadyMachine {
    bench.simulator.ready().machine.clone().unwrap()
}

async fn ask(bench: &Bench, url: &str, header: (&str, &str), query: &[(&str, &str)]) -> Answer {
    read(bench.http.get(url).header(header.0, header.1).query(query).send().await.unwrap()).await
}

fn claims(answer: &Answer) -> Value {
    tokens::verified(answer.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", answer.text))).unwrap()
}

#[tokio::test]
async fn app_service_gives_tokens_to_who_knows_the_header() {
    let bench = Bench::start("default").await;
    let machine = machine(&bench);
    let header = ("x-identity-header", machine.identity_header.as_str());
    let query = [("api-version", "2019-08-01"), ("resource", RESOURCE)];
    let own = ask(&bench, &machine.identity_endpoint, header, &query).await;
    assert!(own.json()["expires_on"].as_str().unwrap().parse::<i64>().is_ok(), "{}", own.text);
    assert_eq!((own.json()["resource"].as_str(), own.json()["token_type"].as_str()), (Some(RESOURCE), Some("Bearer")));
    assert_eq!(claims(&own)["appid"], json!(machine.system_assigned));
    let token = own.json()["access_token"].as_str().unwrap().to_owned();
    let listed = bench.manager(&token, reqwest::Method::GET, "/subscriptions").await;
    assert_eq!(listed.json()["value"].as_array().unwrap().len(), 1, "it has a role");

    let other = machine.user_assigned[0].to_string();
    let named = ask(&bench, &machine.identity_endpoint, header, &[query[0], query[1], ("client_id", &other)]).await;
    assert_eq!(claims(&named)["appid"], json!(other));
    let unknown = [query[0], query[1], ("client_id", "11111111-aaaa-4000-8000-00000000dead")];
    let unknown = ask(&bench, &machine.identity_endpoint, header, &unknown).await;
    assert_eq!((unknown.status, &unknown.json()["statusCode"]), (StatusCode::BAD_REQUEST, &json!(400)));
    let wrong = ask(&bench, &machine.identity_endpoint, ("x-identity-header", "guess"), &query).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_virtual_machine_answers_who_sends_its_header_and_has_an_identity() {
    let bench = Bench::start("default").await;
    let machine = machine(&bench);
    let query = [("api-version", "2018-02-01"), ("resource", RESOURCE)];
    let good = ask(&bench, &machine.metadata_endpoint, ("Metadata", "true"), &query).await;
    assert_eq!(claims(&good)["appid"], json!(machine.system_assigned));
    assert!(good.json()["expires_on"].is_string() && good.json()["expires_in"].is_string());
    let description = |answer: &Answer| {
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
        answer.json()["error_description"].as_str().unwrap().to_owned()
    };
    let without = ask(&bench, &machine.metadata_endpoint, ("x-other", "1"), &query).await;
    assert_eq!(description(&without), "Required metadata header not specified");
    let no_resource = ask(&bench, &machine.metadata_endpoint, ("Metadata", "true"), &query[..1]).await;
    assert!(description(&no_resource).contains("resource"));

    bench.act("machine", &json!({"lose": "system_assigned"})).await;
    let only = ask(&bench, &machine.metadata_endpoint, ("Metadata", "true"), &query).await;
    assert_eq!(claims(&only)["appid"], json!(machine.user_assigned[0]));
    bench.act("machine", &json!({"lose": "all"})).await;
    let nothing = ask(&bench, &machine.metadata_endpoint, ("Metadata", "true"), &query).await;
    assert_eq!(description(&nothing), "Identity not found");
}

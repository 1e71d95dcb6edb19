//! Graph: lags, rights, keys, the recycle bin.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Bench};

const UNIQUE: &str = "/applications(uniqueName='crosspull-1')";

async fn upsert(bench: &Bench, operator: &str) -> Answer {
    let body = Some(json!({"displayName": "one", "signInAudience": "AzureADMyOrg"}));
    let request = bench.graph_request(operator, Method::PATCH, UNIQUE, body).await;
    super::read(request.header("prefer", "create-if-missing").send().await.unwrap()).await
}

#[tokio::test]
async fn an_upsert_makes_one_object_even_while_reads_do_not_show_it() {
    let bench = Bench::start("default").await;
    assert_eq!(upsert(&bench, "carl").await.status, StatusCode::CREATED);
    assert_eq!(bench.graph("carl", Method::GET, UNIQUE, None).await.code(), "Request_ResourceNotFound");
    assert_eq!(upsert(&bench, "carl").await.status, StatusCode::NO_CONTENT);
    bench.settle();
    let answer = bench.graph("carl", Method::GET, UNIQUE, None).await;
    assert_eq!((answer.status, &answer.json()["displayName"]), (StatusCode::OK, &json!("one")));
}

#[tokio::test]
async fn a_lagging_read_shows_the_state_before_the_last_change() {
    let bench = Bench::start("default").await;
    upsert(&bench, "carl").await;
    bench.settle();
    let patch = Some(json!({"displayName": "two"}));
    assert_eq!(bench.graph("carl", Method::PATCH, UNIQUE, patch).await.status, StatusCode::NO_CONTENT);
    let name = async || bench.graph("carl", Method::GET, UNIQUE, None).await.json()["displayName"].clone();
    assert_eq!(name().await, "one");
    bench.settle();
    assert_eq!(name().await, "two");
}

#[tokio::test]
async fn replicas_that_flap_show_a_write_or_not_until_all_have_it() {
    let bench = Bench::start("default").await;
    bench.simulator.world().lock().timing.flapping = true;
    upsert(&bench, "carl").await;
    let mut seen = [0, 0];
    for _ in 0..40 {
        let shown = bench.graph("carl", Method::GET, UNIQUE, None).await.status == StatusCode::OK;
        seen[usize::from(shown)] += 1;
    }
    assert!(seen.iter().all(|often| *often > 5), "hidden and shown: {seen:?}");
    bench.settle();
    assert_eq!(bench.graph("carl", Method::GET, UNIQUE, None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_unique_name_stays_taken_in_the_recycle_bin() {
    let bench = Bench::start("default").await;
    let app = upsert(&bench, "carl").await.json();
    bench.settle();
    bench.graph("carl", Method::DELETE, UNIQUE, None).await;
    bench.settle();
    let answer = upsert(&bench, "carl").await;
    assert!(answer.text.contains("Another object with the same value for property uniqueName"), "{}", answer.text);
    let path = format!("/directory/deletedItems/{}", app["id"].as_str().unwrap());
    assert_eq!(bench.graph("carl", Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(upsert(&bench, "carl").await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn the_principal_of_a_multitenant_app_takes_an_administrator_even_at_home() {
    let bench = Bench::start("default").await;
    let app = upsert(&bench, "carl").await.json();
    let create = async |operator: &str| {
        bench.graph(operator, Method::POST, "/servicePrincipals", Some(json!({"appId": app["appId"]}))).await
    };
    assert!(create("carl").await.text.contains("does not reference a valid application object"), "not visible yet");
    bench.settle();
    let audience = |audience: &str| Some(json!({"signInAudience": audience}));
    bench.graph("carl", Method::PATCH, UNIQUE, audience("AzureADMultipleOrgs")).await;
    bench.settle();
    assert_eq!(create("carl").await.status, StatusCode::FORBIDDEN);
    bench.graph("carl", Method::PATCH, UNIQUE, audience("AzureADMyOrg")).await;
    bench.settle();
    assert_eq!(create("rita").await.status, StatusCode::FORBIDDEN, "of somebody else");
    assert_eq!(create("carl").await.status, StatusCode::CREATED);
    assert_eq!(create("carl").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn each_key_is_one_more_and_its_text_is_told_once() {
    let bench = Bench::start("default").await;
    upsert(&bench, "carl").await;
    let add = async || bench.graph("carl", Method::POST, &format!("{UNIQUE}/addPassword"), Some(json!({}))).await;
    assert_eq!(add().await.status, StatusCode::NOT_IMPLEMENTED, "there is no such address");
    bench.settle();
    let id = bench.graph("carl", Method::GET, UNIQUE, None).await.json()["id"].as_str().unwrap().to_owned();
    let (add, remove) = (format!("/applications/{id}/addPassword"), format!("/applications/{id}/removePassword"));
    let body = || Some(json!({"passwordCredential": {"displayName": "ours"}}));
    let first = bench.graph("carl", Method::POST, &add, body()).await.json();
    bench.graph("carl", Method::POST, &add, body()).await;
    assert_eq!(bench.graph("ben", Method::POST, &add, body()).await.status, StatusCode::NOT_FOUND, "another tenant");
    assert_eq!(bench.graph("rita", Method::POST, &add, body()).await.status, StatusCode::FORBIDDEN);
    bench.settle();
    let keys = bench.graph("carl", Method::GET, UNIQUE, None).await.json()["passwordCredentials"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert!(keys.as_array().unwrap().iter().all(|key| key["secretText"] == Value::Null));
    let gone = Some(json!({"keyId": first["keyId"]}));
    assert_eq!(bench.graph("carl", Method::POST, &remove, gone.clone()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bench.graph("carl", Method::POST, &remove, gone).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn policies_are_kept_and_told() {
    for (scenario, code) in [
        ("policy-no-secrets", "CredentialTypeNotAllowedAsPerAppPolicy"),
        ("policy-lifetime", "CredentialInvalidLifetimeAsPerAppPolicy"),
    ] {
        let bench = Bench::start(scenario).await;
        let app = upsert(&bench, "carl").await.json();
        bench.settle();
        let path = format!("/applications/{}/addPassword", app["id"].as_str().unwrap());
        assert_eq!(bench.graph("carl", Method::POST, &path, Some(json!({}))).await.code(), code);
        let policy = bench.graph("carl", Method::GET, "/policies/defaultAppManagementPolicy", None).await.json();
        assert_eq!(policy["isEnabled"], true, "{scenario}");
    }
}

#[tokio::test]
async fn a_misspelt_member_is_refused() {
    let bench = Bench::start("default").await;
    for body in [
        json!({"displayName": "x", "signinAudience": "AzureADMyOrg"}),
        json!({"displayName": "x", "web": {"redirectUrls": []}}),
        json!({"displayName": "x", "passwordCredentials": []}),
        json!({"signInAudience": "AzureADMyOrg"}),
    ] {
        let answer = bench.graph("ana", Method::POST, "/applications", Some(body.clone())).await;
        assert_eq!(answer.code(), "Request_BadRequest", "{body}");
    }
    let answer = bench.graph("ana", Method::GET, "/organization?$select=displayname", None).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn pages_join_to_the_whole_list() {
    let bench = Bench::start("default").await;
    bench.simulator.world().lock().page_size = 3;
    let token = bench.token("ana", &bench.simulator.ready().graph).await;
    let mut next = Some(format!("{}/v1.0/applications?$select=id", bench.simulator.ready().graph));
    let (mut ids, mut pages) = (Vec::new(), 0);
    while let Some(url) = next {
        let page: Value = bench.http.get(url).bearer_auth(&token).send().await.unwrap().json().await.unwrap();
        ids.extend(page["value"].as_array().unwrap().iter().map(|app| app["id"].as_str().unwrap().to_owned()));
        next = page["@odata.nextLink"].as_str().map(str::to_owned);
        pages += 1;
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), pages), (count, count.div_ceil(3)));
}

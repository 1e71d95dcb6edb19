//! The second factor: asked for at the first write, by a challenge, by a tenant.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{
    Bench, CONTOSO,
    people::{CAPABLE, MFA, Tokens, demanded},
    sign_in::post,
};
use crate::sim::tokens;

const ANA: &str = "ana@contoso.example";
const SUBSCRIPTION: &str = "/subscriptions/11111111-aaaa-4000-8000-0000000000a1";

async fn bench(policy: &str) -> Bench {
    let bench = Bench::start("default").await;
    bench.act("sign-in-policy", &json!({"tenant": CONTOSO, policy: true})).await;
    bench
}

fn assignment() -> String {
    format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{}", uuid::Uuid::new_v4())
}

#[tokio::test]
async fn a_password_alone_reads_and_is_challenged_at_the_first_write() {
    let bench = bench("mfa_for_writes").await;
    let ana = bench.signed_in(CONTOSO, ANA, &[]).await;
    assert_eq!(ana.claims()["amr"], json!(["pwd"]));
    assert_eq!(bench.manager(&ana.access, Method::GET, SUBSCRIPTION).await.status, StatusCode::OK);
    for method in [Method::PUT, Method::DELETE] {
        let refused = bench.manager(&ana.access, method, &assignment()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "RequestDisallowedByPolicy".into()));
        assert_eq!(demanded(&refused)["access_token"]["acrs"], json!({"essential": true, "values": ["p1"]}));
        assert!(refused.headers["www-authenticate"].to_str().unwrap().contains("authorization_uri="));
    }
    let reset = format!(
        "{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod\
         /resetServicePrincipalProfile"
    );
    assert_eq!(bench.manager(&ana.access, Method::POST, &reset).await.status, StatusCode::UNAUTHORIZED);
    let app = bench.token("ana", tokens::RESOURCE_MANAGER_AUDIENCE).await;
    let free = bench.manager(&app, Method::PUT, &assignment()).await;
    assert_ne!(free.status, StatusCode::UNAUTHORIZED, "applications are exempt");
}

#[tokio::test]
async fn the_challenge_is_met_on_the_page_and_not_by_a_refresh_token() {
    let bench = bench("mfa_for_writes").await;
    let ana = bench.signed_in(CONTOSO, ANA, &[("claims", CAPABLE)]).await;
    assert_eq!(ana.claims()["xms_cc"], json!(["CP1"]));
    let silent = bench.refresh(CONTOSO, &ana.refresh, &[("claims", MFA)]).await;
    assert_eq!((silent.number(), &silent.json()["error"]), (50076, &json!("interaction_required")));
    assert_eq!(silent.json()["suberror"], "basic_action");
    assert!(silent.json()["claims"].as_str().unwrap().contains("acrs"));

    let url = bench.authorize_url(CONTOSO, &[("claims", MFA)]);
    let ask = bench.as_person(&url, ANA).await;
    assert!(ask.text.contains("Approve sign in request") && ask.text.contains("id=\"approve\""), "{}", ask.text);
    let denied = post(&bench, &url, &ask.text, &[("mfa", "deny")]).await;
    assert!(denied.text.contains("AADSTS500121"), "{}", denied.text);
    let back = post(&bench, &url, &ask.text, &[("mfa", "approve")]).await;
    let strong = Tokens::of(&bench.redeem(CONTOSO, &back, &[("claims", MFA)]).await);
    assert_eq!((&strong.claims()["amr"], &strong.claims()["acrs"]), (&json!(["pwd", "mfa"]), &json!(["p1"])));
    let written = bench.manager(&strong.access, Method::PUT, &assignment()).await;
    assert_ne!(written.status, StatusCode::UNAUTHORIZED, "{}", written.text);
    let renewed = Tokens::of(&bench.refresh(CONTOSO, &strong.refresh, &[("claims", MFA)]).await);
    assert_eq!(renewed.claims()["amr"], json!(["pwd", "mfa"]), "the session remembers");
}

#[tokio::test]
async fn a_device_code_asks_for_the_second_factor_too() {
    let bench = bench("mfa_always").await;
    let (device_code, user_code) = bench.device_code(CONTOSO, &[]).await;
    let ask = bench.at_device_page(&user_code, ANA).await;
    assert!(ask.text.contains("id=\"approve\""), "{}", ask.text);
    let sure = post(&bench, &bench.device_page(), &ask.text, &[("mfa", "approve")]).await;
    assert!(sure.text.contains("Are you trying to sign in to Microsoft Azure CLI?"), "{}", sure.text);
    let done = post(&bench, &bench.device_page(), &sure.text, &[("decision", "accept")]).await;
    assert!(done.text.contains("You have signed in"), "{}", done.text);
    let tokens = Tokens::of(&bench.poll(CONTOSO, &device_code).await);
    assert_eq!(tokens.claims()["amr"], json!(["pwd", "mfa"]));
}

#[tokio::test]
async fn a_tenant_that_always_wants_it_gives_nothing_for_a_password() {
    let bench = Bench::start("default").await;
    let ana = bench.signed_in(CONTOSO, ANA, &[]).await;
    bench.act("sign-in-policy", &json!({"tenant": CONTOSO, "mfa_always": true})).await;
    assert_eq!(bench.refresh(CONTOSO, &ana.refresh, &[]).await.number(), 50076);
}

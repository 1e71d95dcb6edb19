//! The ways in: browser and device code, who is let in where, and what refuses.

use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use super::{
    Bench, CONTOSO, FABRIKAM,
    people::{LOOPBACK, Tokens},
    sign_in::{fields, post},
};
use crate::sim::tokens;

const ANA: &str = "ana@contoso.example";
const GAIL: &str = "gail@contoso.example";
/// The registered public client that stands beside the Azure CLI's.
const OWN_CLIENT: &str = "11111111-aaaa-4000-8000-000000000301";

async fn forbid(bench: &Bench, tenant: &str, what: &str) {
    bench.act("sign-in-policy", &json!({"tenant": tenant, what: true})).await;
}

#[tokio::test]
async fn a_guest_goes_from_the_home_tenant_to_the_other_and_a_stranger_does_not() {
    let bench = Bench::start("default").await;
    let gail = bench.signed_in(CONTOSO, GAIL, &[]).await;
    let there = Tokens::of(&bench.refresh(FABRIKAM, &gail.refresh, &[]).await).claims();
    let (contoso, fabrikam) = (bench.operator("ana").0, bench.operator("ben").0);
    assert_eq!((&there["tid"], &there["upn"]), (&json!(fabrikam.to_string()), &json!(GAIL)));
    assert_eq!(there["idp"], json!(format!("https://sts.windows.net/{contoso}/")));
    assert_ne!(there["oid"], gail.claims()["oid"]);

    let ana = bench.signed_in(CONTOSO, ANA, &[]).await;
    assert_eq!(bench.refresh(FABRIKAM, &ana.refresh, &[]).await.number(), 50020);
    let page = bench.as_person(&bench.authorize_url(FABRIKAM, &[]), ANA).await;
    assert!(page.text.contains("AADSTS50020"), "{}", page.text);
    let (_, user_code) = bench.device_code(FABRIKAM, &[]).await;
    let page = bench.at_device_page(&user_code, ANA).await;
    assert!(page.text.contains("AADSTS50020"), "{}", page.text);
}

#[tokio::test]
async fn conditional_access_stops_a_device_code_on_the_page_and_at_the_poll() {
    let bench = Bench::start("default").await;
    forbid(&bench, CONTOSO, "block_device_code").await;
    let (device_code, user_code) = bench.device_code(CONTOSO, &[]).await;
    let page = bench.at_device_page(&user_code, ANA).await;
    assert!(page.text.contains("AADSTS53003"), "{}", page.text);
    let poll = bench.poll(CONTOSO, &device_code).await;
    assert_eq!((poll.number(), &poll.json()["error"]), (53003, &json!("invalid_grant")));
    assert_eq!(poll.json()["suberror"], "message_only");
    bench.signed_in(CONTOSO, ANA, &[]).await;
}

#[tokio::test]
async fn conditional_access_stops_the_browser_on_the_page_and_tells_nobody() {
    let bench = Bench::start("default").await;
    forbid(&bench, CONTOSO, "block_browser").await;
    let page = bench.as_person(&bench.authorize_url(CONTOSO, &[]), ANA).await;
    assert!(page.text.contains("AADSTS53003") && page.status == StatusCode::OK, "{}", page.text);
    assert!(!page.headers.contains_key("location"), "the browser is not sent back");
    let (device_code, user_code) = bench.device_code(CONTOSO, &[]).await;
    let sure = bench.at_device_page(&user_code, ANA).await;
    post(&bench, &bench.device_page(), &sure.text, &[("decision", "accept")]).await;
    assert_eq!(bench.poll(CONTOSO, &device_code).await.status, StatusCode::OK, "the other way stays open");
}

#[tokio::test]
async fn a_tenant_can_be_out_of_bounds_in_three_ways() {
    for (tenant, what, number) in [
        (FABRIKAM, "tenant_restrictions", 500_021),
        (FABRIKAM, "inbound_forbidden", 500_213),
        (CONTOSO, "outbound_forbidden", 500_212),
    ] {
        let bench = Bench::start("default").await;
        let gail = bench.signed_in(CONTOSO, GAIL, &[]).await;
        forbid(&bench, tenant, what).await;
        let refused = bench.refresh(FABRIKAM, &gail.refresh, &[]).await;
        assert_eq!((refused.number(), &refused.json()["error"]), (number, &json!("invalid_grant")), "{what}");
        let page = bench.as_person(&bench.authorize_url(FABRIKAM, &[]), GAIL).await;
        assert!(page.text.contains(&format!("AADSTS{number}")), "{what}: {}", page.text);
        let ben = bench.as_person(&bench.authorize_url(FABRIKAM, &[]), "ben@fabrikam.example").await;
        assert_eq!(ben.status == StatusCode::FOUND, what != "tenant_restrictions", "{what}: {}", ben.text);
    }
}

#[tokio::test]
async fn a_program_can_have_a_client_of_its_own() {
    let bench = Bench::start("default").await;
    for tenant in [CONTOSO, FABRIKAM] {
        let back = bench.as_person(&bench.authorize_url(tenant, &[("client_id", OWN_CLIENT)]), GAIL).await;
        let answer = bench.redeem(tenant, &back, &[("client_id", OWN_CLIENT)]).await;
        let tokens = Tokens::of(&answer);
        assert_eq!(tokens.claims()["appid"], OWN_CLIENT);
        assert!(tokens.whole.get("foci").is_none(), "not of the family");
    }
    let (_, user_code) = bench.device_code(CONTOSO, &[("client_id", OWN_CLIENT)]).await;
    let sure = bench.at_device_page(&user_code, ANA).await;
    assert!(sure.text.contains("Are you trying to sign in to Engineering tools?"), "{}", sure.text);

    let nobody = [("client_id", "11111111-aaaa-4000-8000-00000000dead")];
    let page = bench.page(&bench.authorize_url(CONTOSO, &nobody)).await;
    assert!(page.text.contains("AADSTS700016"), "{}", page.text);
    let gail = bench.signed_in(CONTOSO, GAIL, &[]).await;
    assert_eq!(bench.refresh(CONTOSO, &gail.refresh, &nobody).await.number(), 700_016);
}

#[tokio::test]
async fn a_client_that_nobody_consented_to_gets_no_token_in_that_tenant() {
    let bench = Bench::start("default").await;
    let own = [("client_id", OWN_CLIENT)];
    let back = bench.as_person(&bench.authorize_url(CONTOSO, &own), GAIL).await;
    let gail = Tokens::of(&bench.redeem(CONTOSO, &back, &own).await);
    let fabrikam = bench.operator("ben").0;
    bench
        .simulator
        .world()
        .lock()
        .tenant_mut(fabrikam)
        .unwrap()
        .principals
        .retain(|_, one| one.app_id.to_string() != OWN_CLIENT);
    let refused = bench.refresh(FABRIKAM, &gail.refresh, &own).await;
    assert_eq!((refused.number(), &refused.json()["suberror"]), (65001, &json!("consent_required")));
}

#[tokio::test]
async fn a_device_that_asks_too_often_is_told_to_slow_down() {
    let bench = Bench::start("default").await;
    let (device_code, _) = bench.device_code(CONTOSO, &[]).await;
    let error =
        async || bench.poll(CONTOSO, &device_code).await.json()["error"].as_str().unwrap_or_default().to_owned();
    assert_eq!(error().await, "authorization_pending");
    assert_eq!(error().await, "slow_down");
    bench.pass(Duration::seconds(5100));
    assert_eq!(error().await, "expired_token", "five seconds are 5000 here, and the code lives 900");

    let (device_code, user_code) = bench.device_code(CONTOSO, &[]).await;
    let sure = bench.at_device_page(&user_code, ANA).await;
    post(&bench, &bench.device_page(), &sure.text, &[("decision", "cancel")]).await;
    assert_eq!(bench.poll(CONTOSO, &device_code).await.json()["error"], "authorization_declined");
    let used = bench.at_device_page(&user_code, ANA).await;
    assert!(used.text.contains("That code didn&#39;t work") || used.text.contains("That code didn't work"));
}

#[tokio::test]
async fn the_browser_posts_to_the_listener_or_is_sent_there() {
    let bench = Bench::start("default").await;
    let more = [("response_mode", "form_post"), ("nonce", "n-1"), ("prompt", "select_account"), ("login_hint", ANA)];
    let url = bench.authorize_url(CONTOSO, &more);
    let page = bench.page(&url).await;
    assert!(page.text.contains(&format!("name=\"username\" value=\"{ANA}\"")), "{}", page.text);
    assert!(page.text.contains("rel=\"icon\" href=\"data:,\""), "a browser would ask for one that is unknown here");
    let first = page.text.find("class=\"person\"").unwrap();
    assert!(page.text[first..].starts_with(&format!("class=\"person\" name=\"quick\" value=\"{ANA}\"")));
    let back = post(&bench, &url, &page.text, &[("quick", ANA)]).await;
    assert!(back.text.contains(&format!("<form method=\"post\" action=\"{LOOPBACK}\"")), "{}", back.text);
    assert!(!back.headers.contains_key("content-security-policy"), "nothing forbids the form to leave");
    let sent = fields(&back.text);
    let get = |name: &str| sent.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap();
    assert_eq!(get("state"), "s");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &get("code")),
        ("redirect_uri", LOOPBACK),
        ("code_verifier", super::people::VERIFIER),
    ];
    let answer = bench.token_request(CONTOSO, &form).await;
    let id_token = tokens::verified(answer.json()["id_token"].as_str().unwrap()).unwrap();
    assert_eq!((&id_token["nonce"], &id_token["preferred_username"]), (&json!("n-1"), &json!(ANA)));

    let query = bench.as_person(&bench.authorize_url(CONTOSO, &[("response_mode", "query")]), ANA).await;
    assert_eq!(query.status, StatusCode::FOUND);
    assert!(query.location().contains_key("code"));
    for wrong in ["http://evil.example:8400", "http://localhost.evil.example", "https://localhost:8400"] {
        let page = bench.page(&bench.authorize_url(CONTOSO, &[("redirect_uri", wrong)])).await;
        assert!(page.text.contains("AADSTS50011"), "{wrong}: {}", page.text);
    }
    let page = bench.page(&bench.authorize_url(CONTOSO, &[("prompt", "sometimes")])).await;
    assert!(page.text.contains("AADSTS90023"), "{}", page.text);
}

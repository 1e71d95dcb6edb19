//! Entra: secrets, codes, consent.

use reqwest::StatusCode;
use serde_json::json;
use time::Duration;

use super::{Bench, CONTOSO, FABRIKAM};
use crate::sim::{changes, tokens};

const REGISTRY: &str = tokens::REGISTRY_AUDIENCE;

/// The hidden fields of a page's first form.
pub(super) fn fields(html: &str) -> Vec<(String, String)> {
    let form = html.split("</form>").next().unwrap_or_default();
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
    inputs
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            let value = rest.split_once("\">").unwrap().0;
            (name.to_owned(), value.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
        })
        .collect()
}

pub(super) async fn post(bench: &Bench, url: &str, page: &str, more: &[(&str, &str)]) -> super::Answer {
    let hidden = fields(page);
    let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    form.extend(more);
    bench.post_form(url, &form).await
}

fn consent_url(bench: &Bench, tenant: &str, app: &str) -> String {
    let redirect = "https%3A%2F%2Fwww.microsoft.com";
    let pages = &bench.simulator.ready().pages;
    format!("{pages}/{tenant}/oauth2/authorize?client_id={app}&response_type=code&redirect_uri={redirect}")
}

#[tokio::test]
async fn a_secret_opens_a_tenant_only_where_the_app_has_a_principal() {
    let bench = Bench::start("default").await;
    let (app, secret) = bench.multitenant_app().await;
    let ask = async |tenant: &str, secret: &str| bench.client_credentials(tenant, &app, secret, REGISTRY).await;
    assert_eq!(ask(CONTOSO, &secret).await.number(), 7_000_229, "an app is no principal, not even at home");
    assert_eq!(ask(FABRIKAM, &secret).await.number(), 700_016);
    let tenant = bench.operator("ben").0;
    changes::consent(&mut bench.simulator.world().lock(), tenant, app.parse().unwrap()).unwrap();
    assert_eq!(ask(FABRIKAM, &secret).await.number(), 700_016, "not replicated yet");
    bench.settle();
    let token = ask(FABRIKAM, &secret).await.json()["access_token"].as_str().unwrap().to_owned();
    let claims = tokens::verified(&token).unwrap();
    assert_eq!((&claims["tid"], &claims["aud"]), (&json!(tenant.to_string()), &json!(REGISTRY)));
    assert_eq!(ask(FABRIKAM, "wrong").await.number(), 7_000_215);
    assert_eq!(ask("nowhere.example", &secret).await.number(), 90_002);
    bench.pass(Duration::days(3 * 365));
    assert_eq!(ask(FABRIKAM, &secret).await.number(), 7_000_222);
}

#[tokio::test]
async fn a_token_is_refused_for_another_service_and_after_its_end() {
    let bench = Bench::start("default").await;
    let graph = bench.simulator.ready().graph.clone();
    let ask = async |token: &str| {
        super::read(bench.http.get(format!("{graph}/v1.0/organization")).bearer_auth(token).send().await.unwrap()).await
    };
    let other = bench.token("ana", REGISTRY).await;
    assert_eq!(
        (ask(&other).await.status, ask("x.y.z").await.status),
        (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
    );
    let right = bench.token("ana", &graph).await;
    assert_eq!(ask(&right).await.status, StatusCode::OK);
    bench.pass(Duration::hours(2));
    assert_eq!(ask(&right).await.code(), "InvalidAuthenticationToken");
}

#[tokio::test]
async fn the_consent_page_makes_the_principal_when_somebody_who_may_accepts() {
    let bench = Bench::start("default").await;
    let (app, secret) = bench.multitenant_app().await;
    let url = consent_url(&bench, FABRIKAM, &app);
    let first = super::read(bench.http.get(&url).send().await.unwrap()).await;

    let stranger = post(&bench, &url, &first.text, &[("quick", "carl@contoso.example")]).await;
    assert!(stranger.text.contains("AADSTS50020"), "{}", stranger.text);
    let ask = post(&bench, &url, &first.text, &[("quick", "eve@fabrikam.example")]).await;
    assert!(ask.text.contains("Permissions requested"), "{}", ask.text);
    let refused = post(&bench, &url, &ask.text, &[("decision", "cancel")]).await.location();
    assert_eq!(refused.get("error").map(String::as_str), Some("access_denied"));
    assert_eq!(bench.client_credentials(FABRIKAM, &app, &secret, REGISTRY).await.number(), 700_016);

    let accepted = post(&bench, &url, &ask.text, &[("decision", "accept")]).await;
    assert_eq!(accepted.status, StatusCode::FOUND);
    assert!(accepted.headers["location"].to_str().unwrap().starts_with("https://www.microsoft.com/?code="));
    bench.settle();
    assert_eq!(bench.client_credentials(FABRIKAM, &app, &secret, REGISTRY).await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_may_not_consent_cannot_accept_either() {
    let bench = Bench::start("default").await;
    let (app, _) = bench.multitenant_app().await;
    let url = consent_url(&bench, FABRIKAM, &app);
    let first = super::read(bench.http.get(&url).send().await.unwrap()).await;
    let ask = post(&bench, &url, &first.text, &[("quick", "dora@fabrikam.example")]).await;
    assert!(ask.text.contains("Permissions requested"), "users may consent here: {}", ask.text);
    let tenant = bench.operator("dora").0;
    bench.simulator.world().lock().tenant_mut(tenant).unwrap().policy.users_may_consent = false;
    let refused = post(&bench, &url, &ask.text, &[("decision", "accept")]).await;
    assert!(refused.text.contains("AADSTS90094"), "{}", refused.text);
    let world = bench.simulator.world().lock();
    assert!(world.tenant(tenant).unwrap().principal_of(app.parse().unwrap()).is_none());
}

#[tokio::test]
async fn an_address_that_is_not_registered_gets_nothing() {
    let bench = Bench::start("default").await;
    let (app, _) = bench.multitenant_app().await;
    let url = consent_url(&bench, FABRIKAM, &app).replace("www.microsoft.com", "evil.example");
    let answer = super::read(bench.http.get(&url).send().await.unwrap()).await;
    assert!(answer.text.contains("AADSTS50011"), "{}", answer.text);
    assert!(!answer.headers.contains_key("location"));
}

#[tokio::test]
async fn a_code_is_redeemed_once_and_with_its_verifier() {
    let bench = Bench::start("default").await;
    let (login, graph) = (bench.simulator.ready().login.clone(), bench.simulator.ready().graph.clone());
    let (tenant, ana) = bench.operator("ana");
    // The pair of RFC 7636, appendix B.
    let (verifier, challenge) =
        ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    let scope = format!("{graph}/.default openid profile offline_access");
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("client_id", tokens::AZURE_CLI_APP),
            ("response_type", "code"),
            ("redirect_uri", "http://localhost:8400"),
            ("scope", &scope),
            ("state", "s"),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ])
        .finish();
    let url = format!("{login}/{tenant}/oauth2/v2.0/authorize?{query}");
    let page = super::read(bench.http.get(&url).send().await.unwrap()).await;
    let wrong = post(&bench, &url, &page.text, &[("username", &ana.user), ("password", "guess")]).await;
    assert!(wrong.text.contains("AADSTS50126"), "{}", wrong.text);
    let right = post(&bench, &url, &page.text, &[("username", &ana.user), ("password", &ana.password)]).await;
    let back = right.location();
    assert_eq!(back["state"], "s");

    let redeem = async |code: &str, verifier: &str| {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", tokens::AZURE_CLI_APP),
            ("code", code),
            ("redirect_uri", "http://localhost:8400"),
            ("code_verifier", verifier),
            ("scope", &scope),
            ("client_info", "1"),
        ];
        bench.post_form(&format!("{login}/{tenant}/oauth2/v2.0/token"), &form).await
    };
    let answer = redeem(&back["code"], verifier).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    for name in ["access_token", "refresh_token", "id_token", "client_info"] {
        assert!(answer.json()[name].is_string(), "{name}");
    }
    assert_eq!(redeem(&back["code"], verifier).await.number(), 54_005);
    let again = post(&bench, &url, &page.text, &[("username", &ana.user), ("password", &ana.password)]).await;
    assert_eq!(redeem(&again.location()["code"], "other").await.number(), 501_481);
}

#[tokio::test]
async fn a_device_code_waits_for_a_person() {
    let bench = Bench::start("default").await;
    let login = bench.simulator.ready().login.clone();
    let form = [("client_id", tokens::AZURE_CLI_APP), ("scope", "offline_access")];
    let started = bench.post_form(&format!("{login}/{CONTOSO}/oauth2/v2.0/devicecode"), &form).await.json();
    let (code, user_code) = (started["device_code"].as_str().unwrap(), started["user_code"].as_str().unwrap());
    let poll = async || {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", tokens::AZURE_CLI_APP),
            ("device_code", code),
        ];
        bench.post_form(&format!("{login}/{CONTOSO}/oauth2/v2.0/token"), &form).await
    };
    assert_eq!(poll().await.json()["error"], "authorization_pending");
    let page = started["verification_uri"].as_str().unwrap();
    let who = bench.post_form(page, &[("user_code", user_code)]).await;
    let sure = post(&bench, page, &who.text, &[("quick", "rita@contoso.example")]).await;
    post(&bench, page, &sure.text, &[("decision", "accept")]).await;
    assert!(poll().await.json()["refresh_token"].is_string());
    assert_eq!(poll().await.json()["error"], "bad_verification_code");
}

//! People at the pages, as a program starts them: the browser flow, the device flow, and what comes out.

use reqwest::{Method, StatusCode};
use serde_json::Value;

use super::{Answer, Bench, read, sign_in::post};
use crate::sim::tokens;

/// The pair of RFC 7636, appendix B.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(super) const LOOPBACK: &str = "http://localhost:8400";
pub(super) const CAPABLE: &str = r#"{"access_token":{"xms_cc":{"values":["CP1"]}}}"#;
pub(super) const MFA: &str =
    r#"{"access_token":{"acrs":{"essential":true,"values":["p1"]},"xms_cc":{"values":["CP1"]}}}"#;

/// What a sign-in gave.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
    pub(super) whole: Value,
}

impl Tokens {
    pub(super) fn of(answer: &Answer) -> Self {
        let whole = answer.json();
        let text = |name: &str| whole[name].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token"), whole }
    }

    pub(super) fn claims(&self) -> Value {
        tokens::verified(&self.access).unwrap()
    }
}

impl Bench {
    /// Everything of Resource Manager, and a refresh token.
    pub(super) fn scope() -> String {
        format!("{}/.default openid profile offline_access", tokens::RESOURCE_MANAGER_AUDIENCE)
    }

    pub(super) fn authorize_url(&self, tenant: &str, more: &[(&str, &str)]) -> String {
        let scope = Self::scope();
        let mut fields = vec![
            ("client_id", tokens::AZURE_CLI_APP),
            ("response_type", "code"),
            ("redirect_uri", LOOPBACK),
            ("scope", &scope),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        fields.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        fields.extend(more);
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        format!("{}/{tenant}/oauth2/v2.0/authorize?{query}", self.simulator.ready().login)
    }

    pub(super) async fn page(&self, url: &str) -> Answer {
        read(self.http.get(url).send().await.unwrap()).await
    }

    /// The page that follows when somebody says who they are.
    pub(super) async fn as_person(&self, url: &str, person: &str) -> Answer {
        let page = self.page(url).await;
        post(self, url, &page.text, &[("quick", person)]).await
    }

    pub(super) async fn token_request(&self, tenant: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = fields.to_vec();
        if !fields.iter().any(|(name, _)| *name == "client_id") {
            form.push(("client_id", tokens::AZURE_CLI_APP));
        }
        self.post_form(&format!("{}/{tenant}/oauth2/v2.0/token", self.simulator.ready().login), &form).await
    }

    pub(super) async fn redeem(&self, tenant: &str, back: &Answer, more: &[(&str, &str)]) -> Answer {
        let back = back.location();
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", back.get("code").map_or("", String::as_str)),
            ("redirect_uri", LOOPBACK),
            ("code_verifier", VERIFIER),
        ];
        form.extend(more);
        self.token_request(tenant, &form).await
    }

    /// A sign-in with a password alone.
    pub(super) async fn signed_in(&self, tenant: &str, person: &str, more: &[(&str, &str)]) -> Tokens {
        let back = self.as_person(&self.authorize_url(tenant, more), person).await;
        Tokens::of(&self.redeem(tenant, &back, &[]).await)
    }

    pub(super) async fn refresh(&self, tenant: &str, token: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend(more);
        self.token_request(tenant, &form).await
    }

    /// A device code and a user code.
    pub(super) async fn device_code(&self, tenant: &str, more: &[(&str, &str)]) -> (String, String) {
        let scope = Self::scope();
        let mut form = vec![("client_id", tokens::AZURE_CLI_APP), ("scope", scope.as_str())];
        form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        form.extend(more);
        let url = format!("{}/{tenant}/oauth2/v2.0/devicecode", self.simulator.ready().login);
        let answer = self.post_form(&url, &form).await;
        let text = |name: &str| answer.json()[name].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
        (text("device_code"), text("user_code"))
    }

    pub(super) async fn poll(&self, tenant: &str, device_code: &str) -> Answer {
        let kind = "urn:ietf:params:oauth:grant-type:device_code";
        self.token_request(tenant, &[("grant_type", kind), ("device_code", device_code)]).await
    }

    /// The device page once somebody said who they are.
    pub(super) async fn at_device_page(&self, user_code: &str, person: &str) -> Answer {
        let page = self.device_page();
        let who = self.post_form(&page, &[("user_code", user_code)]).await;
        post(self, &page, &who.text, &[("quick", person)]).await
    }

    pub(super) fn device_page(&self) -> String {
        format!("{}/devicelogin", self.simulator.ready().pages)
    }

    pub(super) async fn manager(&self, token: &str, method: Method, path: &str) -> Answer {
        let url = format!("{}{path}?api-version=2022-04-01", self.simulator.ready().resource_manager);
        read(self.http.request(method, url).bearer_auth(token).body("{}").send().await.unwrap()).await
    }

    /// What an administrator or time does.
    pub(super) async fn act(&self, name: &str, body: &Value) -> Answer {
        let answer =
            read(self.http.post(format!("{}/{name}", self.simulator.ready().admin)).json(body).send().await.unwrap())
                .await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer
    }
}

/// The claims that a challenge demands.
pub(super) fn demanded(answer: &Answer) -> Value {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let header = answer.headers["www-authenticate"].to_str().unwrap();
    assert!(header.contains("error=\"insufficient_claims\""), "{header}");
    let claims = header.split("claims=\"").nth(1).unwrap().trim_end_matches('"');
    serde_json::from_slice(&STANDARD.decode(claims).unwrap()).unwrap()
}

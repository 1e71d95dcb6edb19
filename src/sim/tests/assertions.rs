//! Applications that prove themselves with an assertion.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::StatusCode;
use serde_json::{Value, json};
use time::Duration;

use super::{Answer, Bench, CONTOSO};
use crate::sim::tokens;

const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const ACCOUNT: &str = "system:serviceaccount:tools:crosspull";

struct Client<'a> {
    bench: &'a Bench,
    id: String,
}

impl<'a> Client<'a> {
    fn ana(bench: &'a Bench) -> Self {
        Self { bench, id: bench.operator("ana").1.client_id.to_string() }
    }

    async fn ask(&self, assertion: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.id.as_str()),
            ("client_assertion_type", KIND),
            ("client_assertion", assertion),
            ("scope", "https://management.core.sim.example//.default"),
        ];
        self.bench.token_request(CONTOSO, &form).await
    }

    async fn certificate(&self) -> (EncodingKey, String) {
        let made = self.bench.act("certificate", &json!({"app_id": self.id})).await.json();
        let key = EncodingKey::from_rsa_pem(made["private_key"].as_str().unwrap().as_bytes()).unwrap();
        (key, made["thumbprint"].as_str().unwrap().to_owned())
    }

    fn claims(&self) -> Value {
        let now = self.bench.simulator.world().lock().now().unix_timestamp();
        let audience = format!("{}/{CONTOSO}/oauth2/v2.0/token", self.bench.simulator.ready().login);
        json!({"aud": audience, "iss": self.id, "sub": self.id, "jti": "1", "nbf": now, "exp": now + 600})
    }
}

fn signed(algorithm: Algorithm, thumbprint: &str, claims: &Value, key: &EncodingKey) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let bytes: Vec<u8> = (0..thumbprint.len() / 2)
        .map(|index| u8::from_str_radix(&thumbprint[2 * index..2 * index + 2], 16).unwrap())
        .collect();
    let mut header = Header::new(algorithm);
    header.x5t = Some(URL_SAFE_NO_PAD.encode(bytes));
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

#[tokio::test]
async fn a_certificate_opens_the_tenant_of_its_application() {
    let bench = Bench::start("default").await;
    let ana = Client::ana(&bench);
    let (key, thumbprint) = ana.certificate().await;
    for algorithm in [Algorithm::RS256, Algorithm::PS256] {
        let answer = ana.ask(&signed(algorithm, &thumbprint, &ana.claims(), &key)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let claims = tokens::verified(answer.json()["access_token"].as_str().unwrap()).unwrap();
        assert_eq!((&claims["appid"], &claims["appidacr"]), (&json!(ana.id), &json!("2")));
    }
    let with = |name: &str, value: Value| {
        let mut claims = ana.claims();
        claims[name] = value;
        signed(Algorithm::RS256, &thumbprint, &claims, &key)
    };
    let refused = async |assertion: &str| {
        let answer = ana.ask(assertion).await;
        assert_eq!((answer.status, &answer.json()["error"]), (StatusCode::UNAUTHORIZED, &json!("invalid_client")));
        answer.number()
    };
    assert_eq!(refused(&with("sub", json!("other"))).await, 700_021);
    assert_eq!(refused(&with("aud", json!("https://login.example/token"))).await, 700_023);
    assert_eq!(refused(&with("exp", json!(1))).await, 700_024);
    assert_eq!(refused("no.jwt.here").await, 50027);
    let (other, unknown) = (ana.certificate().await.0, "00".repeat(20));
    assert_eq!(refused(&signed(Algorithm::RS256, &thumbprint, &ana.claims(), &other)).await, 700_027);
    assert_eq!(refused(&signed(Algorithm::RS256, &unknown, &ana.claims(), &other)).await, 700_027);
}

#[tokio::test]
async fn a_service_account_of_a_cluster_is_taken_at_its_issuers_word() {
    let bench = Bench::start("default").await;
    let ana = Client::ana(&bench);
    let account = async |fields: Value| {
        let mut body = json!({"cluster": "shop-prod", "subject": ACCOUNT});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        bench.act("service-account-token", &body).await.json()["token"].as_str().unwrap().to_owned()
    };
    let good = account(json!({})).await;
    let answer = ana.ask(&good).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(ana.ask(&account(json!({"cluster": "shop-busy"})).await).await.number(), 700_211);
    assert_eq!(ana.ask(&account(json!({"subject": "system:serviceaccount:other"})).await).await.number(), 700_213);
    assert_eq!(ana.ask(&account(json!({"audience": "api://other"})).await).await.number(), 700_212);
    bench.pass(Duration::hours(2));
    assert_eq!(ana.ask(&good).await.number(), 700_024);

    let carl = Client { bench: &bench, id: bench.operator("carl").1.client_id.to_string() };
    let fresh = account(json!({})).await;
    assert_eq!(carl.ask(&fresh).await.number(), 70021);
    bench.act("federated-credential", &json!({"app_id": carl.id, "cluster": "shop-prod", "subject": ACCOUNT})).await;
    assert_eq!(carl.ask(&fresh).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cluster_publishes_whom_it_vouches_for() {
    let bench = Bench::start("default").await;
    let login = bench.simulator.ready().login.clone();
    let document = bench.page(&format!("{login}/oidc/shop-prod/.well-known/openid-configuration")).await.json();
    assert_eq!(document["issuer"], json!(format!("{login}/oidc/shop-prod")));
    let keys = bench.page(document["jwks_uri"].as_str().unwrap()).await.json();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    let none = bench.page(&format!("{login}/oidc/nothing/.well-known/openid-configuration")).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

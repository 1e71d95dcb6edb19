use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;

use super::*;
use crate::azure::{
    error::Fate,
    testing::{SILENCE, answer, server},
};

fn http() -> Http {
    Http::new(HttpOptions::default()).unwrap()
}

fn once(url: Url) -> Call {
    Call::new("graph.applications.addPassword", "make a key", reqwest::Method::POST, url)
}

#[tokio::test]
async fn a_call_carries_its_ids_and_the_log_holds_no_secret() {
    let ok = answer("200 OK\r\ncontent-type: application/json\r\nx-ms-request-id: r-1", "{\"a\": 1}");
    let (mut url, mut seen) = server(vec![ok]).await;
    url.set_query(Some("api-version=2022-09-01&secret=hunter22"));
    let http = http();
    let mut feed = http.log().subscribe();
    let token = Secret::new("to-ken");
    let response = http.send(once(url).token(&token).json(&json!({"key": "hunter22"})).unwrap()).await.unwrap();
    assert_eq!(response.json::<serde_json::Value>().unwrap(), json!({"a": 1}));
    let sent = seen.recv().await.unwrap();
    for part in [
        "authorization: Bearer to-ken",
        &format!("x-ms-correlation-request-id: {}", http.correlation()),
        "x-ms-client-request-id: ",
        concat!("user-agent: crosspull/", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    let record = feed.recv().await.unwrap();
    assert_eq!((record.outcome, record.request_id.as_deref()), (Outcome::Status(200), Some("r-1")));
    assert!(record.url.ends_with("/?api-version=2022-09-01"), "{}", record.url);
    for secret in ["hunter22", "to-ken"] {
        assert!(!format!("{record:?} {record}").contains(secret));
    }
    assert_eq!(http.log().records().len(), 1);
}

#[tokio::test]
async fn an_error_is_read_and_what_it_echoes_of_a_secret_is_taken_out() {
    let body = r#"{"code": "BadRequest", "message": "hunter22 is not a secret: AADSTS7000215"}"#;
    let (url, _seen) = server(vec![answer("400 Bad Request\r\ncontent-type: application/json", body)]).await;
    let error = http().send(once(url).hide(&Secret::new("hunter22"))).await.err().unwrap();
    assert_eq!((error.kind, error.fate(), error.aadsts), (ErrorKind::Service, Fate::Rejected, Some(7_000_215)));
    assert_eq!(error.message, "… is not a secret: AADSTS7000215");
    assert_eq!(error.problem().code.as_deref(), Some("AADSTS7000215"));
}

#[tokio::test]
async fn a_page_instead_of_json_is_not_azure() {
    let page = "<html><title>Sign in to\n<b>Wi-Fi</title>secret body</html>";
    for head in [
        "200 OK\r\ncontent-type: text/html",
        "404 Not Found\r\ncontent-type: text/html; charset=utf-8",
        "502 Bad Gateway",
    ] {
        let (url, _seen) = server(vec![answer(head, page)]).await;
        let error = http().send(Call::get("graph.me.get", "read", url)).await.err().unwrap();
        assert_eq!(error.kind, ErrorKind::NotAzure, "{head}");
        assert!(error.message.contains("127.0.0.1") && error.message.contains("Sign in to bWi-Fi"), "{error}");
        assert!(!error.message.contains("secret body") && !error.not_found());
    }
}

#[tokio::test]
async fn half_an_answer_is_told_from_a_wrong_one_and_neither_is_quoted() {
    #[derive(serde::Deserialize, Debug)]
    struct Wanted {
        #[expect(dead_code, reason = "only read into")]
        count: u32,
    }
    let json = "200 OK\r\ncontent-type: application/json";
    for (body, words) in [
        (r#"{"count": "#, "breaks off"),
        (r#"{"count": "s3cret"}"#, "does not have the form"),
        (r#"{"other": "s3cret"}"#, "field `count` is missing"),
        ("", "breaks off"),
    ] {
        let (url, _seen) = server(vec![answer(json, body)]).await;
        let error = http().send(once(url)).await.unwrap().json::<Wanted>().unwrap_err();
        assert_eq!((error.kind, error.fate()), (ErrorKind::Malformed, Fate::Unknown), "{body}");
        assert!(error.message.contains(words) && !error.message.contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let head = "302 Found\r\nlocation: https://elsewhere.example/login?token=x";
    let (url, mut seen) = server(vec![answer(head, "")]).await;
    let error = http().send(once(url).token(&Secret::new("to-ken"))).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Redirected);
    assert!(error.message.contains("`elsewhere.example`") && !error.message.contains("token=x"), "{error}");
    seen.recv().await.unwrap();
}

#[tokio::test]
async fn the_fate_of_what_was_not_answered_depends_on_the_call() {
    let (url, mut seen) = server(vec![SILENCE.to_owned(); 3]).await;
    let http = http();
    let error = http.send(once(url.clone())).await.err().unwrap();
    assert_eq!((error.kind, error.fate(), error.repeatable()), (ErrorKind::Unanswered, Fate::Unknown, false));
    let error = http.send(once(url.clone()).idempotent()).await.err().unwrap();
    assert_eq!((error.fate(), error.repeatable()), (Fate::Unknown, true));
    let error = http.send(Call::get("graph.me.get", "read", url)).await.err().unwrap();
    assert_eq!((error.fate(), error.repeatable()), (Fate::NeverSent, true));
    for _ in 0..3 {
        seen.recv().await.unwrap();
    }
    assert!(seen.recv().await.is_none(), "each was sent once");
}

#[tokio::test]
async fn the_fate_of_what_was_answered_depends_on_status_and_call() {
    let fates = [
        ("429 Too Many Requests\r\nretry-after: 7", Fate::Throttled, Fate::Throttled),
        ("503 Service Unavailable\r\nretry-after: 7", Fate::Unknown, Fate::Throttled),
        ("503 Service Unavailable", Fate::Unknown, Fate::Unknown),
        ("500 Internal Server Error", Fate::Unknown, Fate::Unknown),
        ("408 Request Timeout", Fate::Unknown, Fate::Unknown),
        ("409 Conflict", Fate::Unknown, Fate::Unknown),
        ("403 Forbidden", Fate::Rejected, Fate::Rejected),
        ("404 Not Found", Fate::Rejected, Fate::Rejected),
    ];
    let http = http();
    for (head, counted, repeated) in fates {
        let (url, _seen) = server(vec![answer(head, ""), answer(head, "")]).await;
        let error = http.send(once(url.clone())).await.err().unwrap();
        assert_eq!(error.fate(), counted, "{head}");
        assert!(!error.not_found(), "no code, so nobody said so");
        let error = http.send(once(url).idempotent()).await.err().unwrap();
        assert_eq!(error.fate(), repeated, "{head}");
        assert_eq!(error.retry_after, head.contains("after").then(|| Duration::from_secs(7)));
    }
}

#[tokio::test]
async fn a_port_where_nobody_listens_was_never_sent_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let error = http().send(once(url)).await.err().unwrap();
    assert_eq!((error.kind, error.fate(), error.repeatable()), (ErrorKind::Connect, Fate::NeverSent, true));
}

#[tokio::test]
async fn nothing_goes_out_without_tls_but_to_this_machine() {
    for address in [
        "http://graph.microsoft.com/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "ftp://localhost/",
        "http://localhost.example/",
    ] {
        let url = Url::parse(address).unwrap();
        let error = http().send(once(url).token(&Secret::new("to-ken"))).await.err().unwrap();
        assert_eq!((error.kind, error.fate()), (ErrorKind::Insecure, Fate::NeverSent), "{address}");
    }
    for address in ["http://localhost:1/", "http://127.0.0.9/", "http://[::1]/", "http://x.localhost/"] {
        assert!(is_loopback(&Url::parse(address).unwrap()), "{address}");
    }
}

#[test]
fn the_metadata_service_alone_is_reached_without_tls_and_only_empty_handed() {
    let call = |address: &str| Call::get("sign_in.managed_identity", "sign in", Url::parse(address).unwrap());
    let service = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";
    assert!(on_own_link(&call(service).instance_metadata().header("metadata", "true")));
    assert!(!on_own_link(&call(service)), "no other call goes there");
    assert!(on_own_link(&call("http://169.254.129.3:8081/msi/token").instance_metadata()), "App Service");
    for elsewhere in ["http://10.0.0.1/", "http://169.253.1.1/", "http://metadata.azure.internal/"] {
        assert!(!on_own_link(&call(elsewhere).instance_metadata()), "{elsewhere}");
    }
    let secret = Secret::new("to-ken");
    assert!(!on_own_link(&call(service).instance_metadata().token(&secret)));
    assert!(!on_own_link(&call(service).instance_metadata().form(vec![("key".into(), secret)])));
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_logged() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let http = http();
    tokio::select! {
        _ = http.send(once(url)) => panic!("nobody answers"),
        accepted = listener.accept() => drop(accepted.unwrap()),
    }
    assert_eq!(http.log().records()[0].outcome, Outcome::Failed("given up"));
}

#[tokio::test]
async fn a_claims_challenge_is_kept() {
    let head = "401 Unauthorized\r\nwww-authenticate: Bearer realm=\"\", error=\"insufficient_claims\", claims=\"eyJhIjoxfQ==\"";
    let (url, _seen) = server(vec![answer(head, "")]).await;
    let error = http().send(Call::get("graph.me.get", "read", url)).await.err().unwrap();
    assert_eq!(error.claims.as_deref(), Some("eyJhIjoxfQ=="));
    assert!(error.needs_interaction() && error.unauthorized());
}

#[test]
fn origins_are_compared_with_their_ports() {
    let url = |text: &str| Url::parse(text).unwrap();
    let base = url("https://management.azure.com/");
    assert!(same_origin(&base, &url("https://management.azure.com:443/x")));
    for other in [
        "http://management.azure.com/",
        "https://management.azure.com:444/",
        "https://management.azure.com.evil.example/",
        "https://evil@management.azure.com/",
        "https://evil.example/management.azure.com",
    ] {
        assert!(!same_origin(&base, &url(other)), "{other}");
    }
}

#[test]
fn certificates_that_cannot_be_read_are_said_so() {
    let options = HttpOptions { ca_pem: Some(b"no certificate".to_vec()), ..HttpOptions::default() };
    assert_eq!(Http::new(options).unwrap_err().kind, ErrorKind::Local);
}

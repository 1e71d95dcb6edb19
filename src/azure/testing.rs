//! A server of a few lines, for what the simulator would be too right to do.

use std::sync::Arc;

use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use url::Url;

use super::{
    Error, Http, HttpOptions, TenantClients,
    aks::OperationStatus,
    clock,
    entra::tests::jwt,
    http::{Call, Response, judge},
    sign_in::{Tokens, classify},
};
use crate::domain::{Cloud, TenantId, cloud::KnownCloud};

/// Closes the connection instead of answering.
pub(crate) const SILENCE: &str = "";

/// Answers each connection with the next of `answers`, and hands over what was sent. [`SILENCE`] closes without an answer.
pub(crate) async fn server(answers: Vec<String>) -> (Url, mpsc::UnboundedReceiver<String>) {
    serve(|_| answers).await
}

/// The same, with answers that name the server's own address.
#[expect(clippy::disallowed_methods, reason = "a test sends a handful of requests")]
pub(crate) async fn serve(answers: impl FnOnce(&Url) -> Vec<String>) -> (Url, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    let answers = answers(&url);
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut seen = Vec::new();
            loop {
                let mut part = [0; 4096];
                let read = stream.read(&mut part).await.unwrap();
                seen.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&seen).to_lowercase();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                if read == 0 || body.len() >= length.unwrap_or(0) {
                    break;
                }
            }
            sender.send(String::from_utf8(seen).unwrap()).unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, receiver)
}

/// One answer, with its status line and headers.
pub(crate) fn answer(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

/// An answer with a body of JSON.
pub(crate) fn json_answer(status: u16, body: &Value) -> String {
    answer(&format!("{status} Status\r\ncontent-type: application/json"), &body.to_string())
}

/// A credential that always has a token.
#[derive(Debug)]
struct Always(TenantId);

#[async_trait::async_trait]
impl TokenCredential for Always {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let token = jwt(&json!({ "tid": self.0 }));
        Ok(AccessToken::new(token, clock::now() + Duration::hours(1)))
    }
}

/// A cloud all of whose services are at `url`.
pub(crate) fn cloud(url: &Url) -> Arc<Cloud> {
    Arc::new(Cloud {
        login: url.clone(),
        resource_manager: url.clone(),
        graph: url.clone(),
        custom: true,
        ..Cloud::known(KnownCloud::Public)
    })
}

/// Clients of a tenant whose services are at `url`.
pub(crate) fn clients(url: &Url) -> TenantClients {
    let tenant = "11111111-1111-4111-8111-111111111111".parse().unwrap();
    let http = Http::new(HttpOptions::default()).unwrap();
    TenantClients::new(http, cloud(url), Tokens::new(Arc::new(Always(tenant)), tenant))
}

fn response(call: &Call, status: u16, body: &str) -> Response {
    let json = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Response::new(status, json, body.as_bytes().to_vec(), call)
}

fn call(operation: &'static str) -> Call {
    Call::get(operation, "do it", Url::parse("https://service.example/").unwrap())
}

/// What becomes of a service's refusal.
pub(crate) fn refused(operation: &'static str, status: u16, body: &str) -> Error {
    let call = call(operation);
    judge(response(&call, status, body), &call).err().expect("a refusal")
}

/// The same where somebody was signing in.
pub(crate) fn sign_in_refused(status: u16, body: &str) -> Error {
    let refused = refused("entra.token", status, body);
    classify("sign in", &azure_core::Error::with_error(ErrorKind::Credential, refused, "no token"))
}

/// What becomes of what the Azure CLI says on standard error.
pub(crate) fn cli_refused(said: &str) -> Error {
    let text = format!("AzureCliCredential authentication failed. {said}\nTo troubleshoot, visit https://aka.ms/azsdk");
    classify("sign in", &azure_core::Error::with_message(ErrorKind::Credential, text))
}

/// A long operation's status.
pub(crate) fn operation(body: &str) -> OperationStatus {
    OperationStatus::of(&response(&call("arm.operation"), 200, body)).expect("a status")
}

/// What becomes of a token of another tenant than the one that was asked for.
pub(crate) async fn of_another_tenant() -> Error {
    let [asked, given] = [1, 2].map(|number| TenantId(uuid::Uuid::from_u128(number)));
    Tokens::new(Arc::new(Always(given)), asked).token("https://service.example/.default").await.expect_err("a refusal")
}

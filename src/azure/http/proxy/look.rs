//! A second look at a proxy that let no connection through: asks for the same connection and reads the refusal. Nothing is
//! sent but the request for the connection, with the proxy's own name and password, which it has had already.

use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use url::Url;

use super::Via;
use crate::azure::{
    error::clean,
    http::{hidden::Hidden, response::page_title},
};

/// As much of an answer as is read.
const ENOUGH: usize = 16 * 1024;

/// What a proxy does when it is asked for a connection.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It opens one: what went wrong is over, or lies behind it.
    Open,
    /// Nobody is there.
    Unreachable(String),
    /// It answers otherwise.
    Answer {
        status: u16,
        /// The title of the page that comes with it.
        title: Option<String>,
        /// How names and passwords may be given.
        schemes: Vec<String>,
    },
    /// What it sends is no answer at all.
    Nonsense,
}

/// Asks a proxy for a connection to the host of `url`, with a name and password where they are `known` to be good. Takes no
/// longer than `patience`.
pub(super) async fn look(via: &Via, known: Option<&HeaderValue>, url: &Url, patience: Duration) -> Seen {
    let mut stream = match timeout(patience, TcpStream::connect((via.host.trim_matches(['[', ']']), via.port))).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Seen::Unreachable(clean(&error.to_string())),
        Err(_) => return Seen::Unreachable("no connection in time".to_owned()),
    };
    let mut answer = Vec::new();
    // What has come until then is judged, even where the proxy keeps the connection or breaks it.
    let _ = timeout(patience, exchange(&mut stream, &request(known, url), &mut answer)).await;
    judge(&answer, &via.hidden())
}

fn request(known: Option<&HeaderValue>, url: &Url) -> Vec<u8> {
    let target = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(443));
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(authorization) = known {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(authorization.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request
}

async fn exchange(stream: &mut TcpStream, request: &[u8], answer: &mut Vec<u8>) -> std::io::Result<()> {
    stream.write_all(request).await?;
    while answer.len() < ENOUGH && !whole(answer) {
        let mut part = [0; 2048];
        let read = stream.read(&mut part).await?;
        if read == 0 {
            break;
        }
        answer.extend_from_slice(&part[..read]);
    }
    Ok(())
}

fn whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    // An open connection has no body, and nothing more comes.
    status(head) == Some(200)
        || header(head, "content-length")
            .next()
            .is_some_and(|length| length.parse().is_ok_and(|length| body.len() >= length))
}

fn judge(answer: &[u8], hidden: &Hidden) -> Seen {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    match status(head) {
        None => Seen::Nonsense,
        Some(200) => Seen::Open,
        Some(status) => {
            let mut schemes = header(head, "proxy-authenticate")
                .filter_map(|value| value.split_whitespace().next())
                .map(|scheme| scheme.chars().filter(char::is_ascii_alphanumeric).take(20).collect())
                .collect::<Vec<String>>();
            schemes.dedup();
            Seen::Answer { status, title: page_title(&hidden.scrub(body.to_owned())), schemes }
        }
    }
}

fn status(head: &str) -> Option<u16> {
    let line = head.lines().next()?.strip_prefix("HTTP/1.")?;
    line.split(' ').nth(1)?.parse().ok()
}

fn header<'h>(head: &'h str, wanted: &'h str) -> impl Iterator<Item = &'h str> {
    head.lines().skip(1).filter_map(move |line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then_some(value.trim())
    })
}

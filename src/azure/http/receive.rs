//! From a request to its answer, or to an error that says how far it got.

use reqwest::header::{LOCATION, WWW_AUTHENTICATE};
use serde_json::Value;
use url::Url;

use super::{Call, Response, authority};
use crate::azure::error::{self, Error, ErrorKind, Result, clean};

/// No answer that is read here is larger.
const LARGEST: usize = 16 * 1024 * 1024;

#[expect(clippy::disallowed_methods, reason = "this is the one place that sends")]
pub(super) async fn exchange(client: &reqwest::Client, request: reqwest::Request, call: &Call) -> Result<Response> {
    let mut answer = client.execute(request).await.map_err(|source| transport(source, call))?;
    let status = answer.status().as_u16();
    let headers = std::mem::take(answer.headers_mut());
    let mut body = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST => {
                return Err(call.error(ErrorKind::Malformed, "the answer is larger than 16 MiB"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(source) => {
                let failed = call.error(ErrorKind::Unanswered, "the answer broke off");
                return Err(failed.with_source(source.without_url()));
            }
        }
    }
    let response = Response::new(status, headers, body, call);
    judge(response, call)
}

pub(in crate::azure) fn judge(response: Response, call: &Call) -> Result<Response> {
    match response.status {
        status if call.takes.contains(&status) => Ok(response),
        // None of the endpoints spoken to sends pages to programs.
        200..=299 if response.is_page() => Err(response.not_azure()),
        200..=299 => Ok(response),
        300..=399 => Err(redirected(&response, call)),
        _ => Err(refused(&response, call)),
    }
}

fn redirected(response: &Response, call: &Call) -> Error {
    let target = response.headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let target = target.and_then(|target| Url::options().base_url(Some(&call.url)).parse(target).ok());
    let target = target.map_or_else(|| "another address".to_owned(), |url| format!("`{}`", authority(&url)));
    let message = format!("`{}` points to {target} instead of answering; nothing was sent there", response.host);
    response.error(ErrorKind::Redirected, message)
}

fn refused(response: &Response, call: &Call) -> Error {
    let parsed = serde_json::from_slice::<Value>(&response.body).ok().as_ref().and_then(error::parse);
    let Some(parsed) = parsed else {
        // HEAD and some gateways answer without a body; what else is not JSON did not come from the service.
        if !response.body.is_empty() && !response.says_json() {
            return response.not_azure();
        }
        let message = format!("the service answered {} without saying why", response.status);
        return challenge(response.error(ErrorKind::Service, message), response);
    };
    let message = parsed.message.unwrap_or_else(|| format!("the service answered {}", response.status));
    let failed = response.error(ErrorKind::Service, call.scrub(message)).with(|details| {
        details.code = parsed.code.map(|code| call.scrub(code));
        details.inner_codes = parsed.inner_codes;
        details.aadsts = parsed.aadsts;
        details.claims = parsed.claims;
        details.request_id = details.request_id.take().or(parsed.request_id);
        details.correlation_id = details.correlation_id.take().or(parsed.correlation_id);
    });
    challenge(failed, response)
}

/// Takes a claims challenge over from the headers: Conditional Access and continuous access evaluation ask in them.
fn challenge(failed: Error, response: &Response) -> Error {
    if failed.claims.is_some() || !matches!(response.status, 401 | 403) {
        return failed;
    }
    let claims = response.headers.get_all(WWW_AUTHENTICATE).iter().find_map(|value| {
        let challenges = http_auth::parse_challenges(value.to_str().ok()?).ok()?;
        let mut params = challenges.into_iter().flat_map(|challenge| challenge.params);
        params.find(|(name, _)| name.eq_ignore_ascii_case("claims")).map(|(_, value)| value.to_unescaped())
    });
    failed.with(|details| details.claims = claims)
}

fn transport(source: reqwest::Error, call: &Call) -> Error {
    let source = source.without_url();
    let host = authority(&call.url);
    let reason = innermost(&source);
    let (kind, message) = if source.is_connect() {
        // The TLS library's errors have no type that can be named from here.
        let tls = ["certificate", "tls", "handshake"].iter().any(|word| reason.to_ascii_lowercase().contains(word));
        if tls {
            (ErrorKind::Tls, format!("`{host}` could not be trusted: {reason}"))
        } else {
            (ErrorKind::Connect, format!("`{host}` could not be reached: {reason}"))
        }
    } else if source.is_builder() {
        (ErrorKind::Local, format!("the request to `{host}` could not be put together"))
    } else if source.is_timeout() {
        (ErrorKind::Unanswered, format!("`{host}` did not answer in time"))
    } else {
        (ErrorKind::Unanswered, format!("the connection to `{host}` was lost: {reason}"))
    };
    call.error(kind, message).with_source(source)
}

fn innermost(source: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = source;
    if source.is_timeout() {
        return "no connection in time".to_owned();
    }
    while let Some(next) = inner.source() {
        inner = next;
    }
    // Some libraries append a link to their own manual.
    clean(inner.to_string().split(": https://").next().unwrap_or_default())
}

//! From a request to its answer, or to an error that says how far it got.

use reqwest::header::{LOCATION, WWW_AUTHENTICATE};
use serde_json::Value;
use url::Url;

use super::{Call, Response, authority, failure::transport};
use crate::azure::error::{self, Error, ErrorKind, Result};

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

pub(crate) fn judge(response: Response, call: &Call) -> Result<Response> {
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
    let parsed = serde_json::from_slice::<Value>(&response.body).ok().and_then(|mut body| {
        call.hidden.scrub_json(&mut body);
        error::parse(&body)
    });
    let Some(parsed) = parsed else {
        // HEAD and some gateways answer without a body; what else is not JSON did not come from the service.
        if !response.body.is_empty() && !response.says_json() {
            return response.not_azure();
        }
        let message = format!("the service answered {} without saying why", response.status);
        return challenge(response.error(ErrorKind::Service, message), response);
    };
    let message = parsed.message.unwrap_or_else(|| format!("the service answered {}", response.status));
    let failed = response.error(ErrorKind::Service, message).with(|details| {
        details.code = parsed.code;
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

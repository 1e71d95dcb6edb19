//! What services answer when they refuse, and how long they ask to be left alone.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use time::macros::datetime;
use url::Url;

use super::{assert_harmless, assert_harmless_lines};
use crate::{
    azure::{
        error::{Safety, retry_after as read_retry_after},
        http::{Call, Response, judge},
    },
    catalogue,
    domain::{Problem, StepId},
    secret::Secret,
    words::problem_text,
};

/// What the call carried. It has signs that are written in other ways in an address or a page.
const CARRIED: &str = "Q8~hunter2.-_&<x>+yz";

/// Where an input has this, the secret of the call is put, so that the fuzzer finds forms of it by itself.
const MARK: &[u8] = b"@S@";

/// The first two bytes make the status; the third says whether the answer claims to be JSON.
pub(super) fn error_body(data: &[u8]) {
    let [high, low, kind, body @ ..] = data else { return };
    let status = 300 + (u16::from(*high) << 8 | u16::from(*low)) % 300;
    let body = with_secret(body);
    let call = Call::get("arm.call", "do it", Url::parse("https://service.example/").unwrap());
    let call = call.hide(&Secret::new(CARRIED));
    let kind = ["application/json", "text/html", "", "application/xml"][usize::from(kind % 4)];
    let header = (HeaderName::from_static("content-type"), HeaderValue::from_static(kind));
    let headers = [header].into_iter().filter(|_| !kind.is_empty()).collect::<HeaderMap>();
    let error = judge(Response::new(status, headers, body, &call), &call).err().expect("a refusal");
    assert_eq!(error.safety, Safety::Read);
    assert!(error.message.len() <= 1600, "{} bytes of message", error.message.len());
    assert!(error.inner_codes.len() <= 32);
    let problem = error.problem();
    let texts =
        [Some(&problem.message), problem.code.as_ref(), problem.request_id.as_ref(), problem.correlation_id.as_ref()];
    for text in texts.into_iter().flatten().chain(&problem.inner_codes) {
        assert_harmless("an error", text);
        assert_scrubbed(text);
    }
    assert_scrubbed(&format!("{error:?} {error}"));
    let written = serde_json::to_string(&problem).unwrap();
    assert_eq!(serde_json::from_str::<Problem>(&written).unwrap(), problem);
    for step in [None, Some(StepId::ClusterUpdate)] {
        if let Some(entry) = catalogue::explain(&problem, step) {
            assert!(entry.code.starts_with("CP-"));
        }
        assert_harmless_lines("a problem's words", &problem_text(&problem, step));
    }
}

fn with_secret(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = body;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(CARRIED.as_bytes());
        rest = &rest[at + MARK.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn assert_scrubbed(text: &str) {
    for form in
        [CARRIED, "Q8%7Ehunter2.-_%26%3Cx%3E%2Byz", "Q8~hunter2.-_%26%3Cx%3E%2Byz", "Q8~hunter2.-_&amp;&lt;x&gt;+yz"]
    {
        assert!(!text.contains(form), "the secret is in {text:?}");
    }
}

/// No wait is longer than five minutes, whatever a service says.
pub(super) fn retry_after(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == 0);
    let names = ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"];
    let mut headers = HeaderMap::new();
    for name in names {
        if let Some(Ok(value)) = parts.next().map(HeaderValue::from_bytes) {
            headers.insert(name, value);
        }
    }
    for now in [datetime!(2026-11-23 12:00:00 UTC), datetime!(0001-01-01 0:00 UTC), datetime!(9999-12-31 23:59:59 UTC)]
    {
        let wait = read_retry_after(&headers, now);
        assert!(wait.is_none_or(|wait| wait <= Duration::from_mins(5)), "{wait:?}");
    }
}

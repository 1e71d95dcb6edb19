//! An answer, and how its JSON is read without quoting it in an error.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use zeroize::Zeroizing;

use super::{Call, authority, hidden::Hidden};
use crate::azure::{
    clock,
    error::{Error, ErrorKind, Result, Safety, clean, retry_after},
};

/// A service's answer.
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
    pub(crate) request_id: Option<String>,
    pub(crate) correlation_id: Option<String>,
    pub(crate) operation: &'static str,
    pub(crate) tried: String,
    pub(crate) host: String,
    pub(crate) safety: Safety,
    hidden: Hidden,
}

impl Response {
    pub(crate) fn new(status: u16, headers: HeaderMap, body: Vec<u8>, call: &Call) -> Self {
        let id = |names: [&str; 2]| {
            let value = names.into_iter().find_map(|name| headers.get(name)?.to_str().ok())?;
            Some(call.hidden.scrub(clean(value))).filter(|id| !id.is_empty() && id.len() <= 128)
        };
        Self {
            status,
            request_id: id(["x-ms-request-id", "request-id"]),
            correlation_id: id(["x-ms-correlation-request-id", "client-request-id"]),
            headers,
            body: Zeroizing::new(body),
            operation: call.operation,
            tried: call.tried.clone(),
            host: authority(&call.url),
            safety: call.safety,
            hidden: call.hidden.clone(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// A header's value, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every value of a header.
    pub fn header_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// How long the service asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.headers, clock::now())
    }

    /// The body as `T`. An error names where the body is wrong, never what it holds.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|source| {
            if !self.says_json() {
                return self.not_azure();
            }
            let what = match source.classify() {
                Category::Eof => "breaks off",
                Category::Syntax => "is not valid JSON",
                Category::Data | Category::Io => "does not have the form that its contract gives",
            };
            // The library's own words quote values, except where a field is missing.
            let words = source.to_string();
            let field = words.strip_prefix("missing field ").and_then(|rest| rest.split('`').nth(1));
            let field = field.map(|field| format!(", field `{field}` is missing")).unwrap_or_default();
            self.error(
                ErrorKind::Malformed,
                format!("the answer {what} (line {}, column {}{field})", source.line(), source.column()),
            )
        })
    }

    fn content_type(&self) -> String {
        self.headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .map(|value| clean(value).to_ascii_lowercase())
            .unwrap_or_default()
    }

    /// Whether the answer claims to be JSON, by its type or, without one, by its first sign.
    pub(super) fn says_json(&self) -> bool {
        let kind = self.content_type();
        if kind.is_empty() { matches!(self.first(), Some(b'{' | b'[')) } else { kind.contains("json") }
    }

    /// A page for people where only programs answer.
    pub(super) fn is_page(&self) -> bool {
        self.content_type().contains("html") || self.content_type().is_empty() && self.first() == Some(b'<')
    }

    fn first(&self) -> Option<u8> {
        self.body.iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    pub(super) fn not_azure(&self) -> Error {
        let kind = match self.content_type() {
            kind if !kind.is_empty() => format!("`{}`", kind.chars().take(60).collect::<String>()),
            _ if self.body.is_empty() => "an empty answer".to_owned(),
            _ => "something without a content type".to_owned(),
        };
        let title = self.title().map(|title| format!(", titled \"{title}\"")).unwrap_or_default();
        let message = format!(
            "what answered for `{}` is not Azure: it sent {kind}{title} where JSON belongs; a proxy or a sign-in page of the \
             network may stand in between",
            self.host
        );
        self.error(ErrorKind::NotAzure, message)
    }

    fn title(&self) -> Option<String> {
        self.is_page().then(|| page_title(&self.hidden.scrub(beginning(&self.body))))?
    }

    /// An error about this answer.
    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let message = self.hidden.scrub(message.into());
        Error::new(kind, self.operation, self.tried.clone(), message).with(|details| {
            details.status = Some(self.status);
            details.request_id.clone_from(&self.request_id);
            details.correlation_id.clone_from(&self.correlation_id);
            details.safety = self.safety;
            details.retry_after = self.retry_after();
        })
    }
}

/// As much of a page as is looked at.
pub(super) fn beginning(page: &[u8]) -> String {
    String::from_utf8_lossy(&page[..page.len().min(16 * 1024)]).into_owned()
}

/// A page's title, made short and harmless.
pub(super) fn page_title(text: &str) -> Option<String> {
    // Lower-casing ASCII alone keeps the offsets.
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title>")? + "<title>".len();
    let end = start + lower[start..].find("</title>")?;
    let title: String = clean(&text[start..end]).chars().filter(|c| !matches!(c, '<' | '>' | '"')).take(80).collect();
    Some(title).filter(|title| !title.is_empty())
}

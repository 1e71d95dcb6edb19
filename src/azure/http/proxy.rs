//! The proxy in between, if there is one: which, who named it, and what it has to do with a failure.
//!
//! Which proxy a request takes is decided by the HTTP library. It is asked here by the very rules that it goes by, so that
//! what is said of a proxy holds.

mod look;

use std::{env, fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::header::HeaderValue;
use url::Url;

use self::look::Seen;
use super::{Call, authority, hidden::Hidden};
use crate::{
    azure::error::{Error, ErrorKind},
    secret::Secret,
};

/// The variables that name a proxy for HTTPS, in the order in which they count.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// The proxies that requests take.
#[derive(Debug)]
pub(super) struct Proxies {
    matcher: Matcher,
    set_by: SetBy,
}

/// Who named the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SetBy {
    /// This variable of the environment.
    Variable(&'static str),
    /// The settings of the system.
    System,
}

impl fmt::Display for SetBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Variable(name) => name,
            Self::System => "the system's settings",
        })
    }
}

impl Proxies {
    /// Those of the environment and of the system, as the HTTP library reads them.
    pub(super) fn of_system() -> Self {
        // The first that is there counts of each pair, even where it is empty; an empty one names no proxy.
        let first = |names: &[&'static str]| names.iter().copied().find(|name| env::var_os(name).is_some());
        let names_one = |name: &&'static str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let (https, all) = VARIABLES.split_at(2);
        let variable = first(https).filter(names_one).or_else(|| first(all).filter(names_one));
        Self { matcher: Matcher::from_system(), set_by: variable.map_or(SetBy::System, SetBy::Variable) }
    }

    /// The proxy between here and an address.
    pub(super) fn to(&self, url: &Url) -> Option<Via> {
        let proxy = self.matcher.intercept(&url.as_str().parse().ok()?)?;
        let uri = proxy.uri();
        let scheme = uri.scheme_str().unwrap_or("http").to_owned();
        let host = uri.host()?.to_owned();
        let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        Some(Via { scheme, host, port, authorization: proxy.basic_auth().cloned(), set_by: self.set_by })
    }
}

/// One proxy on the way to one address.
#[derive(Debug)]
pub(super) struct Via {
    scheme: String,
    host: String,
    port: u16,
    /// Name and password, marked as sensitive: never shown.
    authorization: Option<HeaderValue>,
    set_by: SetBy,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy `{}:{}` ({})", self.host, self.port, self.set_by)
    }
}

impl Via {
    /// A failure of a call that went by this proxy, with what the proxy has to do with it. Where it let no connection
    /// through it is asked once more, since the HTTP library does not tell what it answered.
    pub(super) async fn explain(&self, error: Error, call: &Call, patience: Duration) -> Error {
        match error.kind {
            ErrorKind::Connect if self.scheme == "http" => {
                // A password that was refused is not sent once more: how others may be given shows without it.
                let known = self.authorization.as_ref().filter(|_| !credential_refused(&error));
                let seen = look::look(self, known, &call.url, patience).await;
                match self.verdict(&seen, &authority(&call.url)) {
                    Some((kind, message)) => error.with(|details| {
                        details.kind = kind;
                        details.message = message;
                    }),
                    None => self.named_in(error),
                }
            }
            ErrorKind::Connect
            | ErrorKind::Tls
            | ErrorKind::Unanswered
            | ErrorKind::NotAzure
            | ErrorKind::Redirected => self.named_in(error),
            _ => error,
        }
    }

    /// What it is told, and must not come back in its page's words.
    fn hidden(&self) -> Hidden {
        let mut hidden = Hidden::default();
        let encoded = self.authorization.as_ref().and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
        if let Some(encoded) = encoded {
            hidden.add(Secret::new(encoded));
            let pair = STANDARD.decode(encoded).ok().and_then(|pair| String::from_utf8(pair).ok()).map(Secret::new);
            if let Some((_, password)) = pair.as_ref().and_then(|pair| pair.expose().split_once(':')) {
                hidden.add(Secret::new(password));
            }
        }
        hidden
    }

    fn named_in(&self, error: Error) -> Error {
        error.with(|details| details.message = format!("{}; the way there is {self}", details.message))
    }

    fn verdict(&self, seen: &Seen, host: &str) -> Option<(ErrorKind, String)> {
        let verdict = match seen {
            Seen::Open => return None,
            Seen::Unreachable(reason) => (
                ErrorKind::Connect,
                format!("`{host}` is asked for through {self}, and that proxy could not be reached: {reason}"),
            ),
            Seen::Answer { status: 407, schemes, .. } => {
                let wants = if self.authorization.is_some() {
                    "does not take the name and password that are set for it"
                } else {
                    "wants a name and a password"
                };
                let schemes = if schemes.is_empty() { String::new() } else { format!(" (by {})", schemes.join(", ")) };
                (ErrorKind::Proxy, format!("{self} {wants}{schemes}, so nothing was sent to `{host}`"))
            }
            Seen::Answer { status: status @ (500 | 502..=504), title, .. } => (
                ErrorKind::Connect,
                format!("{self} found no way to `{host}`: it answered {status}{}", quoted(title.as_deref())),
            ),
            Seen::Answer { status: status @ (402 | 403 | 406 | 408..=499), title, .. } => (
                ErrorKind::Proxy,
                format!(
                    "{self} does not let anything through to `{host}`: it answered {status}{}",
                    quoted(title.as_deref())
                ),
            ),
            Seen::Answer { status, title, .. } => (
                ErrorKind::Proxy,
                format!("{self} does not answer as a proxy does: it sent {status}{}", quoted(title.as_deref())),
            ),
            Seen::Nonsense => (ErrorKind::Proxy, format!("{self} does not answer as a proxy does: it sent no HTTP")),
        };
        Some(verdict)
    }
}

/// Whether the HTTP library says that the proxy answered 407. It says no more of an answer.
fn credential_refused(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        if cause.to_string().contains("proxy authorization required") {
            return true;
        }
        source = cause.source();
    }
    false
}

fn quoted(title: Option<&str>) -> String {
    title.map(|title| format!(", \"{title}\"")).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! Why a request was not answered, in words.

use time::macros::format_description;

use super::{
    Call, authority,
    tls::{self, Fault, Refused},
};
use crate::azure::error::{Error, ErrorKind, clean};

/// The error of a request that went out, or would have.
pub(super) fn transport(source: reqwest::Error, call: &Call) -> Error {
    let source = source.without_url();
    let host = authority(&call.url);
    let (kind, message) = if let Some(said) = tls::cause(&source) {
        let message = match tls::refused(said) {
            Some(refused) => refusal(&host, refused),
            None if matches!(said, rustls::Error::InvalidMessage(_)) => format!(
                "what answered for `{host}` does not speak TLS; a proxy or a sign-in page of the network may stand in between"
            ),
            None => format!("`{host}` could not be trusted: {}", clean(&said.to_string())),
        };
        // Once the connection stood, the request may have been carried out, whatever broke then.
        (if source.is_connect() { ErrorKind::Tls } else { ErrorKind::Unanswered }, message)
    } else if source.is_connect() {
        (ErrorKind::Connect, format!("`{host}` could not be reached: {}", innermost(&source)))
    } else if source.is_builder() {
        (ErrorKind::Local, format!("the request to `{host}` could not be put together"))
    } else if source.is_timeout() {
        (ErrorKind::Unanswered, format!("`{host}` did not answer in time"))
    } else {
        (ErrorKind::Unanswered, format!("the connection to `{host}` was lost: {}", innermost(&source)))
    };
    call.error(kind, message).with_source(source)
}

fn refusal(host: &str, refused: &Refused) -> String {
    let date = |at: Option<time::OffsetDateTime>| {
        let form = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
        at.and_then(|at| at.format(form).ok()).map_or_else(String::new, |date| format!(" ({date})"))
    };
    let issuer = match &refused.issuer {
        Some(issuer) => format!("\"{issuer}\""),
        None => "somebody without a name".to_owned(),
    };
    match &refused.fault {
        Fault::UnknownIssuer => {
            format!(
                "`{host}` could not be trusted: its certificate was issued by {issuer}, which this machine does not trust"
            )
        }
        Fault::Expired(at) => {
            format!("the certificate of `{host}` has run out{}; it was issued by {issuer}", date(*at))
        }
        Fault::NotYetValid(at) => {
            format!("the certificate of `{host}` is not valid yet{}; it was issued by {issuer}", date(*at))
        }
        Fault::OtherName(names) if names.is_empty() => {
            format!("the certificate of `{host}` is for another name; it was issued by {issuer}")
        }
        Fault::OtherName(names) => {
            let names = clean(&names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", "));
            format!("the certificate of `{host}` is for another name: {names}; it was issued by {issuer}")
        }
        Fault::Other(words) => {
            format!("`{host}` could not be trusted: {}; its certificate was issued by {issuer}", clean(words))
        }
    }
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

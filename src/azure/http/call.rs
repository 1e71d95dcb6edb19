//! One request, before it is sent.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde::Serialize;
use url::Url;
use zeroize::Zeroizing;

use super::hidden::Hidden;
use crate::{
    azure::error::{Error, ErrorKind, Result, Safety},
    secret::Secret,
};

/// What a request carries.
#[derive(Default, Clone)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// JSON, which may hold a key's text.
    Json(Zeroizing<Vec<u8>>),
    /// A form, any value of which may be a secret.
    Form(Vec<(Cow<'static, str>, Secret)>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Json(_) => "Json(…)",
            Self::Form(_) => "Form(…)",
        })
    }
}

/// One request: what it is called, what it tries, and what it sends.
#[must_use = "a call does nothing until it is sent"]
#[derive(Clone)]
pub struct Call {
    pub(crate) operation: &'static str,
    pub(crate) tried: String,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) authorization: Option<Secret>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Body,
    pub(crate) safety: Safety,
    /// Statuses that are an answer rather than an error.
    pub(crate) takes: &'static [u16],
    /// Texts that must not come back in an error's words.
    pub(crate) hidden: Hidden,
    /// Whether it is for the machine's own metadata service, see [`Call::instance_metadata`].
    pub(crate) instance_metadata: bool,
}

impl Call {
    /// A request of any method. GET and HEAD are reads, PUT and DELETE idempotent, everything else counts each time.
    pub fn new(operation: &'static str, tried: impl Into<String>, method: Method, url: Url) -> Self {
        let safety = match method {
            Method::GET | Method::HEAD | Method::OPTIONS => Safety::Read,
            Method::PUT | Method::DELETE => Safety::Idempotent,
            _ => Safety::Once,
        };
        Self {
            operation,
            tried: tried.into(),
            method,
            url,
            authorization: None,
            headers: Vec::new(),
            body: Body::None,
            safety,
            takes: &[],
            hidden: Hidden::default(),
            instance_metadata: false,
        }
    }

    /// A GET.
    pub fn get(operation: &'static str, tried: impl Into<String>, url: Url) -> Self {
        Self::new(operation, tried, Method::GET, url)
    }

    /// Sends a bearer token along.
    pub fn token(mut self, token: &Secret) -> Self {
        self.authorization = Some(Secret::new(format!("Bearer {}", token.expose())));
        self.hidden.add(token.clone());
        self
    }

    /// Sends user name and password along.
    pub fn basic(mut self, user: &str, password: &Secret) -> Self {
        let pair = Zeroizing::new(format!("{user}:{}", password.expose()));
        let encoded = Secret::new(STANDARD.encode(pair.as_bytes()));
        self.authorization = Some(Secret::new(format!("Basic {}", encoded.expose())));
        self.hidden.add(password.clone());
        self.hidden.add(encoded);
        self
    }

    /// Sends a header along. Not for secrets.
    pub fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((HeaderName::from_static(name), HeaderValue::from_static(value)));
        self
    }

    /// Sends a header along that may hold a secret.
    pub fn secret_header(mut self, name: &str, value: &Secret) -> Result<Self> {
        let wrong = |call: &Self| call.error(ErrorKind::Local, "a header could not be put together");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(&self))?;
        let mut text = HeaderValue::from_str(value.expose()).map_err(|_| wrong(&self))?;
        text.set_sensitive(true);
        self.headers.push((name, text));
        self.hidden.add(value.clone());
        Ok(self)
    }

    /// Sends `body` as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(body)
            .map_err(|_| self.error(ErrorKind::Local, "the request could not be written as JSON"))?;
        self.body = Body::Json(Zeroizing::new(bytes));
        Ok(self)
    }

    /// Sends a form; its values may be secrets.
    pub fn form(mut self, pairs: Vec<(Cow<'static, str>, Secret)>) -> Self {
        self.body = Body::Form(pairs);
        self
    }

    /// Sent twice it does what it does once.
    pub fn idempotent(mut self) -> Self {
        self.safety = Safety::Idempotent;
        self
    }

    /// A read in spite of its method, such as a request for a token.
    pub fn read(mut self) -> Self {
        self.safety = Safety::Read;
        self
    }

    /// Takes these statuses as answers.
    pub fn takes(mut self, statuses: &'static [u16]) -> Self {
        self.takes = statuses;
        self
    }

    /// The call is for the service by which Azure gives a machine its identity: at an address of the machine's own link, such as
    /// 169.254.169.254, that has no TLS and that no proxy can reach. Only a call that carries neither token nor body may go
    /// there.
    pub fn instance_metadata(mut self) -> Self {
        self.instance_metadata = true;
        self
    }

    /// Keeps a secret that the body carries out of the words of an error.
    pub fn hide(mut self, secret: &Secret) -> Self {
        self.hidden.add(secret.clone());
        self
    }

    pub(crate) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        let message = self.hidden.scrub(message.into());
        Error::new(kind, self.operation, self.tried.clone(), message).with(|details| details.safety = self.safety)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_not_printed_by_accident() {
        let key = [("key", Secret::new("hunter2"))].map(|(name, value)| (name.into(), value));
        for body in [Body::Json(Zeroizing::new(b"hunter2".to_vec())), Body::Form(key.into())] {
            let shown = format!("{body:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("104, 117"), "{shown}");
        }
    }
}

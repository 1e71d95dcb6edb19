//! The one place that sends: each call goes out once, is logged, and is answered or fails with its fate known.
//!
//! Repeating is not done here; only a waiting caller knows whether a second request can do harm.

mod call;
mod clients;
mod failure;
mod hidden;
mod log;
mod proxy;
mod receive;
mod response;
mod tls;

use std::{sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::{Host, Url};
use uuid::Uuid;

pub use call::{Body, Call};
pub use log::{Outcome, RequestLog, RequestRecord};
pub use response::Response;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use receive::judge;

use self::clients::Clients;
use super::{
    clock::Stopwatch,
    error::{ErrorKind, Result},
};
use crate::secret::Secret;

/// How to reach the services.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Certificates, as PEM, that are trusted beside the system's own; never instead of them.
    pub ca_pem: Option<Vec<u8>>,
    /// How long a connection may take.
    pub connect_timeout: Duration,
    /// How long a whole exchange may take.
    pub timeout: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { ca_pem: None, connect_timeout: Duration::from_secs(10), timeout: Duration::from_mins(1) }
    }
}

/// Sends calls. Clones share connections, log and correlation id.
#[derive(Debug, Clone)]
pub struct Http(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    clients: Clients,
    log: RequestLog,
    correlation: Uuid,
}

impl Http {
    /// Fails where the further certificates cannot be read. The system's own are read when somebody sends something.
    pub fn new(options: HttpOptions) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            clients: Clients::new(options)?,
            log: RequestLog::default(),
            correlation: Uuid::new_v4(),
        })))
    }

    /// What has been sent, and what became of it.
    pub fn log(&self) -> &RequestLog {
        &self.0.log
    }

    /// The id that every request of this run carries.
    pub fn correlation(&self) -> Uuid {
        self.0.correlation
    }

    /// Sends a call once. `Ok` is a 2xx, or a status that the call said it takes.
    pub async fn send(&self, call: Call) -> Result<Response> {
        let direct = is_loopback(&call.url) || on_own_link(&call);
        if call.url.scheme() != "https" && !(call.url.scheme() == "http" && direct) {
            let message = format!("`{}` is not reached over TLS, so nothing was sent there", authority(&call.url));
            return Err(call.error(ErrorKind::Insecure, message));
        }
        let client = self.0.clients.get(direct).await?;
        let request = self.request(client, &call)?;
        let mut pending = Pending {
            log: &self.0.log,
            record: Some(RequestRecord::sent(&call, self.0.correlation)),
            watch: Stopwatch::start(),
        };
        let result = match receive::exchange(client, request, &call).await {
            Err(error) if !direct => match self.0.clients.proxies.to(&call.url) {
                // Boxed: it is large, rare, and would be carried by every request.
                Some(via) => Err(Box::pin(via.explain(error, &call, self.0.clients.connect_timeout())).await),
                None => Err(error),
            },
            result => result,
        };
        pending.end(&result);
        result
    }

    fn request(&self, client: &reqwest::Client, call: &Call) -> Result<reqwest::Request> {
        let request_id = Uuid::new_v4().to_string();
        let mut request = client
            .request(call.method.clone(), call.url.clone())
            .header("x-ms-client-request-id", &request_id)
            .header("client-request-id", &request_id)
            .header("x-ms-correlation-request-id", self.0.correlation.to_string());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = &call.authorization {
            request = request.header(AUTHORIZATION, sensitive(authorization, call)?);
        }
        request = match &call.body {
            Body::None => request,
            Body::Json(bytes) => request
                .header(HeaderName::from_static("content-type"), HeaderValue::from_static("application/json"))
                .body(bytes.as_slice().to_vec()),
            Body::Form(pairs) => {
                request.form(&pairs.iter().map(|(name, value)| (name.as_ref(), value.expose())).collect::<Vec<_>>())
            }
        };
        request.build().map_err(|source| {
            call.error(ErrorKind::Local, "the request could not be put together").with_source(source.without_url())
        })
    }
}

/// A request that is out. It is logged even where nobody waits for its answer any more: it may have been carried out.
struct Pending<'a> {
    log: &'a RequestLog,
    record: Option<RequestRecord>,
    watch: Stopwatch,
}

impl Pending<'_> {
    fn end(&mut self, result: &Result<Response>) {
        let Some(mut record) = self.record.take() else { return };
        record.duration = self.watch.elapsed();
        match result {
            Ok(response) => {
                record.outcome = Outcome::Status(response.status);
                record.request_id.clone_from(&response.request_id);
                record.answered_with(response.correlation_id.as_ref());
            }
            Err(error) => {
                record.outcome = error.status.map_or(Outcome::Failed(log::word(error.kind)), Outcome::Status);
                record.request_id.clone_from(&error.request_id);
                record.answered_with(error.correlation_id.as_ref());
            }
        }
        self.log.push(record);
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if let Some(mut record) = self.record.take() {
            record.duration = self.watch.elapsed();
            self.log.push(record);
        }
    }
}

/// A header value that HTTP libraries neither log nor index.
fn sensitive(text: &Secret, call: &Call) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text.expose())
        .map_err(|_| call.error(ErrorKind::Local, "the credential holds characters that no header can carry"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether an address is this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(domain)) => {
            let domain = domain.trim_end_matches('.');
            domain.eq_ignore_ascii_case("localhost") || domain.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whether a call asks the machine's own services for its identity, and carries no token or body that somebody on the link
/// could take. A virtual machine has them at 169.254.169.254, App Service at another address of the link.
fn on_own_link(call: &Call) -> bool {
    call.instance_metadata
        && matches!(call.url.host(), Some(Host::Ipv4(ip)) if ip.is_link_local())
        && call.authorization.is_none()
        && matches!(call.body, Body::None)
}

/// Host and port, for messages.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or("(no host)");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether two addresses have the same scheme, host and port.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
        && other.username().is_empty()
        && other.password().is_none()
}

#[cfg(test)]
mod tests;

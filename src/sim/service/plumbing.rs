//! The path of every request: the table, the fault rules, the handler, the ids, the log.

use std::{io, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::Response,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::{Call, Exchange, Service, State, errors::WantsIds, json as json_response};
use crate::sim::{
    faults::{Action, QuoteFault, StatusFault},
    operations,
};

/// The log's word for what no row of the table fits.
pub(super) const UNKNOWN: &str = "unknown";
/// The admin endpoint is no part of Azure: neither faults nor the log touch it.
const ADMIN: &str = "/_sim";
/// More than any client of this program sends.
const LARGEST_BODY: usize = 16 << 20;

/// Puts a service's router behind the plumbing. `base` is the address that the log writes before a path.
pub fn mount(router: Router, state: State, service: Service, base: String) -> Router {
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (state, base) = (state.clone(), base.clone());
        async move { answer(&state, service, &base, request, next).await }
    }))
}

async fn answer(state: &State, service: Service, base: &str, request: Request, next: Next) -> Response {
    if service == Service::ResourceManager && request.uri().path().starts_with(ADMIN) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else { return super::empty(413) };
    let found = operations::find(service, parts.method.as_str(), parts.uri.path());
    let request_id = Uuid::new_v4();
    let mut exchange = Exchange {
        at: OffsetDateTime::now_utc(),
        operation: found.as_ref().map_or(UNKNOWN, |(operation, _)| operation.name),
        service,
        method: parts.method.to_string(),
        url: format!("{base}{}", parts.uri),
        request_headers: parts.headers.clone(),
        request_body: body.clone(),
        status: 0,
        response_headers: HeaderMap::new(),
        response_body: Bytes::new(),
        dropped: false,
        faulted: false,
    };
    let Some((operation, params)) = found else {
        return finish(state, exchange, not_implemented(parts.method.as_str(), parts.uri.path()), request_id).await;
    };
    if !state.latency.is_zero() {
        tokio::time::sleep(state.latency).await;
    }
    if state.faults.refuses(service) {
        return dropped(state, exchange);
    }
    let fault = state.faults.next(operation.name);
    exchange.faulted = fault.as_ref().is_some_and(Action::answers_otherwise);
    let exchange = match instead(state, exchange, fault.as_ref(), request_id).await {
        Ok(exchange) => exchange,
        Err(response) => return response,
    };
    let query = parts.uri.query().unwrap_or_default();
    let call = Call {
        operation,
        params,
        method: parts.method.clone(),
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: parts.headers.clone(),
        body: body.clone(),
        request_id,
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(call);
    if let Some(Action::Late { delay_ms }) = fault {
        let (state_then, mut then) = (state.clone(), exchange.clone());
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            then.at = OffsetDateTime::now_utc();
            then.status = next.run(request).await.status().as_u16();
            dropped(&state_then, then)
        });
        return dropped(state, exchange);
    }
    let response = next.run(request).await;
    afterwards(state, exchange, fault, response, request_id).await
}

/// What a fault rule does before the work, or in its place: then the answer, else the exchange that goes on.
async fn instead(
    state: &State,
    mut exchange: Exchange,
    fault: Option<&Action>,
    request_id: Uuid,
) -> Result<Exchange, Response> {
    let service = exchange.service;
    let response = match fault {
        Some(Action::DropBefore) => return Err(dropped(state, exchange)),
        Some(Action::Refuse { times_more }) => {
            state.faults.shut(service, *times_more);
            return Err(dropped(state, exchange));
        }
        Some(Action::Delay { delay_ms }) => {
            tokio::time::sleep(Duration::from_millis(*delay_ms)).await;
            return Ok(exchange);
        }
        Some(Action::Status(fault)) => status_fault(service, fault),
        Some(Action::Quote(fault)) => {
            let Some(refusal) = quoting(fault, &exchange) else { return Ok(exchange) };
            exchange.faulted = true;
            status_fault(service, &refusal)
        }
        Some(Action::RedirectTo { redirect_to }) => {
            let mut response = super::empty(307);
            if let Ok(place) = HeaderValue::from_str(redirect_to) {
                response.headers_mut().insert(header::LOCATION, place);
            }
            response
        }
        // The others let the work be done.
        _ => return Ok(exchange),
    };
    Err(finish(state, exchange, response, request_id).await)
}

/// What a fault rule makes of an answer once the work is done.
async fn afterwards(
    state: &State,
    mut exchange: Exchange,
    fault: Option<Action>,
    response: Response,
    request_id: Uuid,
) -> Response {
    let response = match fault {
        Some(Action::DropAfter) => {
            exchange.status = response.status().as_u16();
            return dropped(state, exchange);
        }
        Some(Action::TruncateBody) => return truncated(finish(state, exchange, response, request_id).await).await,
        Some(Action::StatusAfter(fault)) => status_fault(exchange.service, &fault),
        Some(Action::DelayAfter { delay_ms }) => {
            tokio::time::sleep(Duration::from_millis(delay_ms)).await;
            response
        }
        Some(Action::HalfBody) => shortened(response, 2).await,
        Some(Action::EmptyBody) => shortened(response, 0).await,
        Some(Action::MoveOperation { to }) => moved(response, &to),
        _ => response,
    };
    finish(state, exchange, response, request_id).await
}

/// Completes a response with ids, logs the exchange.
async fn finish(state: &State, mut exchange: Exchange, response: Response, request_id: Uuid) -> Response {
    let wants_ids = response.extensions().get::<WantsIds>().is_some();
    let (mut parts, body) = response.into_parts();
    let mut bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let ids = Ids::of(&exchange.request_headers, request_id);
    if wants_ids && let Ok(value) = serde_json::from_slice::<Value>(&bytes) {
        bytes = Bytes::from(ids.written_into(value, exchange.service, &state.hosts.login).to_string());
    }
    ids.headers(exchange.service, &mut parts.headers);
    if !bytes.is_empty() {
        parts.headers.remove(header::CONTENT_LENGTH);
    }
    exchange.status = parts.status.as_u16();
    exchange.response_headers = parts.headers.clone();
    exchange.response_body = bytes.clone();
    state.log.push(exchange);
    Response::from_parts(parts, Body::from(bytes))
}

/// The ids that go with one exchange.
struct Ids {
    request: Uuid,
    client: String,
}

impl Ids {
    fn of(headers: &HeaderMap, request: Uuid) -> Self {
        let given = ["x-ms-correlation-request-id", "client-request-id", "x-ms-client-request-id"];
        let client = given.into_iter().find_map(|name| headers.get(name)?.to_str().ok()).map(str::to_owned);
        Self { request, client: client.unwrap_or_else(|| request.to_string()) }
    }

    fn headers(&self, service: Service, headers: &mut HeaderMap) {
        let request = self.request.to_string();
        let names: &[(&'static str, &str)] = match service {
            Service::ResourceManager => &[("x-ms-request-id", &request), ("x-ms-correlation-request-id", &self.client)],
            Service::Graph => &[("request-id", &request), ("client-request-id", &self.client)],
            Service::Login => &[("x-ms-request-id", &request), ("client-request-id", &self.client)],
            Service::Registry => &[("x-ms-correlation-request-id", &request)],
        };
        if service == Service::Login {
            // Entra knows a browser by these again, and sets them for programs as well.
            let cookie = format!("fpc={}; path=/; secure; HttpOnly; SameSite=None", Uuid::new_v4().simple());
            headers.extend(HeaderValue::from_str(&cookie).map(|value| (header::SET_COOKIE, value)));
        }
        for (name, value) in names {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }

    fn written_into(&self, mut body: Value, service: Service, login: &str) -> Value {
        let now = OffsetDateTime::now_utc();
        if service == Service::Graph {
            let date = now.format(&Rfc3339).unwrap_or_default();
            let date = date.split('.').next().unwrap_or_default();
            body["error"]["innerError"] =
                json!({"date": date, "request-id": self.request.to_string(), "client-request-id": self.client});
            return body;
        }
        let form = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]Z");
        let timestamp = now.format(form).unwrap_or_default();
        let (trace, correlation) = (self.request.to_string(), &self.client);
        let said = body["error_description"].as_str().unwrap_or_default();
        body["error_description"] =
            json!(format!("{said} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"));
        body["timestamp"] = json!(timestamp);
        body["trace_id"] = json!(trace);
        body["correlation_id"] = json!(correlation);
        body["error_uri"] = json!(format!("{login}/error?code={}", body["error_codes"][0]));
        body
    }
}

fn not_implemented(method: &str, path: &str) -> Response {
    let message = format!("The simulator does not implement {method} {path}.");
    json_response(501, &json!({"error": {"code": "NotImplementedBySimulator", "message": message}}))
}

/// The answer that a rule asks for, in the form of the service where the rule gives no body.
fn status_fault(service: Service, fault: &StatusFault) -> Response {
    let code = fault.code.as_deref().unwrap_or("InternalServerError");
    let message = fault.message.as_deref().unwrap_or("The server encountered an error.");
    let mut response = match (&fault.body, service) {
        (Some(body), _) => {
            let mut response = Response::new(Body::from(body.clone()));
            *response.status_mut() = StatusCode::from_u16(fault.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response
        }
        (None, Service::Login) => super::entra_error(
            fault.status,
            code,
            message.strip_prefix("AADSTS").and_then(|rest| rest.split(':').next()?.parse().ok()).unwrap_or(90033),
            message.split_once(": ").map_or(message, |(_, rest)| rest),
        ),
        (None, Service::Graph) => super::graph_error(fault.status, code, message),
        (None, Service::ResourceManager) => super::arm_error(fault.status, code, message),
        (None, Service::Registry) => super::registry_error(fault.status, code, message, &Value::Null),
    };
    let content_type = fault.content_type.as_deref().unwrap_or("application/json; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, Some(content_type)), (header::RETRY_AFTER, fault.retry_after.as_deref())];
    for (name, text) in headers {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// A refusal that quotes a field of what was sent, if it was sent: once as it is meant, once as it stood in the request.
fn quoting(fault: &QuoteFault, exchange: &Exchange) -> Option<StatusFault> {
    let form = url::form_urlencoded::parse(&exchange.request_body).find(|(name, _)| *name == fault.field);
    let json =
        || Some(serde_json::from_slice::<Value>(&exchange.request_body).ok()?[&fault.field].as_str()?.to_owned());
    let header = || Some(exchange.request_headers.get(&fault.field)?.to_str().ok()?.to_owned());
    let sent = form.map(|(_, value)| value.into_owned()).or_else(json).or_else(header)?;
    let raw: String = url::form_urlencoded::byte_serialize(sent.as_bytes()).collect();
    let status = 400;
    if fault.page {
        let body = Some(format!("<html><title>{sent} {raw}</title>{raw}</html>"));
        return Some(StatusFault {
            status,
            body,
            content_type: Some("text/html".to_owned()),
            ..StatusFault::default()
        });
    }
    let message = Some(format!("AADSTS900144: '{sent}' is not valid, in {}={raw}.", fault.field));
    Some(StatusFault { status, code: Some("invalid_request".to_owned()), message, ..StatusFault::default() })
}

/// A body that fails before its first byte makes the server close the connection with nothing sent: HTTP/1.1 only,
/// which is all that the listeners speak. The body of an answer to HEAD is never asked for: there the connection's own task
/// ends.
fn dropped(state: &State, mut exchange: Exchange) -> Response {
    exchange.dropped = true;
    let head = exchange.method == "HEAD";
    state.log.push(exchange);
    if head {
        std::panic::resume_unwind(Box::new("closed by a fault rule"));
    }
    Response::new(Body::from_stream(stream::once(async { Err::<Bytes, _>(closed()) })))
}

/// One part in so many of the body, as if it were all of it; none of it where there are no parts.
async fn shortened(response: Response, parts: usize) -> Response {
    let (head, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let kept = bytes.len().checked_div(parts).unwrap_or_default();
    let mut response = Response::from_parts(head, Body::from(bytes.slice(..kept)));
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// The addresses where an operation can be watched, at another host.
fn moved(mut response: Response, to: &str) -> Response {
    for name in ["azure-asyncoperation", "location"] {
        let path = response.headers().get(name).and_then(|value| url::Url::parse(value.to_str().ok()?).ok());
        let Some(address) = path.and_then(|url| HeaderValue::from_str(&format!("{to}{}", url.path())).ok()) else {
            continue;
        };
        response.headers_mut().insert(name, address);
    }
    response
}

/// Half the body under the whole one's length, then the connection closes.
async fn truncated(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    let half = bytes.slice(..bytes.len() / 2);
    let rest = stream::once(async {
        // The half that is written has to leave the buffer before the failure discards it.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(closed())
    });
    Response::from_parts(parts, Body::from_stream(stream::once(async { Ok::<_, io::Error>(half) }).chain(rest)))
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "closed by a fault rule")
}

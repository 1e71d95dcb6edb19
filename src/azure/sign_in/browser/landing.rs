//! Where the browser comes back to: a port of this machine that takes one form, and says that the tab can be closed.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use crate::{
    azure::sign_in::returned::{Returned, Said},
    secret::Secret,
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// No answer of a sign-in page is larger.
const LARGEST: usize = 64 * 1024;

/// How many free ports are tried until one is free for both kinds of address.
const TRIES: usize = 16;

/// Before the port is asked again, where the system could not take a connection.
const BREATH: Duration = Duration::from_millis(200);

/// How long a browser may take to say what it wants.
const HEADERS: Duration = Duration::from_secs(10);

/// The open port.
pub(super) struct Listener {
    port: u16,
    four: TcpListener,
    /// `localhost` is this one on some machines; others have none.
    six: Option<TcpListener>,
}

impl Listener {
    /// Opens a free port, reachable from this machine only.
    pub(super) async fn bind() -> io::Result<Self> {
        for _ in 0..TRIES {
            let four = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let port = four.local_addr()?.port();
            match TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
                Ok(six) => return Ok(Self { port, four, six: Some(six) }),
                // Somebody else would get what the browser brings: browsers try that one first.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                // A machine without IPv6.
                Err(_) => return Ok(Self { port, four, six: None }),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }

    /// The address to send the browser back to. Entra knows `http://localhost`, and disregards the port.
    pub(super) fn redirect(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// Waits for the browser. A form has to carry `posted`, an address `shown`; whatever else comes is turned away.
    pub(super) async fn land(&self, posted: &Secret, shown: &Secret) -> Said {
        let (landed, mut arrived) = mpsc::channel(1);
        let port = Arc::new(Port { number: self.port, posted: posted.clone(), shown: shown.clone(), landed });
        let mut browsers = tokio::task::JoinSet::new();
        loop {
            let came = tokio::select! {
                Some(landed) = arrived.recv() => {
                    // The page that says so is let go out first.
                    browsers.detach_all();
                    return landed;
                }
                Some(_) = browsers.join_next(), if !browsers.is_empty() => continue,
                came = self.accept() => came,
            };
            match came {
                Ok(stream) => {
                    browsers.spawn(serve(stream, Arc::clone(&port)));
                }
                Err(_) => tokio::time::sleep(BREATH).await,
            }
        }
    }

    async fn accept(&self) -> io::Result<TcpStream> {
        let six = async {
            match &self.six {
                Some(six) => six.accept().await,
                None => std::future::pending().await,
            }
        };
        let (stream, _) = tokio::select! {
            came = self.four.accept() => came?,
            came = six => came?,
        };
        Ok(stream)
    }
}

/// What was said to the sign-in with this state; `None` where it is another's, or says nothing.
pub(super) fn said_to<'a>(returned: Returned, states: impl IntoIterator<Item = &'a Secret>) -> Option<Said> {
    if returned.is_of(states.into_iter().map(Secret::expose)) { returned.said } else { None }
}

struct Port {
    number: u16,
    posted: Secret,
    shown: Secret,
    landed: mpsc::Sender<Said>,
}

async fn serve(stream: TcpStream, port: Arc<Port>) {
    let service = service_fn(|request| {
        let port = Arc::clone(&port);
        async move { Ok::<_, Infallible>(port.answer(request).await) }
    });
    // A browser that breaks off is no concern of the sign-in.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Port {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        // A page of the web that has its own name point here is no page of a sign-in.
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let own = ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host == format!("{name}:{}", self.number));
        if !own {
            return page(StatusCode::MISDIRECTED_REQUEST, "Not here", "This is not the address that was asked for.");
        }
        let landed = match *request.method() {
            Method::POST => {
                let body = Limited::new(request.into_body(), LARGEST).collect().await;
                body.ok().and_then(|body| said_to(Returned::of(&body.to_bytes()), [&self.posted]))
            }
            Method::GET => {
                request.uri().query().and_then(|query| said_to(Returned::of(query.as_bytes()), [&self.shown]))
            }
            _ => None,
        };
        match landed {
            Some(landed) => {
                let answer = match &landed {
                    Said::Code(_) => {
                        page(StatusCode::OK, "Signed in", "You can close this tab and go back to crosspull.")
                    }
                    Said::Refused { .. } => page(
                        StatusCode::OK,
                        "Not signed in",
                        "Go back to crosspull: it says why. You can close this tab.",
                    ),
                };
                // Only the first one counts.
                let _ = self.landed.try_send(landed);
                answer
            }
            None => page(
                StatusCode::BAD_REQUEST,
                "Nothing to sign in",
                "crosspull did not ask for this. If a sign-in is waiting, open its link anew.",
            ),
        }
    }
}

fn page(status: StatusCode, title: &str, text: &str) -> Response<Full<Bytes>> {
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body style=\"font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:15vh auto\"><h1>{title}</h1>\
         <p id=\"said\">{text}</p></body></html>"
    );
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

//! Services in the names of Azure's, with a certificate authority of their own: what stands where a proxy leads to.

use std::{net::TcpListener, sync::Arc};

use axum::{
    Router,
    http::{StatusCode, Uri, header::HOST},
    response::{IntoResponse as _, Response},
};
use axum_server::tls_rustls::RustlsConfig;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use time::Duration;

/// The certificate that is shown.
pub(super) struct Shown {
    pub(super) names: &'static [&'static str],
    /// How long it is still good for.
    pub(super) left: Duration,
}

/// Which cloud knows a tenant: the sign-in service, the tenant, and the cloud instance that it names.
pub(super) type Known = (&'static str, &'static str, &'static str);

pub(super) struct Services {
    pub(super) port: u16,
    pub(super) ca_pem: String,
}

impl Services {
    pub(super) fn start(shown: &Shown, known: &'static [Known]) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Office Web Gateway CA");
        params.distinguished_name.push(DnType::OrganizationName, "Contoso");
        let ca_key = KeyPair::generate().unwrap();
        let ca_pem = params.self_signed(&ca_key).unwrap().pem();
        let issuer = Issuer::new(params, ca_key);

        let mut params =
            CertificateParams::new(shown.names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
        params.not_before = crosspull::azure::now() - Duration::days(30);
        params.not_after = crosspull::azure::now() + shown.left;
        let key = KeyPair::generate().unwrap();
        let chain = vec![params.signed_by(&key, &issuer).unwrap().der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = Router::new().fallback(move |request: axum::extract::Request| async move {
            let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
            answer(host, request.uri(), known)
        });
        let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(Arc::new(config))).unwrap();
        tokio::spawn(server.serve(router.into_make_service()));
        Self { port, ca_pem }
    }
}

fn answer(host: &str, uri: &Uri, known: &[Known]) -> Response {
    let body = |status: StatusCode, body: serde_json::Value| {
        (status, [("content-type", "application/json")], body.to_string()).into_response()
    };
    let tenant = uri.path().split('/').nth(1).unwrap_or_default();
    if let Some((_, _, instance)) = known.iter().find(|(login, named, _)| *login == host && *named == tenant) {
        let base = format!("https://login.{instance}/11111111-1111-4111-8111-111111111111");
        return body(
            StatusCode::OK,
            json!({
                "issuer": format!("{base}/v2.0"),
                "token_endpoint": format!("{base}/oauth2/v2.0/token"),
                "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
                "cloud_instance_name": instance,
            }),
        );
    }
    if host.starts_with("login.") {
        let description = format!("AADSTS90002: Tenant '{tenant}' not found.");
        return body(
            StatusCode::BAD_REQUEST,
            json!({"error": "invalid_tenant", "error_description": description, "error_codes": [90002]}),
        );
    }
    body(StatusCode::NOT_FOUND, json!({"error": {"code": "SubscriptionNotFound", "message": "There is none."}}))
}

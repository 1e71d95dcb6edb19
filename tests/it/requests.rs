//! What a whole setup asks of Azure: nothing without need.

use std::sync::Arc;

use crosspull::{
    azure::{ErrorKind, Fate, Http, HttpOptions, http::Call},
    domain::answers::Route,
};

use crate::world::{Came, World};

/// Reads that one process makes once: what they tell does not change, or is kept while it is good.
const ONCE: &[&str] = &[
    "arm.metadata",
    "login.discovery",
    "arm.role_definitions.get",
    "graph.policy.authorization",
    "acr.registries.get",
];

/// How often an address may be read with the same query. Each reading has its reason: the plan; the review before nodes
/// are replaced; the end of the update; the proof; the sweep, which removes keys. A slow machine may take a reading twice
/// where it is otherwise fresh enough.
const CLUSTER: usize = 6;
/// The plan and the review: the cluster's app may have been opened to other tenants since.
const PRESENT_APP: usize = 2;
/// The plan and the review.
const ROLE_ASSIGNMENTS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_repeats_no_read_without_need() {
    let world = World::new("default").await;
    let mut answers = world.answers("shop-prod", "fabrikamimages");
    answers.app.route = Some(Route::NewApp);
    let (came, _) = world.apply(&answers).await;
    assert!(matches!(came, Came::Ended(_)), "{came:?}");
    let requests = world.sim.requests();
    let mut counts = std::collections::BTreeMap::new();
    for one in requests.iter().filter(|one| one.method == "GET") {
        *counts.entry((one.operation, one.url.as_str())).or_insert(0) += 1;
    }
    let most = |operation: &str| {
        counts.iter().filter(|((name, _), _)| *name == operation).map(|(_, count)| *count).max().unwrap_or(0)
    };
    for operation in ONCE {
        assert!(most(operation) <= 1, "{operation}: {counts:#?}");
    }
    // Both tenants have rules for apps.
    assert!(most("graph.policy.app_management") <= 2, "{counts:#?}");
    assert!(most("graph.application.get") <= PRESENT_APP, "{counts:#?}");
    assert!(most("aks.clusters.get") <= CLUSTER, "{counts:#?}");
    assert!(most("arm.role_assignments.list") <= ROLE_ASSIGNMENTS, "{counts:#?}");
}

/// Speaks TLS until it has read a request, and then breaks off in the middle of a record.
fn broken_server() -> (u16, String, std::thread::JoinHandle<()>) {
    use std::io::{Read as _, Write as _};
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let (chain, pem) = (vec![certificate.der().clone()], certificate.pem());
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key.into())
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        let mut read = [0; 4096];
        let count = rustls::Stream::new(&mut connection, &mut socket).read(&mut read).unwrap();
        assert!(read[..count].starts_with(b"POST "));
        socket.write_all(b"this is no record of TLS, and the answer is lost").unwrap();
    });
    (port, pem, serving)
}

#[tokio::test]
async fn a_connection_that_breaks_once_a_request_is_out_leaves_its_fate_open() {
    let (port, pem, serving) = broken_server();
    let http = Http::new(HttpOptions { ca_pem: Some(pem.into_bytes()), ..HttpOptions::default() }).unwrap();
    let url = format!("https://localhost:{port}/v1.0/applications/addPassword").parse().unwrap();
    let call = Call::new("graph.applications.addPassword", "make a key", reqwest::Method::POST, url);
    let error = http.send(call).await.err().expect("no answer");
    serving.join().unwrap();
    assert_eq!((error.kind, error.fate()), (ErrorKind::Unanswered, Fate::Unknown), "{error}");
}

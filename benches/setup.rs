//! A whole setup against a simulator that takes 100 ms for every request and next to none for anything else.
//!
//! Prints how many requests there were, which of them were sent more than once, and the time over that of the longest
//! chain of requests that had to wait for each other. The nearer that is to 1, the less the program itself waits.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark prints, and stops where it cannot go on"
)]

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use crosspull::{
    azure::http::RequestRecord,
    domain::Answers,
    engine::{Command, Event, Events, Idle, Pace, event::Ended, record::Outcome, run::Mode},
    secret::Secret,
    session::{CloudChoice, Environment, Options, Session},
    setup_file,
    sim::{self, Exchange, Ready, Scenario, Simulator},
};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

const LATENCY: Duration = Duration::from_millis(100);
/// Lags and node replacements of the simulator are over within a request.
const SIMULATOR_SPEED: f64 = 100_000.0;
/// The engine looks again after milliseconds.
const ENGINE_SPEED: f64 = 1_000.0;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    // `cargo bench` and `cargo test --benches` pass arguments of their own harness; there is nothing to choose here.
    runtime.block_on(measure());
}

async fn measure() {
    let options = sim::Options {
        speed: SIMULATOR_SPEED,
        record_bodies: true,
        latency: LATENCY,
        ..sim::Options::new(Scenario::load("default").unwrap())
    };
    let simulator = Simulator::start(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let session = session(&simulator, folder.path());
    let answers = answers(simulator.ready());

    let begun = Instant::now();
    let (steps, plan) =
        Box::pin(session.plan(crosspull::domain::SetupId::random(), &answers, &tokio::sync::watch::Sender::default()))
            .await
            .unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let (planned, planned_after) = (session.requests().records().len(), begun.elapsed());
    let mut open = session.begin(&answers, &plan, steps).unwrap();
    Box::pin(run(&session, &mut open)).await;
    let whole = begun.elapsed();

    let records = session.requests().records();
    println!("requests         {} (plan {planned}, run {})", records.len(), records.len() - planned);
    println!("wall time        {:.2} s (plan {:.2} s)", whole.as_secs_f64(), planned_after.as_secs_f64());
    let chain = longest_chain(&records);
    let least = LATENCY * u32::try_from(chain.len()).unwrap();
    println!("longest chain    {} requests, {:.2} s at {} ms", chain.len(), least.as_secs_f64(), LATENCY.as_millis());
    println!("time over chain  {:.2}", whole.as_secs_f64() / least.as_secs_f64());
    println!("\nthe chain, each with the wait before it:");
    let mut end = chain.first().map(|first| first.at);
    for record in chain {
        let waited = end.map_or(0, |end| (record.at - end).whole_milliseconds());
        println!("  {waited:>5} ms  {} {}", record.operation, path(&record.url));
        end = Some(record.at + record.duration);
    }
    println!("\nsent more than once:");
    for (what, count) in repeated(&simulator.requests()) {
        println!("  {count} x {what}");
    }
}

fn session(simulator: &Simulator, folder: &Path) -> Session {
    let ready = simulator.ready();
    let operators = ready.tenants.iter().flat_map(|tenant| &tenant.operators);
    let secrets: HashMap<String, Secret> =
        operators.map(|one| (one.name.to_uppercase(), Secret::new(one.client_secret.clone()))).collect();
    let options = Options {
        cloud: Some(CloudChoice::Custom(ready.resource_manager.parse().unwrap())),
        ca_pem: Some(simulator.ca_pem().as_bytes().to_vec()),
        data_dir: folder.to_owned(),
        pace: Pace::faster(ENGINE_SPEED),
        environment: Environment::Given(secrets),
        accounts: Vec::new(),
        client_id: None,
    };
    Session::open(options).unwrap()
}

fn answers(ready: &Ready) -> Answers {
    let client = |name: &str| {
        ready.tenants.iter().flat_map(|tenant| &tenant.operators).find(|one| one.name == name).unwrap().client_id
    };
    let clusters = ready.tenants.iter().flat_map(|tenant| &tenant.clusters);
    let registries = ready.tenants.iter().flat_map(|tenant| &tenant.registries);
    let file = format!(
        r#"
        name = "bench"

        [cluster]
        tenant = "contoso.example"
        id = "{cluster}"
        sign_in = "service-principal"
        client_id = "{ana}"
        client_secret_env = "ANA"

        [registry]
        tenant = "fabrikam.example"
        id = "{registry}"
        sign_in = "service-principal"
        client_id = "{ben}"
        client_secret_env = "BEN"
        image = "shop/web:1.4"
        provision = "direct"

        [app]
        route = "new-app"

        [options]
        confirm_node_replacement = true
        "#,
        cluster = clusters.into_iter().find(|one| one.name == "shop-prod").unwrap().id,
        registry = registries.into_iter().find(|one| one.name == "fabrikamimages").unwrap().id,
        ana = client("ana"),
        ben = client("ben"),
    );
    setup_file::parse(&file, Path::new("bench.toml")).unwrap()
}

/// Runs to the end, and confirms the nodes at once.
async fn run(session: &Session, open: &mut crosspull::session::Open) {
    let (events, mut happened, _statuses) = Events::channel();
    let (command, commands) = mpsc::channel(16);
    let running = session.run(open, Mode::Fresh, events, commands);
    tokio::pin!(running);
    let mut review = None;
    loop {
        tokio::select! {
            biased;
            Some(event) = happened.recv() => match event {
                Event::ConfirmNodes(found) => review = Some(found.hash.clone()),
                Event::Idle(Idle::Nodes) => command.send(Command::ConfirmNodes(review.take().unwrap())).await.unwrap(),
                Event::Idle(other) => panic!("stopped: {other:?}"),
                Event::PlanChanged(_) | Event::Recorded(_) | Event::Looked | Event::Ended(_) => {}
            },
            ended = &mut running => {
                assert!(matches!(ended, Ok(Ended::Closed(Outcome::Connected))), "{ended:?}");
                return;
            }
        }
    }
}

/// The most requests of which each began after the one before it had ended.
fn longest_chain(records: &[Arc<RequestRecord>]) -> Vec<&RequestRecord> {
    let mut records: Vec<&RequestRecord> = records.iter().map(AsRef::as_ref).collect();
    records.sort_by_key(|record| record.at);
    // The longest chain that ends with each request, and the request before it.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::with_capacity(records.len());
    for record in &records {
        // Of equally long ones the one that ended last is what was waited for.
        let before = chains.iter().enumerate().filter(|(index, _)| end(records[*index]) <= record.at);
        let best = before.max_by_key(|(index, (length, _))| (*length, end(records[*index])));
        chains.push(best.map_or((1, None), |(index, (length, _))| (length + 1, Some(index))));
    }
    let mut next = (0..records.len()).max_by_key(|index| chains[*index].0);
    let mut chain = Vec::new();
    while let Some(index) = next {
        chain.push(records[index]);
        next = chains[index].1;
    }
    chain.reverse();
    chain
}

fn end(record: &RequestRecord) -> time::OffsetDateTime {
    record.at + record.duration
}

/// Requests with the same method, address and body, with how often they were sent.
fn repeated(exchanges: &[Exchange]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<(String, String, [u8; 32]), usize> = BTreeMap::new();
    for exchange in exchanges {
        let body = Sha256::digest(&exchange.request_body).into();
        *counts.entry((exchange.method.clone(), exchange.url.clone(), body)).or_default() += 1;
    }
    let repeated = counts.into_iter().filter(|(_, count)| *count > 1);
    repeated.map(|((method, url, _), count)| (format!("{method} {}", path(&url)), count)).collect()
}

/// An address without its host.
fn path(url: &str) -> &str {
    url.splitn(4, '/').nth(3).unwrap_or(url)
}

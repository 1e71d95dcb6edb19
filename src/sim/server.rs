//! The listeners, and the handle by which programs and tests hold a simulator.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    time::Duration,
};

use axum::Router;
use axum_server::{
    Handle,
    accept::Accept,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use futures::future::{Either, Ready as AtOnce, ready};

use super::{
    admin, arm, entra,
    faults::Faults,
    graph,
    ready::Ready,
    registry,
    scenario::Scenario,
    service::{Exchange, Hosts, Log, Service, State, mount},
    tls::Tls,
    tokens,
    world::Shared,
};

pub use super::admin::NodeReport;

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Resource Manager's port; none or 0 for any that is free, as the other services always have.
    pub port: Option<u16>,
    pub scenario: Scenario,
    /// How many times faster the simulated Azure's own delays run.
    pub speed: f64,
    /// Keep the bodies of all exchanges, for tests that look into them.
    pub record_bodies: bool,
    /// How long each request waits before it is answered, as on a network.
    pub latency: Duration,
    /// The name that the addresses carry instead of `localhost`, for clients that reach this machine by a proxy. What
    /// listens is on loopback all the same.
    pub host_name: Option<String>,
    /// How long an access token lives, in seconds; none for as long as the scenario says.
    pub token_life: Option<u32>,
}

impl Options {
    /// A scenario at its own pace, on free ports.
    pub fn new(scenario: Scenario) -> Self {
        Self {
            port: None,
            scenario,
            speed: 1.0,
            record_bodies: false,
            latency: Duration::ZERO,
            host_name: None,
            token_life: None,
        }
    }
}

/// Why the simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    #[error("the scenario cannot be used: {0}")]
    Scenario(String),
    #[error("no listener on loopback: {0}")]
    Listen(#[from] io::Error),
    #[error("no certificate for loopback: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("no TLS for loopback: {0}")]
    Tls(#[from] rustls::Error),
    #[error("no signing key for tokens")]
    SigningKey,
}

/// A running simulator. Its listeners stop when it is dropped.
pub struct Simulator {
    state: State,
    ready: Ready,
    ca_pem: String,
    handle: Handle<SocketAddr>,
}

impl Simulator {
    /// Starts all listeners on loopback.
    pub async fn start(options: Options) -> Result<Self, SimError> {
        if !tokio::task::spawn_blocking(tokens::prepare).await.unwrap_or(false) {
            return Err(SimError::SigningKey);
        }
        let tls = Tls::new(options.host_name.as_deref())?;
        let host = options.host_name.as_deref().unwrap_or("localhost");
        let (mut world, operators) = options.scenario.build(options.speed)?;
        world.token_life = options.token_life.unwrap_or(world.token_life);
        let manager = bound(options.port.unwrap_or(0))?;
        let (login, graph, pages) = (bound(0)?, bound(0)?, bound(0)?);
        let mut registries = Vec::new();
        let mut hosts = Hosts {
            resource_manager: format!("https://{host}:{}", manager.port),
            login: format!("https://{host}:{}", login.port),
            graph: format!("https://{host}:{}", graph.port),
            pages: format!("http://localhost:{}", pages.port),
            registries: Vec::new(),
            registry_suffix: host.to_owned(),
        };
        for registry in &mut world.registries {
            // Registries of a bulk list have a name of their own and nobody who listens.
            if registry.login_server.is_empty() {
                let listener = bound(0)?;
                registry.login_server = match &options.host_name {
                    Some(host) => format!("{}.{host}:{}", registry.name, listener.port),
                    None => format!("localhost:{}", listener.port),
                };
                registries.push(Some(listener));
            } else {
                registries.push(None);
            }
            hosts.registries.push(registry.login_server.clone());
        }
        let ready = Ready {
            resource_manager: hosts.resource_manager.clone(),
            login: hosts.login.clone(),
            graph: hosts.graph.clone(),
            admin: format!("https://localhost:{}/_sim", manager.port),
            pages: hosts.pages.clone(),
            machine: Ready::machine(&world, &hosts.pages),
            ca_file: None,
            tenants: Ready::tenants(&world, &operators),
        };
        let state = State {
            world: Shared::new(world),
            hosts: Arc::new(hosts),
            log: Log::new(options.record_bodies),
            faults: Faults::default(),
            latency: options.latency,
        };
        for rule in options.scenario.faults(options.speed) {
            state.faults.add(rule);
        }

        let handle = Handle::new();
        let config = RustlsConfig::from_config(tls.config);
        let at = |router: Router, service: Service, base: &str| mount(router, state.clone(), service, base.to_owned());
        let manage = admin::router(&state).merge(arm::router(state.clone()));
        let manage = at(manage, Service::ResourceManager, &state.hosts.resource_manager);
        let door = |service| Door { tls: RustlsAcceptor::new(config.clone()), faults: state.faults.clone(), service };
        serve(manager, &manage, Some(&door(Service::ResourceManager)), &handle)?;
        let pages_router = at(entra::router(state.clone()), Service::Login, &state.hosts.pages);
        serve(pages, &pages_router, None, &handle)?;
        let login_router = at(entra::router(state.clone()), Service::Login, &state.hosts.login);
        serve(login, &login_router, Some(&door(Service::Login)), &handle)?;
        let graph_router = at(graph::router(state.clone()), Service::Graph, &state.hosts.graph);
        serve(graph, &graph_router, Some(&door(Service::Graph)), &handle)?;
        for (index, listener) in registries.into_iter().enumerate() {
            let Some(listener) = listener else { continue };
            let base = format!("https://{}", state.hosts.registries[index]);
            let router = at(registry::router(state.clone(), index), Service::Registry, &base);
            serve(listener, &router, Some(&door(Service::Registry)), &handle)?;
        }
        Ok(Self { state, ready, ca_pem: tls.ca_pem, handle })
    }

    /// Addresses and operators.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The certificate that clients have to trust.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Writes that certificate, and names the file in [`Self::ready`].
    pub fn write_ca(&mut self, path: &Path) -> io::Result<()> {
        std::fs::write(path, &self.ca_pem)?;
        self.ready.ca_file = Some(path.to_owned());
        Ok(())
    }

    /// The world itself.
    pub fn world(&self) -> &Shared {
        &self.state.world
    }

    /// What the services work on, for a look from the same process.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Every exchange, oldest first.
    pub fn requests(&self) -> Vec<Exchange> {
        self.state.log.all()
    }

    /// What was asked for and is not implemented.
    pub fn unknown(&self) -> Vec<Exchange> {
        self.state.log.unknown()
    }

    /// The fault rules.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// What each node holds, and what it can pull with it.
    pub fn nodes(&self) -> Vec<NodeReport> {
        admin::nodes(&self.state.world)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulator").field("resource_manager", &self.ready.resource_manager).finish_non_exhaustive()
    }
}

/// One port on both loopback addresses.
struct Bound {
    port: u16,
    listeners: Vec<TcpListener>,
}

/// Binds a port on 127.0.0.1 and, where there is IPv6, on `::1`: `localhost` may mean either, and another program's
/// listener on the other address would answer in our name.
fn bound(port: u16) -> io::Result<Bound> {
    let mut tries = 0;
    loop {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let chosen = four.local_addr()?.port();
        match TcpListener::bind((Ipv6Addr::LOCALHOST, chosen)) {
            Ok(six) => return listening(chosen, vec![four, six]),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                tries += 1;
                if port != 0 || tries == 20 {
                    return Err(error);
                }
            }
            Err(_) => return listening(chosen, vec![four]),
        }
    }
}

fn listening(port: u16, listeners: Vec<TcpListener>) -> io::Result<Bound> {
    for listener in &listeners {
        listener.set_nonblocking(true)?;
    }
    Ok(Bound { port, listeners })
}

/// Where connections over TLS come in, unless a fault rule makes the service one that cannot be reached.
#[derive(Debug, Clone)]
struct Door {
    tls: RustlsAcceptor,
    faults: Faults,
    service: Service,
}

impl<I, S> Accept<I, S> for Door
where
    RustlsAcceptor: Accept<I, S>,
{
    type Stream = <RustlsAcceptor as Accept<I, S>>::Stream;
    type Service = <RustlsAcceptor as Accept<I, S>>::Service;
    type Future = Either<<RustlsAcceptor as Accept<I, S>>::Future, AtOnce<io::Result<(Self::Stream, Self::Service)>>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        if self.faults.refuses(self.service) {
            return Either::Right(ready(Err(io::ErrorKind::ConnectionRefused.into())));
        }
        Either::Left(self.tls.accept(stream, service))
    }
}

/// Serves a router on every address of a port until the handle says stop.
fn serve(bound: Bound, router: &Router, door: Option<&Door>, handle: &Handle<SocketAddr>) -> io::Result<()> {
    for listener in bound.listeners {
        let service = router.clone().into_make_service();
        if let Some(door) = door {
            let server = axum_server::from_tcp(listener)?.acceptor(door.clone()).handle(handle.clone());
            tokio::spawn(server.serve(service));
        } else {
            let server = axum_server::from_tcp(listener)?.handle(handle.clone());
            tokio::spawn(server.serve(service));
        }
    }
    Ok(())
}

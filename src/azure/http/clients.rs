//! The HTTPS clients, each made when it is first needed: reading the system's certificates takes time and memory, and what
//! talks to Azure needs no other client than that, as what talks to this machine needs none but its own.

use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::{HttpOptions, proxy::Proxies, tls};
use crate::azure::error::{Error, ErrorKind, Result};

#[derive(Debug)]
pub(super) struct Clients {
    recipe: Recipe,
    pub(super) proxies: Proxies,
    client: OnceCell<reqwest::Client>,
    /// A proxy would not find this machine's own ports, so loopback hosts are reached without one.
    direct: OnceCell<reqwest::Client>,
}

#[derive(Debug, Clone)]
struct Recipe {
    options: HttpOptions,
    roots: Vec<CertificateDer<'static>>,
}

impl Clients {
    /// Fails where the further certificates cannot be read.
    pub(super) fn new(options: HttpOptions) -> Result<Self> {
        let roots = match &options.ca_pem {
            Some(pem) => tls::roots(pem).map_err(local)?,
            None => Vec::new(),
        };
        Ok(Self {
            recipe: Recipe { options, roots },
            proxies: Proxies::of_system(),
            client: OnceCell::new(),
            direct: OnceCell::new(),
        })
    }

    /// How long a connection may take.
    pub(super) fn connect_timeout(&self) -> Duration {
        self.recipe.options.connect_timeout
    }

    /// The one that never asks a proxy, or the one that does where it is told to.
    pub(super) async fn get(&self, direct: bool) -> Result<&reqwest::Client> {
        let cell = if direct { &self.direct } else { &self.client };
        let make = || async {
            let recipe = self.recipe.clone();
            // Files are read for it.
            match spawn_blocking(move || recipe.client(direct)).await {
                Ok(made) => made,
                Err(failed) => Err(Error::new(ErrorKind::Local, "http.client", "set up HTTPS", failed.to_string())),
            }
        };
        cell.get_or_try_init(make).await
    }
}

impl Recipe {
    fn client(self, direct: bool) -> Result<reqwest::Client> {
        let Self { options, roots } = self;
        let builder = reqwest::Client::builder()
            .user_agent(concat!("crosspull/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            // A request on a connection that the other end is just closing has an unknown fate; idle ones are given up
            // well before Azure's front ends do.
            .pool_idle_timeout(Duration::from_secs(20))
            .retry(reqwest::retry::never())
            .tls_backend_preconfigured(tls::config(roots).map_err(local)?);
        let builder = if direct { builder.no_proxy() } else { builder };
        builder.build().map_err(|source| {
            let message = "the HTTPS client could not be made";
            Error::new(ErrorKind::Local, "http.client", "set up HTTPS", message).with_source(source.without_url())
        })
    }
}

fn local(unusable: tls::Unusable) -> Error {
    Error::new(ErrorKind::Local, "http.client", "set up HTTPS", unusable.to_string()).with_source(unusable)
}

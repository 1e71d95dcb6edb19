//! Every secret that there was in a run: what the simulator handed out, and what it was sent.

use std::collections::{BTreeMap, BTreeSet};

use crosspull::sim::Exchange;
use serde_json::Value;
use url::form_urlencoded;

use crate::world::World;

/// What is secret of a JSON body, in either direction.
const JSON: &[&str] =
    &["access_token", "refresh_token", "id_token", "secretText", "secret", "device_code", "user_code", "clusterToken"];

/// What is secret of a form, or of an address that a browser is sent to.
const FORM: &[&str] = &[
    "access_token",
    "refresh_token",
    "client_secret",
    "client_assertion",
    "code",
    "code_verifier",
    "device_code",
    "user_code",
    "state",
    "nonce",
    "password",
];

/// Shorter ones would be found in ordinary words.
const SHORTEST: usize = 8;

/// Secrets by their kind, and the links that hold some of them.
#[derive(Default)]
pub struct Secrets {
    by_kind: BTreeMap<String, BTreeSet<String>>,
    links: BTreeMap<String, String>,
}

impl Secrets {
    /// All of a world: of its operators, its keys, its machine, and of every exchange.
    pub fn of(world: &World) -> Self {
        let mut secrets = Self::default();
        let ready = world.sim.ready();
        for operator in ready.tenants.iter().flat_map(|tenant| &tenant.operators) {
            secrets.add("client_secret", &operator.client_secret);
            secrets.add("password", &operator.password);
        }
        if let Some(machine) = &ready.machine {
            secrets.add("x-identity-header", &machine.identity_header);
        }
        for exchange in world.sim.requests() {
            secrets.read(&exchange);
        }
        let inside = world.sim.world().lock();
        let apps = inside.tenants.iter().flat_map(|tenant| tenant.applications.values());
        apps.flat_map(|app| &app.passwords).for_each(|key| secrets.add("secretText", &key.text));
        drop(inside);
        secrets
    }

    pub fn add(&mut self, kind: &str, secret: &str) {
        if secret.len() >= SHORTEST {
            self.by_kind.entry(kind.to_owned()).or_default().insert(secret.to_owned());
        }
    }

    /// How many there are of each kind.
    pub(super) fn counts(&self) -> BTreeMap<&str, usize> {
        self.by_kind.iter().map(|(kind, all)| (kind.as_str(), all.len())).collect()
    }

    pub(super) fn count(&self) -> usize {
        self.by_kind.values().map(BTreeSet::len).sum()
    }

    /// Each with its kind.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.by_kind.iter().flat_map(|(kind, all)| all.iter().map(|one| (kind.as_str(), one.as_str())))
    }

    /// Every way in which one may be written, with its kind.
    pub fn forms(&self) -> impl Iterator<Item = (&str, String)> {
        self.all().flat_map(|(kind, text)| super::forms::forms(text).into_iter().map(move |form| (kind, form)))
    }

    /// The pages that people were sent to, and each without what it may hold.
    pub(super) fn links(&self) -> impl Iterator<Item = (&str, &str)> {
        self.links.iter().map(|(link, rest)| (link.as_str(), rest.as_str()))
    }

    fn read(&mut self, exchange: &Exchange) {
        if exchange.operation == "login.authorize" {
            self.links.insert(exchange.url.clone(), without(&exchange.url, &["state", "nonce"]));
        }
        self.form(exchange.url.split_once('?').map_or("", |(_, query)| query).as_bytes());
        let location = exchange.response_headers.get("location").and_then(|value| value.to_str().ok());
        self.form(location.and_then(|to| Some(to.split_once('?')?.1)).unwrap_or_default().as_bytes());
        for cookie in exchange.response_headers.get_all("set-cookie") {
            let value = cookie.to_str().unwrap().split(';').next().and_then(|pair| pair.split_once('='));
            self.add("cookie", value.map_or("", |(_, value)| value));
        }
        for body in [&exchange.request_body, &exchange.response_body] {
            match serde_json::from_slice(body) {
                Ok(json) => self.json(&json),
                Err(_) => self.form(body),
            }
        }
    }

    fn form(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form).filter(|(name, _)| FORM.contains(&name.as_ref())) {
            self.add(&name, &value);
        }
    }

    fn json(&mut self, json: &Value) {
        match json {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str() {
                        Some(text) if JSON.contains(&name.as_str()) => self.add(name, text),
                        _ => self.json(value),
                    }
                }
            }
            Value::Array(values) => values.iter().for_each(|value| self.json(value)),
            _ => {}
        }
    }
}

/// A link without the values of these parameters.
fn without(link: &str, names: &[&str]) -> String {
    let value = |part: &str| Some(names.contains(&part.split_once('=')?.0));
    link.split('&').filter(|part| value(part) != Some(true)).collect::<Vec<_>>().join("&")
}

//! No secret is ever written down: not of an operator, not of a key, no token, no code. Whatever way in is taken, whatever
//! fails, and however much is asked to be told.

mod children;
pub(crate) mod people;
pub(crate) mod quoted;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::json;

use crosspull::sim::{Action, Rule, faults::StatusFault};

pub(crate) use self::children::Children;
use super::{
    harness::{Output, Running},
    sign_in::{certificate, with_certificate},
};
use crate::{
    leaks::{Places, Secrets},
    world::World,
};

/// Whatever makes programs talk.
pub(crate) const TALKATIVE: [(&str, &str); 6] = [
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
    ("RUST_LIB_BACKTRACE", "full"),
    ("RUST_SPANTRACE", "1"),
    ("COLORBT_SHOW_HIDDEN", "1"),
    ("AZURE_LOG_LEVEL", "verbose"),
];

/// A world whose program tells all that it can be made to tell.
struct Told {
    world: World,
    children: Children,
    places: Places,
}

impl Told {
    async fn new() -> Self {
        let world = World::new("default").await;
        Self { children: Children::new(), places: Places::default(), world }
    }

    fn command(&self, args: &[&str]) -> tokio::process::Command {
        let log = self.world.path("crosspull.log");
        let shown = ["--verbose", "--log", log.to_str().unwrap()];
        let mut command = self.world.command(args.iter().chain(&shown).copied());
        command.envs(TALKATIVE).env("PATH", self.children.path());
        command
    }

    /// Runs the program, with these variables beside the usual ones.
    async fn run(&mut self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.command(args);
        command.envs(variables.iter().copied());
        let out = Running::of(command).end().await;
        self.keep(args, out)
    }

    fn keep(&mut self, args: &[&str], out: Output) -> Output {
        self.places.add_shown(format!("{args:?}, standard output"), &out.stdout);
        self.places.add_shown(format!("{args:?}, standard error"), &out.stderr);
        out
    }

    /// Fails the test where a secret stands anywhere.
    #[track_caller]
    fn nothing_leaks(mut self, more: impl FnOnce(&mut Secrets), kinds: &[&str]) {
        let mut secrets = Secrets::of(&self.world);
        more(&mut secrets);
        self.places.add_files(self.world.folder.path());
        self.children.told(&mut self.places);
        self.places.hold(&["crosspull.log", "standard error"]);
        self.places.are_free_of(&secrets, kinds);
    }
}

/// A setup under a name of its own, whose cluster's side signs in as `edit` says.
fn named(world: &World, name: &str, edit: &[(&str, &str)]) -> PathBuf {
    let file = world.signs_in(|setup| {
        setup.set("name", name);
        for (key, value) in edit {
            setup.set(&format!("cluster.{key}"), *value);
        }
    });
    let own = file.with_file_name(format!("{name}.toml"));
    fs::copy(file, &own).unwrap();
    own
}

pub(crate) async fn none_is_written_anywhere() {
    let mut told = Told::new().await;
    // One that fails with secrets in what the service answers, and is resumed.
    let file = told.world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let refusal = Action::Status(StatusFault { status: 400, ..StatusFault::default() });
    told.world.sim.faults().add(Rule::new("aks.clusters.reset_service_principal", refusal));
    told.run(&["apply", file.to_str().unwrap(), "--yes"], &[]).await.exits(5);
    told.run(&["resume", "shop-prod", "--confirm-nodes", "shop-prod"], &[]).await.exits(0);
    // One with everything as JSON, and a wrong secret.
    let kept = told.world.setup_file("shop-keep", "fabrikamimages", |file| {
        file.set("app.route", "keep-app");
    });
    told.run(&["apply", kept.to_str().unwrap(), "--yes", "--json"], &[]).await.exits(0);
    let wrong = told.world.setup_file("shop-prod", "northwindimages", |file| {
        file.set("name", "wrong").set("cluster.client_secret_env", World::secret_variable("ben"));
    });
    told.run(&["apply", wrong.to_str().unwrap(), "--yes"], &[]).await.exits(5);
    for command in ["show", "report"] {
        told.run(&[command, "shop-prod"], &[]).await.exits(0);
        told.run(&[command, "shop-prod", "--json"], &[]).await.exits(0);
    }
    told.places.add_files(told.world.folder.path());
    told.places.hold(&["journal.jsonl"]);
    told.nothing_leaks(|_| {}, &["client_secret", "secretText", "secret", "access_token", "cookie"]);
}

/// Programs with other proofs than a secret, and the tools that sign in for others.
pub(crate) async fn none_is_written_whoever_vouches() {
    let mut told = Told::new().await;
    let (pem, key) = certificate(&told.world).await;
    let with_it = with_certificate(&told.world, &pem);
    told.run(&["apply", with_it.to_str().unwrap(), "--yes", "--json"], &[]).await.exits(0);
    // What crosspull reads is no place where it writes.
    let carl = told.world.client_id("carl");
    let proof = [("sign_in", "service-principal"), ("client_id", &carl), ("client_certificate", pem.to_str().unwrap())];
    let unknown = named(&told.world, "unknown", &proof);
    told.run(&["plan", unknown.to_str().unwrap()], &[]).await.exits(5);

    let mut issued = Vec::new();
    for (name, subject, code) in
        [("workload", "system:serviceaccount:tools:crosspull", 0), ("stranger", "system:serviceaccount:other:x", 5)]
    {
        let body = json!({ "cluster": "shop-prod", "subject": subject });
        let token = told.world.act("service-account-token", body).await["token"].as_str().unwrap().to_owned();
        let file = told.children.write(name, &token);
        let ana = told.world.client_id("ana");
        let proof = [("sign_in", "workload-identity"), ("client_id", &ana), ("federated_token_file", &file)];
        let setup = named(&told.world, name, &proof);
        told.run(&["plan", setup.to_str().unwrap()], &[]).await.exits(code);
        issued.push(token);
    }

    let machine = told.world.sim.ready().machine.clone().unwrap();
    let setup = named(&told.world, "machine", &[("sign_in", "managed-identity")]);
    for (header, code) in [(machine.identity_header.as_str(), 0), ("hunter2hunter2hunter2", 5)] {
        let variables = [("IDENTITY_ENDPOINT", machine.identity_endpoint.as_str()), ("IDENTITY_HEADER", header)];
        told.run(&["plan", setup.to_str().unwrap()], &variables).await.exits(code);
    }

    told.children.sign_in(&told.world, "ana").await;
    let setup = named(&told.world, "tool", &[("sign_in", "azure-cli")]);
    let args = ["plan", setup.to_str().unwrap()];
    let mut command = told.command(&args);
    // Of those that no setup names nothing can be known.
    let operators = told.world.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators);
    for operator in operators.filter(|operator| operator.name != "ben") {
        command.env_remove(World::secret_variable(&operator.name));
    }
    let out = Running::of(command).end().await.exits(0);
    told.keep(&args, out);
    told.children.hold(&["az, arguments", "az, environment"]);

    fs::remove_file(&pem).unwrap();
    told.nothing_leaks(
        |secrets| {
            // The first line says in every key that it is one of RSA.
            let lines = key.lines().filter(|line| line.len() > 40).skip(1);
            lines.for_each(|line| secrets.add("private key", line));
            for token in &issued {
                secrets.add("federated token", token);
            }
            secrets.add("x-identity-header", "hunter2hunter2hunter2");
        },
        &["private key", "federated token", "client_assertion", "x-identity-header", "access_token", "cookie"],
    );
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new("default").await;
    let log = world.path("crosspull.log");
    let file = world.setup_file("shop-keep", "fabrikamimages", |file| {
        file.set("app.route", "keep-app");
    });
    world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--log", log.to_str().unwrap()]).await.exits(0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let setups = world.folder.path().join("setups");
    let setup = fs::read_dir(&setups).unwrap().next().unwrap().unwrap().path();
    assert_eq!(
        (mode(&setups), mode(&setup), mode(&setup.join("journal.jsonl")), mode(&log)),
        (0o700, 0o700, 0o600, 0o600)
    );
}

//! Programs that sign in: with a certificate, as a workload that another issuer vouches for, as the machine that they run on.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::{Value, json};

use super::harness::{Running, SetupFile};
use crate::world::World;

impl World {
    /// Asks the simulator for what crosspull does not.
    pub(super) fn http(&self) -> reqwest::Client {
        let ca = reqwest::Certificate::from_pem(self.sim.ca_pem().as_bytes()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_merge([ca]).build().unwrap()
    }

    /// An act of the simulator's administrator.
    pub(super) async fn act(&self, what: &str, body: Value) -> Value {
        let address = format!("{}/{what}", self.sim.ready().admin);
        let answer = self.http().request(Method::POST, address).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    /// A setup whose cluster's side signs in as `edit` says.
    pub(super) fn signs_in(&self, edit: impl FnOnce(&mut SetupFile)) -> PathBuf {
        self.setup_file("shop-prod", "fabrikamimages", |file| {
            for key in ["client_id", "client_secret_env"] {
                file.remove(&format!("cluster.{key}"));
            }
            edit(file);
        })
    }

    /// An operator's token for a service.
    async fn token(&self, operator: &str, domain: &str, audience: &str) -> String {
        let operator = self.operator(operator);
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &operator.client_id.to_string()),
            ("client_secret", &operator.client_secret),
            ("scope", &format!("{audience}/.default")),
        ];
        let address = format!("{}/{domain}/oauth2/v2.0/token", self.sim.ready().login);
        let answer = self.http().request(Method::POST, address).form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(super) fn client_id(&self, operator: &str) -> String {
        self.operator(operator).client_id.to_string()
    }
}

/// A certificate for Ana's app, in one file with its key: the certificate first, as `openssl pkcs12` writes it.
pub(super) async fn certificate(world: &World) -> (PathBuf, String) {
    let made = world.act("certificate", json!({ "app_id": world.client_id("ana") })).await;
    let key = made["private_key"].as_str().unwrap();
    let file = world.write("ana.pem", &format!("Bag Attributes\n{}\n{key}", made["certificate"].as_str().unwrap()));
    (file, key.to_owned())
}

pub(super) fn with_certificate(world: &World, file: &std::path::Path) -> PathBuf {
    world.signs_in(|setup| {
        setup
            .set("cluster.sign_in", "service-principal")
            .set("cluster.client_id", world.client_id("ana"))
            .set("cluster.client_certificate", file.to_str().unwrap());
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_does_the_whole_work() {
    let world = World::new("default").await;
    let (file, key) = certificate(&world).await;
    let setup = with_certificate(&world, &file);
    let out = world.crosspull(["apply", setup.to_str().unwrap(), "--yes", "--verbose"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    let line = key.lines().nth(3).unwrap();
    assert!(!out.stdout.contains(line) && !out.stderr.contains(line), "the private key is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_app_does_not_know_or_that_cannot_be_read_is_explained() {
    let world = World::new("default").await;
    let (file, _) = certificate(&world).await;
    let other = world.signs_in(|setup| {
        setup
            .set("cluster.sign_in", "service-principal")
            .set("cluster.client_id", world.client_id("carl"))
            .set("cluster.client_certificate", file.to_str().unwrap());
    });
    let out = world.crosspull(["plan", other.to_str().unwrap()]).await.exits(5);
    let text = std::fs::read_to_string(&file).unwrap();
    let (certificate, key) = text.split_at(text.find("-----BEGIN PRIVATE").unwrap());
    let turned = world.write("turned.pem", &format!("{key}\n{certificate}"));
    world.crosspull(["plan", with_certificate(&world, &turned).to_str().unwrap()]).await.exits(0);
    assert!(out.stderr.contains("AADSTS700027") && out.stderr.contains("CP-231"), "{}", out.stderr);
    for text in ["", "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n"] {
        let file = world.write("broken.pem", text);
        let out = world.crosspull(["plan", with_certificate(&world, &file).to_str().unwrap()]).await.exits(5);
        assert!(out.stderr.contains("CP-230") && !out.stderr.contains("hunter2"), "{}", out.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_signs_in_with_its_issuers_token() {
    let world = World::new("default").await;
    let subject = "system:serviceaccount:tools:crosspull";
    let token = world.act("service-account-token", json!({ "cluster": "shop-prod", "subject": subject })).await;
    let file = world.write("token", token["token"].as_str().unwrap());
    let setup = world.signs_in(|setup| {
        setup.set("cluster.sign_in", "workload-identity");
    });
    // As the webhook of the cluster sets them.
    let mut command = world.command(["plan", setup.to_str().unwrap()]);
    command.env("AZURE_CLIENT_ID", world.client_id("ana")).env("AZURE_FEDERATED_TOKEN_FILE", &file);
    Running::of(command).end().await.exits(0).says("NOTHING HAS BEEN CHANGED YET");
    // As a pipeline names them.
    let named = world.signs_in(|setup| {
        setup
            .set("cluster.sign_in", "workload-identity")
            .set("cluster.client_id", world.client_id("ana"))
            .set("cluster.federated_token_file", file.to_str().unwrap());
    });
    world.crosspull(["apply", named.to_str().unwrap(), "--yes"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_that_nobody_vouches_for_is_explained() {
    let world = World::new("default").await;
    let token = world
        .act("service-account-token", json!({ "cluster": "shop-prod", "subject": "system:serviceaccount:other:x" }))
        .await;
    let text = token["token"].as_str().unwrap();
    let file = world.write("token", text);
    let setup = |file: &str| {
        world.signs_in(|setup| {
            setup
                .set("cluster.sign_in", "workload-identity")
                .set("cluster.client_id", world.client_id("ana"))
                .set("cluster.federated_token_file", file);
        })
    };
    let out = world.crosspull(["plan", setup(file.to_str().unwrap()).to_str().unwrap()]).await.exits(5);
    assert!(out.stderr.contains("AADSTS700213") && out.stderr.contains("CP-233"), "{}", out.stderr);
    assert!(!out.stderr.contains(&text[..40]), "the token is told");
    let out = world.crosspull(["plan", setup("/nowhere/token").to_str().unwrap()]).await.exits(5);
    assert!(out.stderr.contains("CP-228"), "{}", out.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_signs_in_as_itself_or_as_one_of_its_identities() {
    let world = World::new("default").await;
    let machine = world.sim.ready().machine.clone().unwrap();
    let plan = async |setup: &std::path::Path, header: &str| {
        let mut command = world.command(["plan", setup.to_str().unwrap()]);
        command.env("IDENTITY_ENDPOINT", &machine.identity_endpoint).env("IDENTITY_HEADER", header);
        Running::of(command).end().await
    };
    let itself = world.signs_in(|setup| {
        setup.set("cluster.sign_in", "managed-identity");
    });
    plan(&itself, &machine.identity_header).await.exits(0).says("NOTHING HAS BEEN CHANGED YET");
    let one = world.signs_in(|setup| {
        setup.set("cluster.sign_in", "managed-identity").set("cluster.client_id", machine.user_assigned[0].to_string());
    });
    // This one may do less, and the plan says so.
    plan(&one, &machine.identity_header).await.exits(3).says("NOTHING HAS BEEN CHANGED YET");
    let out = plan(&itself, "hunter2hunter2").await.exits(5);
    assert!(!out.stderr.contains("hunter2"), "{}", out.stderr);
    world.act("machine", json!({ "lose": "all" })).await;
    let out = plan(&itself, &machine.identity_header).await.exits(5);
    assert!(out.stderr.contains("CP-227"), "{}", out.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_identities_is_not_waited_for_long() {
    let world = World::new("default").await;
    let setup = world.signs_in(|setup| {
        setup.set("cluster.sign_in", "managed-identity");
    });
    let mut command = world.command(["plan", setup.to_str().unwrap()]);
    // Azure Arc, which the library does not speak.
    command.env("IDENTITY_ENDPOINT", "http://localhost:1/x").env("IMDS_ENDPOINT", "http://localhost:1");
    let out = Running::of(command).end().await.exits(5);
    assert!(out.stderr.contains("CP-226"), "{}", out.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_developer_command_lines_account_is_taken() {
    let world = World::new("default").await;
    let setup = world.signs_in(|setup| {
        setup.set("cluster.sign_in", "azure-developer-cli");
    });
    let plan = async |script: &str| {
        let azd = world.write("azd", &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&azd, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = world.command(["plan", setup.to_str().unwrap()]);
        command.env("PATH", format!("{}:/usr/bin:/bin", azd.parent().unwrap().display()));
        Running::of(command).end().await
    };
    let manager = world.token("ana", "contoso.example", "https://management.core.sim.example/").await;
    let graph = world.token("ana", "contoso.example", &world.sim.ready().graph).await;
    // It notes what it is asked for.
    let asked = world.path("asked");
    let answers = format!(
        "echo \"$@\" >>{}\ncase \"$*\" in *management.core*) t={manager} ;; *) t={graph} ;; esac\n\
         echo \"{{\\\"token\\\":\\\"$t\\\",\\\"expiresOn\\\":\\\"2096-01-01T00:00:00Z\\\"}}\"",
        asked.display()
    );
    plan(&answers).await.exits(0).says("NOTHING HAS BEEN CHANGED YET");
    let asked = std::fs::read_to_string(asked).unwrap();
    assert!(asked.contains("--tenant-id 11111111-aaaa-4000-8000-000000000001"), "{asked}");

    let out = plan("echo 'ERROR: not logged in, run `azd auth login` to login' >&2; exit 1").await.exits(5);
    assert!(out.stderr.contains("CP-225"), "{}", out.stderr);
    let out = plan("exit 127").await.exits(5);
    assert!(out.stderr.contains("CP-224"), "{}", out.stderr);
}

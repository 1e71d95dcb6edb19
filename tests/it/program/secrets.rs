//! No secret is ever written down: not of an operator, not of a key, no token.

use std::{collections::BTreeSet, fs, path::Path};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

use crosspull::sim::{Action, Rule, faults::StatusFault};

use crate::world::World;

/// Every secret that there ever was: the operators', the texts of all keys, and every token that a service gave out.
fn secrets(world: &World) -> BTreeSet<String> {
    let operators = world.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators);
    let mut all: BTreeSet<String> =
        operators.flat_map(|one| [one.client_secret.clone(), one.password.clone()]).collect();
    for exchange in world.sim.requests() {
        if let Ok(body) = serde_json::from_slice::<serde_json::Value>(&exchange.response_body) {
            for name in ["access_token", "refresh_token", "id_token", "secretText"] {
                all.extend(body[name].as_str().map(str::to_owned));
            }
        }
    }
    let inside = world.sim.world().lock();
    let apps = inside.tenants.iter().flat_map(|tenant| tenant.applications.values());
    all.extend(apps.flat_map(|app| &app.passwords).map(|key| key.text.clone()));
    all.retain(|secret| secret.len() >= 8);
    all
}

/// The ways in which a secret may stand in a text.
fn forms(secret: &str, users: &[String]) -> Vec<String> {
    // Tokens are written in one way only.
    if secret.len() > 100 {
        return vec![secret.to_owned()];
    }
    let mut forms = vec![secret.to_owned(), url::form_urlencoded::byte_serialize(secret.as_bytes()).collect()];
    let pairs = users.iter().map(|user| format!("{user}:{secret}"));
    for text in std::iter::once(secret.to_owned()).chain(pairs) {
        forms.extend([&STANDARD, &STANDARD_NO_PAD].map(|engine| engine.encode(&text)));
        forms.extend([&URL_SAFE, &URL_SAFE_NO_PAD].map(|engine| engine.encode(&text)));
    }
    forms.push(serde_json::to_string(secret).unwrap().trim_matches('"').to_owned());
    forms
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            let text = fs::read(&path).unwrap();
            found.push((path.display().to_string(), String::from_utf8_lossy(&text).into_owned()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_is_written_anywhere() {
    let world = World::new("default").await;
    let log = world.path("crosspull.log");
    let shown = ["--verbose", "--log", log.to_str().unwrap()];
    let mut written: Vec<(String, String)> = Vec::new();
    let mut run = async |code: i32, args: &[&str]| {
        let out = world.crosspull(args.iter().chain(&shown).copied()).await.exits(code);
        written.push((format!("standard output of {args:?}"), out.stdout));
        written.push((format!("standard error of {args:?}"), out.stderr));
    };
    // One that fails with secrets in what the service answers, and is resumed.
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let refusal = Action::Status(StatusFault { status: 400, ..StatusFault::default() });
    world.sim.faults().add(Rule::new("aks.clusters.reset_service_principal", refusal));
    run(5, &["apply", file.to_str().unwrap(), "--yes"]).await;
    run(0, &["resume", "shop-prod", "--confirm-nodes", "shop-prod"]).await;
    // One with everything as JSON, and a wrong secret.
    let kept = world.setup_file("shop-keep", "fabrikamimages", |file| {
        file.set("app.route", "keep-app");
    });
    run(0, &["apply", kept.to_str().unwrap(), "--yes", "--json"]).await;
    let wrong = world.setup_file("shop-prod", "northwindimages", |file| {
        file.set("name", "wrong").set("cluster.client_secret_env", World::secret_variable("ben"));
    });
    run(5, &["apply", wrong.to_str().unwrap(), "--yes"]).await;
    for command in ["show", "report"] {
        run(0, &[command, "shop-prod"]).await;
        run(0, &[command, "shop-prod", "--json"]).await;
    }
    files(world.folder.path(), &mut written);

    assert!(written.iter().any(|(name, text)| name.ends_with("crosspull.log") && !text.is_empty()), "there is a log");
    assert!(written.iter().any(|(name, _)| name.ends_with("journal.jsonl")));
    let apps = world.ours().into_iter().map(|app| app.app_id.to_string());
    let users: Vec<String> = apps
        .chain(
            world.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators).map(|one| one.client_id.to_string()),
        )
        .collect();
    let secrets = secrets(&world);
    assert!(secrets.len() > 20, "operators, keys, and tokens: {}", secrets.len());
    for secret in &secrets {
        for form in forms(secret, &users) {
            for (place, text) in &written {
                assert!(!text.contains(&form), "a secret stands in {place}");
            }
        }
    }
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

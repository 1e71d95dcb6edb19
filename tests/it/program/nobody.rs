//! Sign-ins that need a person, where nobody sits at a terminal.

use std::path::PathBuf;

use serde_json::Value;

use super::harness::Running;
use crate::{person::Person, world::World};

impl World {
    /// A setup whose cluster's side is a person.
    fn asks_a_person(&self, way: &str) -> PathBuf {
        self.setup_file("shop-prod", "fabrikamimages", |file| {
            file.remove("cluster.client_id").remove("cluster.client_secret_env").set("cluster.sign_in", way);
        })
    }
}

/// Types the code that is told next.
async fn types_code(world: &World, run: &mut Running) {
    let told: Value = serde_json::from_str(&run.line(r#""event":"sign-in""#).await).unwrap();
    let (page, code) = (told["how"]["page"].as_str().unwrap(), told["how"]["code"].as_str().unwrap());
    Person::new(world, "ana@contoso.example").type_code(&page.parse().unwrap(), code).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_nobody_could_open_is_not_waited_for() {
    let world = World::new("default").await;
    let file = world.asks_a_person("browser");
    let file = file.to_str().unwrap();
    for line in [vec!["plan", file], vec!["apply", file, "--yes", "--json"]] {
        let out = world.crosspull(line).await.exits(5);
        assert!(out.stderr.contains("CP-222"), "{}", out.stderr);
    }
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_told_to_whoever_reads_the_log_and_waited_for_as_long_as_was_said() {
    let world = World::new("default").await;
    let file = world.asks_a_person("device-code");
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--json", "--wait", "0"]).await.exits(4);
    let told = out.objects().into_iter().find(|object| object["event"] == "sign-in").expect("it is told");
    assert!(out.stderr.contains(told["how"]["code"].as_str().unwrap()), "{}", out.stderr);
    assert!(out.stderr.contains("CP-235"), "{}", out.stderr);
    assert!(!world.folder.path().join("setups").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_a_sign_in_and_what_waited_for_it_has_not_failed() {
    let world = World::new("default").await;
    {
        let mut inside = world.sim.world().lock();
        let id = inside.tenant_named("contoso.example").unwrap().id;
        inside.tenant_mut(id).unwrap().policy.sign_in.mfa_for_writes = true;
    }
    let file = world.asks_a_person("device-code");
    let mut run = world.start(["apply", file.to_str().unwrap(), "--yes", "--json"]);
    types_code(&world, &mut run).await;
    // The first change wants another proof.
    run.line(r#""event":"sign-in""#).await;
    run.signal("INT").await;
    run.end().await.exits(6);
    let shown = world.crosspull(["show", "shop-prod"]).await.exits(0);
    assert!(!shown.stdout.contains("CP-221") && !shown.stdout.contains("failed"), "{}", shown.stdout);
}

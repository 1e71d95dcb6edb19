//! Whole setups, made directly by two operators who may.

use std::collections::BTreeSet;

use crosspull::sim::{Action, Rule, faults::StatusFault};

use crate::world::World;

/// `Container Registry Repository Reader`.
const REPOSITORY_READER: &str = "b93aa761-3e63-49ed-ac28-beffa264f7ac";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_app_pulls_from_a_legacy_registry() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.apply_file(&file).await.exits(0);
    assert!(out.stderr.is_empty(), "{}", out.stderr);
    let out = out.says("Pulled localhost:").says("sha256:").says("Pool system (3 nodes): its nodes can pull");
    assert!(
        !out.stdout.contains("To agree, give the cluster's name"),
        "nobody is asked: it was agreed to\n{}",
        out.stdout
    );
    let at = |words: &str| out.stdout.find(words).unwrap_or_else(|| panic!("no {words} in\n{}", out.stdout));
    assert!(at("cluster update  begins") < at("waits for Azure to finish the cluster update"), "{}", out.stdout);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    world.crosspull(["resume", "shop-prod"]).await.exits(0).says("There is nothing to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_on_one_repository_is_enough_where_the_registry_knows_such_rights() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamabac", |file| {
        file.set("registry.repositories", vec!["shop/web"]);
    });
    world.apply_file(&file).await.exits(0).says("Container Registry Repository Reader");
    world.assert_connected_once("shop-prod", "fabrikamabac", "fabrikam.example");
    assert!(world.ours()[0].roles.contains(&("fabrikamabac".to_owned(), REPOSITORY_READER.to_owned())));
    let other = world.pulls("shop-prod", "fabrikamabac", "shop/api:2.0");
    assert!(other.iter().all(|(_, can)| !can), "only what was named: {other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_of_the_present_app_is_carried_over() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-vnet", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    world.assert_connected_once("shop-vnet", "fabrikamimages", "fabrikam.example");
    let roles = world.ours()[0].roles.clone();
    let scopes: Vec<&str> = roles.iter().map(|(scope, _)| scope.as_str()).collect();
    assert_eq!(
        scopes,
        ["MC_shop_shop-vnet_westeurope", "fabrikamimages", "nodes", "shop-des", "shop-out", "shop-storage"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_changes_nothing_and_writes_nothing() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let path = file.to_str().unwrap();
    let text = world.crosspull(["plan", path]).await.exits(0).says("NOTHING HAS BEEN CHANGED YET");
    assert!(text.stderr.is_empty(), "{}", text.stderr);
    let json = world.crosspull(["plan", path, "--json"]).await.exits(0);
    let mut objects = json.objects();
    let plan = objects.pop().unwrap();
    assert_eq!((plan["event"].as_str(), plan["plan"]["lines"].as_array().unwrap().len()), (Some("plan"), 10));
    // Each finding was told before, when it was found.
    let told: Vec<_> = objects.iter().map(|object| (&object["event"], &object["finding"])).collect();
    let event = serde_json::json!("finding");
    let found: Vec<_> = plan["plan"]["findings"].as_array().unwrap().iter().map(|finding| (&event, finding)).collect();
    assert!(!found.is_empty() && found.len() == told.len() && found.iter().all(|one| told.contains(one)), "{told:?}");
    assert!(world.writes().is_empty(), "{:?}", world.writes());
    assert!(!world.folder.path().join("setups").exists(), "no journal either");
    world.crosspull(["list"]).await.exits(0).says("There are no setups on this machine.");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_one_object_a_line() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--json"]).await.exits(0);
    let objects = out.objects();
    assert!(objects.iter().all(|object| object["event"].is_string()), "{}", out.stdout);
    assert_eq!(objects.last().unwrap()["event"], "ended");
    assert_eq!(objects.last().unwrap()["outcome"], "connected");
    for event in ["plan", "record", "status", "confirm-nodes"] {
        assert!(objects.iter().any(|object| object["event"] == event), "no {event} in\n{}", out.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_the_same_where_every_service_is_busy_at_first() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-vnet", "fabrikamimages", |_| {});
    let plan = async || world.crosspull(["plan", file.to_str().unwrap(), "--json"]).await.exits(0).objects();
    let at_ease = plan().await;
    let asked: BTreeSet<&str> = world.sim.requests().iter().map(|one| one.operation).collect();
    for operation in &asked {
        let busy = StatusFault { status: 429, code: Some("TooManyRequests".to_owned()), ..StatusFault::default() };
        world.sim.faults().add(Rule::new(*operation, Action::Status(busy)));
    }
    let busy = plan().await;
    for part in ["lines", "findings", "carry_over", "cluster", "registry", "cluster_tenant", "registry_tenant"] {
        assert_eq!(busy[0]["plan"][part], at_ease[0]["plan"][part], "{part}");
    }
    let struck = world.sim.faults().list().iter().filter(|(_, struck)| *struck == 1).count();
    assert_eq!((struck, asked.len() > 10), (asked.len(), true), "each was busy once");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_is_waited_out() {
    let world = World::new("throttled").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

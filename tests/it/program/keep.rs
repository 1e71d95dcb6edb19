//! The cluster keeps its app: no key goes to it, and no node is replaced.

use crosspull::sim::Rule;

use super::failing::status;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_clusters_own_app_is_opened_and_no_node_replaced() {
    let world = World::new("default").await;
    let before: Vec<_> = world.sim.nodes().into_iter().map(|node| (node.node, node.key_id)).collect();
    let file = world.setup_file("shop-keep", "fabrikamimages", |file| {
        file.set("app.route", "keep-app").remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(0).says("No node is replaced.");
    world.assert_every_node_pulls("shop-keep", "fabrikamimages");
    let after: Vec<_> = world.sim.nodes().into_iter().map(|node| (node.node, node.key_id)).collect();
    assert_eq!(before, after);
    assert!(world.ours().is_empty() && world.labelled_keys().is_empty(), "no app of ours, and the probe's key is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_serves_others_keeps_its_app_unasked() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-multi", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0).says("keep-app");
    world.assert_every_node_pulls("shop-multi", "fabrikamimages");
    world.assert_every_node_pulls("shop-multi", "northwindimages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_registry_tenant_leaves_the_first_one_working() {
    let world = World::new("default").await;
    let first = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&first).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    let held: Vec<_> = world.sim.nodes().into_iter().map(|node| node.key_id).collect();

    let second = world.setup_file("shop-prod", "northwindimages", |file| {
        file.set("name", "shop-prod northwind");
    });
    world.apply_file(&second).await.exits(0).says("keep-app").says("No node is replaced.");
    world.assert_every_node_pulls("shop-prod", "northwindimages");
    world.assert_every_node_pulls("shop-prod", "fabrikamimages");
    assert_eq!(held, world.sim.nodes().into_iter().map(|node| node.key_id).collect::<Vec<_>>());
    assert_eq!(world.ours().len(), 1);
    assert_eq!(world.labelled_keys().len(), 1, "the cluster's key stays, and the probe's is gone");

    let forced = world.setup_file("shop-prod", "fabrikamother", |file| {
        file.set("name", "again").set("app.route", "new-app");
    });
    world.apply_file(&forced).await.exits(3).says("CP-114");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connected_setup_that_changed_no_cluster_is_taken_back() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-keep", "fabrikamimages", |file| {
        file.set("app.route", "keep-app").remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(0);
    world.assert_every_node_pulls("shop-keep", "fabrikamimages");
    world.crosspull(["undo", "shop-keep", "--yes"]).await.exits(0).says("adoption        taken back");
    world.crosspull(["list"]).await.exits(0).says("taken back");
    world.crosspull(["undo", "shop-keep", "--yes"]).await.exits(2);
    world.crosspull(["forget", "shop-keep", "--yes"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_cluster_pulls_with_is_not_taken_back() {
    let world = World::new("default").await;
    let keep = |registry: &str, name: &str| {
        world.setup_file("shop-keep", registry, |file| {
            file.set("name", name).set("app.route", "keep-app").remove("options.confirm_node_replacement");
        })
    };
    world.apply_file(&keep("fabrikamimages", "first")).await.exits(0);
    world.apply_file(&keep("northwindimages", "second")).await.exits(0);
    let before = world.writes().len();
    let refused = world.crosspull(["undo", "first", "--yes"]).await.exits(2);
    assert!(refused.stderr.contains("second is connected with the same app"), "{}", refused.stderr);
    assert_eq!(world.writes().len(), before, "nothing was changed");
    world.assert_every_node_pulls("shop-keep", "northwindimages");

    // The second found the app open, and has its identity in a tenant of its own. Its way back can be broken off.
    world
        .sim
        .faults()
        .add(Rule::new("graph.service_principal.delete", status(403, "Authorization_RequestDenied", "no")));
    world.crosspull(["undo", "second", "--yes"]).await.exits(5);
    world.crosspull(["undo", "second", "--yes"]).await.exits(0);
    world.assert_every_node_pulls("shop-keep", "fabrikamimages");
    world.crosspull(["undo", "first", "--yes"]).await.exits(0);
}

//! The setups of a machine: the confirmation of the cluster update, taking back, looking, forgetting.

use super::harness::shown;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn the_replacement_of_nodes_is_agreed_to_later() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    let before = world.sim.nodes().len();
    let out = world.apply_file(&file).await.exits(4);
    let begins = out.stdout.find("Everything before").unwrap();
    shown!(world, &out.stdout[begins..], @"");
    assert_eq!(world.calls("aks.clusters.reset_service_principal"), 0);
    assert!(world.labelled_keys().is_empty(), "a key that nobody has is not left behind");

    world.crosspull(["resume", "--confirm-nodes", "shop-staging"]).await.exits(4);
    world.crosspull(["resume", "shop-prod", "--confirm-nodes", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((before, world.calls("aks.clusters.reset_service_principal")), (world.sim.nodes().len(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_is_taken_back_before_the_cluster_was_touched() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-vnet", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(4);
    assert_eq!(world.ours()[0].roles.len(), 6);

    let refused = world.crosspull(["forget", "shop-vnet", "--yes"]).await.exits(2);
    shown!(world, refused.stderr, @"");
    let asked = world.crosspull(["undo", "shop-vnet"]).await.exits(2);
    shown!(world, asked.stderr, @"");
    assert_eq!(world.ours()[0].roles.len(), 6, "nothing was taken back");

    let out = world.crosspull(["undo", "shop-vnet", "--yes"]).await.exits(0);
    shown!(world, out.stdout, @"");
    world.assert_nothing_left();
    assert_eq!((world.ours().len(), world.labelled_keys().len()), (1, 0), "one app, in the recycle bin");
    world.crosspull(["undo", "shop-vnet", "--yes"]).await.exits(2);
    world.crosspull(["forget", "shop-vnet", "--yes"]).await.exits(0).says("shop-vnet is forgotten.");
    world.crosspull(["list"]).await.exits(0).says("There are no setups on this machine.");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_has_is_not_taken_back_nor_forgotten() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    let refused = world.crosspull(["undo", "shop-prod", "--yes"]).await.exits(2);
    shown!(world, refused.stderr, @"");
    let refused = world.crosspull(["forget", "shop-prod", "--yes"]).await.exits(2);
    shown!(world, refused.stderr, @"");
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn setups_are_looked_at_without_asking_anybody() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    let asked = world.sim.requests().len();
    let look = async |args: &[&str]| world.crosspull(args.iter().copied()).await.exits(0);
    shown!(world, look(&["list"]).await.stdout, @"");
    shown!(world, look(&["show", "shop-prod"]).await.stdout, @"");
    shown!(world, look(&["report", "shop-prod"]).await.stdout, @"");

    let list = look(&["list", "--json"]).await.objects();
    assert_eq!((list.len(), list[0]["name"].as_str(), list[0]["state"].as_str()), (1, Some("shop-prod"), Some("connected")));
    let id = list[0]["setup"].as_str().unwrap();
    let app = world.ours()[0].app_id.to_string();
    for command in ["show", "report"] {
        let report = look(&[command, id, "--json"]).await.objects();
        assert_eq!(report.len(), 1);
        assert_eq!((report[0]["state"].as_str(), report[0]["app_id"].as_str()), (Some("connected"), Some(app.as_str())));
    }
    assert_eq!(world.sim.requests().len(), asked, "nobody was asked");
}

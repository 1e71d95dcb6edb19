//! `apply`, `resume` and `undo`, killed several times in a row.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{StreamExt as _, stream};

use super::{Dice, Moment, assert_no_reset_met_another};
use crate::{program::harness::Running, proof::Proof, world::World};

/// So many worlds are there at once.
const SIDE_BY_SIDE: usize = 4;

/// More starts than any setup needs.
const STARTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_goes_on_to_the_proof() {
    run("kill: apply and resume", 5, 420, async |seed, kills| connected(seed, kills).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_takes_back_to_the_end() {
    run("kill: undo", 2, 100, async |seed, kills| taken_back(seed, kills).await).await;
}

/// Runs cases side by side, and says how often the program died in them.
pub(super) async fn run(name: &'static str, short: u64, full: u64, case: impl AsyncFn(u64, &AtomicU64)) {
    let (proof, kills) = (Proof::new(name), AtomicU64::new(0));
    stream::iter(proof.seeds(short, full))
        .for_each_concurrent(SIDE_BY_SIDE, |seed| proof.case(seed, case(seed, &kills)))
        .await;
    println!("{name}: {} times killed", kills.into_inner());
    proof.end();
}

async fn connected(seed: u64, kills: &AtomicU64) {
    let world = World::new("default").await;
    let mut dice = Dice::new(seed);
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let apply = ["apply", file.to_str().unwrap(), "--yes", "--json"];
    let agreed = ["resume", "shop-prod", "--yes", "--json", "--confirm-nodes", "shop-prod"];
    let mut deaths = 1 + dice.below(5);
    let mut args = apply.to_vec();
    for start in 1.. {
        assert!(start < STARTS, "it comes to no end");
        let mut running = world.start(args.iter().copied());
        if deaths > 0 {
            let moment = Moment::of(&mut dice, 45, 90);
            moment.arm(&world);
            if moment.kill(&world, &mut running).await {
                deaths -= 1;
                kills.fetch_add(1, Ordering::SeqCst);
            }
        }
        let out = running.end().await;
        args = match out.code {
            0 => break,
            // As the program says: what was agreed to in advance was one replacement.
            4 => agreed.to_vec(),
            // Killed around two resets: nothing tells which key came last, and that is said. Another reset settles it.
            5 if out.stdout.contains("more than one key was sent to it") => agreed.to_vec(),
            137 => vec!["resume", "shop-prod", "--yes", "--json"],
            // Nothing had been begun.
            2 if out.stderr.contains("find a setup named") => apply.to_vec(),
            _ => panic!("{}", out.exits(0).stderr),
        };
    }
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!(world.labelled_keys().len(), 1);
    assert_eq!(world.ours().len(), 1, "not even a deleted one");
    assert_no_reset_met_another(&world);
    let listed = world.crosspull(["list", "--json"]).await.exits(0).objects();
    assert_eq!(listed.len(), 1, "{listed:?}");
}

async fn taken_back(seed: u64, kills: &AtomicU64) {
    let world = World::new("default").await;
    let mut dice = Dice::new(seed);
    let file = world.setup_file("shop-vnet", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(4);
    let mut deaths = 1 + dice.below(4);
    for start in 1.. {
        assert!(start < STARTS, "it comes to no end");
        let mut running = Running::of(world.command(["undo", "shop-vnet", "--yes", "--json"]));
        if deaths > 0 {
            let moment = Moment::of(&mut dice, 14, 30);
            moment.arm(&world);
            if moment.kill(&world, &mut running).await {
                deaths -= 1;
                kills.fetch_add(1, Ordering::SeqCst);
            }
        }
        match running.end().await {
            out if out.code == 0 => break,
            // All was taken back, and the last line was the one at which it died.
            out if out.code == 2 && out.stderr.contains("taken back already") => break,
            out => assert_eq!(out.code, 137, "{}\n{}", out.stdout, out.stderr),
        }
    }
    world.assert_nothing_left();
    assert_eq!((world.ours().len(), world.labelled_keys().len()), (1, 0), "one app, in the recycle bin");
    assert_eq!(world.calls("aks.clusters.reset_service_principal"), 0);
}

//! Two processes at once on one setup: one is at work, the other one is told so, and nothing is doubled.

use crosspull::sim::{Action, Rule};

use super::assert_no_reset_met_another;
use crate::{
    program::harness::{Running, one_line},
    proof::Proof,
    terminal::{pty::ESC, resume::waiting, whole::accept},
    world::World,
};

/// Another process holds the setup.
const BUSY: i32 = 7;

/// Takes so long that others come meanwhile.
fn slow(world: &World, operation: &str) {
    world.sim.faults().add(Rule::new(operation, Action::Delay { delay_ms: 6000 }));
}

/// Everything that somebody else could want of it, at once. What is being taken back is answered in the shell.
async fn everybody_else_is_busy(world: &World, name: &str, taken_back: bool) {
    let busy = [
        &["resume", name, "--yes"][..],
        &["resume"],
        &["resume", name, "--confirm-nodes", "shop-prod", "--yes"],
        &["undo", name, "--yes"],
        &["forget", name, "--yes"],
    ];
    let busy = busy.map(async |args| {
        let out = world.crosspull(args.iter().copied()).await.exits(BUSY);
        assert!(one_line(&out.stderr).contains("another crosspull is at work on it"), "{args:?}: {}", out.stderr);
    });
    let mut wizard = world.wizard(["resume", name]).start();
    let wizard = tokio::task::spawn_blocking(move || {
        wizard.shows("another crosspull is at work on it");
        if taken_back {
            let left = wizard.end().exits(BUSY.unsigned_abs());
            assert!(!left.raw.contains(&0x1b), "the screen was never taken");
            return;
        }
        wizard.keys(ESC);
        wizard.hides("another crosspull is at work on it");
        wizard.keys("q");
        wizard.end().gave_back();
    });
    let (_, wizard) = futures::join!(futures::future::join_all(busy), wizard);
    wizard.unwrap();
    for args in [&["list"][..], &["show", name], &["report", name]] {
        world.crosspull(args.iter().copied()).await.exits(0);
    }
}

async fn beside_apply(operation: &str) {
    let world = World::new("default").await;
    slow(&world, operation);
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let run = world.start(["apply", file.to_str().unwrap(), "--yes"]);
    world.all_faults_struck().await;
    world.apply_file(&file).await.exits(2);
    everybody_else_is_busy(&world, "shop-prod", false).await;
    run.end().await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((world.labelled_keys().len(), world.ours().len()), (1, 1));
    assert_no_reset_met_another(&world);
}

async fn beside_undo() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(4);
    slow(&world, "graph.application.delete");
    let run = world.start(["undo", "shop-prod", "--yes"]);
    world.all_faults_struck().await;
    everybody_else_is_busy(&world, "shop-prod", true).await;
    run.end().await.exits(0);
    world.assert_nothing_left();
}

async fn beside_the_wizard() {
    let world = waiting(|_, _| {}).await;
    let wizard = world.wizard(["resume", "new-shop"]).start();
    wizard.shows("WAITS FOR Fabrikam");
    everybody_else_is_busy(&world, "new-shop", false).await;
    wizard.signal("KILL");
    wizard.killed();
    accept(&world);
    let mut resume = world.command(["resume", "new-shop", "--yes", "--confirm-nodes", "shop-prod"]);
    for operator in ["ana", "ben"] {
        resume.env(operator.to_uppercase(), world.operator(operator).client_secret);
    }
    Running::of(resume).end().await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

/// Several that begin the same thing at the same time: one of them does.
async fn all_at_once() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let apply = ["apply", file.to_str().unwrap(), "--yes"];
    let runs = [(); 3].map(|()| world.start(apply));
    let mut codes = Vec::new();
    for run in runs {
        let out = run.end().await;
        assert!(out.code == 0 || out.stderr.contains("a setup of that name is unfinished"), "{}", out.stderr);
        codes.push(out.code);
    }
    codes.sort_unstable();
    assert_eq!(codes, [0, 2, 2]);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((world.labelled_keys().len(), world.ours().len()), (1, 1));
    assert_no_reset_met_another(&world);

    // The same of those who take one up that was left.
    let file = world.setup_file("shop-vnet", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(4);
    let runs = [(); 4].map(|()| world.start(["resume", "shop-vnet", "--yes", "--confirm-nodes", "shop-vnet"]));
    let mut codes = Vec::new();
    for run in runs {
        codes.push(run.end().await.code);
    }
    codes.sort_unstable();
    assert_eq!(codes, [0, BUSY, BUSY, BUSY]);
    world.assert_every_node_pulls("shop-vnet", "fabrikamimages");
    assert_no_reset_met_another(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_on_one_setup_one_is_at_work() {
    let proof = Proof::new("kill: two at once");
    let (key, reset) = ("graph.application.add_password", "aks.clusters.reset_service_principal");
    futures::join!(
        proof.case("while the key is made", beside_apply(key)),
        proof.case("while the reset is sent", beside_apply(reset)),
        proof.case("while it is taken back", beside_undo()),
        proof.case("while the wizard waits", beside_the_wizard()),
        proof.case("all at once", all_at_once()),
    );
    proof.end();
}

//! Stopped in an orderly way, killed, and resumed.

use std::process::Stdio;

use crosspull::sim::{Action, Rule};

use super::harness::Running;
use crate::world::World;

async fn assert_goes_on(world: &World) {
    world.crosspull(["resume", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!(world.labelled_keys().len(), 1);
    assert_eq!(world.ours().len(), 1, "not even a deleted one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_stops_in_an_orderly_way() {
    for (signal, line) in [("INT", "identity        done"), ("TERM", "waits for Azure to finish the cluster update")] {
        let world = World::new("default").await;
        let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
        let mut run = world.start(["apply", file.to_str().unwrap(), "--yes"]);
        run.line(line).await;
        run.signal(signal).await;
        let out = run.end().await.exits(6).says("Stopped. What is done stays done.").says("crosspull resume shop-prod");
        let said = out.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(said.contains("Azure goes on replacing the cluster's nodes."), signal == "TERM", "{said}");
        assert_goes_on(&world).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_that_is_printed_goes_on_as_it_stands() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("name", "our shop").set("options.confirm_node_replacement", false);
    });
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes"]).await.exits(4);
    let command = out.stdout.lines().last().unwrap().trim().to_owned();
    assert!(
        command.starts_with("crosspull resume 'our shop' --confirm-nodes shop-prod --resource-manager"),
        "{command}"
    );
    // Another shell, in another folder, with the program on its path.
    let shell = world.bare_command(Vec::<String>::new());
    let program = std::path::Path::new(shell.as_std().get_program()).parent().unwrap().to_owned();
    let variables: Vec<_> = shell.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))).collect();
    let mut again = tokio::process::Command::new("/bin/sh");
    again.args(["-c", &format!("cd / && {command}")]).env_clear().envs(variables).env("PATH", program);
    again.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Running::of(again).end().await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    world.crosspull(["show", "our shop"]).await.exits(0).says("\ncrosspull report 'our shop' --resource-manager");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_before_anything_was_changed_leaves_nothing() {
    let world = World::new("default").await;
    world.sim.faults().add(Rule::new("arm.permissions.list", Action::Delay { delay_ms: 60_000 }).times(9));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let run = world.start(["apply", file.to_str().unwrap(), "--yes"]);
    world.asked_for("aks.clusters.get").await;
    run.signal("INT").await;
    run.end().await.exits(6);
    assert!(world.writes().is_empty() && !world.folder.path().join("setups").exists());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_at_the_beginning_leaves_nothing() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    // The first record of the journal does not fit; then the first does, and the second does not.
    for blocks in ["0", "1"] {
        let whole = world.command(["apply", file.to_str().unwrap(), "--yes"]);
        let mut limited = tokio::process::Command::new("sh");
        limited.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
        limited.arg(whole.as_std().get_program()).args(whole.as_std().get_args()).env_clear();
        limited.envs(whole.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
        limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let out = Running::of(limited).end().await.exits(1);
        assert!(out.stderr.contains("could not write"), "{}", out.stderr);
        let left = std::fs::read_dir(world.folder.path().join("setups")).unwrap().count();
        assert_eq!((left, world.writes().len()), (0, 0), "{blocks} blocks");
    }
    world.apply_file(&file).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

/// Killed as soon as a record is written, and resumed.
async fn killed(at: fn(&serde_json::Value) -> bool, slow: &[&str]) {
    let world = killed_at(at, slow).await;
    assert_goes_on(&world).await;
    let all = world.sim.requests();
    let taken = all.iter().filter(|one| one.operation.ends_with("reset_service_principal") && one.status == 202);
    assert_eq!(taken.count(), 1);
}

async fn killed_at(at: fn(&serde_json::Value) -> bool, slow: &[&str]) -> World {
    let world = World::new("default").await;
    for operation in slow {
        // The kill comes first, while the request is out.
        world.sim.faults().add(Rule::new(*operation, Action::Delay { delay_ms: 60_000 }));
    }
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let mut run = world.start(["apply", file.to_str().unwrap(), "--yes", "--json"]);
    loop {
        let line = run.line("{").await;
        let event: serde_json::Value = serde_json::from_str(&line).unwrap();
        if event["event"] == "record" && at(&event["entry"]) {
            break;
        }
    }
    world.all_faults_struck().await;
    run.signal("KILL").await;
    run.end().await.exits(128 + 9);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_answers_double_nothing() {
    let world = World::new("default").await;
    for operation in [
        "graph.application.upsert",
        "graph.service_principal.upsert",
        "graph.application.add_password",
        "arm.role_assignments.create",
        "aks.clusters.reset_service_principal",
    ] {
        world.sim.faults().add(Rule::new(operation, Action::DropAfter));
    }
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((world.labelled_keys().len(), world.calls("aks.clusters.reset_service_principal")), (1, 1));
}

fn is(entry: &serde_json::Value, record: &str, step: &str) -> bool {
    entry["record"] == record && entry["step"] == step
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_app_is_being_registered() {
    killed(|entry| is(entry, "intent", "registration"), &["graph.application.upsert"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_when_the_key_was_made() {
    killed(|entry| is(entry, "applied", "secret"), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_key_is_being_made() {
    killed(|entry| is(entry, "intent", "secret"), &["graph.application.add_password"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_reset_is_being_sent() {
    let world = killed_at(|entry| entry["record"] == "delivered", &["aks.clusters.reset_service_principal"]).await;
    // It never arrived, and what was agreed to in advance was that one.
    let out = world.crosspull(["resume"]).await.exits(4).says("it did not arrive: the cluster shows no sign of it");
    out.says("What you agreed to in advance was one replacement; this would be another.");
    world.crosspull(["list"]).await.exits(0).says("waits for your yes");
    world.crosspull(["resume", "--confirm-nodes", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!(world.labelled_keys().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_nodes_are_being_replaced() {
    killed(|entry| is(entry, "applied", "cluster-update"), &[]).await;
}

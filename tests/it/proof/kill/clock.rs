//! A clock that jumps between runs and during one: no wait without end, no time that is less than none, no wrong end of a key.

use std::{fs, path::PathBuf};

use crosspull::sim::{Action, Rule};
use tokio::process::Command;

use crate::{
    program::harness::{Output, Running},
    proof::{Proof, Size},
    world::World,
};

/// What a clock may be wrong by. By more, and no certificate is believed: that is told as such (`CP-714`).
const OFF: [&str; 6] = ["+3h", "-3h", "+2d", "-20h", "+20m", "-11m"];

/// What lies to a program about the time: Debian's `libfaketime`.
fn liar() -> Option<PathBuf> {
    let places = fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path().join("faketime"));
    let found = places.map(|folder| folder.join("libfaketime.so.1")).find(|library| library.exists());
    if found.is_none() {
        println!("skipped: there is no libfaketime (Debian: apt-get install faketime)");
    }
    found
}

/// The program, whose clock a file sets. What waits does so in true time.
fn told(world: &World, liar: &PathBuf, args: &[&str]) -> (Command, PathBuf) {
    let mut command = world.command(args.iter().copied());
    let clock = world.path("clock");
    command.env("LD_PRELOAD", liar).env("FAKETIME_TIMESTAMP_FILE", &clock).env("FAKETIME_NO_CACHE", "1");
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("DONT_FAKE_MONOTONIC", "1");
    (command, clock)
}

async fn at(world: &World, liar: &PathBuf, off: &str, args: &[&str]) -> Output {
    let (command, clock) = told(world, liar, args);
    fs::write(clock, off).unwrap();
    Running::of(command).end().await
}

/// No text says that something takes, or took, less than no time.
#[track_caller]
fn assert_sound(out: &Output) {
    let text = format!("{}\n{}", out.stdout, out.stderr);
    let strange = |word: &str| {
        let word = word.trim_start_matches('(');
        word.starts_with('-') && word[1..].starts_with(|c: char| c.is_ascii_digit())
    };
    let found: Vec<_> = text.split_whitespace().filter(|word| strange(word)).collect();
    assert!(found.is_empty(), "{found:?} in {text}");
    assert!(!text.contains("panicked"), "{text}");
}

/// The key ends when its setup says, by the clock of the service.
#[track_caller]
fn assert_key_is_good(world: &World, off: &str) {
    let inside = world.sim.world().lock();
    let now = inside.now();
    let keys = inside.tenants.iter().flat_map(|tenant| tenant.applications.values()).flat_map(|app| &app.passwords);
    let ours =
        keys.filter(|key| !key.removed && key.display_name.as_deref().is_some_and(|it| it.starts_with("crosspull")));
    let days: Vec<i64> = ours.map(|key| (key.end - now).whole_days()).collect();
    assert_eq!(days.len(), 1);
    let wrong = if off.ends_with('d') { off[1..off.len() - 1].parse::<i64>().unwrap() } else { 1 };
    assert!((360 - wrong..=366 + wrong).contains(&days[0]), "{off}: {days:?} days");
}

async fn between(liar: &PathBuf, first: &str, then: &str) {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    let out = at(&world, liar, first, &["apply", file.to_str().unwrap(), "--yes"]).await.exits(4);
    assert_sound(&out);
    for args in [&["list"][..], &["show", "shop-prod"], &["report", "shop-prod"]] {
        assert_sound(&at(&world, liar, then, args).await.exits(0));
    }
    let out = at(&world, liar, then, &["resume", "shop-prod", "--yes", "--confirm-nodes", "shop-prod"]).await.exits(0);
    assert_sound(&out);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_key_is_good(&world, then);
    assert_sound(&at(&world, liar, first, &["show", "shop-prod"]).await.exits(0));
}

async fn during(liar: &PathBuf, off: &str, step: &str) {
    let world = World::new("default").await;
    // The update takes a while, and is looked at with the new time.
    world.sim.faults().add(Rule::new("arm.role_assignments.create", Action::Delay { delay_ms: 50 }).times(3));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let (command, clock) = told(&world, liar, &["apply", file.to_str().unwrap(), "--yes"]);
    fs::write(&clock, "+0").unwrap();
    let mut run = Running::of(command);
    run.line(step).await;
    fs::write(&clock, off).unwrap();
    let out = run.end().await.exits(0);
    assert_sound(&out);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_key_is_good(&world, off);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_does_no_harm() {
    let Some(liar) = liar() else { return };
    let proof = Proof::new("kill: a clock that jumps");
    let size = Size::wanted();
    for (index, off) in OFF.into_iter().enumerate().take(if size == Size::Full { OFF.len() } else { 2 }) {
        let other = OFF[(index + 1) % OFF.len()];
        let key = proof.case(format!("{off} while the key is made"), during(&liar, off, "registration    done"));
        let update = proof.case(format!("{off} while nodes are replaced"), during(&liar, off, "probe           done"));
        let runs = proof.case(format!("{off} and then {other}"), between(&liar, off, other));
        let back = proof.case(format!("+0 and then {off}"), between(&liar, "+0", off));
        futures::join!(key, update, runs, back);
    }
    proof.end();
}

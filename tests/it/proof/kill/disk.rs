//! A data folder on a disk that is full, full half way through a write, read-only, or taken away: nothing is lost, and
//! nothing is done that is not on record.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use futures::{StreamExt as _, stream};

use super::Dice;
use crate::{
    program::harness::{Output, Running, one_line},
    proof::{Proof, Size},
    world::World,
};

/// So many worlds are there at once.
const SIDE_BY_SIDE: usize = 4;

/// Requests that change something, and the step whose intent is on record before one is sent.
const INTENDED: [(&str, &[&str]); 6] = [
    ("graph.application.upsert", &["registration"]),
    ("graph.application.update", &["registration", "identity"]),
    ("graph.service_principal.upsert", &["identity", "consent"]),
    ("arm.role_assignments.create", &["carry-over", "registry-role"]),
    ("graph.application.add_password", &["secret"]),
    ("aks.clusters.reset_service_principal", &["cluster-update"]),
];

/// Whole lines of the only setup's journal.
fn records(world: &World) -> Vec<serde_json::Value> {
    let Some(journal) = journal(world.folder.path()) else { return Vec::new() };
    let text = fs::read_to_string(journal).unwrap();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn journal(folder: &Path) -> Option<PathBuf> {
    let setup = fs::read_dir(folder.join("setups")).ok()?.next()?.unwrap().path();
    Some(setup.join("journal.jsonl"))
}

/// Every request that changed something had been announced on disk, and a reset's key as well.
#[track_caller]
fn assert_all_on_record(world: &World) {
    let records = records(world);
    let intended: BTreeSet<_> =
        records.iter().filter(|one| one["record"] == "intent").filter_map(|one| one["step"].as_str()).collect();
    let all = world.sim.requests();
    for (operation, steps) in INTENDED {
        let sent = all.iter().any(|one| one.operation == operation);
        assert!(!sent || steps.iter().any(|step| intended.contains(step)), "{operation} without an intent");
    }
    let reset = world.calls("aks.clusters.reset_service_principal") > 0;
    assert!(!reset || records.iter().any(|one| one["record"] == "delivered"), "a reset whose key is not on record");
}

/// The program, which can write no file beyond this length.
fn limited(world: &World, bytes: u64, args: &[&str]) -> Running {
    let whole = world.command(args.iter().copied());
    let mut limited = tokio::process::Command::new("sh");
    limited.args(["-c", &format!("trap '' XFSZ; exec prlimit --fsize={bytes} -- \"$@\""), "sh"]);
    limited.arg(whole.as_std().get_program()).args(whole.as_std().get_args()).env_clear();
    limited.envs(whole.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    Running::of(limited)
}

/// It said what happened, and what is to be done once there is room.
#[track_caller]
fn assert_says_it(out: &Output) {
    let words = one_line(&out.stderr);
    assert_eq!(out.code, 1, "{words}");
    assert!(words.contains("could not") && words.contains("because:"), "{words}");
    assert!(!words.contains("panicked"), "{words}");
}

/// Once there is room it goes on, or begins.
async fn goes_on(world: &World, file: &Path) {
    assert_all_on_record(world);
    if journal(world.folder.path()).is_none() {
        world.apply_file(file).await.exits(0);
    } else {
        let out = world.crosspull(["resume", "shop-prod"]).await;
        // What was on record may have been the last word before the reset, or the reset that never went out. Or a key was taken
        // away in an orderly end that there was no room to record: then the plan is another one.
        if out.code == 4 {
            world.crosspull(["resume", "shop-prod", "--yes", "--confirm-nodes", "shop-prod"]).await.exits(0);
        } else if !out.stdout.contains("nothing to do") {
            out.exits(0);
        }
    }
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((world.labelled_keys().len(), world.ours().len()), (1, 1));
}

async fn full_after(bytes: u64) {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = limited(&world, bytes, &["apply", file.to_str().unwrap(), "--yes"]).end().await;
    if out.code != 0 {
        assert_says_it(&out);
    }
    goes_on(&world, &file).await;
}

/// Where the lines of a whole journal end.
async fn line_ends() -> Vec<u64> {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    let bytes = fs::read(journal(world.folder.path()).unwrap()).unwrap();
    (1..).zip(bytes).filter(|(_, byte)| *byte == b'\n').map(|(end, _)| end).collect()
}

/// Cut between two records, within one, and before the very sign that ends it: as a disk is full in the middle of a write.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_full_loses_nothing() {
    let proof = Proof::new("kill: a disk that is full");
    let ends = line_ends().await;
    let all: Vec<u64> = ends.iter().flat_map(|end| [end - 1, *end, end + 1, end + 60]).collect();
    let limits: Vec<u64> = match Size::wanted() {
        Size::Full => all,
        Size::Short => {
            let mut dice = Dice::new(proof.seeds(1, 1).next().unwrap());
            (0..6).map(|_| all[usize::try_from(dice.below(all.len() as u64)).unwrap()]).collect()
        }
    };
    stream::iter(limits)
        .for_each_concurrent(SIDE_BY_SIDE, |bytes| proof.case(format!("{bytes} bytes"), full_after(bytes)))
        .await;
    proof.end();
}

/// A file system of its own, in memory.
struct Mounted(PathBuf);

impl Mounted {
    /// `None` where this user may mount nothing, which is said.
    fn new(at: &Path, kilobytes: u64) -> Option<Self> {
        let size = format!("size={kilobytes}k,mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "crosspull-test"]).arg(at).output();
        if mounted.is_ok_and(|it| it.status.success()) {
            return Some(Self(at.to_owned()));
        }
        println!("skipped: only root can mount a small file system");
        None
    }

    fn remount(&self, options: &str) {
        let option = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &option]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

impl World {
    /// Has its data folder on a small file system.
    fn on_a_small_disk(&self, kilobytes: u64) -> Option<Mounted> {
        Mounted::new(self.folder.path(), kilobytes)
    }
}

async fn small(kilobytes: u64) {
    let world = World::new("default").await;
    let Some(disk) = world.on_a_small_disk(kilobytes) else { return };
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.apply_file(&file).await;
    if out.code != 0 {
        assert_says_it(&out);
    }
    disk.remount("size=10m");
    goes_on(&world, &file).await;
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_disk_loses_nothing() {
    let proof = Proof::new("kill: a small disk");
    // The setup's file, the certificate and folders take some of it.
    let sizes: Vec<u64> = (12..=64).step_by(if Size::wanted() == Size::Full { 4 } else { 24 }).collect();
    stream::iter(sizes).for_each_concurrent(SIDE_BY_SIDE, |size| proof.case(format!("{size} kB"), small(size))).await;
    proof.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_is_read_only_changes_nothing_anywhere() {
    let world = World::new("default").await;
    let Some(disk) = world.on_a_small_disk(1000) else { return };
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.ca_file();
    let log = world.path("crosspull.log");
    disk.remount("ro");
    let keep = |args: &[&str]| world.bare_command(args.iter().copied());
    let to_it = |mut command: tokio::process::Command| {
        command.arg("--resource-manager").arg(&world.sim.ready().resource_manager);
        command.arg("--ca-file").arg(world.folder.path().join("files/ca.pem")).args(["--pace", "200"]);
        Running::of(command)
    };
    let apply = ["apply", file.to_str().unwrap(), "--yes"];
    let out = to_it(keep(&apply)).end().await;
    assert_says_it(&out);
    assert!(one_line(&out.stderr).contains("Read-only file system"), "{}", out.stderr);
    assert!(world.writes().is_empty());
    let logged = to_it(keep(&["list", "--log", log.to_str().unwrap()])).end().await;
    assert_says_it(&logged);

    disk.remount("rw");
    world.apply_file(&file).await.exits(4);
    let before = world.writes().len();
    disk.remount("ro");
    for args in [&["resume", "shop-prod", "--confirm-nodes", "shop-prod"][..], &["undo", "shop-prod", "--yes"]] {
        let out = to_it(keep(args)).end().await;
        assert_says_it(&out);
        assert_eq!(world.writes().len(), before, "{args:?}");
    }
    for args in [&["list"][..], &["show", "shop-prod"], &["report", "shop-prod"]] {
        to_it(keep(args)).end().await.exits(0);
    }
    disk.remount("rw");
    world.crosspull(["resume", "shop-prod", "--confirm-nodes", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    drop(disk);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_taken_away_stops_the_work() {
    for step in ["registration", "secret", "probe"] {
        let world = World::new("default").await;
        let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
        let mut run = world.start(["apply", file.to_str().unwrap(), "--yes", "--json"]);
        loop {
            let told: serde_json::Value = serde_json::from_str(&run.line("{").await).unwrap();
            if told["entry"]["record"] == "applied" && told["entry"]["step"] == step {
                break;
            }
        }
        fs::remove_dir_all(world.folder.path().join("setups")).unwrap();
        let out = run.end().await;
        assert_eq!(out.code, 1, "{}", out.stderr);
        let words = one_line(&out.stderr);
        assert!(words.contains("was removed or replaced while crosspull was at work on it"), "{words}");
        assert_eq!(world.calls("aks.clusters.reset_service_principal"), 0, "{step}");
    }
}

/// What tells of the work does not stop it.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_stops_nothing_and_is_told_once() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--log", "/dev/full"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    let told = one_line(&out.stderr);
    assert_eq!(told.matches("The log /dev/full could not be written: No space left on device").count(), 1, "{told}");
    assert!(out.stderr.lines().count() < 4, "{told}");
}

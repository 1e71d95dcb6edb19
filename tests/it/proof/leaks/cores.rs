//! What becomes of a process's memory when it dies, and who may look into it while it lives.

use std::{
    fs,
    path::Path,
    process::{Output, Stdio},
};

use crosspull::sim::{Action, Rule};
use tokio::process::Command;

use crate::{
    leaks::{Places, Secrets},
    program::{harness::Running, truth::until},
    proof::Proof,
    world::World,
};

/// A user who is nobody: neither root nor the owner of anything.
const NOBODY: &str = "65534";

/// The program in the middle of a setup, with its secrets in memory, asked to dump its core when it dies.
async fn at_work(world: &World, as_nobody: bool) -> Running {
    world.sim.faults().add(Rule::new("graph.application.add_password", Action::Delay { delay_ms: 60_000 }));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let whole = world.command(["apply", file.to_str().unwrap(), "--yes"]);
    let mut command = unlimited(world.folder.path(), as_nobody);
    command.arg(whole.as_std().get_program()).args(whole.as_std().get_args()).env_clear();
    command.envs(whole.as_std().get_envs().filter_map(|(name, value)| Some((name, value?))));
    if as_nobody {
        let owned = std::process::Command::new("chown").args(["-R", NOBODY]).arg(world.folder.path()).status();
        assert!(owned.unwrap().success());
    }
    let running = Running::of(command);
    world.all_faults_struck().await;
    running
}

/// Whatever is added to this runs in a folder where a core dump of any size may be left.
fn unlimited(folder: &Path, as_nobody: bool) -> Command {
    let user =
        if as_nobody { format!("setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups ") } else { String::new() };
    let mut command = Command::new("sh");
    // Whoever is started in the background of a shell may have been told to ignore some signals.
    let heeding = "env --default-signal ";
    command.args(["-c", &format!("ulimit -c unlimited; exec {user}{heeding}\"$@\""), "sh"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Files that hold a core dump.
fn cores(folder: &Path) -> Vec<String> {
    let elf = |path: &Path| fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"));
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file() && elf(path)).map(|path| path.display().to_string()).collect()
}

/// Another program that dies in the same way, in the same folder, leaves its memory behind. `None` where this machine keeps
/// none, which is said.
async fn another_leaves_one(folder: &Path) -> Option<()> {
    let mut command = unlimited(folder, false);
    command.args(["sh", "-c", "kill -s ABRT $$"]).env("HELD", "hunter2-in-the-environment");
    let left = Running::of(command).end().await;
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    if !left.core_dumped {
        println!("not shown here: this machine keeps no core dumps ({})", pattern.trim());
        return None;
    }
    match cores(folder).as_slice() {
        [] => println!("core dumps are kept elsewhere ({}); the system's word is taken for it", pattern.trim()),
        [core] => {
            let mut places = Places::default();
            places.add("core", String::from_utf8_lossy(&fs::read(core).unwrap()));
            let mut secrets = Secrets::default();
            secrets.add("held", "hunter2-in-the-environment");
            assert!(places.hold_any_of(&secrets), "the search finds what a core dump holds");
            fs::remove_file(core).unwrap();
        }
        more => panic!("{more:?}"),
    }
    Some(())
}

async fn dies_of(signal: &str) {
    let world = World::new("default").await;
    let folder = tempfile::tempdir().unwrap();
    if another_leaves_one(folder.path()).await.is_none() {
        return;
    }
    let running = at_work(&world, false).await;
    running.signal(signal).await;
    if signal == "SEGV" {
        // The language's own look at it finds that nothing was read, steps aside, and lets it go on once. Two signals at once
        // would be one.
        until("nobody looks at it any more", || !looks_at_segv(running.id())).await;
        running.signal(signal).await;
    }
    let left = running.end().await;
    assert!(left.code > 128, "{left:?}");
    assert!(!left.core_dumped && cores(world.folder.path()).is_empty(), "{:?}", cores(world.folder.path()));
}

/// Whether a process has a handler of its own for a read where nothing is.
fn looks_at_segv(id: u32) -> bool {
    const SEGV: u32 = 11;
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("the signals that it catches");
    u64::from_str_radix(caught.trim(), 16).unwrap() >> (SEGV - 1) & 1 == 1
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Somebody of the same user tries to read what a process holds.
async fn by_same_user(program: &str, args: &[&str]) -> Output {
    let mut command = if is_root() { unlimited(Path::new("/"), true) } else { Command::new("env") };
    command.arg(program).args(args).stdin(Stdio::null()).output().await.unwrap()
}

async fn nobody_looks_into_it() {
    let world = World::new("default").await;
    let running = at_work(&world, is_root()).await;
    let mut other = if is_root() { unlimited(Path::new("/"), true) } else { Command::new("env") };
    let mut other = other.args(["sleep", "600"]).env("HELD", "hunter2").kill_on_drop(true).spawn().unwrap();
    let (own, others) = (running.id().to_string(), other.id().unwrap().to_string());
    let has_become = |id: &str| fs::read_to_string(format!("/proc/{id}/comm")).unwrap().trim().to_owned();
    until("another program", || has_become(&others) == "sleep").await;
    assert_eq!(has_become(&own), "crosspull");

    let environment = |id: &str| format!("/proc/{id}/environ");
    let read = by_same_user("cat", &[&environment(&others)]).await;
    assert!(String::from_utf8_lossy(&read.stdout).contains("HELD=hunter2"), "others can be looked into: {read:?}");
    for file in ["environ", "mem", "maps"] {
        let read = by_same_user("cat", &[&format!("/proc/{own}/{file}")]).await;
        assert!(!read.status.success() && read.stdout.is_empty(), "{file}");
        assert!(String::from_utf8_lossy(&read.stderr).contains("Permission denied"), "{file}: {read:?}");
    }
    let gdb = |id: &str| ["-p", id, "-nx", "-batch", "-ex", "detach"].map(str::to_owned);
    let attach = async |id: &str| by_same_user("gdb", &gdb(id).each_ref().map(String::as_str)).await;
    if std::process::Command::new("gdb").arg("--version").output().is_ok() {
        let said =
            |out: &Output| format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        let refused = said(&attach(&own).await);
        assert!(refused.contains("Operation not permitted"), "{refused}");
        let attached = said(&attach(&others).await);
        assert!(attached.contains("detached"), "{attached}");
    } else {
        println!("skipped: there is no debugger to be refused (gdb)");
    }
    other.start_kill().unwrap();
    running.signal("KILL").await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_memory_is_nobody_elses() {
    let proof = Proof::new("leaks: core dumps");
    futures::join!(
        proof.case("it is aborted", dies_of("ABRT")),
        proof.case("it reads where nothing is", dies_of("SEGV")),
        proof.case("it is told to quit", dies_of("QUIT")),
        proof.case("somebody of the same user looks into it", nobody_looks_into_it()),
    );
    proof.end();
}

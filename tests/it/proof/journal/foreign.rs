//! What else can lie where a journal should: other files, other kinds of files, newer ones, and journals that others than
//! their owner could have written. Through the real program, which has to end, to say why, and to ask Azure for nothing.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::Command,
};

use sha2::{Digest as _, Sha256};

use super::Left;
use crate::{
    program::harness::{Running, one_line},
    proof::{Proof, Size},
};

/// What is done to a setup's folder.
type Change = fn(&Left);

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    /// It is read as before.
    Read,
    /// Each command says why not, in these words.
    Refused(&'static str),
    /// There is no such setup any more.
    Gone,
}

/// A record in the journal's form, with the checksum that belongs behind `before`.
fn line(before: &str, body: &str) -> String {
    let sum = |line: &str| -> [u8; 8] {
        let at = line.rfind("\"sum\":\"").unwrap() + 7;
        u64::from_str_radix(&line[at..at + 16], 16).unwrap().to_be_bytes()
    };
    let before = if before.is_empty() { [0; 8] } else { sum(before) };
    let digest = Sha256::new().chain_update(before).chain_update(body).finalize();
    let sum = u64::from_be_bytes(digest[..8].try_into().unwrap());
    format!("{},\"sum\":\"{sum:016x}\"}}\n", body.strip_suffix('}').unwrap())
}

fn put(left: &Left, bytes: impl AsRef<[u8]>) {
    fs::write(left.file(), bytes).unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Something else in the journal's place.
fn instead(left: &Left, put: impl FnOnce(&Path)) {
    fs::remove_file(left.file()).unwrap();
    put(&left.file());
}

fn text(left: &Left) -> String {
    String::from_utf8(left.bytes.clone()).unwrap()
}

const DAMAGED: &str = "is damaged";

fn kinds() -> Vec<(&'static str, Change, Then)> {
    use Then::{Gone, Read, Refused};
    vec![
        ("an empty file", |left| put(left, ""), Refused(DAMAGED)),
        ("line breaks", |left| put(left, "\n\n\n"), Refused(DAMAGED)),
        ("bytes", |left| put(left, (0..=255_u8).cycle().take(4096).collect::<Vec<_>>()), Refused(DAMAGED)),
        ("zeros, as after a power cut", |left| put(left, vec![0; left.bytes.len()]), Refused(DAMAGED)),
        ("other JSON", |left| put(left, "{\"version\":3,\"resources\":[]}\n"), Refused(DAMAGED)),
        ("a list of JSON", |left| put(left, "[\n{}\n]\n"), Refused(DAMAGED)),
        ("a long line", |left| put(left, "a".repeat(5 << 20)), Refused(DAMAGED)),
        ("line ends of Windows", |left| put(left, text(left).replace('\n', "\r\n")), Refused(DAMAGED)),
        ("a mark at the beginning", |left| put(left, format!("\u{feff}{}", text(left))), Refused(DAMAGED)),
        ("a line by hand behind it", |left| put(left, text(left) + "{\"record\":\"closed\"}\n"), Refused(DAMAGED)),
        (
            "a newer schema",
            |left| put(left, line("", r#"{"seq":1,"record":"opened","schema":2,"new":[]}"#)),
            Refused("was written by a newer crosspull"),
        ),
        (
            "a kind of record that is newer",
            |left| {
                let text = text(left);
                let (last, seq) = (text.lines().last().unwrap(), text.lines().count() + 1);
                let body =
                    format!("{{\"seq\":{seq},\"at\":\"2026-11-26T00:00:00Z\",\"record\":\"renewed\",\"key\":1}}");
                put(left, text.clone() + &line(last, &body));
            },
            Refused("cannot be read"),
        ),
        (
            "the journal of another setup",
            |left| {
                let other = left.folder.with_file_name("0b1c2d3e-0000-4000-8000-000000000000");
                fs::create_dir(&other).unwrap();
                fs::rename(left.file(), other.join("journal.jsonl")).unwrap();
                fs::remove_dir_all(&left.folder).unwrap();
                fs::rename(other.clone(), &left.folder).unwrap();
                let text = text(left);
                let id = left.folder.file_name().unwrap().to_str().unwrap();
                let first = text.lines().next().unwrap();
                let body =
                    first[..first.rfind(",\"sum\"").unwrap()].replace(id, "0b1c2d3e-0000-4000-8000-000000000000");
                put(left, line("", &(body + "}")));
            },
            Refused("0b1c2d3e-0000-4000-8000-000000000000"),
        ),
        ("no journal", |left| fs::remove_file(left.file()).unwrap(), Refused("could not read")),
        ("a folder", |left| instead(left, |path| fs::create_dir(path).unwrap()), Refused("not a file")),
        ("a pipe", |left| instead(left, pipe), Refused("not a file")),
        (
            "a link to the journal, elsewhere",
            |left| {
                let elsewhere = left.world.folder.path().join("elsewhere");
                fs::rename(left.file(), &elsewhere).unwrap();
                symlink(elsewhere, left.file()).unwrap();
            },
            Refused("not a file"),
        ),
        ("a link to nothing", |left| instead(left, |path| symlink("/nowhere", path).unwrap()), Refused("not a file")),
        ("a link in a circle", |left| instead(left, |path| symlink(path, path).unwrap()), Refused("not a file")),
        ("endless zeros", |left| instead(left, |path| symlink("/dev/zero", path).unwrap()), Refused("not a file")),
        ("a journal for all to read", |left| mode(&left.file(), 0o644), Read),
        ("a folder for all to look into", |left| mode(&left.folder, 0o755), Read),
        ("a journal for all to write", |left| mode(&left.file(), 0o666), Refused("others on this machine can write")),
        (
            "a journal for a group to write",
            |left| mode(&left.file(), 0o660),
            Refused("others on this machine can write"),
        ),
        ("a folder for all to write", |left| mode(&left.folder, 0o777), Refused("others on this machine can write")),
        (
            "a file instead of the folder",
            |left| {
                fs::remove_dir_all(&left.folder).unwrap();
                fs::write(&left.folder, "").unwrap();
            },
            Gone,
        ),
        (
            "a link instead of the folder",
            |left| {
                let elsewhere = left.world.folder.path().join("elsewhere");
                fs::rename(&left.folder, &elsewhere).unwrap();
                symlink(elsewhere, &left.folder).unwrap();
            },
            Gone,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_files_and_modes() {
    let proof = Proof::new("journal, foreign");
    let all: &[&[&str]] = &[&["list"], &["resume"], &["show"], &["report"], &["undo", "--yes"], &["forget", "--yes"]];
    for (at, (kind, change, then)) in kinds().into_iter().enumerate() {
        // In short, one of the first two, by turns.
        let commands = if Size::wanted() == Size::Full { all } else { &all[at % 2..=at % 2] };
        for command in commands {
            proof.case(format!("{kind}: {}", command[0]), one(change, then, command)).await;
        }
    }
    proof.end();
}

async fn one(change: Change, then: Then, command: &[&str]) {
    let left = Left::half_done().await;
    change(&left);
    let requests = left.world.sim.requests().len();
    let id = left.folder.file_name().unwrap().to_str().unwrap().to_owned();
    let mut args: Vec<String> = command.iter().map(|&arg| arg.to_owned()).collect();
    if command[0] != "list" {
        args.insert(1, id.clone());
    }
    let mut program = left.world.command(args);
    for operator in ["ana", "ben"] {
        program.env(operator.to_uppercase(), left.world.operator(operator).client_secret);
    }
    let out = Running::of(program).end().await;
    let told = one_line(&format!("{}\n{}", out.stdout, out.stderr));
    match (then, command[0]) {
        (Then::Read, "resume") => {
            assert_eq!(out.code, 0, "{told}");
            left.world.assert_every_node_pulls("shop-prod", "fabrikamimages");
            let now = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((now(&left.folder), now(&left.file())), (0o700, 0o600), "its owner's alone again");
            return;
        }
        // Its cluster has been touched: neither of them has to be done.
        (Then::Read, "undo" | "forget") => assert_ne!(out.code, 0, "{told}"),
        (Then::Read, _) => assert_eq!(out.code, 0, "{told}"),
        (Then::Refused(words), "list") => {
            assert_eq!(out.code, 0, "{told}");
            assert!(told.contains(&id) && told.contains("UNREADABLE") && told.contains(words), "{told}");
        }
        (Then::Refused(words), _) => {
            assert!(![0, 101].contains(&out.code) && told.contains(words), "{}: {told}", out.code);
        }
        (Then::Gone, "list") => assert_eq!((out.code, told.contains(&id)), (0, false), "{told}"),
        (Then::Gone, _) => assert!(out.code == 2 && told.contains("find a setup named"), "{}: {told}", out.code),
    }
    if command[0] != "undo" && command[0] != "resume" || then != Then::Read {
        assert_eq!(left.world.sim.requests().len(), requests, "nothing was asked of Azure");
    }
    assert!(!told.contains("panicked"), "{told}");
}

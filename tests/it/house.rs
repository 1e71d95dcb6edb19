//! The house's own rules: which room may use which, how long a file may be, that lib.rs names every room, and that what the
//! security page claims is tested.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// A room of `src`, and the rooms that it may use.
type Row = (&'static str, &'static [&'static str]);

/// `domain <- { azure, engine } <- steps <- session <- { tui, plain } <- { program, main }`, and what may be used from
/// where it fits: the leaves `secret` and `paths`, the words of `catalogue`, the program's `error`.
const MAY_USE: &[Row] = &[
    ("secret", &[]),
    ("paths", &[]),
    ("domain", &["secret"]),
    ("keychain", &["domain", "secret"]),
    ("catalogue", &["domain"]),
    ("azure", &["domain", "secret"]),
    ("engine", &["domain", "secret", "paths"]),
    ("error", &["domain", "engine"]),
    ("steps", &["azure", "engine", "domain", "catalogue", "keychain", "secret"]),
    ("session", &["steps", "azure", "engine", "domain", "catalogue", "error", "keychain", "secret", "paths"]),
    ("setup_file", &["domain", "error", "paths"]),
    ("report", &["steps", "engine", "domain", "catalogue", "error", "paths"]),
    ("words", &["steps", "engine", "domain", "catalogue"]),
    ("plain", &["words", "session", "report", "steps", "engine", "domain", "catalogue", "error", "secret"]),
    ("tui", &["words", "session", "report", "steps", "engine", "domain", "catalogue", "error", "secret", "paths"]),
    ("cli", &["domain"]),
    // The simulator shares ids with the others, and nothing that could agree with itself.
    ("sim", &["domain", "paths"]),
    (
        "program",
        &[
            "tui",
            "plain",
            "words",
            "cli",
            "setup_file",
            "report",
            "session",
            "steps",
            "engine",
            "azure",
            "sim",
            "catalogue",
            "error",
            "domain",
            "keychain",
            "secret",
            "paths",
        ],
    ),
    ("main", &[]),
    // Tries what reads, wherever that is.
    (
        "fuzzing",
        &["azure", "catalogue", "domain", "engine", "plain", "secret", "session", "setup_file", "tui", "words"],
    ),
    // Made-up plans and records, for tests alone.
    ("sample", &["setup_file", "engine", "domain", "catalogue"]),
];

const LONGEST: usize = 600;

struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

#[test]
fn dependencies_run_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| !is_test(&source.path)) {
        let Some(may) = allowed.get(source.room.as_str()) else {
            wrong.push(format!("{}: the room {} is not in the table", source.path.display(), source.room));
            continue;
        };
        for used in uses(&source.text) {
            let room = used.split("::").next().unwrap_or_default();
            if room != source.room && !may.contains(&room) {
                wrong.push(format!("{}: {} may not use {room}", source.path.display(), source.room));
            }
            if source.room == "sim" && room == "domain" && !used.ends_with("Id") {
                wrong.push(format!(
                    "{}: of domain the simulator takes ids alone, and not {used}",
                    source.path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_has_no_circles() {
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        MAY_USE.iter().map(|(room, may)| (*room, may.iter().copied().collect())).collect();
    while let Some(room) = left.iter().find(|(_, may)| may.is_empty()).map(|(room, _)| *room) {
        left.remove(room);
        for may in left.values_mut() {
            may.remove(room);
        }
    }
    assert!(left.is_empty(), "these use each other: {left:?}");
}

#[test]
fn no_file_is_too_long() {
    let lines = |source: &Source| source.text.lines().count();
    let long: Vec<_> =
        sources().iter().map(|one| (one.path.clone(), lines(one))).filter(|(_, n)| *n > LONGEST).collect();
    assert!(long.is_empty(), "more than {LONGEST} lines: {long:#?}");
}

#[test]
fn the_map_names_every_room() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let named: BTreeSet<&str> = map
        .lines()
        .filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';'))
        .collect();
    let rooms: BTreeSet<String> = sources().into_iter().map(|source| source.room).collect();
    let rooms: BTreeSet<&str> =
        rooms.iter().map(String::as_str).filter(|room| !["lib", "main"].contains(room)).collect();
    assert_eq!(named, rooms);
}

/// A claim whose test is gone is a claim that nobody has seen to hold.
#[test]
fn each_test_that_the_security_page_names_exists() {
    let tests: String = ["src", "tests"].iter().flat_map(|room| rust_files(room)).map(|(_, text)| text).collect();
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    // Tests have whole sentences for names; options and commands have not.
    let is_test = |word: &&str| word.matches('_').count() > 1 && !word.contains(|c: char| c.is_whitespace());
    let named: BTreeSet<&str> = page.split('`').skip(1).step_by(2).filter(is_test).collect();
    assert!(named.len() > 20, "{named:?}");
    let gone: Vec<_> = named.iter().filter(|name| !tests.contains(&format!("fn {name}("))).collect();
    assert!(gone.is_empty(), "SECURITY.md names tests that are not there: {gone:#?}");
}

#[test]
fn uses_are_found() {
    let text = "
        use crate::{
            azure::{self, graph::Graph}, // crate::not_this
            engine::{Fault, wait::{self, Look}},
            secret,
        };
        /// crate::nor_that
        fn one() { crate::steps::fault::fault() }
        pub(in crate::sim) fn two() {}

#[cfg(test)]
mod tests { use crate::sample; }
    ";
    let found = uses(text);
    let expected = [
        "azure::self",
        "azure::graph::Graph",
        "engine::Fault",
        "engine::wait::self",
        "engine::wait::Look",
        "secret",
        "steps::fault::fault",
        "sim",
    ];
    assert_eq!(found, expected);
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found: Vec<Source> = rust_files("src")
        .into_iter()
        .map(|(path, text)| {
            let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
            Source { room: first.trim_end_matches(".rs").to_owned(), path, text }
        })
        .collect();
    assert!(found.len() > 100, "only {} files found", found.len());
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Every file of Rust below a folder of the project, with its path inside that.
fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let folder = root().join(folder);
    let (mut found, mut folders) = (Vec::new(), vec![folder.clone()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.strip_prefix(&folder).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

/// Tests may use what they test with. `lib` names every room, and uses none.
fn is_test(path: &Path) -> bool {
    let stem = |part: &Path| part.file_stem().is_some_and(|stem| stem == "tests" || stem == "testing");
    path == Path::new("lib.rs") || path.ancestors().any(stem)
}

/// Every path that begins with `crate::`, without that; groups are taken apart. Tests at a file's end do not count.
fn uses(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let end = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    let mut found = Vec::new();
    for (at, word) in code[..end].match_indices("crate::") {
        path(&mut code[at + word.len()..end].chars().peekable(), "", &mut found);
    }
    found
}

/// Reads a path, or a group of them, up to where it ends.
fn path(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, before: &str, found: &mut Vec<String>) {
    let mut path = before.to_owned();
    loop {
        match rest.peek() {
            Some(&next) if next.is_alphanumeric() || next == '_' || next == ':' => {
                path.push(next);
                rest.next();
            }
            Some('{') => {
                rest.next();
                return group(rest, &path, found);
            }
            _ => break,
        }
    }
    let path = path.trim_end_matches(':');
    if !path.is_empty() && path != before.trim_end_matches(':') {
        found.push(path.to_owned());
    }
}

fn group(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, before: &str, found: &mut Vec<String>) {
    loop {
        match rest.peek() {
            None => return,
            Some('}') => {
                rest.next();
                return;
            }
            Some(next) if next.is_alphanumeric() || *next == '_' => path(rest, before, found),
            Some(_) => {
                rest.next();
            }
        }
    }
}

//! What fuzzing tries: every reader of text that comes from outside, and what must hold whatever the text is. The crate in
//! `fuzz/` runs these with a fuzzer; the tests run them over the texts of `fuzz/corpus`.

#![expect(
    clippy::panic,
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "what does not hold is told by a panic, as in a test"
)]

mod answers;
mod ids;
mod kept;
mod links;
mod shown;
mod signed;

/// A reader's name, and what tries it.
type Target = (&'static str, fn(&[u8]));

/// Every reader. `fuzz/fuzz_targets` has a file for each.
pub const TARGETS: &[Target] = &[
    ("journal", kept::journal),
    ("setup_file", kept::setup_file),
    ("first_field", ids::first_field),
    ("ids", ids::ids),
    ("permissions", ids::permissions),
    ("next_link", links::next_link),
    ("challenge", links::challenge),
    ("metadata", links::metadata),
    ("error_body", answers::error_body),
    ("retry_after", answers::retry_after),
    ("azure_cli", signed::azure_cli),
    ("claims", signed::claims),
    ("device_code", signed::device_code),
    ("redirect", signed::redirect),
    ("explain", shown::explain),
    ("terminal", shown::terminal),
];

/// Tries one input on a reader.
///
/// # Panics
/// Where something does not hold.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of that name");
    target(data);
}

/// The input as text, where it is some. Most readers are given text; one that takes bytes is given bytes.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The input in parts, for readers that take more than one thing: a NUL divides them.
fn parts<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    let mut parts = text(data)?.splitn(N, '\0');
    let mut found = [""; N];
    for part in &mut found {
        *part = parts.next().unwrap_or_default();
    }
    Some(found)
}

/// Nothing that a terminal would obey, or that makes a text read differently from what it is.
fn assert_harmless(what: &str, text: &str) {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(obeyed), "{what} holds what a terminal obeys: {text:?}");
}

/// The same for several lines.
fn assert_harmless_lines(what: &str, text: &str) {
    text.lines().for_each(|line| assert_harmless(what, line));
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn folder(below: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(below)
    }

    #[test]
    fn whatever_the_corpora_hold_is_read_as_it_should_be() {
        let mut wrong = Vec::new();
        for (name, target) in TARGETS {
            let files = fs::read_dir(folder("corpus").join(name)).unwrap_or_else(|_| panic!("no corpus of {name}"));
            let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
            assert!(files.len() >= 3, "{name} has a corpus of {}", files.len());
            for path in files {
                let data = fs::read(&path).unwrap();
                if std::panic::catch_unwind(|| target(&data)).is_err() {
                    wrong.push(path);
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn each_reader_has_a_target() {
        let stem = |file: fs::DirEntry| file.path().file_stem().unwrap().to_str().unwrap().to_owned();
        let files: BTreeSet<String> =
            fs::read_dir(folder("fuzz_targets")).unwrap().map(|file| stem(file.unwrap())).collect();
        let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, names);
    }
}

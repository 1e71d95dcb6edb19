//! Files: the journal and the setup file.

use std::path::Path;

use super::{assert_harmless_lines, text};
use crate::{
    domain::Answers,
    engine::{Entry, journal},
    setup_file,
};

/// The first byte says how the rest is taken: as a file, or as records that are given the right numbers for their places.
/// The second says where the file is cut, the third which byte of it is changed.
pub(super) fn journal(data: &[u8]) {
    let [mode, cut, flip, rest @ ..] = data else { return };
    let bytes = if mode.is_multiple_of(4) { rest.to_vec() } else { sealed(rest) };
    let path = Path::new("journal.jsonl");
    let Ok(reading) = journal::read_bytes(&bytes, path) else { return };
    assert!(!reading.entries.is_empty(), "a journal without a record was read");
    for (at, entry) in reading.entries.iter().enumerate() {
        assert_eq!(entry.seq, at as u64 + 1);
        let written = serde_json::to_string(entry).expect("a record can be written");
        assert_eq!(serde_json::from_str::<Entry>(&written).ok().as_ref(), Some(entry), "{written}");
    }
    // What is left of a journal says the same, or is refused.
    let at = |byte: u8| bytes.len() * usize::from(byte) / 256;
    if let Ok(shorter) = journal::read_bytes(&bytes[..at(*cut)], path) {
        assert!(reading.entries.starts_with(&shorter.entries), "a journal that was cut says something else");
    }
    let mut changed = bytes.clone();
    changed[at(*flip)] ^= 1 << (mode % 8);
    if let Ok(other) = journal::read_bytes(&changed, path) {
        assert!(reading.entries.starts_with(&other.entries), "a journal that was changed says something else");
    }
}

/// Each line with the checksum that belongs behind it.
fn sealed(lines: &[u8]) -> Vec<u8> {
    let mut sum = [0; 8];
    let mut bytes = Vec::new();
    for body in String::from_utf8_lossy(lines).lines() {
        let (line, next) = journal::seal(sum, body);
        bytes.extend_from_slice(line.as_bytes());
        sum = next;
    }
    bytes
}

/// A mistake names a line that is there, and what it quotes is safe to print. Answers are journalled as they were read.
pub(super) fn setup_file(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match setup_file::parse(text, Path::new("setup.toml")) {
        Ok(answers) => {
            let written = serde_json::to_string(&answers).expect("answers can be written");
            let back: Answers = serde_json::from_str(&written).expect("answers can be read back");
            assert_eq!(back, answers, "{written}");
        }
        Err(setup_file::SetupFileError::Wrong { mistakes, .. }) => {
            assert!(!mistakes.is_empty(), "a file is refused without a mistake");
            for mistake in mistakes {
                assert!(mistake.line.is_none_or(|line| line >= 1 && line <= text.lines().count().max(1) + 1));
                assert_harmless_lines("a mistake", &crate::words::error_text(&mistake.what));
            }
        }
        Err(other) => panic!("{other}"),
    }
}

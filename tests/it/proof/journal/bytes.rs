//! A real journal cut at every byte, with every byte changed, with its lines in disorder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crosspull::engine::{Journal, JournalError, journal};

use super::{Left, ends};
use crate::proof::{Proof, Size};

/// A folder for one journal of many, changed again and again.
struct Bench {
    _folder: tempfile::TempDir,
    setup: PathBuf,
}

impl Bench {
    fn new(left: &Left) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let setup = folder.path().join(left.folder.file_name().unwrap());
        crosspull::paths::create_private_dir(&setup).unwrap();
        let file =
            crosspull::paths::private_file().write(true).create(true).truncate(true).open(setup.join("journal.jsonl"));
        drop(file.unwrap());
        Self { _folder: folder, setup }
    }

    fn put(&self, bytes: &[u8]) {
        fs::write(self.setup.join("journal.jsonl"), bytes).unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.setup.join("journal.jsonl")).unwrap()
    }
}

/// Refused as damage, with the file as it was.
#[track_caller]
fn assert_refused(bench: &Bench, setup: &Path, bytes: &[u8]) {
    match Journal::open(setup) {
        Err(error @ (JournalError::Damaged { .. } | JournalError::Newer { .. })) => {
            let told = error.to_string();
            assert!(told.contains("journal.jsonl"), "{told}");
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was believed"),
    }
    assert!(bench.bytes() == bytes, "a journal that is refused is left alone");
}

/// Every `step`th of a range, and all of its last `whole`.
fn sample(length: usize, whole: usize, step: usize) -> impl Iterator<Item = usize> {
    (0..length).filter(move |at| at % step == 0 || at + whole >= length)
}

async fn both() -> [(&'static str, Left); 2] {
    [("finished", Left::finished().await), ("half done", Left::half_done().await)]
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_at_every_byte() {
    let proof = Proof::new("journal, cut");
    for (name, left) in both().await {
        let bench = Bench::new(&left);
        let ends = ends(&left.bytes);
        let step = usize::try_from(Size::wanted().of(131, 1)).unwrap();
        for cut in sample(left.bytes.len() + 1, 150, step) {
            let bytes = &left.bytes[..cut];
            let whole = ends.iter().rev().find(|end| **end <= cut).copied().unwrap_or(0);
            proof
                .case(format!("{name}, cut at byte {cut}"), async {
                    bench.put(bytes);
                    // Nothing is whole, or all of a line but its end: no crash leaves that of a line that was synced.
                    if whole == 0 || ends.contains(&(cut + 1)) {
                        return assert_refused(&bench, &bench.setup, bytes);
                    }
                    let journal = Journal::open(&bench.setup).unwrap();
                    drop(journal);
                    assert!(bench.bytes() == left.bytes[..whole], "the torn end is cut off, and no more");
                })
                .await;
        }
    }
    proof.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_changed() {
    let proof = Proof::new("journal, bytes changed");
    for (name, left) in both().await {
        let bench = Bench::new(&left);
        let step = usize::try_from(Size::wanted().of(211, 1)).unwrap();
        for at in sample(left.bytes.len(), 60, step) {
            for bits in [0x01_u8, 0x20, 0x80] {
                let mut bytes = left.bytes.clone();
                bytes[at] ^= bits;
                proof
                    .case(format!("{name}, byte {at} with {bits:#x}"), async {
                        bench.put(&bytes);
                        if at + 1 == bytes.len() {
                            // Without its end the last line is torn.
                            let kept = journal::read(&bench.setup).unwrap().entries.len();
                            return assert_eq!(kept + 1, ends(&left.bytes).len());
                        }
                        assert_refused(&bench, &bench.setup, &bytes);
                    })
                    .await;
            }
        }
    }
    proof.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_repeated_swapped_dropped_or_of_another_setup() {
    let proof = Proof::new("journal, lines in disorder");
    let (finished, other) = (Left::finished().await, Left::half_done().await);
    let bench = Bench::new(&finished);
    let lines_of = |left: &Left| -> Vec<Vec<u8>> {
        left.bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (lines, others) = (lines_of(&finished), lines_of(&other));
    let mut mixed = Vec::new();
    for at in 0..lines.len() {
        let mut changed = |label: String, change: &dyn Fn(&mut Vec<Vec<u8>>)| {
            let mut lines = lines.clone();
            change(&mut lines);
            mixed.push((label, lines));
        };
        changed(format!("line {at} twice"), &|lines| lines.insert(at, lines[at].clone()));
        if at + 1 < lines.len() {
            changed(format!("line {at} missing"), &|lines| drop(lines.remove(at)));
            changed(format!("lines {at} and {}, swapped", at + 1), &|lines| lines.swap(at, at + 1));
        }
        if at > 0 && at < others.len() {
            changed(format!("line {at} of another setup"), &|lines| lines[at].clone_from(&others[at]));
        }
    }
    mixed.push(("the whole twice".to_owned(), [lines.clone(), lines.clone()].concat()));
    mixed.push(("another setup's behind it".to_owned(), [lines, others].concat()));
    for (label, lines) in mixed {
        let bytes = lines.concat();
        proof
            .case(label, async {
                bench.put(&bytes);
                assert_refused(&bench, &bench.setup, &bytes);
            })
            .await;
    }
    proof.end();
}

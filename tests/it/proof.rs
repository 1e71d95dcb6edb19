//! What crosspull promises, tried in numbers: stopped anywhere, killed at any moment, with every fault on the wire, from every
//! journal. `tests/prove` runs one of them in full; `cargo test` runs a reduced form of each.
//!
//! A proof counts its cases, goes on after one that failed, and fails at the end, with the seed of each that did.

mod faults;
mod journal;
mod kill;
mod leaks;
mod matrix;

use std::{
    collections::hash_map::RandomState,
    env,
    fmt::Display,
    future::Future,
    hash::{BuildHasher as _, Hasher as _},
    panic::AssertUnwindSafe,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures::FutureExt as _;

/// So many failures are told in full; the rest is counted.
const TOLD: usize = 20;

/// How much of a proof is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As part of the tests.
    Short,
    /// All of it: `CROSSPULL_PROOF=full`, as `tests/prove` sets it.
    Full,
}

impl Size {
    /// As the environment wants it.
    pub fn wanted() -> Self {
        if env::var("CROSSPULL_PROOF").is_ok_and(|size| size == "full") { Self::Full } else { Self::Short }
    }

    /// One of two numbers.
    pub fn of(self, short: u64, full: u64) -> u64 {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}

/// A proof under way.
pub struct Proof {
    name: &'static str,
    cases: AtomicUsize,
    failed: Mutex<Vec<String>>,
}

impl Proof {
    /// Begins one.
    pub fn new(name: &'static str) -> Self {
        Self { name, cases: AtomicUsize::new(0), failed: Mutex::default() }
    }

    /// Seeds for what is tried at random: from `CROSSPULL_PROOF_SEED` on, or new ones in each full run. The reduced form
    /// takes the same each time, since what a change did not break must not stop it. The first is printed.
    pub fn seeds(&self, short: u64, full: u64) -> impl Iterator<Item = u64> + use<> {
        let first = match env::var("CROSSPULL_PROOF_SEED") {
            Ok(seed) => seed.parse().expect("CROSSPULL_PROOF_SEED is a number"),
            Err(_) if Size::wanted() == Size::Short => 1,
            Err(_) => RandomState::new().build_hasher().finish() >> 16,
        };
        println!("{}: seeds from {first} on", self.name);
        first..first + Size::wanted().of(short, full)
    }

    /// One case: what fails in it, by assertion or by panic, is told at the end under this label. `CROSSPULL_PROOF_ONLY` leaves
    /// out those whose labels do not have it.
    pub async fn case(&self, label: impl Display, case: impl Future<Output = ()>) {
        if env::var("CROSSPULL_PROOF_ONLY").is_ok_and(|only| !label.to_string().contains(&only)) {
            return;
        }
        self.cases.fetch_add(1, Ordering::SeqCst);
        if let Err(panic) = AssertUnwindSafe(case).catch_unwind().await {
            let why = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|why| (*why).to_owned()))
                .unwrap_or_else(|| "it panicked".to_owned());
            self.failed.lock().unwrap().push(format!("{label}: {why}"));
        }
    }

    /// Prints the numbers. Fails where a case did, or where none was run.
    pub fn end(self) {
        let (cases, failed) = (self.cases.into_inner(), self.failed.into_inner().unwrap());
        for case in failed.iter().take(TOLD) {
            println!("{}: FAILED {case}", self.name);
        }
        println!("{}: {cases} cases, {} failed", self.name, failed.len());
        assert!(cases > 0 && failed.is_empty(), "{}: {} of {cases} cases failed", self.name, failed.len());
    }
}

#[tokio::test]
#[should_panic(expected = "trial: 1 of 2 cases failed")]
async fn a_case_that_fails_fails_the_proof_at_its_end() {
    let proof = Proof::new("trial");
    proof.case("the first", async { panic!("as it must") }).await;
    proof.case("the second", async {}).await;
    proof.end();
}

#[test]
#[should_panic(expected = "0 of 0 cases")]
fn a_proof_without_a_case_proves_nothing() {
    Proof::new("nothing").end();
}

//! A journal that is cut, changed, foreign or newer: a clean resume or a clear refusal, never a wrong act.

mod bytes;
mod early;
mod foreign;

use std::{fs, path::PathBuf};

use super::matrix::{
    life::{self, Came, Life, Stop, Task},
    shape::{MAIN, Shape},
};
use crate::world::World;

/// As in the matrix.
const SPEED: f64 = 1000.0;

/// A world with a setup in it, and its journal.
struct Left {
    world: World,
    folder: PathBuf,
    bytes: Vec<u8>,
}

impl Left {
    /// After a run to the end, or to its death before a request: the setup is finished, or half done.
    async fn by(shape: &Shape, stop: Option<Stop>) -> Self {
        let world = shape.world(SPEED).await;
        let life = life::first(&world, shape, Task::Connect, stop).await;
        let as_meant = match life {
            Life::Ended(Came::Ended(_)) => stop.is_none(),
            Life::Died(_) => stop.is_some(),
            Life::Ended(Came::Failed) => false,
        };
        assert!(as_meant, "{life:?}: {}", life::problems(&world));
        let folder = life::folder(&world);
        let bytes = fs::read(folder.join("journal.jsonl")).unwrap();
        Self { world, folder, bytes }
    }

    async fn finished() -> Self {
        Self::by(&MAIN, None).await
    }

    /// The reset is under way: it is asked for the first time how that goes.
    async fn half_done() -> Self {
        Self::by(&MAIN, Some(Stop { of: "aks.operations.get", torn: false, ..Stop::before(1, 0) })).await
    }

    fn file(&self) -> PathBuf {
        self.folder.join("journal.jsonl")
    }
}

/// Where each line ends.
fn ends(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect()
}

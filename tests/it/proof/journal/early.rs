//! A journal that ends earlier than what the tenants show: somebody put an old copy back. It is gone on with where that
//! does no harm, or refused; the nodes keep what they have, and nothing is made a second time.

use std::fs;

use crosspull::engine::journal;

use super::{Left, ends};
use crate::{
    proof::{
        Proof, Size,
        matrix::{
            life::{self, Came, Life, Task},
            shape::MAIN,
        },
    },
    world::World,
};

/// How a journal was left, and what it knows afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Was {
    Finished,
    HalfDone,
}

impl Was {
    async fn left(self) -> Left {
        match self {
            Self::Finished => Left::finished().await,
            Self::HalfDone => Left::half_done().await,
        }
    }
}

/// Whatever is done with the old copy: one app, one key that all nodes have, and every node pulls.
#[track_caller]
fn assert_unharmed(world: &World) {
    world.assert_every_node_pulls(MAIN.cluster, MAIN.registry);
    let ours = world.ours();
    assert!(matches!(ours.as_slice(), [app] if !app.in_recycle_bin), "{ours:#?}");
    let resets = world.sim.requests();
    let mut resets = resets.iter().filter(|one| one.operation == "aks.clusters.reset_service_principal");
    assert!(resets.all(|one| one.status != 409), "a reset was sent while another ran");
    let nodes = world.sim.nodes().into_iter().filter(|node| node.cluster == MAIN.cluster);
    let mut held: Vec<_> = nodes.map(|node| node.key_id).collect();
    held.dedup();
    let [Some(_)] = held.as_slice() else { panic!("the nodes hold {held:?}") };
}

/// Goes on with the first `kept` records of the journal, for `task`.
async fn put_back(was: Was, kept: usize, task: Task) {
    let left = was.left().await;
    let whole = ends(&left.bytes);
    fs::write(left.file(), &left.bytes[..whole[kept - 1]]).unwrap();
    let mut said = String::new();
    for _ in 0..4 {
        match life::again(&left.world, &MAIN, task, None).await {
            Ok(Life::Ended(Came::Ended(_))) => {
                assert_ne!(task, Task::Undo, "what a cluster uses was taken back");
                assert_unharmed(&left.world);
                let keys = left.world.labelled_keys();
                assert_eq!(keys.len(), 1, "{keys:?}");
                return;
            }
            Ok(Life::Ended(Came::Failed)) => said = life::problems(&left.world),
            Ok(Life::Died(_)) => panic!("nobody stopped it"),
            Err(error) => said = error,
        }
        // The reset of a half-done setup goes on by itself.
        life::rest(&left.world).await;
    }
    assert!(!said.is_empty());
    assert_unharmed(&left.world);
    let reading = journal::read(&left.folder).expect("a whole journal");
    assert!(reading.entries.len() >= kept);
}

#[tokio::test(flavor = "multi_thread")]
async fn put_back_and_gone_on_with() {
    tried("journal, an old copy resumed", Task::Connect).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn put_back_and_taken_back() {
    tried("journal, an old copy taken back", Task::Undo).await;
}

async fn tried(name: &'static str, task: Task) {
    let proof = Proof::new(name);
    for was in [Was::Finished, Was::HalfDone] {
        let lengths = ends(&was.left().await.bytes).len();
        let step = usize::try_from(Size::wanted().of(8, 1)).unwrap();
        let cases = (4..lengths).step_by(step).map(|kept| (kept, was));
        for (kept, was) in cases {
            proof.case(format!("{was:?}, the first {kept} of {lengths} records"), put_back(was, kept, task)).await;
        }
    }
    proof.end();
}

//! Whole setups against the simulator.

use crosspull::engine::{event::Ended, record::Outcome};

use crate::world::{Came, World};

fn assert_connected(world: &World, came: &Came) {
    let Came::Ended(Ended::Closed(Outcome::Connected)) = came else {
        let entry = world.session().store().all().unwrap();
        let problems: Vec<_> =
            entry.iter().flat_map(|entry| entry.reading.as_ref().unwrap().progress.failed()).collect();
        panic!("{came:?}\n{problems:#?}");
    };
}

fn assert_all_pull(pulls: &[(String, bool)]) {
    assert!(!pulls.is_empty() && pulls.iter().all(|(_, can)| *can), "{pulls:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_app_direct_on_a_legacy_registry() {
    let world = World::new("default").await;
    let answers = world.answers("shop-prod", "fabrikamimages");
    let (came, _) = world.apply(&answers).await;
    assert_connected(&world, &came);
    assert_all_pull(&world.pulls("shop-prod", "fabrikamimages", "shop/web:1.4"));
}

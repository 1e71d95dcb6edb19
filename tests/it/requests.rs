//! What a whole setup asks of Azure: nothing without need.

use crosspull::domain::answers::Route;

use crate::world::{Came, World};

/// Reads that one process makes once: what they tell does not change, or is kept while it is good.
const ONCE: &[&str] = &[
    "arm.metadata",
    "login.discovery",
    "arm.role_definitions.get",
    "graph.policy.authorization",
    "graph.application.get",
    "acr.registries.get",
];

/// How often an address may be read with the same query. Each reading has its reason: the plan; the review before nodes
/// are replaced; the end of the update; the proof; the sweep, which removes keys. A slow machine may take a reading twice
/// where it is otherwise fresh enough.
const CLUSTER: usize = 6;
/// The plan and the review.
const ROLE_ASSIGNMENTS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_repeats_no_read_without_need() {
    let world = World::new("default").await;
    let mut answers = world.answers("shop-prod", "fabrikamimages");
    answers.app.route = Some(Route::NewApp);
    let (came, _) = world.apply(&answers).await;
    assert!(matches!(came, Came::Ended(_)), "{came:?}");
    let requests = world.sim.requests();
    let mut counts = std::collections::BTreeMap::new();
    for one in requests.iter().filter(|one| one.method == "GET") {
        *counts.entry((one.operation, one.url.as_str())).or_insert(0) += 1;
    }
    let most = |operation: &str| {
        counts.iter().filter(|((name, _), _)| *name == operation).map(|(_, count)| *count).max().unwrap_or(0)
    };
    for operation in ONCE {
        assert!(most(operation) <= 1, "{operation}: {counts:#?}");
    }
    // Both tenants have rules for apps.
    assert!(most("graph.policy.app_management") <= 2, "{counts:#?}");
    assert!(most("aks.clusters.get") <= CLUSTER, "{counts:#?}");
    assert!(most("arm.role_assignments.list") <= ROLE_ASSIGNMENTS, "{counts:#?}");
}

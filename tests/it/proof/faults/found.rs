//! What this proof has found, each as a case of its own.

use crosspull::sim::{Action, Rule, faults::StatusFault};

use super::bench::{Bench, Way};

/// A proxy that swallows the answer and shows a page of its own.
fn page_after() -> Action {
    Action::StatusAfter(StatusFault {
        status: 200,
        body: Some("<html><title>Web Gateway: please sign in</title></html>".to_owned()),
        content_type: Some("text/html".to_owned()),
        ..StatusFault::default()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_whose_answers_are_lost_are_not_made_for_ever_and_none_of_them_is_left() {
    let mut bench = Bench::new(Way::NewApp).await;
    bench.world.sim.faults().add(Rule::new("graph.application.add_password", page_after()).times(u32::MAX));
    let came = bench.run().await;
    bench.hold(&came);
    assert!(!came.connected(), "{came:?}");
    assert!(bench.world.calls("graph.application.add_password") <= 6, "keys for ever");
    assert_eq!(bench.world.labelled_keys(), Vec::<String>::new(), "nobody ever had their texts");
    bench.world.sim.faults().clear();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_lacks_what_it_promises_is_explained() {
    let mut bench = Bench::new(Way::NewApp).await;
    let nothing = StatusFault { status: 200, body: Some(String::new()), ..StatusFault::default() };
    bench.world.sim.faults().add(Rule::new("registry.manifests.head", Action::Status(nothing)).times(u32::MAX));
    let came = bench.run().await;
    bench.hold(&came);
    let progress = bench.progress().unwrap();
    let (step, problem) = progress.failed().next().expect("the probe fails");
    let entry = crosspull::catalogue::explain(&problem, Some(step)).expect("an explanation");
    assert_eq!(entry.code, "CP-716", "{problem}");
    bench.world.sim.faults().clear();
    bench.finish().await;
}

//! What this proof has found, each as a case of its own.

use crosspull::{
    domain::StepId,
    engine::Record,
    sim::{Action, Hand, Rule, faults::StatusFault},
};

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
    let bench = Bench::new(Way::NewApp).await;
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
    let bench = Bench::new(Way::NewApp).await;
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

/// What somebody does while the nodes are being replaced: the proof that follows sees it.
async fn while_nodes_are_replaced(hand: impl Fn(&Bench) -> Hand + Sync) -> Bench {
    let bench = Bench::new(Way::NewApp).await;
    bench.slow_nodes();
    let came = bench
        .run_with(&|entry| {
            if matches!(entry.record, Record::Applied { step: StepId::ClusterUpdate, .. }) {
                bench.hand(&hand(&bench)).unwrap();
            }
        })
        .await;
    bench.hold(&came);
    assert!(!came.connected(), "{came:?}");
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_key_somebody_removed_are_replaced_again() {
    let bench = while_nodes_are_replaced(|bench| Hand::RemoveKeys { app_id: bench.app().unwrap() }).await;
    bench.finish().await;
    assert_eq!(bench.world.calls("aks.clusters.reset_service_principal"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_that_was_made_anew_gets_its_role_again() {
    let tenant = || "fabrikam.example".to_owned();
    let delete = |bench: &Bench| Hand::DeletePrincipal { app_id: bench.app().unwrap(), tenant: tenant() };
    let bench = while_nodes_are_replaced(delete).await;
    {
        let mut world = bench.world.sim.world().lock();
        let tenant = world.tenant_named("fabrikam.example").unwrap().id;
        crosspull::sim::changes::consent(&mut world, tenant, bench.app().unwrap()).unwrap();
    }
    bench.finish().await;
    assert_eq!(bench.world.calls("aks.clusters.reset_service_principal"), 1, "the nodes have a good key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_that_is_switched_off_proves_nothing() {
    let switch = |bench: &Bench, enabled| Hand::EnablePrincipal {
        app_id: bench.app().unwrap(),
        tenant: "fabrikam.example".to_owned(),
        enabled,
    };
    let bench = while_nodes_are_replaced(|bench| switch(bench, false)).await;
    let came = bench.run().await;
    bench.hold(&came);
    assert!(!came.connected(), "the nodes cannot pull");
    bench.hand(&switch(&bench, true)).unwrap();
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_does_not_know_the_app_removes_no_key() {
    let bench = Bench::new(Way::KeepApp).await;
    let unknown = StatusFault {
        status: 404,
        code: Some("Request_ResourceNotFound".to_owned()),
        message: Some("Resource does not exist.".to_owned()),
        ..StatusFault::default()
    };
    bench.world.sim.faults().add(Rule::new("graph.application.remove_password", Action::Status(unknown)));
    bench.finish().await;
}

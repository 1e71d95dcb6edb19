//! The schedules in which the rules on keys matter: no key goes that a cluster or a person may be using, and none stays that
//! nobody can use.

use std::fs;

use crosspull::{
    domain::{KeyId, StepId, key::Delivery},
    engine::{Journal, Record},
    sim::{Action, Hand, Rule, world::ResetFate},
};

use super::bench::{Bench, Way};
use crate::{
    engine::folder,
    proof::{Proof, Size},
};

/// Keys that exist, whatever their label.
fn live(bench: &Bench) -> Vec<KeyId> {
    let world = bench.world.sim.world().lock();
    let keys = world.tenants.iter().flat_map(|tenant| tenant.applications.values()).flat_map(|app| &app.passwords);
    keys.filter(|key| !key.removed).map(|key| key.key_id).collect()
}

/// The keys that the cluster's nodes have.
fn held(bench: &Bench) -> Vec<KeyId> {
    let nodes = bench.world.sim.nodes();
    let mut keys: Vec<_> =
        nodes.iter().filter(|node| node.cluster == bench.way.cluster()).filter_map(|node| node.key_id).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn halts_after(nodes: usize) -> ResetFate {
    ResetFate {
        after_nodes: nodes,
        outcome: "Failed".to_owned(),
        code: "CreateVMSSAgentPoolFailed".to_owned(),
        message: "Drain of a node did not complete.".to_owned(),
        times: Some(1),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_failed_half_way_keeps_what_its_nodes_have() {
    let bench = Bench::new(Way::NewApp).await.agreeing(1);
    bench.world.sim.world().lock().reset_fate = Some(halts_after(4));
    let came = bench.run().await;
    bench.hold(&came);
    let mixture = held(&bench);
    assert_eq!(mixture.len(), 2, "the old key and the new one");
    assert!(mixture.iter().all(|key| live(&bench).contains(key)), "each node can still use what it has");
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_a_person_has_stays_when_the_cluster_gets_another() {
    let bench = Bench::new(Way::NewApp).await.agreeing(1);
    bench.world.sim.world().lock().reset_fate = Some(halts_after(0));
    let came = bench.run().await;
    bench.hold(&came);
    let copied = {
        let mut journal = Journal::open(&bench.journal()).unwrap();
        let key = journal.progress().facts().keys().next().expect("a key").key.id;
        journal.append(Record::Delivered { key, how: Delivery::Person }).unwrap();
        key
    };
    let came = bench.run().await;
    bench.hold(&came);
    assert!(came.connected(), "{came:?}");
    assert!(live(&bench).contains(&copied), "a person has it");
    assert_eq!(bench.world.labelled_keys().len(), 2, "theirs, and the cluster's");
    bench.world.assert_every_node_pulls("shop-prod", "fabrikamimages");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_gone_after_the_probe_takes_its_key_along() {
    // Nobody agrees to the replacement of nodes, and the run ends.
    let bench = Bench::new(Way::NewApp).await.agreeing(0);
    let came = bench.run().await;
    bench.hold(&came);
    let progress = bench.progress().unwrap();
    assert!(progress.facts().probe().is_some(), "proven with a key that nobody has any more");
    assert_eq!(bench.world.labelled_keys(), Vec::<String>::new());
    let bench = bench.agreeing(1);
    bench.finish().await;
}

/// All lines of the journal but the last so many.
fn cut(bench: &Bench, lines: &[String], kept: usize) {
    fs::write(bench.journal().join("journal.jsonl"), lines[..kept].concat()).unwrap();
}

fn lines(bench: &Bench) -> Vec<String> {
    let text = fs::read_to_string(bench.journal().join("journal.jsonl")).unwrap();
    text.split_inclusive('\n').map(str::to_owned).collect()
}

/// With and without a lost answer, or one that was never sent, on the way.
async fn ends_too_early(left: usize, fault: Option<Action>) {
    let bench = Bench::new(Way::NewApp).await;
    bench.finish().await;
    let (before, all) = (held(&bench), lines(&bench));
    if left >= all.len() {
        return;
    }
    cut(&bench, &all, left);
    if let Some(action) = fault {
        bench.world.sim.faults().add(Rule::new("graph.application.add_password", action));
    }
    for _ in 0..3 {
        let came = bench.run().await;
        bench.hold(&came);
        let nodes = held(&bench);
        assert!(nodes.iter().all(|key| live(&bench).contains(key)), "a node has a key that was removed: {came:?}");
        bench.world.assert_every_node_pulls("shop-prod", "fabrikamimages");
        if came.connected() {
            return bench.whole();
        }
    }
    // What cannot be proven stays as it is.
    assert_eq!(held(&bench), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_ends_too_early_costs_no_node_its_key() {
    let proof = Proof::new("journals that end too early");
    let faults = [None, Some(Action::DropBefore), Some(Action::DropAfter)];
    // Four lines are there before anything is done.
    let whole = {
        let bench = Bench::new(Way::NewApp).await;
        bench.finish().await;
        lines(&bench).len()
    };
    let every = if Size::wanted() == Size::Full { 1 } else { 15 };
    for (turn, fault) in faults.into_iter().enumerate() {
        for left in (4 + turn..whole).step_by(every) {
            proof.case(format!("{left} of {whole} lines, {fault:?}"), ends_too_early(left, fault.clone())).await;
        }
    }
    proof.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_of_a_cluster_is_not_taken_for_one_whose_answer_was_lost() {
    // The journal ends before the app was registered, and the first request for a key never arrives.
    ends_too_early(4, Some(Action::DropBefore)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_has_the_app_of_a_setup_whose_journal_is_gone_keeps_it() {
    for registry in ["fabrikamimages", "fabrikamabac"] {
        let mut bench = Bench::new(Way::NewApp).await;
        bench.finish().await;
        let before = held(&bench);
        drop(bench.on_another_machine(folder()));
        let again = bench.world.answers("shop-prod", registry);
        bench.answers = again;
        let came = bench.run().await;
        bench.hold(&came);
        assert!(came.connected(), "{came:?}");
        assert_eq!(held(&bench), before, "nothing was reset");
        assert!(before.iter().all(|key| live(&bench).contains(key)));
        assert_eq!(bench.world.labelled_keys().len(), 1, "the key of the pull test is gone again");
        for registry in ["fabrikamimages", registry] {
            bench.world.assert_every_node_pulls("shop-prod", registry);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_setups_of_one_cluster_take_nothing_from_each_other() {
    // The first one comes as far as the question whether nodes may be replaced; then the second is carried through.
    let mut bench = Bench::new(Way::NewApp).await.agreeing(0);
    let came = bench.run().await;
    bench.hold(&came);
    let first = bench.on_another_machine(folder());
    bench.agrees = 1;
    let answers = bench.answers.clone();
    bench.answers.name = "another".to_owned();
    let came = bench.run().await;
    assert!(came.connected(), "{came:?}");
    let seconds = held(&bench);
    let second = bench.on_another_machine(first);
    bench.answers = answers;
    // The first one sees that the cluster has another app now; whoever agrees all the same gets it replaced.
    for _ in 0..3 {
        let came = bench.run().await;
        assert!(seconds.iter().all(|key| live(&bench).contains(key)), "the key of the other setup is not ours");
        bench.world.assert_every_node_pulls("shop-prod", "fabrikamimages");
        if came.connected() {
            break;
        }
    }
    assert_ne!(held(&bench), seconds, "the first one was carried through at last");
    drop(second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_somebody_gives_our_app_with_another_key_keeps_both() {
    for (moment, label) in
        [(StepId::Probe, "by hand"), (StepId::ClusterUpdate, "by hand"), (StepId::ClusterUpdate, "ours")]
    {
        let bench = Bench::new(Way::NewApp).await;
        let came = bench
            .run_with(&|entry| {
                if matches!(entry.record, Record::Done { step, .. } if step == moment) {
                    let progress = bench.progress().unwrap();
                    let ours = crosspull::domain::key::label(progress.setup(), crosspull::domain::Purpose::Cluster);
                    let label = if label == "ours" { ours } else { label.to_owned() };
                    let app_id = bench.app().unwrap();
                    bench.hand(&Hand::ResetCluster { cluster: "shop-prod".to_owned(), app_id, label }).unwrap();
                }
            })
            .await;
        bench.hold(&came);
        let came = if came.connected() { came } else { bench.run().await };
        bench.hold(&came);
        assert!(held(&bench).iter().all(|key| live(&bench).contains(key)), "{moment} {label}: {came:?}");
        bench.world.assert_every_node_pulls("shop-prod", "fabrikamimages");
    }
}

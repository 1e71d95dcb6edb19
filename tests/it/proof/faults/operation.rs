//! Operations that take time: they fail, are cancelled, never end, cannot be found any more, or are said to be elsewhere.

use std::net::TcpListener;

use crosspull::{
    domain::StepId,
    engine::{Entry, Record},
    sim::{Action, Rule, world::ResetFate},
};
use futures::{StreamExt as _, stream};

use super::{
    bench::{Bench, Way},
    wire::SIDE_BY_SIDE,
};
use crate::proof::{Proof, Size};

#[derive(Debug, Clone, Copy)]
enum Fate {
    /// After so many nodes, so many times in a row.
    Ends(&'static str, usize, u32),
    /// It goes on for ever, until somebody sees to it.
    NeverEnds,
    /// Its address is not there any more, and the cluster is done.
    Vanishes,
    /// Its address is not there any more, and it failed half way.
    VanishesHalfWay(usize),
    /// Its address is at another host.
    Elsewhere,
}

fn fates() -> Vec<Fate> {
    let nodes = if Size::wanted() == Size::Full { vec![0, 1, 3, 4, 8, 9] } else { vec![4] };
    let mut fates = vec![Fate::NeverEnds, Fate::Vanishes, Fate::Elsewhere];
    for after in nodes {
        fates.extend([Fate::VanishesHalfWay(after), Fate::Ends("Failed", after, 1), Fate::Ends("Canceled", after, 2)]);
    }
    fates
}

fn fate(outcome: &str, after_nodes: usize, times: u32) -> ResetFate {
    let (code, message) = match outcome {
        "Failed" => ("CreateVMSSAgentPoolFailed", "Drain of a node did not complete."),
        _ => ("OperationPreempted", "The operation was preempted by another operation."),
    };
    ResetFate {
        after_nodes,
        outcome: outcome.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
        times: Some(times),
    }
}

async fn meets(way: Way, befalls: Fate) {
    let bench = Bench::new(way).await.agreeing(1);
    // Who stands there: nobody may be sent anything.
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    match befalls {
        Fate::Ends(outcome, after, times) => {
            bench.world.sim.world().lock().reset_fate = Some(fate(outcome, after, times));
        }
        Fate::VanishesHalfWay(after) => {
            bench.world.sim.world().lock().reset_fate = Some(fate("Failed", after, 1));
        }
        Fate::Elsewhere => {
            let to = format!("https://localhost:{}", elsewhere.local_addr().unwrap().port());
            let rule = Rule::new("aks.clusters.reset_service_principal", Action::MoveOperation { to });
            bench.world.sim.faults().add(rule);
        }
        Fate::NeverEnds | Fate::Vanishes => bench.slow_nodes(),
    }
    let world = bench.world.sim.world().clone();
    let befall = move |entry: &Entry| {
        if !matches!(&entry.record, Record::Applied { step: StepId::ClusterUpdate, .. }) {
            return;
        }
        let mut world = world.lock();
        let now = world.now();
        for operation in world.operations.values_mut().filter(|one| !one.finished) {
            match befalls {
                Fate::NeverEnds => operation.ends = now + time::Duration::days(1),
                Fate::Vanishes | Fate::VanishesHalfWay(_) => operation.vanishes_at = Some(now),
                Fate::Ends(..) | Fate::Elsewhere => {}
            }
        }
    };
    let resets = || bench.world.calls("aks.clusters.reset_service_principal");
    let mut came = bench.run_with(&befall).await;
    // A machine that is very busy may not come that far at once.
    for _ in 0..3 {
        if resets() > 0 {
            break;
        }
        came = bench.run_with(&befall).await;
    }
    bench.hold(&came);
    assert!(elsewhere.accept().is_err(), "somebody else was asked");
    assert_eq!(resets(), 1, "no reset is repeated without a word: {came:?}; {}", bench.failed());
    if let Fate::Ends(..) | Fate::VanishesHalfWay(_) | Fate::NeverEnds = befalls {
        assert!(!came.connected(), "{came:?}");
        assert_eq!(bench.world.labelled_keys().len(), 1, "some nodes may have it");
    }
    if matches!(befalls, Fate::NeverEnds) {
        let mut world = bench.world.sim.world().lock();
        let now = world.now();
        world.operations.values_mut().for_each(|one| one.ends = now);
    }
    bench.world.sim.faults().clear();
    if came.connected() {
        return bench.whole();
    }
    bench.finish().await;
    assert!(elsewhere.accept().is_err(), "somebody else was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_may_end_in_any_way() {
    let proof = Proof::new("operations");
    let ways = if Size::wanted() == Size::Full {
        vec![Way::NewApp, Way::Repositories, Way::Consent, Way::HandedOver]
    } else {
        vec![Way::NewApp]
    };
    let all = ways.into_iter().flat_map(|way| fates().into_iter().map(move |fate| (way, fate)));
    let cases = all.map(|(way, fate)| proof.case(format!("{way:?} {fate:?}"), meets(way, fate)));
    stream::iter(cases).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    proof.end();
}

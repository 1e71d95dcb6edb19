//! Somebody else's hand, at each step boundary.

use std::sync::atomic::{AtomicBool, Ordering};

use crosspull::{
    domain::{AppId, StepId},
    engine::Record,
    sim::{Hand, hands},
};
use futures::{StreamExt as _, stream};

use super::{
    bench::{Bench, Way},
    wire::{Dice, SIDE_BY_SIDE},
};
use crate::{
    proof::{Proof, Size},
    world::World,
};

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    DeleteApp,
    DeleteAppForGood,
    CloseApp,
    RemoveKeys,
    AddKeyWithOurLabel,
    DisableAtHome,
    DisableAbroad,
    DeleteAtHome,
    DeleteAbroad,
    TakeRegistryRole,
    TakeCarriedRole,
    SwitchMode,
    SwitchModeAndBack,
    Firewall,
    DeleteRegistry,
    ResetWithAnotherApp,
    ResetWithOurApp,
    StopCluster,
    UpdateCluster,
    AddPool,
    StopPool,
    ScalePool,
    EmptyPool,
    ConsentTwice,
    EndTokens,
}

const ACTS: [Act; 25] = [
    Act::DeleteApp,
    Act::DeleteAppForGood,
    Act::CloseApp,
    Act::RemoveKeys,
    Act::AddKeyWithOurLabel,
    Act::DisableAtHome,
    Act::DisableAbroad,
    Act::DeleteAtHome,
    Act::DeleteAbroad,
    Act::TakeRegistryRole,
    Act::TakeCarriedRole,
    Act::SwitchMode,
    Act::SwitchModeAndBack,
    Act::Firewall,
    Act::DeleteRegistry,
    Act::ResetWithAnotherApp,
    Act::ResetWithOurApp,
    Act::StopCluster,
    Act::UpdateCluster,
    Act::AddPool,
    Act::StopPool,
    Act::ScalePool,
    Act::EmptyPool,
    Act::ConsentTwice,
    Act::EndTokens,
];

/// When.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Done(StepId),
    /// Right before the reset is sent.
    Delivered,
    /// While nodes are being replaced.
    Replacing,
}

impl Moment {
    fn is(self, record: &Record) -> bool {
        match (self, record) {
            (Self::Done(moment), Record::Done { step, .. }) => *step == moment,
            (Self::Delivered, Record::Delivered { .. })
            | (Self::Replacing, Record::Applied { step: StepId::ClusterUpdate, .. }) => true,
            _ => false,
        }
    }

    fn all(way: Way) -> Vec<Self> {
        let route = if way == Way::KeepApp {
            crosspull::domain::answers::Route::KeepApp
        } else {
            crosspull::domain::answers::Route::NewApp
        };
        let steps = crosspull::steps::route::steps(route, way == Way::HandedOver);
        let mut moments: Vec<Self> = steps.into_iter().map(|line| Self::Done(line.step)).collect();
        if way != Way::KeepApp {
            moments.extend([Self::Delivered, Self::Replacing]);
        }
        moments
    }
}

/// The app that the setup is about, as soon as there is one.
fn app(bench: &Bench) -> Option<AppId> {
    let world = bench.world.sim.world().lock();
    if bench.way == Way::KeepApp {
        return world.clusters.iter().find(|cluster| cluster.name == bench.way.cluster())?.client_id;
    }
    let mut apps = world.tenants.iter().flat_map(|tenant| tenant.applications.values());
    apps.find(|app| app.unique_name.as_deref().is_some_and(|name| name.starts_with("crosspull-"))).map(|app| app.app_id)
}

fn another_app(world: &World) -> AppId {
    let world = world.sim.world().lock();
    world.clusters.iter().find(|cluster| cluster.name == "shop-vnet").and_then(|cluster| cluster.client_id).unwrap()
}

impl Act {
    fn hands(self, bench: &Bench, label: &str) -> Vec<Hand> {
        let Some(app_id) = app(bench) else { return Vec::new() };
        let (cluster, registry) = (bench.way.cluster().to_owned(), bench.way.registry().to_owned());
        let (home, abroad) = ("contoso.example".to_owned(), "fabrikam.example".to_owned());
        let pool = "web".to_owned();
        let one = match self {
            Self::DeleteApp => Hand::DeleteApp { app_id, for_good: false },
            Self::DeleteAppForGood => Hand::DeleteApp { app_id, for_good: true },
            Self::CloseApp => Hand::CloseApp { app_id },
            Self::RemoveKeys => Hand::RemoveKeys { app_id },
            Self::AddKeyWithOurLabel => Hand::AddKey { app_id, label: label.to_owned() },
            Self::DisableAtHome => Hand::EnablePrincipal { app_id, tenant: home, enabled: false },
            Self::DisableAbroad => Hand::EnablePrincipal { app_id, tenant: abroad, enabled: false },
            Self::DeleteAtHome => Hand::DeletePrincipal { app_id, tenant: home },
            Self::DeleteAbroad => Hand::DeletePrincipal { app_id, tenant: abroad },
            Self::TakeRegistryRole => Hand::TakeRoles { app_id, at: registry },
            Self::TakeCarriedRole => Hand::TakeRoles { app_id, at: format!("MC_shop_{cluster}_westeurope") },
            Self::SwitchMode => Hand::SwitchMode { registry },
            Self::SwitchModeAndBack => {
                let hand = Hand::SwitchMode { registry };
                return vec![hand.clone(), hand];
            }
            Self::Firewall => Hand::Firewall { registry, closed: true },
            Self::DeleteRegistry => Hand::DeleteRegistry { registry, deleted: true },
            Self::ResetWithAnotherApp => {
                Hand::ResetCluster { cluster, app_id: another_app(&bench.world), label: "by hand".to_owned() }
            }
            Self::ResetWithOurApp => Hand::ResetCluster { cluster, app_id, label: "by hand".to_owned() },
            Self::StopCluster => Hand::StopCluster { cluster, stopped: true },
            Self::UpdateCluster => Hand::UpdateCluster { cluster, running: true },
            Self::AddPool => Hand::AddPool { cluster, pool: "more".to_owned(), nodes: 2 },
            Self::StopPool => Hand::StopPool { cluster, pool, stopped: true },
            Self::ScalePool => Hand::ScalePool { cluster, pool, nodes: 8 },
            Self::EmptyPool => Hand::ScalePool { cluster, pool, nodes: 0 },
            Self::ConsentTwice | Self::EndTokens => return Vec::new(),
        };
        vec![one]
    }

    /// What has to be undone before the setup can come to its end.
    fn lifted(self, bench: &Bench) -> Vec<Hand> {
        let (cluster, registry) = (bench.way.cluster().to_owned(), bench.way.registry().to_owned());
        let (home, abroad) = ("contoso.example".to_owned(), "fabrikam.example".to_owned());
        let app_id = app(bench);
        let enabled = |tenant| app_id.map(|app_id| Hand::EnablePrincipal { app_id, tenant, enabled: true });
        let one = match self {
            Self::DisableAtHome => enabled(home),
            Self::DisableAbroad => enabled(abroad),
            Self::SwitchMode => Some(Hand::SwitchMode { registry }),
            Self::Firewall => Some(Hand::Firewall { registry, closed: false }),
            Self::DeleteRegistry => Some(Hand::DeleteRegistry { registry, deleted: false }),
            Self::StopCluster => Some(Hand::StopCluster { cluster, stopped: false }),
            Self::UpdateCluster => Some(Hand::UpdateCluster { cluster, running: false }),
            _ => None,
        };
        one.into_iter().collect()
    }
}

fn do_it(bench: &Bench, act: Act) {
    // Another program's key that looks like one of this setup's.
    let label =
        bench.progress().map(|progress| crosspull::domain::key::label_prefix(progress.setup())).unwrap_or_default();
    let hands = act.hands(bench, &format!("{label}cluster"));
    let app_id = app(bench);
    let mut world = bench.world.sim.world().lock();
    for hand in hands {
        // At some moments there is nothing yet to do it to.
        let _ = hands::act(&mut world, &hand);
    }
    match (act, app_id) {
        (Act::ConsentTwice, Some(app_id)) => {
            let tenant = world.tenant_named("fabrikam.example").unwrap().id;
            for _ in 0..2 {
                let _ = crosspull::sim::changes::consent(&mut world, tenant, app_id);
            }
        }
        (Act::EndTokens, _) => world.tokens_ended = Some(world.now()),
        _ => {}
    }
}

/// One case.
async fn meets(way: Way, act: Act, moment: Moment) {
    let bench = Bench::new(way).await;
    if moment == Moment::Replacing {
        // Whoever acts then finds nodes that have not been replaced yet.
        bench.slow_nodes();
    }
    let done = AtomicBool::new(false);
    let came = {
        bench
            .run_with(&|entry| {
                if moment.is(&entry.record) && !done.swap(true, Ordering::SeqCst) {
                    do_it(&bench, act);
                }
            })
            .await
    };
    bench.hold(&came);
    let of_the_app = matches!(
        act,
        Act::DeleteApp
            | Act::DeleteAppForGood
            | Act::TakeCarriedRole
            | Act::RemoveKeys
            | Act::AddKeyWithOurLabel
            | Act::DeleteAtHome
            | Act::ResetWithAnotherApp
    );
    if way == Way::KeepApp && of_the_app {
        // The cluster's own app, its keys and roles are nothing that this program could give back or take.
        return;
    }
    if way != Way::KeepApp && act == Act::ResetWithOurApp {
        // What the cluster has is not known to the journal, and is left as it is.
        if !came.connected() {
            bench.hold(&bench.run().await);
        }
        return;
    }
    // What happens behind the last look is seen by nobody.
    let late = matches!(moment, Moment::Done(StepId::ClusterUpdate | StepId::Proof | StepId::Sweep));
    if came.connected() {
        if !late {
            bench.whole();
        }
        return;
    }
    let again = bench.run().await;
    bench.hold(&again);
    for hand in act.lifted(&bench) {
        let _ = bench.hand(&hand);
    }
    let registry = matches!(act, Act::SwitchMode | Act::Firewall | Act::DeleteRegistry);
    if again.connected() {
        // Whose text is gone rests on the pull that was seen before the cluster update.
        return if registry { bench.hold(&again) } else { bench.whole() };
    }
    bench.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_may_do_anything_at_any_moment() {
    let proof = Proof::new("other hands");
    let mut all = Vec::new();
    for way in Way::ALL {
        for act in ACTS {
            all.extend(Moment::all(way).into_iter().map(|moment| (way, act, moment)));
        }
    }
    for seed in proof.seeds(1, 1) {
        let mut dice = Dice(seed);
        let cases: Vec<_> = if Size::wanted() == Size::Full {
            all.clone()
        } else {
            let of = |act: Act| all.iter().filter(move |(_, other, _)| *other == act).copied().collect::<Vec<_>>();
            // One half of them by turns, each at some moment of some way.
            let half = dice.below(2);
            let acts = ACTS.into_iter().enumerate().filter(|(place, _)| place % 2 == half);
            acts.map(|(_, act)| of(act)).map(|all| all[dice.below(all.len())]).collect()
        };
        let cases = cases
            .into_iter()
            .map(|(way, act, moment)| proof.case(format!("{way:?} {act:?} {moment:?}"), meets(way, act, moment)));
        stream::iter(cases).buffer_unordered(SIDE_BY_SIDE).collect::<Vec<()>>().await;
    }
    proof.end();
}

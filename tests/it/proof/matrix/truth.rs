//! What has to be true in both tenants once a setup has ended, whatever it went through.

use crosspull::{
    domain::{AppId, KeyId, ObjectId, Output, StepId, answers::Route},
    engine::{journal, record::Outcome},
    sim::{changes, roles, world::World as Azure},
};

use super::{
    life,
    shape::{ABROAD, By, HOME, Shape},
};
use crate::world::World;

/// What stood in the tenants before.
#[derive(Debug)]
pub struct Before {
    keys: Vec<Option<KeyId>>,
    /// The cluster's app: who may use it, and where its consent lands.
    app: (String, Vec<String>),
    /// The roles of the cluster's app at home: scope, role and condition.
    roles: Vec<Role>,
}

type Role = (String, String, Option<String>);

impl Before {
    pub fn of(world: &World, shape: &Shape) -> Self {
        let present = shape.present_app(world).expect("a cluster with an app");
        let azure = world.sim.world().lock();
        let principals = principals(&azure, present, HOME);
        let roles = roles_of(&azure, &principals);
        let app = settings(&azure, present);
        drop(azure);
        Self { keys: keys_of_nodes(world, shape), app, roles }
    }
}

fn settings(azure: &Azure, app: AppId) -> (String, Vec<String>) {
    let app = azure.application(app).expect("the cluster's app").1;
    (app.sign_in_audience.clone(), app.web_redirect_uris.clone())
}

/// The keys that the nodes hold.
fn keys_of_nodes(world: &World, shape: &Shape) -> Vec<Option<KeyId>> {
    let nodes = world.sim.nodes().into_iter().filter(|node| node.cluster == shape.cluster);
    nodes.map(|node| node.key_id).collect()
}

/// The app's principals in a tenant, deleted ones as well: one that was made twice and taken back is one too many.
fn principals(azure: &Azure, app: AppId, domain: &str) -> Vec<ObjectId> {
    let tenant = azure.tenant_named(domain).expect("a tenant");
    tenant.principals.values().filter(|one| one.app_id == app).map(|one| one.object_id).collect()
}

fn roles_of(azure: &Azure, principals: &[ObjectId]) -> Vec<Role> {
    let given = azure.assignments.iter().filter(|one| principals.contains(&one.principal));
    let mut roles: Vec<_> = given.map(|one| (one.scope.clone(), one.role.to_string(), one.condition.clone())).collect();
    roles.sort();
    roles
}

/// Everything is there once, every node pulls, and the only key of ours is the one that the nodes have.
pub fn assert_connected(world: &World, shape: &Shape, before: &Before, lives: usize) {
    let reading = journal::read(&life::folder(world)).expect("a whole journal");
    assert_eq!(reading.progress.closed(), Some(Outcome::Connected));
    let made: Vec<_> = world.ours().into_iter().map(|app| app.app_id).collect();
    let app = match (shape.route, made.as_slice()) {
        (Route::NewApp, [only]) => *only,
        (Route::KeepApp, []) => shape.present_app(world).expect("an app"),
        (_, others) => panic!("apps of ours: {others:?}"),
    };
    assert_eq!(reading.progress.facts().app().map(|app| app.app_id), Some(app), "the app that the journal names");
    assert_roles(world, shape, before, app);
    assert_keys(world, shape, before, &reading.progress);
    world.assert_every_node_pulls(shape.cluster, shape.registry);
    assert_resets(world, lives);
    assert!(world.sim.unknown().is_empty(), "{:?}", world.sim.unknown());
}

fn assert_roles(world: &World, shape: &Shape, before: &Before, app: AppId) {
    let azure = world.sim.world().lock();
    let (home, abroad) = (principals(&azure, app, HOME), principals(&azure, app, ABROAD));
    assert_eq!((home.len(), abroad.len()), (1, 1), "one principal in each tenant, and none that was deleted");
    assert_eq!(roles_of(&azure, &home), before.roles, "each role of the cluster's app once");
    let registry = azure.registries.iter().find(|one| one.name == shape.registry).expect("the registry");
    let role = roles::by_name(changes::pulling_role(registry)).expect("the role").id.to_string();
    assert_eq!(roles_of(&azure, &abroad), [(registry.id.clone(), role, None)], "one right to pull");
    let application = azure.application(app).expect("the app").1;
    assert_eq!(application.sign_in_audience, "AzureADMultipleOrgs");
    assert!(!application.web_redirect_uris.is_empty(), "nowhere to land after a consent");
}

fn assert_keys(world: &World, shape: &Shape, before: &Before, progress: &crosspull::engine::Progress) {
    let held = keys_of_nodes(world, shape);
    let azure = world.sim.world().lock();
    let keys = azure.tenants.iter().flat_map(|tenant| tenant.applications.values()).flat_map(|app| &app.passwords);
    let ours =
        keys.filter(|key| !key.removed && key.display_name.as_deref().is_some_and(|it| it.starts_with("crosspull ")));
    let ours: Vec<_> = ours.map(|key| key.key_id).collect();
    if shape.route == Route::KeepApp {
        assert_eq!(held, before.keys, "the nodes' key is not touched");
        assert!(ours.is_empty(), "the key of the pull test is gone: {ours:?}");
        return;
    }
    let [Some(key), ..] = held.as_slice() else { panic!("a node holds no key of an app: {held:?}") };
    assert!(held.iter().all(|one| one == &Some(*key)), "every node the same: {held:?}");
    assert!(ours.contains(key), "the nodes' key is there: {ours:?}");
    if ours.len() > 1 {
        let Some(Output::Sweep(swept)) = progress.facts().output(StepId::Sweep) else { panic!("nothing was swept") };
        let told = |key: &KeyId| swept.kept.iter().any(|(kept, why)| kept == key && !why.is_empty());
        assert!(ours.iter().all(|one| one == key || told(one)), "kept without a word: {ours:?}, {swept:?}");
        panic!("more than the nodes' key is kept, since {swept:?}");
    }
}

/// Nothing of ours is left in the tenants that we are signed in to, and the cluster's app is what it was.
pub fn assert_taken_back(world: &World, shape: &Shape, before: &Before) {
    let reading = journal::read(&life::folder(world)).expect("a whole journal");
    assert_eq!(reading.progress.closed(), Some(Outcome::TakenBack));
    assert_eq!(keys_of_nodes(world, shape), before.keys, "the nodes have what they had");
    let present = shape.present_app(world).expect("an app");
    assert!(world.labelled_keys().is_empty() || shape.route == Route::NewApp, "{:?}", world.labelled_keys());
    let ours = world.ours();
    assert!(ours.iter().all(|app| app.in_recycle_bin), "an app is left: {ours:#?}");
    let azure = world.sim.world().lock();
    assert_eq!(settings(&azure, present), before.app, "the cluster's app");
    assert_eq!(roles_of(&azure, &principals(&azure, present, HOME)), before.roles, "the roles of the cluster's app");
    for app in ours.iter().map(|app| app.app_id).chain([present]) {
        let abroad = azure.tenant_named(ABROAD).expect("a tenant");
        let there = abroad.principals.values().find(|one| one.app_id == app && one.deleted.is_none());
        assert!(there.is_none() || shape.by == By::Others, "a principal is left: {there:?}");
    }
    let live: Vec<_> = azure.tenants.iter().flat_map(|tenant| tenant.principals.values()).collect();
    for one in azure.assignments.iter().filter(|one| one.principal_type == "ServicePrincipal") {
        let principal = live.iter().find(|principal| principal.object_id == one.principal);
        assert!(principal.is_some_and(|principal| principal.deleted.is_none()), "a role of nobody: {one:?}");
    }
}

/// No reset was sent while another one ran, and none more than there were lives to confirm one.
fn assert_resets(world: &World, lives: usize) {
    let all = world.sim.requests();
    let resets: Vec<_> = all.iter().filter(|one| one.operation == "aks.clusters.reset_service_principal").collect();
    assert!(resets.iter().all(|one| one.status != 409), "a reset was sent while another ran: {resets:?}");
    let taken = resets.iter().filter(|one| one.status == 202).count();
    assert!(taken <= lives, "{taken} resets in {lives} lives");
}

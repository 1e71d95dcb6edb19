//! What cannot work is refused before anything is changed.

use crosspull::sim::{Action, Rule, faults::StatusFault};

use super::harness::SetupFile;
use crate::world::World;

/// One thing that stops a setup.
struct Stop {
    code: &'static str,
    cluster: &'static str,
    registry: &'static str,
    edit: fn(&World, &mut SetupFile),
    /// What is otherwise than the scenario says.
    change: fn(&mut crosspull::sim::World),
}

const STOP: Stop = Stop { code: "", cluster: "shop-prod", registry: "fabrikamimages", edit: |_, _| {}, change: |_| {} };

fn cluster(world: &mut crosspull::sim::World) -> &mut crosspull::sim::estate::Cluster {
    world.clusters.iter_mut().find(|cluster| cluster.name == "shop-prod").unwrap()
}

/// Every one is refused with its code, by `plan` and by `apply`, and nothing is changed, here or in Azure.
async fn refused(scenario: &str, stops: &[Stop]) {
    let world = World::new(scenario).await;
    for stop in stops {
        (stop.change)(&mut world.sim.world().lock());
        let file = world.setup_file(stop.cluster, stop.registry, |file| (stop.edit)(&world, file));
        let out = world.apply_file(&file).await.exits(3);
        let said = format!("{}{}", out.stdout, out.stderr);
        assert!(said.contains(&format!("STOP {}", stop.code)), "{}:\n{said}", stop.code);
        assert!(!said.contains("FAILED"), "{said}");
    }
    assert!(world.writes().is_empty(), "{:?}", world.writes());
    assert!(!world.folder.path().join("setups").exists(), "no journal is begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_that_cannot_be_given_an_app() {
    refused(
        "default",
        &[
            Stop { code: "CP-101", cluster: "shop-msi", ..STOP },
            Stop { code: "CP-102", cluster: "shop-stopped", ..STOP },
            Stop { code: "CP-103", cluster: "shop-busy", ..STOP },
            Stop { code: "CP-106", cluster: "shop-windows", ..STOP },
            Stop {
                code: "CP-109",
                edit: |_, file| {
                    file.edit("cluster.id", |id| id.replace("shop-prod", "shop-gone"));
                },
                ..STOP
            },
            Stop {
                code: "CP-114",
                cluster: "shop-multi",
                edit: |_, file| {
                    file.set("app.route", "new-app");
                },
                ..STOP
            },
            Stop {
                code: "CP-104",
                change: |world| cluster(world).pools[1].provisioning_state = "Scaling".to_owned(),
                ..STOP
            },
            Stop {
                code: "CP-107",
                change: |world| {
                    cluster(world).pools[1].provisioning_state = "Succeeded".to_owned();
                    cluster(world).pools[1].pool_type = "AvailabilitySet".to_owned();
                },
                ..STOP
            },
            Stop { code: "CP-115", change: |world| cluster(world).provisioning_state = "Failed".to_owned(), ..STOP },
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_who_may_not() {
    refused(
        "default",
        &[
            Stop { code: "CP-108", edit: |world, file| world.sign_in_as(file, "cluster", "rita"), ..STOP },
            Stop { code: "CP-111", edit: |world, file| world.sign_in_as(file, "cluster", "carl"), ..STOP },
            Stop { code: "CP-130", edit: |world, file| world.sign_in_as(file, "registry", "eve"), ..STOP },
            Stop { code: "CP-131", edit: |world, file| world.sign_in_as(file, "registry", "dora"), ..STOP },
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registries_that_do_not_fit() {
    refused(
        "default",
        &[
            Stop {
                code: "CP-134",
                edit: |_, file| {
                    file.set("registry.repositories", vec!["shop/web"]);
                },
                ..STOP
            },
            Stop {
                code: "CP-136",
                edit: |world, file| {
                    file.set("registry.login_server", world.login_server("fabrikamother"));
                },
                ..STOP
            },
            Stop {
                code: "CP-137",
                change: |world| {
                    let registry = world.registries.iter_mut().find(|one| one.name == "fabrikamother").unwrap();
                    registry.role_assignment_mode = "SomethingNew".to_owned();
                },
                registry: "fabrikamother",
                ..STOP
            },
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_the_cluster_tenant() {
    refused("policy-no-secrets", &[Stop { code: "CP-120", ..STOP }]).await;
    refused(
        "policy-lifetime",
        &[Stop {
            code: "CP-121",
            edit: |_, file| {
                file.set("app.secret_days", 365);
            },
            ..STOP
        }],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_against_apps_that_serve_other_tenants() {
    let world = World::new("default").await;
    // Only tenants in a preview have this rule, and the simulator has none.
    let rules = serde_json::json!({
        "isEnabled": true,
        "applicationRestrictions": { "audiences": { "azureAdMultipleOrgs": { "state": "enabled" } } },
    });
    let answer = StatusFault { status: 200, body: Some(rules.to_string()), ..StatusFault::default() };
    world.sim.faults().add(Rule::new("graph.policy.app_management", Action::Status(answer)));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(3).says("STOP CP-122");
    assert!(world.writes().is_empty(), "{:?}", world.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_life_is_taken_where_a_rule_asks_for_it() {
    let world = World::new("policy-lifetime").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0).says("a secret for the cluster, for 90 days");
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_of_the_cluster_tenant_needs_no_crosspull() {
    let world = World::new("default").await;
    {
        // The registry moves into the cluster's tenant.
        let mut world = world.sim.world().lock();
        let contoso = world.tenants[0].id;
        for subscription in world.subscriptions.iter_mut().filter(|one| one.name == "fabrikam-images") {
            subscription.tenant = contoso;
        }
        for registry in world.registries.iter_mut().filter(|one| one.name == "fabrikamimages") {
            registry.tenant = contoso;
        }
    }
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.tenant", "contoso.example");
        world.sign_in_as(file, "registry", "ana");
    });
    let out = world.apply_file(&file).await.exits(3);
    let said = format!("{}{}", out.stdout, out.stderr);
    assert!(said.contains("STOP CP-140"), "{said}");
    assert!(world.writes().is_empty());
}

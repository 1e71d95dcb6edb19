//! What cannot work is refused before anything is changed: a case for every stop that there is. What each finds is kept
//! in `src/tui/testing/stops`, from where the wizard's pictures of it are drawn.

use std::collections::BTreeSet;

use crosspull::{
    domain::Subject,
    sim::{Action, Rule, faults::StatusFault},
};
use serde_json::{Value, json};

use super::harness::{Output, SetupFile};
use crate::world::World;

/// One thing that stops a setup.
struct Stop {
    name: &'static str,
    code: &'static str,
    scenario: &'static str,
    cluster: &'static str,
    registry: &'static str,
    /// What the setup asks for that is otherwise than usual.
    edit: fn(&World, &mut SetupFile),
    /// What is otherwise than the scenario says.
    change: fn(&World),
}

const STOP: Stop = Stop {
    name: "",
    code: "",
    scenario: "default",
    cluster: "shop-prod",
    registry: "fabrikamimages",
    edit: |_, _| {},
    change: |_| {},
};

/// Clusters that cannot be given an app.
const CLUSTERS: &[Stop] = &[
    Stop { name: "managed-identity", code: "CP-101", cluster: "shop-msi", ..STOP },
    Stop { name: "stopped", code: "CP-102", cluster: "shop-stopped", ..STOP },
    Stop { name: "busy", code: "CP-103", cluster: "shop-busy", ..STOP },
    Stop { name: "busy-pool", code: "CP-104", scenario: "stops", cluster: "shop-scaling", ..STOP },
    Stop { name: "windows", code: "CP-106", cluster: "shop-windows", ..STOP },
    Stop { name: "availability-set", code: "CP-107", scenario: "stops", cluster: "shop-sets", ..STOP },
    Stop {
        name: "no-such-cluster",
        code: "CP-109",
        edit: |_, file| {
            file.edit("cluster.id", |id| id.replace("shop-prod", "shop-gone"));
        },
        ..STOP
    },
    Stop {
        name: "serves-others",
        code: "CP-114",
        cluster: "shop-multi",
        edit: |_, file| {
            file.set("app.route", "new-app");
        },
        ..STOP
    },
    Stop { name: "failed", code: "CP-115", scenario: "stops", cluster: "shop-failed", ..STOP },
    Stop { name: "failed-pool", code: "CP-115", scenario: "stops", cluster: "shop-canceled", ..STOP },
    Stop { name: "protected-nodes", code: "CP-116", scenario: "stops", cluster: "shop-guarded", ..STOP },
    Stop { name: "no-identity", code: "CP-118", scenario: "stops", cluster: "shop-nobody", ..STOP },
    Stop { name: "locked-cluster", code: "CP-414", scenario: "stops", cluster: "shop-locked", ..STOP },
];

/// Operators who may not.
const OPERATORS: &[Stop] = &[
    Stop { name: "no-reset", code: "CP-108", edit: |world, file| world.sign_in_as(file, "cluster", "rita"), ..STOP },
    Stop { name: "no-roles", code: "CP-111", edit: |world, file| world.sign_in_as(file, "cluster", "carl"), ..STOP },
    Stop { name: "unread-roles", code: "CP-112", scenario: "stops", cluster: "shop-orphan", ..STOP },
    Stop { name: "unread-rights", code: "CP-151", change: break_permissions, ..STOP },
    Stop {
        name: "no-apps",
        code: "CP-123",
        scenario: "policy-no-apps",
        edit: |world, file| world.sign_in_as(file, "cluster", "pia"),
        ..STOP
    },
    Stop {
        name: "not-our-app",
        code: "CP-129",
        scenario: "stops",
        cluster: "shop-kept",
        edit: |world, file| {
            file.set("app.route", "keep-app").remove("options.confirm_node_replacement");
            world.sign_in_as(file, "cluster", "otto");
        },
        ..STOP
    },
    Stop { name: "unanswered-roles", code: "CP-153", change: break_role_lists, ..STOP },
    Stop {
        name: "no-such-registry",
        code: "CP-130",
        edit: |world, file| world.sign_in_as(file, "registry", "eve"),
        ..STOP
    },
    Stop {
        name: "no-registry-roles",
        code: "CP-131",
        edit: |world, file| world.sign_in_as(file, "registry", "dora"),
        ..STOP
    },
    Stop {
        name: "no-admin",
        code: "CP-138",
        scenario: "stops",
        edit: |world, file| world.sign_in_as(file, "registry", "mia"),
        ..STOP
    },
];

/// What the tenants forbid, and registries that do not fit.
const PLACES: &[Stop] = &[
    Stop { name: "no-secrets", code: "CP-120", scenario: "policy-no-secrets", ..STOP },
    Stop {
        name: "short-lives",
        code: "CP-121",
        scenario: "policy-lifetime",
        edit: |_, file| {
            file.set("app.secret_days", 365);
        },
        ..STOP
    },
    Stop { name: "one-tenant-alone", code: "CP-122", change: forbid_multitenant, ..STOP },
    Stop {
        name: "whole-registry",
        code: "CP-134",
        edit: |_, file| {
            file.set("registry.repositories", vec!["shop/web"]);
        },
        ..STOP
    },
    Stop {
        name: "other-server",
        code: "CP-136",
        edit: |world, file| {
            file.set("registry.login_server", world.login_server("fabrikamother"));
        },
        ..STOP
    },
    Stop {
        name: "no-such-tag",
        code: "CP-505",
        edit: |_, file| {
            file.set("registry.image", "shop/web:9.9");
        },
        ..STOP
    },
    Stop {
        name: "no-such-repository",
        code: "CP-506",
        edit: |_, file| {
            file.set("registry.image", "shop/nope:1.4");
        },
        ..STOP
    },
    Stop { name: "unknown-mode", code: "CP-137", scenario: "stops", registry: "fabrikamlater", ..STOP },
    Stop { name: "locked-registry", code: "CP-414", scenario: "stops", registry: "fabrikamlocked", ..STOP },
    Stop {
        name: "same-tenant",
        code: "CP-140",
        edit: |world, file| {
            file.set("registry.tenant", "contoso.example");
            world.sign_in_as(file, "registry", "ana");
        },
        change: move_registry,
        ..STOP
    },
    Stop {
        name: "foreign-server",
        code: "CP-146",
        edit: |_, file| {
            for key in ["id", "client_id", "client_secret_env", "provision"] {
                file.remove(&format!("registry.{key}"));
            }
            file.set("registry.sign_in", "none").set("registry.login_server", "images.fabrikam.example");
        },
        ..STOP
    },
];

/// Only tenants in a preview have this rule, and the simulator has none.
fn forbid_multitenant(world: &World) {
    let rules = json!({
        "isEnabled": true,
        "applicationRestrictions": { "audiences": { "azureAdMultipleOrgs": { "state": "enabled" } } },
    });
    let answer = StatusFault { status: 200, body: Some(rules.to_string()), ..StatusFault::default() };
    // Either tenant may be asked first.
    world.sim.faults().add(Rule { times: 2, ..Rule::new("graph.policy.app_management", Action::Status(answer)) });
}

/// Azure does not tell anybody's rights.
fn break_permissions(world: &World) {
    let broken = StatusFault {
        status: 500,
        code: Some("InternalServerError".to_owned()),
        message: Some("The server encountered an internal error.".to_owned()),
        ..StatusFault::default()
    };
    world.sim.faults().add(Rule { times: 1000, ..Rule::new("arm.permissions.list", Action::Status(broken)) });
}

/// Azure does not list any role assignment.
fn break_role_lists(world: &World) {
    let broken = StatusFault {
        status: 500,
        code: Some("InternalServerError".to_owned()),
        message: Some("The server encountered an internal error.".to_owned()),
        ..StatusFault::default()
    };
    world.sim.faults().add(Rule { times: 1000, ..Rule::new("arm.role_assignments.list", Action::Status(broken)) });
}

/// The registry moves into the cluster's tenant.
fn move_registry(world: &World) {
    let mut world = world.sim.world().lock();
    let contoso = world.tenants[0].id;
    for subscription in world.subscriptions.iter_mut().filter(|one| one.name == "fabrikam-images") {
        subscription.tenant = contoso;
    }
    for registry in world.registries.iter_mut().filter(|one| one.name == "fabrikamimages") {
        registry.tenant = contoso;
    }
}

/// What was found, in the order in which it is shown.
fn found(out: &Output) -> Vec<Value> {
    let subjects = Subject::ALL.map(|subject| json!(subject));
    let mut found: Vec<Value> = out.objects().into_iter().filter(|object| object["event"] == "finding").collect();
    found.sort_by_key(|object| {
        let severity = ["stop", "warning", "note"].iter().position(|one| object["finding"]["severity"] == **one);
        (severity, subjects.iter().position(|subject| *subject == object["subject"]))
    });
    found.into_iter().map(|mut object| object["finding"].take()).collect()
}

/// Every one is refused with its code, and nothing is changed, here or in Azure.
async fn refused(stops: &[Stop]) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/src/tui/testing/stops"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for stop in stops {
        let world = World::new(stop.scenario).await;
        (stop.change)(&world);
        let file = world.setup_file(stop.cluster, stop.registry, |file| (stop.edit)(&world, file));
        let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--json"]).await.exits(3);
        assert!(out.stderr.contains(&format!("STOP {}", stop.code)), "{}: {}", stop.name, out.stderr);
        assert!(world.writes().is_empty(), "{}: {:?}", stop.name, world.writes());
        assert!(!world.folder.path().join("setups").exists(), "{}: a journal is begun", stop.name);
        let findings = found(&out);
        let code = |finding: &Value| finding["severity"] == "stop" && finding["code"] == stop.code;
        assert!(findings.iter().any(code), "{}: {findings:#?}", stop.name);
        let planned = out.objects().iter().any(|object| object["event"] == "plan");
        let mut text = serde_json::to_string_pretty(&json!({ "planned": planned, "findings": findings })).unwrap();
        let registries = world.sim.ready().tenants.iter().flat_map(|tenant| &tenant.registries);
        for registry in registries {
            text = text.replace(&registry.login_server, &format!("{}.azurecr.io", registry.name));
        }
        text = text.replace("under localhost", "under azurecr.io");
        settings.bind(|| insta::assert_snapshot!(stop.name, text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clusters_that_cannot_be_given_an_app() {
    refused(CLUSTERS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operators_who_may_not() {
    refused(OPERATORS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_registries_that_do_not_fit() {
    refused(PLACES).await;
}

/// Every code with which something in `src/steps/preflight` can stop a setup.
fn stops_in_the_source() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/steps/preflight");
    let mut codes = BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        // The code is the first argument of one, and the second of the other.
        for (call, before) in [("stop(", 0), ("finding(", 1)] {
            for (at, _) in text.match_indices(call) {
                let argument = text[at + call.len()..].splitn(before + 2, ',').nth(before).unwrap_or_default();
                let code = argument.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                codes.extend(code.filter(|code| code.starts_with("CP-")).map(str::to_owned));
            }
        }
    }
    codes
}

#[test]
fn every_stop_has_its_case() {
    let cases: BTreeSet<String> =
        [CLUSTERS, OPERATORS, PLACES].into_iter().flatten().map(|stop| stop.code.to_owned()).collect();
    let stops = stops_in_the_source();
    assert!(stops.len() > 20, "{stops:?}");
    assert_eq!(cases, stops);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shorter_life_is_taken_where_a_rule_asks_for_it() {
    let world = World::new("policy-lifetime").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0).says("a secret for the cluster, for 90 days");
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

/// What is found of a setup that can be done, as `severity code found`.
async fn finds(scenario: &str, cluster: &str, registry: &str, edit: fn(&World, &mut SetupFile)) -> Vec<String> {
    let world = World::new(scenario).await;
    let file = world.setup_file(cluster, registry, |file| edit(&world, file));
    let out = world.crosspull(["plan", file.to_str().unwrap(), "--json"]).await.exits(0);
    assert!(world.writes().is_empty(), "{:?}", world.writes());
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let findings = found(&out);
    findings.iter().map(|one| ["severity", "code", "found"].map(|key| word(one, key)).join(" ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_stop_is_said_all_the_same() {
    let found = finds("stops", "shop-window", "fabrikamrange", |_, _| {}).await;
    insta::assert_snapshot!(found.join("\n"), @"
    warning CP-116 shop-window lets nodes be replaced in its maintenance window alone (weekly on Sunday, from 02:00 +00:00, for 4 hours)
    warning CP-149 fabrikamrange is in state Updating
    warning CP-132 The firewall of fabrikamrange lets in 198.51.100.0/28, and not shop-window, which goes out by 198.51.100.35
    note CP-117 shop-window is a private cluster
    note CP-144 Role assignments were looked for in the 2 subscriptions that this account can see
    note CP-125 A rule of the registry tenant forbids secrets on service principals
    note CP-139 fabrikamrange takes no tokens that are for Resource Manager
    note CP-150 Whether shop/web:1.4 is in fabrikamrange could not be seen: DENIED: client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.
    ");
    let found = finds("stops", "shop-kept", "fabrikamprivate", |world, file| {
        world.sign_in_as(file, "cluster", "otto");
        world.sign_in_as(file, "registry", "lars");
    })
    .await;
    insta::assert_snapshot!(found.join("\n"), @r#"
    warning CP-113 This account cannot put a new secret on shop-kept's present app: it neither owns the app nor has an admin role
    warning CP-406 This account may give only some roles on fabrikamprivate, and not AcrPull
    warning CP-133 fabrikamprivate cannot be reached from public networks, and has 1 private endpoint
    note CP-148 shop-kept is held by the lock "keep"
    note CP-144 Role assignments were looked for in the 2 subscriptions that this account can see
    note CP-125 A rule of the registry tenant forbids secrets on service principals
    note CP-150 Whether shop/web:1.4 is in fabrikamprivate could not be seen: DENIED: client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.
    "#);
    let found = finds("short-of-room", "shop-vnet", "fabrikamfw", |_, _| {}).await;
    insta::assert_snapshot!(found.join("\n"), @"
    warning CP-119 Pool system needs 4 cores more for a while, and the quota in westeurope has 2 left
    warning CP-119 Pool web needs 4 cores more for a while, and the quota in westeurope has 2 left
    warning CP-119 Too few free addresses in the subnet nodes: 0, where replacing the nodes takes 1
    warning CP-132 The firewall of fabrikamfw lets in 192.0.2.10, and not shop-vnet, which goes out by 198.51.100.15
    note CP-144 Role assignments were looked for in the 2 subscriptions that this account can see
    note CP-150 Whether shop/web:1.4 is in fabrikamfw could not be seen: DENIED: client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.
    ");
    let found = finds("stops", "shop-prod", "fabrikamrange", |_, _| {}).await;
    let reached =
        "note CP-132 The firewall of fabrikamrange lets in 198.51.100.0/28: shop-prod among them (198.51.100.10)";
    assert!(found.iter().any(|one| one == reached), "{found:#?}");
}

//! What could not be read is told as that: neither as something that is not there, nor as something that is forbidden,
//! nor as nothing in the way.

use crosspull::sim::{Action, Rule, faults::StatusFault};

use super::harness::{Output, one_line};
use crate::world::World;

fn status(status: u16, code: &str) -> Action {
    Action::Status(StatusFault {
        status,
        code: Some(code.to_owned()),
        message: Some("Not now.".to_owned()),
        ..StatusFault::default()
    })
}

/// Somebody in between who is not Azure.
fn page(status: u16) -> Action {
    Action::Status(StatusFault {
        status,
        body: Some("<html>Not here</html>".to_owned()),
        content_type: Some("text/html".to_owned()),
        ..StatusFault::default()
    })
}

async fn planned(operation: &str, action: Action) -> (World, Output) {
    let world = World::new("default").await;
    world.sim.faults().add(Rule::new(operation, action).times(1000));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.crosspull(["plan", file.to_str().unwrap()]).await;
    (world, out)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_badly_is_not_said_to_be_missing() {
    for operation in ["aks.clusters.get", "acr.registries.get"] {
        for (action, code) in [
            (status(401, "ExpiredAuthenticationToken"), "CP-2"),
            (status(503, "ServiceUnavailable"), "CP-706"),
            (Action::DropBefore, "CP-7"),
            (page(404), "CP-7"),
            (page(403), "CP-7"),
        ] {
            let what = format!("{operation} {action:?}");
            let (world, out) = planned(operation, action).await;
            let out = out.exits(5);
            let (said, failure) = (one_line(&out.stderr), out.stderr.lines().last().unwrap_or_default());
            assert!(said.contains(code), "{what}: {code} is missing in\n{}\n{failure}", out.stderr);
            for wrong in ["CP-109", "CP-130", "may not see it", "is closed to"] {
                assert!(!said.contains(wrong) && !out.stdout.contains(wrong), "{what}: {wrong}\n{}", out.stderr);
            }
            assert!(world.writes().is_empty());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_azure_says_is_not_there_or_is_forbidden_stays_a_stop() {
    for (operation, code, operator) in [("aks.clusters.get", "CP-109", "ana"), ("acr.registries.get", "CP-130", "ben")]
    {
        for action in [status(403, "AuthorizationFailed"), status(404, "ResourceNotFound")] {
            let (world, out) = planned(operation, action).await;
            let out = out.exits(3);
            // Who may not see it is said by name.
            let named = format!(" app {}", world.operator(operator).client_id);
            for part in [&format!("STOP {code}"), &named] {
                assert!(one_line(&out.stderr).contains(part.as_str()), "{part} is missing in\n{}", out.stderr);
            }
        }
    }
}

/// Everything that is found, as it is told.
async fn told(operation: &str, action: Action, code: i32) -> String {
    let (world, out) = planned(operation, action).await;
    let out = out.exits(code);
    assert!(world.writes().is_empty());
    format!("{} {}", one_line(&out.stdout), one_line(&out.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_that_could_not_be_read_are_not_said_to_be_missing() {
    let told = told("arm.permissions.list", status(503, "ServiceUnavailable"), 3).await;
    for part in [
        "STOP CP-151",
        "Whether this account may give roles at /subscriptions/",
        "What this account may do on shop-prod could not be read: ",
        "What this account may do on fabrikamimages could not be read: ",
        "ServiceUnavailable: Not now.",
    ] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    for wrong in ["CP-111", "CP-108", "CP-131", "may not give roles", "may not give it another app"] {
        assert!(!told.contains(wrong), "{wrong} in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn locks_that_could_not_be_read_are_said_so() {
    let told = told("arm.locks.list", status(403, "AuthorizationFailed"), 0).await;
    for part in
        ["CP-150", "The locks on shop-prod could not be read: ", "The locks on fabrikamimages could not be read: "]
    {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_on_the_nodes_that_could_not_be_read_is_said_so() {
    let world = World::new("default").await;
    // The cluster itself is read first.
    let rule = Rule::new("aks.clusters.get", status(400, "NoRegisteredProviderFound")).nth(2).times(1000);
    world.sim.faults().add(rule);
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.crosspull(["plan", file.to_str().unwrap()]).await.exits(0);
    let said = one_line(&out.stdout);
    for part in
        ["CP-150", "Whether a policy protects the nodes of shop-prod could not be read: ", "NoRegisteredProviderFound"]
    {
        assert!(said.contains(part), "{part} is missing in\n{}", out.stdout);
    }
}

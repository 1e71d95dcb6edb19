//! Steps that fail: what was tried, what Azure said, what it means, what to do; and once the cause is gone, a resume.

use crosspull::sim::{Action, Rule, faults::StatusFault};

use super::harness::shown;
use crate::world::World;

fn status(status: u16, code: &str, message: &str) -> Action {
    Action::Status(StatusFault {
        status,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        ..StatusFault::default()
    })
}

/// What a failure looks like, from its first line on.
fn problem(stdout: &str) -> &str {
    let at = stdout.find("  FAILED ").unwrap_or_else(|| panic!("nothing failed:\n{stdout}"));
    let begins = stdout[..at].rfind('\n').map_or(0, |at| at + 1);
    &stdout[begins..]
}

/// The setup fails with exit code 5, and goes on to its end once there is no fault any more.
async fn fails_and_goes_on(world: &World, file: &std::path::Path) -> String {
    let out = world.apply_file(file).await.exits(5);
    let shown = problem(&out.stdout).to_owned();
    world.crosspull(["show", "shop-prod"]).await.exits(0).says("FAILED").says("Mend what is named above");
    world.sim.faults().clear();
    world.crosspull(["resume", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_be_given() {
    let world = World::new("default").await;
    let message = "The client 'ben' with object id 'x' does not have authorization to perform action \
                   'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s'.";
    // The first role assignment is the carried one.
    world
        .sim
        .faults()
        .add(Rule::new("arm.role_assignments.create", status(403, "AuthorizationFailed", message)).nth(2).times(50));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    shown!(world, fails_and_goes_on(&world, &file).await, @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_breaks_again_and_again() {
    let world = World::new("default").await;
    let broken = status(500, "InternalServerError", "The server encountered an internal error.");
    world.sim.faults().add(Rule::new("graph.application.upsert", broken).times(1000));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    shown!(world, fails_and_goes_on(&world, &file).await, @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_asks_for_a_pause_gets_it() {
    let world = World::new("default").await;
    let throttled = Action::Status(StatusFault {
        status: 429,
        code: Some("TooManyRequests".to_owned()),
        message: Some("Too many requests.".to_owned()),
        retry_after: Some("1".to_owned()),
        ..StatusFault::default()
    });
    world.sim.faults().add(Rule::new("graph.application.add_password", throttled));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.apply_file(&file).await.exits(0);
    let out = out.says("slowed down by Azure");
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    let at = |nth: usize| {
        let all = world.sim.requests();
        all.iter().filter(|one| one.operation == "graph.application.add_password").nth(nth).expect(&out.stdout).at
    };
    assert!(at(1) - at(0) >= time::Duration::seconds(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_that_fails_leaves_everything_and_is_agreed_to_anew() {
    let world = World::new("reset-fails").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.apply_file(&file).await.exits(5);
    shown!(world, problem(&out.stdout), @"");
    assert_eq!(world.labelled_keys().len(), 1, "some nodes hold it");
    let pulls = world.pulls("shop-prod", "fabrikamimages", "shop/web:1.4");
    assert_eq!(pulls.iter().filter(|(_, can)| *can).count(), 4, "a mixture: {pulls:?}");

    world.crosspull(["undo", "shop-prod", "--yes"]).await.exits(2);
    let out = world.crosspull(["resume", "shop-prod"]).await.exits(4);
    let out = out.says("What you agreed to in advance was one replacement; this would be another.");
    assert_eq!(world.calls("aks.clusters.reset_service_principal"), 1, "{}", out.stdout);
    world.crosspull(["resume", "shop-prod", "--confirm-nodes", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.image", "shop/web:9.9");
    });
    let out = world.apply_file(&file).await.exits(5);
    shown!(world, problem(&out.stdout), @"");
    {
        // Somebody pushes it.
        let mut world = world.sim.world().lock();
        let registry = world.registries.iter_mut().find(|one| one.name == "fabrikamimages").unwrap();
        let tags = registry.repositories.get_mut("shop/web").unwrap();
        let digest = tags["1.4"].clone();
        tags.insert("9.9".to_owned(), digest);
    }
    world.crosspull(["resume"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_against_secrets_that_came_after_the_plan() {
    let world = World::new("default").await;
    let policy = status(
        400,
        "CredentialTypeNotAllowedAsPerAppPolicy",
        "Credential type not allowed as per assigned policy 'Restrict'.",
    );
    world.sim.faults().add(Rule::new("graph.application.add_password", policy).times(50));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    shown!(world, fails_and_goes_on(&world, &file).await, @"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_json_has_its_words_too() {
    let world = World::new("default").await;
    world
        .sim
        .faults()
        .add(Rule::new("arm.role_assignments.create", status(403, "AuthorizationFailed", "no")).nth(2).times(50));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--json"]).await.exits(5);
    let failed = out.objects().into_iter().find(|object| object["entry"]["record"] == "failed").expect(&out.stdout);
    assert_eq!(failed["entry"]["problem"]["code"], "AuthorizationFailed");
    assert!(failed["entry"]["problem"]["request_id"].is_string(), "{failed}");
    assert_eq!(failed["catalogue"]["code"], "CP-405");
}

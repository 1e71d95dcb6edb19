//! Steps that fail: what was tried, what Azure said, what it means, what to do; and once the cause is gone, a resume.

use crosspull::sim::{Action, Rule, faults::StatusFault};

use super::harness::{Output, one_line, shown};
use crate::world::World;

pub(super) fn status(status: u16, code: &str, message: &str) -> Action {
    Action::Status(StatusFault {
        status,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        ..StatusFault::default()
    })
}

/// What a failure looks like, from its first line on. Steps beside it may come to their end later, or have done so before:
/// their lines are left out.
fn problem(stdout: &str) -> String {
    let at = stdout.find("  FAILED ").unwrap_or_else(|| panic!("nothing failed:\n{stdout}"));
    let begins = stdout[..at].rfind('\n').map_or(0, |at| at + 1);
    let told_with_its_time = |line: &&str| line.get(2..3) == Some(":") && line.get(5..6) == Some(":");
    stdout[begins..].lines().filter(|line| !told_with_its_time(line)).collect::<Vec<_>>().join("\n")
}

/// The setup fails with exit code 5, and goes on to its end once there is no fault any more.
async fn fails_and_goes_on(world: &World, file: &std::path::Path) -> String {
    let out = world.apply_file(file).await.exits(5);
    let shown = problem(&out.stdout);
    world.crosspull(["show", "shop-prod"]).await.exits(0).says("FAILED").says("Mend what is named above");
    world.sim.faults().clear();
    world.crosspull(["resume", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    shown
}

/// Of two roles that are given side by side, either may be asked for first.
fn no_role_but_the_registrys(world: &World) -> std::path::PathBuf {
    world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("options.carry_over", "none");
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_be_given() {
    let world = World::new("default").await;
    let message = "The client 'ben' with object id 'x' does not have authorization to perform action \
                   'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s'.";
    world
        .sim
        .faults()
        .add(Rule::new("arm.role_assignments.create", status(403, "AuthorizationFailed", message)).times(50));
    let file = no_role_but_the_registrys(&world);
    shown!(world, fails_and_goes_on(&world, &file).await, @"
    registry role  FAILED TIME UTC  CP-405  No right to give roles on the registry
    Tried    give a role at
             /subscriptions/22222222-bbbb-4000-8000-0000000000a1/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages
    Azure    403 AuthorizationFailed: The client 'ben' with object id 'x' does not
             have authorization to perform action
             'Microsoft.Authorization/roleAssignments/write' over scope
             '/subscriptions/s'.
    Means    The account that is signed in may see the registry, but not give roles
             on it. Contributor is not enough for that.
    Changed  nothing in this step; what is done stays
    Do       Ask for Role Based Access Control Administrator on the registry, then
             try again. Or hand the step over: the Owner gets the commands to run.
             (An Owner of the registry)
    Read     https://learn.microsoft.com/azure/role-based-access-control/role-assignments-steps

    request      UUID
    correlation  UUID
    time         DATE TIME UTC

    What is done stays done. When the cause is gone, go on with:
    crosspull resume shop-prod OPTIONS
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_breaks_again_and_again() {
    let world = World::new("default").await;
    let broken = status(500, "InternalServerError", "The server encountered an internal error.");
    world.sim.faults().add(Rule::new("graph.application.upsert", broken).times(1000));
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    shown!(world, fails_and_goes_on(&world, &file).await, @"
    registration  FAILED TIME UTC  CP-706  Azure has trouble of its own
    Tried    register the app crosspull shop-prod
    Azure    500 InternalServerError: The server encountered an internal error.
    Means    The service failed at its own end. The request may have had its
             effect; crosspull looks before it sends anything again.
    Changed  perhaps something in this step: crosspull looks before it tries again;
             what is done stays
    Do       Try again in some minutes. If it stays, look at Azure's status page,
             and give the ids to support. (Nobody: it takes time)
    Read     https://azure.status.microsoft/

    request      UUID
    correlation  UUID
    time         DATE TIME UTC

    What is done stays done. When the cause is gone, go on with:
    crosspull resume shop-prod OPTIONS
    ");
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
    shown!(world, problem(&out.stdout), @"
    cluster update  FAILED TIME UTC  CP-605  Pods could not be moved off a node
    Tried    give the cluster the app
    Azure    CreateVMSSAgentPoolFailed: the operation ended Failed: Drain of a node
             did not complete: Cannot evict pod as it would violate the pod's
             disruption budget.
    Means    A rule in the cluster (a PodDisruptionBudget) does not let enough pods
             be stopped to empty a node. The replacement of nodes halted there;
             both credentials still work.
    Changed  some nodes may have the new credential and some the old one; both
             apps, all keys and all rights are kept
    Do       Allow one pod more to be away, or add a replica. Then go on: the reset
             is made again, once you agree. (Whoever runs the workloads)
    Read     https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/error-codes/unsatisfiablepdb-error

    request      UUID
    correlation  UUID
    time         DATE TIME UTC

    What is done stays done. When the cause is gone, go on with:
    crosspull resume shop-prod OPTIONS
    ");
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

/// A setup whose image nobody could look for beforehand, up to its probe.
async fn missing_image(world: &World) -> Output {
    world.sim.faults().add(Rule::new("registry.exchange", status(401, "UNAUTHORIZED", "no")).times(50));
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.image", "shop/web:9.9");
    });
    let out = world.apply_file(&file).await.exits(5);
    assert!(
        one_line(&out.stdout).contains("Whether shop/web:9.9 is in fabrikamimages could not be seen"),
        "{}",
        out.stdout
    );
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn another_image_is_named_for_a_setup_under_way() {
    let world = World::new("default").await;
    missing_image(&world).await;
    let out = world.crosspull(["resume", "--image", "shop/web:1.4"]).await.exits(0);
    assert!(!out.stdout.contains("9.9"), "{}", out.stdout);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    world.crosspull(["show", "shop-prod"]).await.exits(0).says("shop/web:1.4");
    // It is proven by then, and a proof of something else is no proof of this.
    let out = world.crosspull(["resume", "shop-prod", "--image", "shop/web:9.9"]).await.exits(2);
    assert!(one_line(&out.stderr).contains("has been pulled already"), "{}", out.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there() {
    let world = World::new("default").await;
    let out = missing_image(&world).await;
    shown!(world, problem(&out.stdout), @r#"
    probe  FAILED TIME UTC  CP-505  There is no such image
    Tried    read localhost:PORT/shop/web:9.9
    Azure    404 MANIFEST_UNKNOWN: manifest tagged by "9.9" is not found
    Means    The registry let in whoever asked, and has no image of that tag or
             digest. Whoever asked may pull.
    Changed  nothing in this step; what is done stays
    Do       Check the tag, or have the image pushed. Then try again. Or take
             another image: on the wizard's plan Esc leads back to it, a setup file
             names it, and a setup under way takes it with crosspull resume NAME
             --image REPOSITORY:TAG. (You)
    Read     https://learn.microsoft.com/azure/container-registry/container-registry-concepts

    correlation  UUID
    time         DATE TIME UTC

    What is done stays done. When the cause is gone, go on with:
    crosspull resume shop-prod OPTIONS
    "#);
    out.says("removed: nobody can be using it");
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
    shown!(world, fails_and_goes_on(&world, &file).await, @"
    secret  FAILED TIME UTC  CP-120  The tenant forbids app secrets
    Tried    make a key for the app
    Azure    400 CredentialTypeNotAllowedAsPerAppPolicy: Credential type not
             allowed as per assigned policy 'Restrict'.
    Means    A policy of the cluster's tenant forbids new secrets on apps. The
             nodes can use nothing but a secret, so a new app cannot be set up
             here. Secrets that exist already go on working.
    Changed  nothing in this step; what is done stays
    Do       Ask for an exemption from the app management policy for this app.
             Without one, a pull secret or an import of the images is the other
             way. (A Cloud Application Administrator or Application Administrator
             of the cluster's tenant)
    Read     https://learn.microsoft.com/entra/identity/enterprise-apps/configure-app-management-policies

    request      UUID
    correlation  UUID
    time         DATE TIME UTC

    What is done stays done. When the cause is gone, go on with:
    crosspull resume shop-prod OPTIONS
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_json_has_its_words_too() {
    let world = World::new("default").await;
    world
        .sim
        .faults()
        .add(Rule::new("arm.role_assignments.create", status(403, "AuthorizationFailed", "no")).times(50));
    let file = no_role_but_the_registrys(&world);
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--json"]).await.exits(5);
    let failed = out.objects().into_iter().find(|object| object["entry"]["record"] == "failed").expect(&out.stdout);
    assert_eq!(failed["entry"]["problem"]["code"], "AuthorizationFailed");
    assert!(failed["entry"]["problem"]["request_id"].is_string(), "{failed}");
    assert_eq!(failed["catalogue"]["code"], "CP-405");
}

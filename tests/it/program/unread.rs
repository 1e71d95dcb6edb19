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

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_could_not_be_read_may_serve_others() {
    let told = told("graph.application.get", status(403, "Authorization_RequestDenied"), 0).await;
    for part in ["WARNING CP-152", "Whether shop-prod's present app serves other tenants could not be read: "] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_not_replaced_on_an_old_word_where_their_app_may_serve_others() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let forbidden = status(400, "CredentialTypeNotAllowedAsPerAppPolicy");
    world.sim.faults().add(Rule::new("graph.application.add_password", forbidden).times(1000));
    world.apply_file(&file).await.exits(5);
    world.sim.faults().clear();
    // Their consent in the file was given for what the plan showed.
    world.sim.faults().add(Rule::new("graph.application.get", status(403, "Authorization_RequestDenied")).times(1000));
    let out = world.crosspull(["resume"]).await.exits(4);
    assert!(one_line(&out.stdout).contains("present app serves other tenants could not be read"), "{}", out.stdout);
    world.sim.faults().clear();
    {
        let mut inside = world.sim.world().lock();
        let tenant = inside.tenants.iter_mut().find(|tenant| tenant.domain == "contoso.example").unwrap();
        let app = tenant.applications.values_mut().find(|app| app.display_name == "aks-shop-prod-sp").unwrap();
        app.sign_in_audience = "AzureADMultipleOrgs".to_owned();
    }
    let out = world.crosspull(["resume"]).await.exits(4);
    assert!(one_line(&out.stdout).contains("present app serves other tenants now"), "{}", out.stdout);
    assert_eq!(world.calls("aks.clusters.reset_service_principal"), 0);
    world.crosspull(["resume", "--confirm-nodes", "shop-prod"]).await.exits(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_and_bins_that_could_not_be_read_are_said_so_and_why() {
    let refused = || status(403, "Authorization_RequestDenied");
    let cases: [(&str, Action, &[&str], &[&str]); 4] = [
        (
            "graph.policy.app_management",
            refused(),
            &["CP-124", "The tenant's rules for apps", "CP-150", "The registry tenant's rules for principals"],
            &[],
        ),
        ("graph.policy.app_management", Action::DropBefore, &["CP-150", "The tenant's rules for apps"], &["CP-124"]),
        (
            "graph.deleted",
            refused(),
            &["CP-150", "The recycle bin of the cluster tenant could not be looked into"],
            &[],
        ),
        ("graph.deleted", Action::DropBefore, &["CP-150", "The recycle bin of the cluster tenant"], &[]),
    ];
    for (operation, action, parts, wrong) in cases {
        let what = format!("{operation} {action:?}");
        let told = told(operation, action, 0).await;
        for part in parts {
            assert!(told.contains(part), "{what}: {part} is missing in\n{told}");
        }
        for part in wrong {
            assert!(!told.contains(part), "{what}: {part} in\n{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_for_the_kept_app_alone_that_could_not_be_read_are_said_so() {
    let world = World::new("default").await;
    world.sim.faults().add(Rule::new("graph.application.policies", status(503, "ServiceUnavailable")).times(1000));
    let file = world.setup_file("shop-keep", "fabrikamimages", |file| {
        file.set("app.route", "keep-app").remove("options.confirm_node_replacement");
    });
    let out = world.crosspull(["plan", file.to_str().unwrap()]).await.exits(0);
    let said = one_line(&out.stdout);
    for part in ["CP-150", "The rules for the cluster's present app alone could not be read: ServiceUnavailable"] {
        assert!(said.contains(part), "{part} is missing in\n{}", out.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_owns_the_kept_app_is_not_known() {
    let world = World::new("stops").await;
    for operation in ["graph.service_principal.roles", "graph.service_principal.app_roles"] {
        world.sim.faults().add(Rule::new(operation, status(403, "Authorization_RequestDenied")).times(1000));
    }
    let file = world.setup_file("shop-kept", "fabrikamimages", |file| {
        file.set("app.route", "keep-app").remove("options.confirm_node_replacement");
        world.sign_in_as(file, "cluster", "otto");
    });
    let out = world.crosspull(["plan", file.to_str().unwrap()]).await.exits(0);
    let said = one_line(&out.stdout);
    assert!(said.contains("WARNING CP-129") && said.contains("its roles could not be read"), "{}", out.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_to_a_kept_app_is_a_change() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-multi", "fabrikamimages", |_| {});
    let plan = async || one_line(&world.crosspull(["plan", file.to_str().unwrap()]).await.exits(0).stdout);
    let lacking = plan().await;
    assert!(lacking.contains("add to the cluster's app") && lacking.contains("cluster change"), "{lacking}");
    assert!(lacking.contains("https://www.microsoft.com"), "{lacking}");
    {
        let mut inside = world.sim.world().lock();
        let tenant = inside.tenants.iter_mut().find(|tenant| tenant.domain == "contoso.example").unwrap();
        let app = tenant.applications.values_mut().find(|app| app.display_name == "aks-shop-multi-sp").unwrap();
        app.web_redirect_uris.push("https://www.microsoft.com".to_owned());
        app.extra.insert("requiredResourceAccess".to_owned(), crosspull::azure::graph::user_read_access());
    }
    let whole = plan().await;
    assert!(whole.contains("keep the cluster's app") && whole.contains("cluster keep"), "{whole}");
}

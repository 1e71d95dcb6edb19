//! AKS: resets that are refused, that proceed, that fail half way; commands inside.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Answer, Bench,
    estate::{PULL, assignment},
};
use crate::sim::world::ResetFate;

async fn reset(bench: &Bench, operator: &str, cluster: &str, app: &str, secret: &str) -> Answer {
    let place = format!("{}/resetServicePrincipalProfile", bench.cluster(cluster));
    bench.manage(operator, Method::POST, &place, Some(json!({"clientId": app, "secret": secret}))).await
}

/// An app with principals on both sides and `AcrPull` on a registry, all lags ended.
async fn ready_app(bench: &Bench) -> (String, String) {
    let (app, secret) = bench.multitenant_app().await;
    bench.graph("ana", Method::POST, "/servicePrincipals", Some(json!({ "appId": app }))).await;
    let principal = bench.consented(&app);
    let (scope, _) = bench.registry("fabrikamimages");
    let answer = bench.assign("ben", &scope, Uuid::from_u128(1), assignment(PULL, &principal)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    bench.settle();
    (app, secret)
}

async fn face(bench: &Bench, cluster: &str) -> (Value, Value) {
    let properties =
        bench.manage("rita", Method::GET, &bench.cluster(cluster), None).await.json()["properties"].clone();
    (properties["servicePrincipalProfile"]["clientId"].clone(), properties["provisioningState"].clone())
}

#[tokio::test]
async fn what_cannot_be_reset_is_refused_in_the_providers_flat_form() {
    let bench = Bench::start("default").await;
    let (app, secret) = ready_app(&bench).await;
    for (cluster, status, says) in [
        ("shop-msi", 400, "not using a service principal"),
        ("shop-stopped", 409, "Power State(Stopped)"),
        ("shop-busy", 409, "Another operation (Updating)"),
        ("shop-windows", 400, "Windows"),
    ] {
        let answer = reset(&bench, "carl", cluster, &app, &secret).await;
        assert_eq!(answer.status.as_u16(), status, "{cluster}");
        let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(says), "{cluster}: {}", answer.text);
    }
    let answer = reset(&bench, "carl", "shop-prod", &app, "wrong").await;
    assert!(answer.json()["message"].as_str().unwrap().contains("AADSTS7000215"), "{}", answer.text);
    let answer = reset(&bench, "carl", "shop-prod", &Uuid::nil().to_string(), &secret).await;
    assert!(answer.json()["message"].as_str().unwrap().contains("not found in Active Directory tenant"));
    assert_eq!(reset(&bench, "rita", "shop-prod", &app, &secret).await.code(), "AuthorizationFailed");
    assert_eq!(bench.pulling("shop-prod", "fabrikamimages"), 0);
}

#[tokio::test]
async fn a_reset_is_watched_by_its_operation_and_reaches_every_node() {
    let bench = Bench::start("default").await;
    let (app, secret) = ready_app(&bench).await;
    let old = face(&bench, "shop-prod").await.0;
    let accepted = reset(&bench, "carl", "shop-prod", &app, &secret).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED);
    assert_eq!(face(&bench, "shop-prod").await, (old, json!("Succeeded")), "reads lag behind");
    let again = reset(&bench, "carl", "shop-prod", &app, &secret).await;
    assert_eq!((again.status, &again.json()["code"]), (StatusCode::CONFLICT, &json!("OperationNotAllowed")));
    let place = |name: &str| accepted.headers[name].to_str().unwrap().to_owned();
    let watch = async |name: &str| bench.manage("rita", Method::GET, &place(name), None).await;
    assert!(place("azure-asyncoperation").contains("api-version=2017-08-31"));
    assert_eq!(watch("azure-asyncoperation").await.json()["status"], "InProgress");
    assert_eq!(watch("location").await.status, StatusCode::ACCEPTED);

    bench.finish_operations();
    assert_eq!(watch("azure-asyncoperation").await.json()["status"], "Succeeded");
    assert_eq!(watch("location").await.status, StatusCode::NO_CONTENT);
    assert_eq!(face(&bench, "shop-prod").await, (json!(app), json!("Succeeded")));
    assert_eq!(bench.pulling("shop-prod", "fabrikamimages"), 9);
    bench.pass(time::Duration::days(5));
    assert_eq!(watch("azure-asyncoperation").await.status, StatusCode::NOT_FOUND, "gone after a day");
}

#[tokio::test]
async fn a_reset_that_fails_leaves_a_mixture_and_can_be_repeated() {
    let bench = Bench::start("default").await;
    let (app, secret) = ready_app(&bench).await;
    bench.simulator.world().lock().reset_fate = Some(ResetFate {
        after_nodes: 4,
        outcome: "Failed".into(),
        code: "SubnetIsFull".into(),
        message: "no address is left".into(),
        times: Some(1),
    });
    let accepted = reset(&bench, "carl", "shop-prod", &app, &secret).await;
    bench.finish_operations();
    let place = accepted.headers["azure-asyncoperation"].to_str().unwrap().to_owned();
    let answer = bench.manage("carl", Method::GET, &place, None).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::OK, "SubnetIsFull"));
    assert_eq!(answer.json()["status"], "Failed");
    assert_eq!(face(&bench, "shop-prod").await, (json!(app), json!("Failed")));
    assert_eq!(bench.pulling("shop-prod", "fabrikamimages"), 4);

    assert_eq!(reset(&bench, "carl", "shop-prod", &app, &secret).await.status, StatusCode::ACCEPTED);
    bench.finish_operations();
    assert_eq!(bench.pulling("shop-prod", "fabrikamimages"), 9);
}

#[tokio::test]
async fn a_stopped_pool_keeps_its_credential_until_its_nodes_are_replaced() {
    let bench = Bench::start("default").await;
    let (app, secret) = ready_app(&bench).await;
    let power = |state: &str| {
        let mut world = bench.simulator.world().lock();
        let cluster = world.clusters.iter_mut().find(|cluster| cluster.name == "shop-prod").unwrap();
        state.clone_into(&mut cluster.pools[1].power_state);
    };
    power("Stopped");
    reset(&bench, "carl", "shop-prod", &app, &secret).await;
    bench.finish_operations();
    assert_eq!(bench.pulling("shop-prod", "fabrikamimages"), 3);
    let upgrade = format!("{}/agentPools/web/upgradeNodeImageVersion", bench.cluster("shop-prod"));
    assert_eq!(bench.manage("carl", Method::POST, &upgrade, None).await.status, StatusCode::CONFLICT);
    power("Running");
    let answer = bench.manage("carl", Method::POST, &upgrade, None).await;
    assert_eq!(answer.json()["properties"]["provisioningState"], "UpgradingNodeImageVersion");
    bench.finish_operations();
    assert_eq!(bench.pulling("shop-prod", "fabrikamimages"), 9);
}

#[tokio::test]
async fn a_removed_key_breaks_the_nodes_that_hold_it() {
    let bench = Bench::start("default").await;
    assert_eq!(bench.pulling("shop-multi", "northwindimages"), 3);
    let mut world = bench.simulator.world().lock();
    for tenant in &mut world.tenants {
        for app in tenant.applications.values_mut() {
            app.passwords.iter_mut().for_each(|key| key.removed = true);
        }
    }
    drop(world);
    assert_eq!(bench.pulling("shop-multi", "northwindimages"), 0);
}

#[tokio::test]
async fn a_command_tells_whether_the_pools_it_names_can_pull() {
    let bench = Bench::start("default").await;
    let (_, server) = {
        let tenants = bench.simulator.ready().tenants.clone();
        let registries = tenants.into_iter().flat_map(|tenant| tenant.registries);
        let found = registries.into_iter().find(|one| one.name == "northwindimages").unwrap();
        (found.id, found.login_server)
    };
    let run = async |cluster: &str| {
        let place = format!("{}/runCommand", bench.cluster(cluster));
        let command = format!("kubectl run probe --image={server}/shop/web:1.4 --restart=Never");
        let accepted = bench.manage("carl", Method::POST, &place, Some(json!({"command": command}))).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text);
        let place = accepted.headers["location"].to_str().unwrap().to_owned();
        let running = bench.manage("carl", Method::GET, &place, None).await;
        assert_eq!(
            (running.status, &running.json()["properties"]["provisioningState"]),
            (StatusCode::ACCEPTED, &json!("Running"))
        );
        bench.finish_operations();
        bench.manage("carl", Method::GET, &place, None).await.json()["properties"].clone()
    };
    let good = run("shop-multi").await;
    assert_eq!((&good["provisioningState"], &good["exitCode"]), (&json!("Succeeded"), &json!(0)), "{good}");
    let bad = run("shop-prod").await;
    assert_eq!((&bad["provisioningState"], &bad["exitCode"]), (&json!("Succeeded"), &json!(1)), "{bad}");
    assert!(bad["logs"].as_str().unwrap().contains("Application not registered with AAD"), "{bad}");
}

//! Resource Manager: who sees what, pages, assignments.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Bench,
    estate::{PULL, REPOSITORY_READER, assignment},
    read,
};

const SHOP: &str = "/subscriptions/11111111-aaaa-4000-8000-0000000000a1";
const IMAGES: &str = "/subscriptions/22222222-bbbb-4000-8000-0000000000a1";

#[tokio::test]
async fn a_stranger_learns_whose_subscription_it_is_and_no_more() {
    let bench = Bench::start("default").await;
    let url = format!("{}{SHOP}?api-version=2022-12-01", bench.simulator.ready().resource_manager);
    let answer = read(bench.http.get(url).send().await.unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    let challenge = answer.headers["www-authenticate"].to_str().unwrap();
    let (tenant, _) = bench.operator("ana");
    assert!(challenge.contains(&format!("authorization_uri=\"{}/{tenant}\"", bench.simulator.ready().login)));

    let answer = bench.manage("ben", Method::GET, SHOP, None).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::UNAUTHORIZED, "InvalidAuthenticationTokenTenant"));
    let answer = bench.manage("eve", Method::GET, IMAGES, None).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "AuthorizationFailed"));
    let url = format!("{}{SHOP}", bench.simulator.ready().resource_manager);
    let answer = read(bench.http.get(url).send().await.unwrap()).await;
    assert_eq!(answer.code(), "MissingApiVersionParameter");
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end() {
    let bench = Bench::start("default").await;
    bench.simulator.world().lock().page_size = 3;
    let mut place = format!("{SHOP}/PROVIDERS/microsoft.containerservice/ManagedClusters?api-version=2026-08-01");
    let mut sizes = Vec::new();
    let mut names = std::collections::BTreeSet::new();
    while !place.is_empty() {
        let page = bench.manage("rita", Method::GET, &place, None).await.json();
        let clusters = page["value"].as_array().unwrap();
        sizes.push(clusters.len());
        names.extend(clusters.iter().map(|cluster| cluster["name"].as_str().unwrap().to_owned()));
        place = page["nextLink"].as_str().unwrap_or_default().to_owned();
    }
    assert_eq!((sizes, names.len()), (vec![3, 3, 2], 8));
}

#[tokio::test]
async fn a_list_shows_what_the_caller_has_rights_on() {
    let bench = Bench::start("default").await;
    let (id, _) = bench.registry("fabrikamimages");
    let list = format!("{IMAGES}/providers/Microsoft.ContainerRegistry/registries");
    bench.simulator.world().lock().assignments.retain(|one| {
        !one.scope.ends_with("fabrikamfw") && !one.scope.ends_with("fabrikamother") && !one.scope.ends_with("abac")
    });
    let names =
        |list: &Value| list["value"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(names(&bench.manage("dora", Method::GET, &list, None).await.json()), [json!(id)]);
    assert_eq!(names(&bench.manage("ben", Method::GET, &list, None).await.json()).len(), 4);
    assert_eq!(bench.manage("eve", Method::GET, &list, None).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_mode_of_a_registry_shows_in_new_versions_only() {
    let bench = Bench::start("default").await;
    let (id, _) = bench.registry("fabrikamabac");
    let mode = async |version: &str| {
        let place = format!("{id}?api-version={version}");
        bench.manage("dora", Method::GET, &place, None).await.json()["properties"]["roleAssignmentMode"].clone()
    };
    assert_eq!(mode("2025-11-01").await, "AbacRepositoryPermissions");
    assert_eq!(mode("2023-07-01").await, Value::Null);
}

#[tokio::test]
async fn one_assignment_is_made_whatever_is_repeated() {
    let bench = Bench::start("default").await;
    let (app, _) = bench.multitenant_app().await;
    let principal = bench.consented(&app);
    let (scope, _) = bench.registry("fabrikamimages");
    let (name, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let before = bench.simulator.world().lock().assignments.len();
    let wanted = assignment(PULL, &principal);
    assert_eq!(bench.assign("ben", &scope, name, wanted.clone()).await.status, StatusCode::CREATED);
    assert_eq!(bench.assign("ben", &scope.to_uppercase(), name, wanted.clone()).await.status, StatusCode::OK);
    let answer = bench.assign("ben", &scope, other, wanted).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "RoleAssignmentExists"));
    let answer = bench.assign("ben", &scope, name, assignment(REPOSITORY_READER, &principal)).await;
    assert_eq!(answer.code(), "RoleAssignmentUpdateNotPermitted");
    assert_eq!(bench.simulator.world().lock().assignments.len(), before + 1);

    let place = format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{name}");
    assert_eq!(bench.manage("dora", Method::GET, &place, None).await.code(), "RoleAssignmentNotFound", "not seen yet");
    bench.settle();
    assert_eq!(bench.manage("dora", Method::GET, &place, None).await.json()["name"], json!(name));
    let filter = format!("{scope}/providers/Microsoft.Authorization/roleAssignments?$filter=assignedTo('{principal}')");
    let list = bench.manage("dora", Method::GET, &filter, None).await.json();
    assert_eq!(list["value"].as_array().unwrap().len(), 1);
    assert_eq!(bench.manage("dora", Method::DELETE, &place, None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(bench.manage("ben", Method::DELETE, &place, None).await.status, StatusCode::OK);
    assert_eq!(bench.manage("ben", Method::DELETE, &place, None).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_young_principal_is_found_if_its_type_is_sent_and_one_of_another_tenant_never() {
    let bench = Bench::start("default").await;
    let (app, _) = bench.multitenant_app().await;
    let body = Some(json!({ "appId": app }));
    let young = bench.graph("ben", Method::POST, "/servicePrincipals", body.clone()).await.json();
    let home = bench.graph("ana", Method::POST, "/servicePrincipals", body).await.json();
    let (scope, _) = bench.registry("fabrikamimages");
    let mut typeless = assignment(PULL, young["id"].as_str().unwrap());
    typeless.as_object_mut().unwrap().remove("principalType");
    let name = Uuid::from_u128(1);
    assert_eq!(bench.assign("ben", &scope, name, typeless.clone()).await.code(), "PrincipalNotFound");
    let foreign = assignment(PULL, home["id"].as_str().unwrap());
    assert_eq!(bench.assign("ben", &scope, name, foreign).await.code(), "PrincipalNotFound");
    let typed = assignment(PULL, young["id"].as_str().unwrap());
    assert_eq!(bench.assign("dora", &scope, name, typed.clone()).await.code(), "AuthorizationFailed");
    assert_eq!(bench.assign("ben", &scope, name, typed).await.status, StatusCode::CREATED);
    bench.settle();
    assert_eq!(bench.assign("ben", &scope, name, typeless).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_delegation_condition_narrows_what_may_be_assigned() {
    let bench = Bench::start("default").await;
    let (app, _) = bench.multitenant_app().await;
    let principal = bench.consented(&app);
    let (scope, _) = bench.registry("fabrikamimages");
    for assignment in bench.simulator.world().lock().assignments.iter_mut().filter(|one| one.scope == IMAGES) {
        assignment.condition = Some(format!(
            "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR \
             (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{PULL}}}))"
        ));
    }
    let answer = bench.assign("ben", &scope, Uuid::from_u128(1), assignment(REPOSITORY_READER, &principal)).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("ABAC condition not fulfilled"), "{}", answer.text);
    let answer = bench.assign("ben", &scope, Uuid::from_u128(1), assignment(PULL, &principal)).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_read_only_lock_stands_above_every_role() {
    let bench = Bench::start("stops").await;
    let (app, _) = bench.multitenant_app().await;
    let principal = bench.consented(&app);
    let (scope, _) = bench.registry("fabrikamlocked");
    let locks = format!("{scope}/providers/Microsoft.Authorization/locks");
    let locks = bench.manage("ben", Method::GET, &locks, None).await;
    assert_eq!(locks.json()["value"][0]["properties"]["level"], "ReadOnly");
    let answer = bench.assign("ben", &scope, Uuid::from_u128(1), assignment(PULL, &principal)).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::CONFLICT, "ScopeLocked"));
}

//! The clients against answers that they must not trust, and against those that only the wire shows.

use serde_json::json;
use uuid::Uuid;

use super::{
    ErrorKind, Fate,
    aks::{Accepted, OperationState},
    arm::subscription_tenant,
    entra, metadata,
    rbac::{AssignmentFilter, Condition, NewAssignment},
    registry::{RegistryClient, answer as reason},
    testing::{answer, clients, cloud, json_answer, serve, server},
};
use crate::{
    azure::{Http, HttpOptions, registry::RegistryAnswer},
    domain::{AppId, Cloud, KeyId, ObjectId, ResourceId, SubscriptionId, TenantRef, cloud::KnownCloud},
    secret::Secret,
};

const TENANT: &str = "11111111-1111-4111-8111-111111111111";

fn cluster() -> ResourceId {
    format!(
        "/subscriptions/{TENANT}/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod"
    )
    .parse()
    .unwrap()
}

fn http() -> Http {
    Http::new(HttpOptions::default()).unwrap()
}

fn tenants(next: &serde_json::Value) -> String {
    json_answer(200, &json!({"value": [{"tenantId": TENANT, "displayName": null}], "nextLink": next}))
}

#[tokio::test]
async fn pages_follow_links_until_there_is_none() {
    for end in [json!(null), json!("")] {
        let (url, mut seen) = server(vec![tenants(&json!("/tenants?page=2")), tenants(&end)]).await;
        assert_eq!(clients(&url).arm.tenants().all(10).await.unwrap().len(), 2);
        seen.recv().await.unwrap();
        assert!(seen.recv().await.unwrap().starts_with("GET /tenants?page=2 "));
    }
}

#[tokio::test]
async fn a_link_to_another_host_gets_no_token() {
    let (evil, mut stolen) = server(vec![tenants(&json!(null))]).await;
    let (url, _seen) = server(vec![tenants(&json!(evil.as_str()))]).await;
    let mut pages = clients(&url).arm.tenants();
    pages.next().await.unwrap().unwrap();
    let error = pages.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind, error.fate()), (ErrorKind::ForeignHost, Fate::NeverSent));
    assert!(pages.next().await.is_none());
    assert!(stolen.try_recv().is_err());
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_ends() {
    let (url, _seen) = server(vec![tenants(&json!("/tenants?a=1")), tenants(&json!("/tenants?a=1"))]).await;
    let error = clients(&url).arm.tenants().all(10).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Malformed);
    let (url, _seen) = server(vec![tenants(&json!("/tenants?a=1"))]).await;
    assert!(clients(&url).arm.tenants().all(0).await.is_err());
}

#[tokio::test]
async fn a_page_that_failed_can_be_asked_for_again() {
    let (url, _seen) = server(vec![json_answer(503, &json!({})), tenants(&json!(null))]).await;
    let mut pages = clients(&url).arm.tenants();
    assert!(pages.next().await.unwrap().unwrap_err().repeatable());
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 1);
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn the_refusal_of_a_subscription_names_its_tenant() {
    let challenge = format!(
        "401 Unauthorized\r\nwww-authenticate: Bearer authorization_uri=\"https://login.windows.net/{TENANT}\", error=\"invalid_token\""
    );
    let gone = json_answer(404, &json!({"error": {"code": "SubscriptionNotFound", "message": "no"}}));
    let (url, mut seen) = server(vec![answer(&challenge, "{}"), gone]).await;
    let id = SubscriptionId(Uuid::nil());
    let found = subscription_tenant(&http(), &cloud(&url), id).await.unwrap();
    assert_eq!(found.unwrap().to_string(), TENANT);
    assert!(!seen.recv().await.unwrap().to_lowercase().contains("authorization:"));
    assert_eq!(subscription_tenant(&http(), &cloud(&url), id).await.unwrap(), None);
}

#[tokio::test]
async fn a_reset_sends_the_key_once_and_tells_where_its_operation_is() {
    let (url, mut seen) = server(vec![answer(
        "202 Accepted\r\nretry-after: 10\r\nlocation: https://management.example/results/1\r\nazure-asyncoperation: https://management.example/operations/1?api-version=2017-08-31",
        "",
    )])
    .await;
    let key = Secret::new("k3y~text");
    let accepted = clients(&url).arm.reset_service_principal(&cluster(), AppId(Uuid::nil()), &key).await.unwrap();
    assert_eq!(accepted.url().unwrap().as_str(), "https://management.example/operations/1?api-version=2017-08-31");
    let sent = seen.recv().await.unwrap();
    let body = sent.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(body).unwrap(),
        json!({"clientId": "00000000-0000-0000-0000-000000000000", "secret": "k3y~text"})
    );
    let error = clients(&url).arm.operation(accepted.url().unwrap()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::ForeignHost);
}

#[tokio::test]
async fn a_reset_that_was_refused_or_is_done() {
    let busy = json!({"code": "OperationNotAllowed", "message": "Another operation (Updating) is in progress"});
    let wrong = json!({"code": "BadRequest", "message": "The credentials in ServicePrincipalProfile were invalid. AADSTS7000215"});
    let (url, _seen) = server(vec![
        json_answer(409, &busy),
        json_answer(400, &wrong),
        answer("200 OK", ""),
        answer("202 Accepted", ""),
    ])
    .await;
    let (arm, key) = (clients(&url).arm, Secret::new("k3y~text"));
    let cluster = cluster();
    let reset = || arm.reset_service_principal(&cluster, AppId(Uuid::nil()), &key);
    let error = reset().await.unwrap_err();
    assert!(error.cluster_busy() && error.fate() == Fate::Unknown && !error.repeatable());
    let error = reset().await.unwrap_err();
    assert!(error.cluster_credentials_refused() && error.wrong_secret() && error.fate() == Fate::Rejected);
    assert_eq!(reset().await.unwrap(), Accepted::Done);
    // Taken, but nobody said where it goes on: the fate is not known.
    assert_eq!(reset().await.unwrap_err().fate(), Fate::Unknown);
}

#[tokio::test]
async fn both_forms_of_an_operation_are_read() {
    use OperationState::{Canceled, Failed, Running, Succeeded};

    let failed =
        json!({"status": "Failed", "error": {"code": "CreateRoleAssignmentError", "message": "AADSTS700016: no"}});
    let answers = vec![
        json_answer(200, &json!({"status": "InProgress", "percentComplete": 40.5})),
        json_answer(200, &json!({"status": "ReconcilingNodes"})),
        json_answer(200, &failed),
        json_answer(200, &json!({"status": "Cancelled"})),
        json_answer(200, &json!({"status": "succeeded", "error": {}})),
        answer("202 Accepted\r\nretry-after: 3", ""),
        answer("204 No Content", ""),
        json_answer(200, &json!({"id": "x", "properties": {"provisioningState": "Updating"}})),
        json_answer(200, &json!({"id": "x"})),
    ];
    let (url, _seen) = server(answers).await;
    let arm = clients(&url).arm;
    let mut statuses = Vec::new();
    for _ in 0..9 {
        statuses.push(arm.operation(&url.join("operations/1").unwrap()).await.unwrap());
    }
    let states: Vec<_> = statuses.iter().map(|status| status.state).collect();
    assert_eq!(states, [Running, Running, Failed, Canceled, Succeeded, Running, Succeeded, Running, Succeeded]);
    assert_eq!(statuses[0].percent, Some(40.5));
    assert_eq!(statuses[2].error.as_ref().unwrap().aadsts, Some(700_016));
    assert!(statuses[4].error.is_none());
    assert_eq!(statuses[5].retry_after, Some(std::time::Duration::from_secs(3)));
}

#[tokio::test]
async fn a_role_is_given_to_a_service_principal_under_our_name() {
    let exists = json!({"error": {"code": "RoleAssignmentExists", "message": "The role assignment already exists."}});
    let (url, mut seen) = server(vec![json_answer(409, &exists), json_answer(200, &json!({"value": []}))]).await;
    let arm = clients(&url).arm;
    let new = NewAssignment {
        role: crate::domain::role::REPOSITORY_READER.id,
        principal: ObjectId(Uuid::nil()),
        condition: Some(Condition::new("(x)")),
        description: None,
    };
    let error = arm.put_role_assignment(cluster().as_str(), Uuid::nil(), &new).await.unwrap_err();
    assert!(error.role_assignment_exists() && error.fate() == Fate::Unknown);
    let sent = seen.recv().await.unwrap();
    assert!(sent.starts_with(&format!(
        "PUT {}/providers/Microsoft.Authorization/roleAssignments/{}?",
        cluster(),
        Uuid::nil()
    )));
    let body: serde_json::Value = serde_json::from_str(sent.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    assert_eq!(body["properties"]["principalType"], "ServicePrincipal");
    assert_eq!(
        (&body["properties"]["condition"], &body["properties"]["conditionVersion"]),
        (&json!("(x)"), &json!("2.0"))
    );
    let filter = AssignmentFilter::PrincipalId(ObjectId(Uuid::nil()));
    arm.role_assignments(cluster().as_str(), filter).all(10).await.unwrap();
    let sent = seen.recv().await.unwrap();
    assert!(sent.contains("%24filter=principalId%20eq%20%27000"), "{sent}");
}

#[tokio::test]
async fn what_graph_does_not_have_is_none_and_what_a_gateway_says_is_not() {
    let gone = json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}});
    let (url, mut seen) = server(vec![
        json_answer(404, &gone),
        answer("404 Not Found", ""),
        json_answer(404, &gone),
        answer("204 No Content", ""),
    ])
    .await;
    let graph = clients(&url).graph;
    assert_eq!(graph.application_by_unique_name("it's").await.unwrap(), None);
    assert!(seen.recv().await.unwrap().starts_with("GET /v1.0/applications(uniqueName='it''s')?%24select=id%2CappId"));
    assert_eq!(graph.service_principal_by_app_id(AppId(Uuid::nil())).await.unwrap_err().status, Some(404));
    assert!(!graph.remove_password(ObjectId(Uuid::nil()), KeyId(Uuid::nil())).await.unwrap());
    assert_eq!(graph.upsert_service_principal(AppId(Uuid::nil())).await.unwrap(), None);
    seen.recv().await.unwrap();
    seen.recv().await.unwrap();
    assert!(seen.recv().await.unwrap().to_lowercase().contains("prefer: create-if-missing"));
}

#[tokio::test]
async fn a_new_keys_text_comes_back_and_goes_nowhere_else() {
    let made = json!({"keyId": Uuid::nil(), "secretText": "n3w~text", "hint": "n3w", "endDateTime": "2026-12-01T00:00:00Z", "displayName": "x"});
    let (url, mut seen) = server(vec![json_answer(200, &made)]).await;
    let clients = clients(&url);
    let end = time::macros::datetime!(2026-12-01 01:00:00.123 +1);
    let (credential, text) = clients.graph.add_password(ObjectId(Uuid::nil()), "x", end).await.unwrap();
    assert_eq!((text.expose(), credential.hint.as_deref()), ("n3w~text", Some("n3w")));
    assert!(!format!("{credential:?} {text:?} {:?}", clients.http().log().records()).contains("n3w~"));
    assert!(seen.recv().await.unwrap().contains(r#""endDateTime":"2026-12-01T00:00:00Z""#));
}

#[tokio::test]
async fn a_tenant_is_found_by_its_domain() {
    let known = json!({
        "issuer": format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
        "token_endpoint": "https://login.microsoftonline.com/x/oauth2/v2.0/token",
        "authorization_endpoint": "https://login.microsoftonline.com/x/oauth2/v2.0/authorize",
        "cloud_instance_name": "microsoftonline.com",
    });
    let unknown = json!({"error": "invalid_tenant", "error_codes": [90_002], "error_description": "AADSTS90002: no"});
    let (url, _seen) = server(vec![
        json_answer(200, &known),
        json_answer(400, &unknown),
        answer("404 Not Found\r\ncontent-type: text/html", "<html>"),
    ])
    .await;
    let tenant: TenantRef = "contoso.example".parse().unwrap();
    let found = entra::openid(&http(), &cloud(&url), &tenant).await.unwrap().unwrap();
    assert_eq!(found.tenant_id.to_string(), TENANT);
    assert_eq!(entra::openid(&http(), &cloud(&url), &tenant).await.unwrap(), None);
    let proxy = entra::openid(&http(), &cloud(&url), &tenant).await.unwrap_err();
    assert_eq!(proxy.kind, ErrorKind::NotAzure);
}

#[tokio::test]
async fn the_apps_own_token_is_proven_and_refused() {
    let token = entra::tests::jwt(&json!({"tid": TENANT, "oid": TENANT}));
    let wrong = json!({"error": "invalid_client", "error_codes": [7_000_215], "error_description": "AADSTS7000215: wrong k3y~text. Trace ID: x"});
    let (url, mut seen) =
        server(vec![json_answer(200, &json!({"access_token": token, "expires_in": 3599})), json_answer(401, &wrong)])
            .await;
    let (tenant, app, key) = (TENANT.parse().unwrap(), AppId(Uuid::nil()), Secret::new("k3y~text"));
    let given = entra::client_credentials(&http(), &cloud(&url), tenant, app, &key, "x/.default").await.unwrap();
    assert_eq!(given.object_id.unwrap().to_string(), TENANT);
    assert!(seen.recv().await.unwrap().contains("client_secret=k3y%7Etext"));
    let error = entra::client_credentials(&http(), &cloud(&url), tenant, app, &key, "x/.default").await.unwrap_err();
    assert!(error.wrong_secret() && !error.to_string().contains("k3y~text"), "{error}");
    assert_eq!(error.problem().kind, crate::domain::problem::ProblemKind::Azure);
}

#[tokio::test]
async fn a_custom_cloud_is_read_from_one_entry_or_from_a_list() {
    let entry = |arm: &str, login: &str| {
        json!({
            "name": "Sim", "portal": "https://portal.example", "resourceManager": arm,
            "authentication": {"loginEndpoint": login, "audiences": ["https://management.core.sim.example/"]},
            "microsoftGraphResourceId": "https://localhost:8445/", "suffixes": {"acrLoginServer": ".azurecr.example"},
        })
    };
    let foreign = entry("http://127.0.0.1:1/", "https://localhost:8444/");
    let (url, mut seen) = serve(|url| {
        vec![
            json_answer(200, &foreign),
            json_answer(200, &json!([foreign, entry(url.as_str(), "https://localhost:8444/")])),
            json_answer(200, &entry(url.as_str(), "http://login.example/")),
        ]
    })
    .await;
    let error = metadata::discover(&http(), &url).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Malformed, "the entry is of another Resource Manager");
    assert!(seen.recv().await.unwrap().starts_with("GET /metadata/endpoints?api-version=2022-09-01 "));
    let found = metadata::discover(&http(), &url).await.unwrap();
    assert_eq!(
        (found.registry_suffix.as_str(), found.graph_scope().as_str()),
        ("azurecr.example", "https://localhost:8445/.default")
    );
    assert_eq!(found.resource_manager_scope(), "https://management.core.sim.example/.default");
    assert!(found.custom);
    assert_eq!(metadata::discover(&http(), &url).await.unwrap_err().kind, ErrorKind::Insecure);
}

fn registry(server: &str, cloud: Cloud) -> RegistryClient {
    RegistryClient::new(http(), cloud.into(), server.parse().unwrap())
}

#[tokio::test]
async fn a_key_goes_to_no_login_server_outside_the_cloud() {
    let repository = "shop/web".parse().unwrap();
    for foreign in ["registry.evil.example", "localhost:1", "evil-azurecr.io"] {
        let client = registry(foreign, Cloud::known(KnownCloud::Public));
        let error = client.token_basic(AppId(Uuid::nil()), &Secret::new("k3y~text"), &repository).await.unwrap_err();
        assert_eq!((error.kind, reason(&error)), (ErrorKind::ForeignHost, RegistryAnswer::Other), "{foreign}");
    }
}

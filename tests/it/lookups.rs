//! What the wizard asks a session for: tenants by whatever names them, sign-ins, rows for its lists.

use crosspull::{
    domain::{
        SubscriptionId,
        answers::{SignIn, Tenant},
    },
    session::{At, Query, Row, Session, Ticket, Value},
    sim::{Action, Rule, faults::StatusFault},
};
use tokio::sync::mpsc;

use crate::world::World;

fn tenant(world: &World, domain: &str) -> Tenant {
    let ready = world.sim.ready().tenants.iter().find(|tenant| tenant.domain == domain).unwrap();
    Tenant { id: ready.id, domain: None, display_name: None }
}

fn at(world: &World, domain: &str, operator: &str) -> At {
    let sign_in = SignIn::ServicePrincipal {
        client_id: world.operator(operator).client_id,
        client_secret_env: operator.to_uppercase(),
    };
    At { tenant: tenant(world, domain), sign_in }
}

/// Everything that comes for a question, and whether the list is whole.
async fn rows(session: &Session, query: Query) -> (Vec<Row>, bool) {
    let (to, mut came) = mpsc::channel::<crosspull::session::Rows>(4);
    let mut rows: Vec<Row> = Vec::new();
    let mut whole = None;
    let listening = async {
        while let Some(more) = came.recv().await {
            assert_eq!(more.ticket, Ticket(7));
            assert!(whole.is_none(), "nothing comes behind the last rows");
            rows.extend(more.rows);
            if more.done {
                whole = Some(more.problem.is_none());
            }
        }
    };
    tokio::join!(session.look(Ticket(7), query, to), listening);
    (rows, whole.unwrap())
}

fn labels(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.label.as_str()).collect()
}

#[tokio::test]
async fn a_tenant_is_found_by_what_people_have_at_hand() {
    let world = World::new("default").await;
    let session = world.session();
    let contoso = tenant(&world, "contoso.example").id;
    let cluster = world.answers("shop-prod", "fabrikamimages").cluster.id.to_string();
    let portal = format!("https://portal.azure.com/#@fabrikam.example/resource{cluster}/overview");
    for text in ["contoso.example", "ana@contoso.example", &contoso.to_string(), &cluster, &portal] {
        let found = session.resolve(text).await.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(found.tenant.id, contoso, "{text}");
        assert_eq!(found.resource.is_some(), text.contains("/subscriptions/"), "{text}");
    }
    for text in ["nowhere.example", "hello", "fabrikamimages.azurecr.io", "/subscriptions/x"] {
        assert!(session.resolve(text).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn whoever_signs_in_is_named_with_the_tenant() {
    let world = World::new("default").await;
    let session = world.session();
    let at = at(&world, "contoso.example", "ana");
    let signed_in = session.sign_in(&at.tenant, &at.sign_in, None).await.unwrap();
    assert_eq!(signed_in.tenant.display_name.as_deref(), Some("Contoso"));
    assert_eq!(signed_in.tenant.domain.as_deref(), Some("contoso.example"));
    assert!(signed_in.account.contains(&world.operator("ana").client_id.to_string()), "{}", signed_in.account);
    let fabrikam = tenant(&world, "fabrikam.example");
    let named = session.tenant_named(&fabrikam, (&at.tenant, &at.sign_in)).await;
    assert_eq!(named.display_name.as_deref(), Some("Fabrikam"), "known from the other tenant's directory");
}

#[tokio::test]
async fn clusters_say_why_they_cannot_be_used() {
    let world = World::new("default").await;
    let at = at(&world, "contoso.example", "ana");
    let (rows, whole) = rows(&world.session(), Query::Clusters { at, subscription: None }).await;
    assert!(whole);
    let unusable: Vec<&str> = rows.iter().filter(|row| row.unusable.is_some()).map(|row| row.label.as_str()).collect();
    for cluster in ["shop-msi", "shop-stopped", "shop-windows", "shop-busy"] {
        assert!(unusable.contains(&cluster), "{unusable:?}");
    }
    assert!(labels(&rows).contains(&"shop-prod") && !unusable.contains(&"shop-prod"));
}

#[tokio::test]
async fn subscriptions_registries_images_and_tags_are_listed() {
    let world = World::new("default").await;
    let session = world.session();
    let ana = at(&world, "contoso.example", "ana");
    let (subscriptions, whole) = rows(&session, Query::Subscriptions { at: ana }).await;
    assert!(whole && labels(&subscriptions) == ["contoso-shop", "contoso-network"], "{subscriptions:?}");
    let ben = at(&world, "fabrikam.example", "ben");
    let (registries, _) = rows(&session, Query::Registries { at: ben.clone(), subscription: None }).await;
    let images = registries.iter().find(|row| row.label == "fabrikamimages").unwrap();
    let Value::Registry { login_server, .. } = images.value.clone() else { panic!("{images:?}") };
    let query = Query::Repositories { at: ben.clone(), login_server: login_server.clone() };
    let (repositories, whole) = rows(&session, query).await;
    assert!(whole && labels(&repositories).contains(&"shop/web"), "{repositories:?}");
    let query = Query::Tags { at: ben, login_server, repository: "shop/web".parse().unwrap() };
    let (tags, whole) = rows(&session, query).await;
    assert!(whole && labels(&tags).contains(&"1.4"), "{tags:?}");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_says_so() {
    let world = World::new("default").await;
    let at = at(&world, "fabrikam.example", "eve");
    let nowhere = SubscriptionId(uuid::Uuid::from_u128(7));
    let (rows, whole) = rows(&world.session(), Query::Registries { at, subscription: Some(nowhere) }).await;
    assert!(rows.is_empty() && !whole);
}

#[tokio::test]
async fn a_service_that_asks_for_a_slower_pace_gets_it() {
    let world = World::new("default").await;
    for operation in ["arm.subscriptions.list", "aks.clusters.list"] {
        let slower = StatusFault { status: 429, code: Some("TooManyRequests".to_owned()), ..StatusFault::default() };
        world.sim.faults().add(Rule::new(operation, Action::Status(slower)));
    }
    let at = at(&world, "contoso.example", "ana");
    let (rows, whole) = rows(&world.session(), Query::Clusters { at, subscription: None }).await;
    assert!(whole && labels(&rows).contains(&"shop-prod"), "{rows:?}");
    assert!(world.sim.faults().list().iter().all(|(_, struck)| *struck == 1), "both were asked to wait");
}

#[tokio::test]
async fn ten_thousand_clusters_come_in_pages_each_once() {
    let world = World::new("big").await;
    let at = at(&world, "contoso.example", "ana");
    let first = world.sim.ready().tenants[0].subscriptions[0].id;
    let (rows, whole) = rows(&world.session(), Query::Clusters { at, subscription: Some(first) }).await;
    let mut names: Vec<&str> = labels(&rows);
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert!(whole && names.len() == all && all >= 10_000, "{all} rows, {} names", names.len());
}

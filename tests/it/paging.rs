//! Lists of ten thousand, walked page by page as a picker walks them.

use std::{collections::HashSet, fmt::Debug, hash::Hash, sync::Arc};

use crosspull::{
    azure::{Http, HttpOptions, Pages, TenantClients, sign_in},
    domain::{AppId, ResourceId, TenantId},
    secret::Secret,
};
use serde::de::DeserializeOwned;

use crate::world::World;

/// How much the simulator puts into a page here.
const PAGE: usize = 500;

/// What a walk through a list came to.
struct Walked {
    pages: usize,
    total: usize,
    /// The most items that were there at any time: this page, since the ones before it are gone.
    peak: usize,
}

/// Walks to the end, and keeps of each item only what it is known by.
async fn walk<T: DeserializeOwned, K: Debug + Eq + Hash>(mut pages: Pages<T>, key: impl Fn(&T) -> K) -> Walked {
    let mut walked = Walked { pages: 0, total: 0, peak: 0 };
    let mut keys = HashSet::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        walked.pages += 1;
        walked.total += page.len();
        walked.peak = walked.peak.max(page.len());
        for item in &page {
            let key = key(item);
            assert!(!keys.contains(&key), "{key:?} came twice");
            keys.insert(key);
        }
    }
    walked
}

/// Reads a list to its end, and compares it with what the world has.
async fn assert_walks<T: DeserializeOwned, K: Debug + Eq + Hash>(
    world: &World,
    operation: &str,
    pages: Pages<T>,
    key: impl Fn(&T) -> K,
    there: usize,
) {
    assert!(there >= 10_000, "{operation}: the list is long");
    let walked = walk(pages, key).await;
    assert_eq!(walked.total, there, "{operation}: every item once");
    assert_eq!(walked.peak, PAGE, "{operation}: a page at a time");
    let asked = world.sim.requests().iter().filter(|one| one.operation == operation).count();
    assert_eq!(asked, walked.pages, "{operation}: one request a page");
    println!("{operation}: {} items in {} pages, {} held at most", walked.total, walked.pages, walked.peak);
}

async fn clients(world: &World, operator: &str, tenant: TenantId) -> TenantClients {
    let cloud = world.session().cloud().await.unwrap();
    let ca_pem = Some(world.sim.ca_pem().as_bytes().to_vec());
    let http = Http::new(HttpOptions { ca_pem, ..HttpOptions::default() }).unwrap();
    let operator = world.operator(operator);
    let (client, secret): (AppId, _) = (operator.client_id, Secret::new(operator.client_secret));
    let credential = sign_in::service_principal(&http, &cloud, tenant, client, &secret).unwrap();
    TenantClients::new(http, Arc::clone(&cloud), sign_in::Tokens::new(credential, tenant))
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_subscriptions_clusters_and_registries() {
    let world = World::new("big").await;
    let tenant = |domain: &str| world.sim.ready().tenants.iter().find(|one| one.domain == domain).unwrap().id;
    let (contoso, fabrikam) = (tenant("contoso.example"), tenant("fabrikam.example"));
    let (ana, ben) = (clients(&world, "ana", contoso).await, clients(&world, "ben", fabrikam).await);
    let home = |id: &str| id.parse::<ResourceId>().unwrap().subscription();
    let (cluster_home, registry_home, subscriptions, clusters, registries) = {
        let mut estate = world.sim.world().lock();
        estate.page_size = PAGE;
        let (cluster_home, registry_home) = (home(&estate.clusters[0].id), home(&estate.registries[0].id));
        let within = |id: &str, subscription| id.starts_with(&format!("/subscriptions/{subscription}/"));
        (
            cluster_home,
            registry_home,
            estate.subscriptions.iter().filter(|one| one.tenant == contoso).count(),
            estate.clusters.iter().filter(|one| within(&one.id, cluster_home)).count(),
            estate.registries.iter().filter(|one| within(&one.id, registry_home)).count(),
        )
    };
    assert_walks(&world, "arm.subscriptions.list", ana.arm.subscriptions(), |one| one.subscription_id, subscriptions)
        .await;
    assert_walks(&world, "aks.clusters.list", ana.arm.clusters(cluster_home), |one| one.name.clone(), clusters).await;
    assert_walks(&world, "acr.registries.list", ben.arm.registries(registry_home), |one| one.name.clone(), registries)
        .await;
}

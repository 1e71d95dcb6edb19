//! What a program needs to use a running simulator: addresses, and the operators with their credentials.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::world::World;
use crate::domain::{AppId, SubscriptionId, TenantId};

/// The ready file. It holds secrets, of simulated operators only.
#[derive(Clone, Serialize, Deserialize)]
pub struct Ready {
    pub resource_manager: String,
    pub login: String,
    pub graph: String,
    pub admin: String,
    /// The pages for people, over plain http.
    pub pages: String,
    /// Where a program on the simulated machine asks for the tokens of its identities.
    #[serde(default)]
    pub machine: Option<ReadyMachine>,
    pub ca_file: Option<PathBuf>,
    pub tenants: Vec<ReadyTenant>,
}

/// The addresses of managed identity, in the forms of App Service and of a virtual machine.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReadyMachine {
    /// `IDENTITY_ENDPOINT`.
    pub identity_endpoint: String,
    /// `IDENTITY_HEADER`.
    pub identity_header: String,
    /// What stands at `http://169.254.169.254/metadata/identity/oauth2/token` on a virtual machine.
    pub metadata_endpoint: String,
    pub system_assigned: Option<AppId>,
    pub user_assigned: Vec<AppId>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ReadyTenant {
    pub id: TenantId,
    pub domain: String,
    pub display_name: String,
    pub subscriptions: Vec<ReadySubscription>,
    pub operators: Vec<ReadyOperator>,
    pub clusters: Vec<ReadyCluster>,
    pub registries: Vec<ReadyRegistry>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ReadySubscription {
    pub id: SubscriptionId,
    pub name: String,
}

/// Somebody who may sign in: as a service principal, and as a person with the same rights.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReadyOperator {
    pub name: String,
    pub client_id: AppId,
    pub client_secret: String,
    /// The user's principal name.
    pub user: String,
    pub password: String,
    /// The domains of the tenants where the user is a guest.
    #[serde(default)]
    pub guest_in: Vec<String>,
    /// Azure roles and directory roles, in words.
    pub roles: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ReadyCluster {
    pub id: String,
    pub name: String,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct ReadyRegistry {
    pub id: String,
    pub name: String,
    pub login_server: String,
    /// `repository:tag`.
    pub images: Vec<String>,
}

/// At most this many clusters, registries and subscriptions are named: a scenario may hold thousands.
const NAMED: usize = 200;

impl Ready {
    /// The machine's part, where the pages are at that address.
    pub(super) fn machine(world: &World, pages: &str) -> Option<ReadyMachine> {
        let machine = world.machine.as_ref()?;
        Some(ReadyMachine {
            identity_endpoint: format!("{pages}/msi/token"),
            identity_header: machine.header.clone(),
            metadata_endpoint: format!("{pages}/metadata/identity/oauth2/token"),
            system_assigned: machine.system_assigned.as_ref().map(|one| one.client_id),
            user_assigned: machine.user_assigned.iter().map(|one| one.client_id).collect(),
        })
    }

    /// The tenants' part, out of a world whose registries have their ports.
    pub(super) fn tenants(world: &World, operators: &[(TenantId, ReadyOperator)]) -> Vec<ReadyTenant> {
        let of = |tenant: TenantId| {
            let subscriptions = world.subscriptions.iter().filter(move |subscription| subscription.tenant == tenant);
            let clusters = world.clusters.iter().filter(move |cluster| cluster.tenant == tenant);
            let registries = world.registries.iter().filter(move |registry| registry.tenant == tenant);
            (subscriptions, clusters, registries)
        };
        let tenants = world.tenants.iter().map(|tenant| {
            let (subscriptions, clusters, registries) = of(tenant.id);
            ReadyTenant {
                id: tenant.id,
                domain: tenant.domain.clone(),
                display_name: tenant.display_name.clone(),
                subscriptions: subscriptions
                    .take(NAMED)
                    .map(|subscription| ReadySubscription { id: subscription.id, name: subscription.name.clone() })
                    .collect(),
                operators: operators.iter().filter(|(id, _)| *id == tenant.id).map(|(_, one)| one.clone()).collect(),
                clusters: clusters
                    .take(NAMED)
                    .map(|cluster| ReadyCluster { id: cluster.id.clone(), name: cluster.name.clone() })
                    .collect(),
                registries: registries
                    .take(NAMED)
                    .map(|registry| ReadyRegistry {
                        id: registry.id.clone(),
                        name: registry.name.clone(),
                        login_server: registry.login_server.clone(),
                        images: registry
                            .repositories
                            .iter()
                            .flat_map(|(name, tags)| tags.keys().map(move |tag| format!("{name}:{tag}")))
                            .collect(),
                    })
                    .collect(),
            }
        });
        tenants.collect()
    }
}

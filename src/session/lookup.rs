//! What the wizard's lists are filled with: subscriptions, clusters, registries, repositories, tags. They come in pages, as
//! they arrive.

use futures::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc;

use super::{At, Session};
use crate::{
    azure::{Error as AzureError, TenantClients, acr, aks, arm, registry::RegistryClient},
    domain::{LoginServer, Problem, Repository, ResourceId, SubscriptionId},
    engine::wait::now,
    error::Error,
    steps::preflight::{self, Unusable},
};

/// How many subscriptions are read side by side.
const SIDE_BY_SIDE: usize = 8;

/// Names one question, so that a late answer is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub u64);

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The subscriptions of a tenant.
    Subscriptions {
        /// Who looks, and where.
        at: At,
    },
    /// The clusters of one subscription, or of all.
    Clusters {
        /// Who looks, and where.
        at: At,
        /// Which subscription; `None` is all of them.
        subscription: Option<SubscriptionId>,
    },
    /// The registries of one subscription, or of all.
    Registries {
        /// Who looks, and where.
        at: At,
        /// Which subscription; `None` is all of them.
        subscription: Option<SubscriptionId>,
    },
    /// The repositories of a registry.
    Repositories {
        /// Who looks, and where.
        at: At,
        /// Where the registry answers.
        login_server: LoginServer,
    },
    /// The tags of a repository.
    Tags {
        /// Who looks, and where.
        at: At,
        /// Where the registry answers.
        login_server: LoginServer,
        /// The repository.
        repository: Repository,
    },
}

/// What one row stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A subscription.
    Subscription(SubscriptionId),
    /// A cluster.
    Cluster(ResourceId),
    /// A registry.
    Registry {
        /// Its id.
        id: ResourceId,
        /// Where it answers.
        login_server: LoginServer,
    },
    /// A repository.
    Repository(Repository),
    /// A tag.
    Tag(String),
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it stands for.
    pub value: Value,
    /// Its name.
    pub label: String,
    /// What else tells it from others.
    pub detail: String,
    /// Why it cannot be used, if so.
    pub unusable: Option<Unusable>,
}

/// Some rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The question that they answer.
    pub ticket: Ticket,
    /// The rows.
    pub rows: Vec<Row>,
    /// Nothing more will come.
    pub done: bool,
    /// Why the list is not whole.
    pub problem: Option<Problem>,
}

type Sent = Result<(), AzureError>;

impl Session {
    /// Looks, and sends rows as they arrive; the last ones say that they are. Dropping the future ends it.
    pub async fn look(&self, ticket: Ticket, query: Query, to: mpsc::Sender<Rows>) {
        let problem = match Box::pin(self.rows(ticket, query, &to)).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.problem()),
            Err(error) => Some(error.to_problem(now())),
        };
        // Whoever asked may have gone on to another question.
        let _ = to.send(Rows { ticket, rows: Vec::new(), done: true, problem }).await;
    }

    async fn rows(&self, ticket: Ticket, query: Query, to: &mpsc::Sender<Rows>) -> Result<Sent, Error> {
        let send = |rows: Vec<Row>| async move {
            let _ = to.send(Rows { ticket, rows, done: false, problem: None }).await;
        };
        let at = match &query {
            Query::Subscriptions { at }
            | Query::Clusters { at, .. }
            | Query::Registries { at, .. }
            | Query::Repositories { at, .. }
            | Query::Tags { at, .. } => at,
        };
        let clients = self.clients_at(at.tenant.id, &at.sign_in, None).await?;
        Ok(match &query {
            Query::Subscriptions { .. } => {
                let mut pages = clients.arm.subscriptions();
                loop {
                    match pages.next().await {
                        Some(Ok(page)) => {
                            let ours = page.into_iter().filter(|one| one.tenant_id.is_none_or(|id| id == clients.id()));
                            send(ours.map(subscription_row).collect()).await;
                        }
                        Some(Err(error)) => break Err(error),
                        None => break Ok(()),
                    }
                }
            }
            Query::Clusters { subscription, .. } => {
                self.each(&clients, *subscription, |id| {
                    let mut pages = clients.arm.clusters(id);
                    async move {
                        while let Some(page) = pages.next().await {
                            send(page?.iter().map(cluster_row).collect()).await;
                        }
                        Ok(())
                    }
                })
                .await
            }
            Query::Registries { subscription, .. } => {
                self.each(&clients, *subscription, |id| {
                    let mut pages = clients.arm.registries(id);
                    async move {
                        while let Some(page) = pages.next().await {
                            send(page?.iter().map(registry_row).collect()).await;
                        }
                        Ok(())
                    }
                })
                .await
            }
            Query::Repositories { login_server, .. } => {
                let mut names = self.registry(&clients, login_server).repositories(&clients);
                loop {
                    match names.next().await {
                        Ok(Some(page)) => send(page.into_iter().filter_map(repository_row).collect()).await,
                        Ok(None) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                }
            }
            Query::Tags { login_server, repository, .. } => {
                let mut names = self.registry(&clients, login_server).tags(&clients, repository);
                loop {
                    match names.next().await {
                        Ok(Some(page)) => send(page.into_iter().map(tag_row).collect()).await,
                        Ok(None) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                }
            }
        })
    }

    fn registry(&self, clients: &TenantClients, server: &LoginServer) -> RegistryClient {
        RegistryClient::new(self.http.clone(), std::sync::Arc::clone(clients.cloud()), server.clone())
    }

    /// Reads one subscription, or all of them side by side. One that cannot be read does not hide the others.
    async fn each<F>(
        &self,
        clients: &TenantClients,
        one: Option<SubscriptionId>,
        read: impl Fn(SubscriptionId) -> F,
    ) -> Sent
    where
        F: Future<Output = Sent>,
    {
        if let Some(one) = one {
            return read(one).await;
        }
        let mut pages = clients.arm.subscriptions();
        let (mut reading, mut failed) = (FuturesUnordered::new(), None);
        while let Some(page) = pages.next().await {
            for one in page?.into_iter().filter(arm::Subscription::usable) {
                reading.push(read(one.subscription_id));
                if reading.len() >= SIDE_BY_SIDE
                    && let Some(Err(error)) = reading.next().await
                {
                    failed.get_or_insert(error);
                }
            }
        }
        while let Some(read) = reading.next().await {
            if let Err(error) = read {
                failed.get_or_insert(error);
            }
        }
        failed.map_or(Ok(()), Err)
    }
}

fn subscription_row(one: arm::Subscription) -> Row {
    let unusable = (!one.usable()).then(|| Unusable { words: format!("it is {}", one.state), code: None });
    let id = one.subscription_id;
    let (label, detail) =
        if one.display_name.is_empty() { (id.to_string(), String::new()) } else { (one.display_name, id.to_string()) };
    Row { value: Value::Subscription(id), label, detail, unusable }
}

fn cluster_row(one: &aks::Cluster) -> Row {
    let nodes: u32 = one.pools.iter().map(|pool| pool.count).sum();
    Row {
        value: Value::Cluster(one.id.clone()),
        label: one.name.clone(),
        detail: format!("{}, {}, {nodes} nodes", one.id.resource_group(), one.location),
        unusable: preflight::unusable(one),
    }
}

fn registry_row(one: &acr::Registry) -> Row {
    Row {
        value: Value::Registry { id: one.id.clone(), login_server: one.login_server.clone() },
        label: one.name.clone(),
        detail: format!("{}, {}", one.login_server, one.location),
        unusable: None,
    }
}

/// What a registry calls a repository and nobody can pull is no repository.
fn repository_row(name: String) -> Option<Row> {
    let repository: Repository = name.parse().ok()?;
    Some(Row { value: Value::Repository(repository), label: name, detail: String::new(), unusable: None })
}

fn tag_row(name: String) -> Row {
    Row { value: Value::Tag(name.clone()), label: name, detail: String::new(), unusable: None }
}

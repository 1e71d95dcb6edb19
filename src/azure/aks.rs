//! AKS clusters (Microsoft.ContainerService).

mod cluster;
mod command;
mod maintenance;
mod operation;

use reqwest::Method;
use serde_json::json;
use url::Url;

pub use cluster::{AgentPool, Cluster, ClusterClient};
pub use command::{CommandAccepted, CommandResult, CommandState};
pub use maintenance::{MaintenanceWindow, NodeDisruption};
pub use operation::{Accepted, OperationError, OperationState, OperationStatus};

use super::{Result, api_version, arm::ResourceManager, http::Call, pages::Pages};
use crate::{
    domain::{AppId, ResourceId, SubscriptionId},
    secret::Secret,
};

impl ResourceManager {
    fn cluster_url(&self, id: &ResourceId, rest: &str) -> Url {
        self.url([id.as_str(), rest], api_version::CONTAINER_SERVICE)
    }

    /// One cluster. An error with [`super::Error::not_found`] where it is gone.
    pub async fn cluster(&self, id: &ResourceId) -> Result<Cluster> {
        let url = self.cluster_url(id, "/");
        let call = Call::get("aks.managedClusters.get", format!("read cluster {}", id.name()), url);
        self.api.send(call).await?.json()
    }

    /// The clusters of a subscription.
    pub fn clusters(&self, subscription: SubscriptionId) -> Pages<Cluster> {
        let subscription = subscription.to_string();
        let segments = ["subscriptions", &subscription, "/providers/Microsoft.ContainerService/managedClusters"];
        let url = self.url(segments, api_version::CONTAINER_SERVICE);
        let tried = format!("list the clusters of subscription {subscription}");
        Pages::new(self.api.clone(), "aks.managedClusters.list", tried, url)
    }

    /// The pools of a cluster, which the cluster itself can show later than they change.
    pub fn agent_pools(&self, id: &ResourceId) -> Pages<AgentPool> {
        let url = self.cluster_url(id, "/agentPools");
        Pages::new(self.api.clone(), "aks.agentPools.list", format!("list the pools of cluster {}", id.name()), url)
    }

    /// When the nodes of a cluster may be disturbed. The stable versions do not tell, and no cloud has to know the one that
    /// does: an error says nothing.
    pub async fn node_disruption(&self, id: &ResourceId) -> Result<NodeDisruption> {
        let url = self.url([id.as_str()], api_version::CONTAINER_SERVICE_PREVIEW);
        let tried = format!("read the node disruption policy of cluster {}", id.name());
        self.api.send(Call::get("aks.managedClusters.disruption", tried, url)).await?.json()
    }

    /// The maintenance windows of a cluster.
    pub fn maintenance_windows(&self, id: &ResourceId) -> Pages<MaintenanceWindow> {
        let url = self.cluster_url(id, "/maintenanceConfigurations");
        let tried = format!("list the maintenance windows of cluster {}", id.name());
        Pages::new(self.api.clone(), "aks.maintenanceConfigurations.list", tried, url)
    }

    /// Gives the cluster another app and key. Azure then replaces every node. Never to be repeated without a look at the
    /// cluster first.
    pub async fn reset_service_principal(&self, id: &ResourceId, app: AppId, key: &Secret) -> Result<Accepted> {
        let url = self.cluster_url(id, "/resetServicePrincipalProfile");
        let tried = format!("give cluster {} its new key", id.name());
        let call = Call::new("aks.managedClusters.resetServicePrincipalProfile", tried, Method::POST, url)
            .json(&json!({ "clientId": app, "secret": key.expose() }))?
            .hide(key);
        Accepted::of(&self.api.send(call).await?)
    }

    /// How an operation stands. The address is followed as Azure gave it, with the API version of its own.
    pub async fn operation(&self, url: &Url) -> Result<OperationStatus> {
        let call = Call::get("aks.operations.get", "read how the operation stands", url.clone());
        OperationStatus::of(&self.api.send(call).await?)
    }

    /// Runs a command in a pod of the cluster. `cluster_token` is needed where the cluster uses Entra for its users.
    pub async fn run_command(
        &self,
        id: &ResourceId,
        command: &str,
        cluster_token: Option<&Secret>,
    ) -> Result<CommandAccepted> {
        let url = self.cluster_url(id, "/runCommand");
        let tried = format!("run a command in cluster {}", id.name());
        let mut body = json!({ "command": command, "context": "" });
        if let Some(token) = cluster_token {
            body["clusterToken"] = json!(token.expose());
        }
        let mut call = Call::new("aks.managedClusters.runCommand", tried, Method::POST, url).json(&body)?;
        if let Some(token) = cluster_token {
            call = call.hide(token);
        }
        CommandAccepted::of(&self.api.send(call).await?)
    }

    /// The result of a command, as far as it is there.
    pub async fn command_result(&self, url: &Url) -> Result<CommandResult> {
        let call = Call::get("aks.commandResults.get", "read the result of the command", url.clone());
        CommandResult::of(&self.api.send(call).await?)
    }
}

//! All clients of one tenant, signed in as one operator.

use std::sync::Arc;

use super::{Http, Result, arm::ResourceManager, entra::Claims, graph::Graph, sign_in::Tokens};
use crate::domain::{Cloud, TenantId};

/// Graph and Resource Manager of one tenant, as one operator.
#[derive(Clone, Debug)]
pub struct TenantClients {
    pub graph: Graph,
    pub arm: ResourceManager,
    http: Http,
    cloud: Arc<Cloud>,
    tokens: Tokens,
}

impl TenantClients {
    /// The clients of the tenant that `tokens` are of.
    pub fn new(http: Http, cloud: Arc<Cloud>, tokens: Tokens) -> Self {
        Self {
            graph: Graph::new(http.clone(), &cloud, tokens.clone()),
            arm: ResourceManager::new(http.clone(), &cloud, tokens.clone()),
            http,
            cloud,
            tokens,
        }
    }

    /// The tenant.
    pub fn id(&self) -> TenantId {
        self.tokens.tenant()
    }

    /// The cloud that it is in.
    pub fn cloud(&self) -> &Arc<Cloud> {
        &self.cloud
    }

    /// What the requests go through.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// The tokens, for an audience other than Graph's and Resource Manager's.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Who is signed in. Signs in where nobody is yet.
    pub async fn operator(&self) -> Result<Claims> {
        self.tokens.claims(&self.cloud.resource_manager_scope()).await
    }
}

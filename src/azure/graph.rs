//! Microsoft Graph: app registrations, their keys, service principals, and what a tenant says of itself.

mod application;
mod deleted;
mod directory;
mod duration;
mod password;
mod policy;
mod service_principal;

use url::Url;

pub use application::{
    AppOwner, Application, ApplicationPatch, MULTITENANT, NewApplication, SINGLE_TENANT, merge_access, serves_tenants,
    user_read_access,
};
pub use deleted::DeletedFilter;
pub use directory::{AppRoleAssignment, DirectoryRole, Me, Organization, TenantInformation};
pub use password::PasswordCredential;
pub use policy::{AppManagementPolicy, AssignedPolicy, AuthorizationPolicy};
pub use service_principal::ServicePrincipal;

use super::{api::Api, api_version, http::Http, sign_in::Tokens};
use crate::domain::Cloud;

/// Graph, as one operator.
#[derive(Clone, Debug)]
pub struct Graph {
    api: Api,
}

impl Graph {
    /// Graph of `cloud`.
    pub fn new(http: Http, cloud: &Cloud, tokens: Tokens) -> Self {
        Self { api: Api::new(http, tokens, cloud.graph.clone(), cloud.graph_scope()) }
    }

    fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>, query: &[(&str, &str)]) -> Url {
        self.api.url([api_version::GRAPH].into_iter().chain(segments), query)
    }
}

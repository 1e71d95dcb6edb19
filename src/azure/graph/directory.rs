//! What a tenant says of itself and of the person who is signed in.

use serde::Deserialize;
use uuid::Uuid;

use super::Graph;
use crate::{
    azure::{
        Result,
        api::{lacks, nullable, odata},
        http::Call,
        pages::Pages,
    },
    domain::{ObjectId, TenantId},
};

/// The operator's tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    pub id: TenantId,
    pub display_name: Option<String>,
    pub default_domain: Option<String>,
    pub domains: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOrganization {
    id: TenantId,
    display_name: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    verified_domains: Vec<WireDomain>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDomain {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
    #[serde(default, deserialize_with = "nullable")]
    is_default: bool,
}

#[derive(Deserialize)]
struct List<T> {
    value: Vec<T>,
}

/// What any tenant tells of another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantInformation {
    pub tenant_id: TenantId,
    pub display_name: Option<String>,
    pub default_domain_name: Option<String>,
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    pub id: ObjectId,
    pub display_name: Option<String>,
    pub user_principal_name: Option<String>,
}

/// A directory role that somebody holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectoryRole {
    /// The same in every tenant.
    #[serde(default, deserialize_with = "nullable")]
    pub role_template_id: String,
    pub display_name: Option<String>,
}

/// A permission that an app was given without a user: an app role of another app's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppRoleAssignment {
    pub app_role_id: Uuid,
}

impl Graph {
    /// The operator's tenant.
    pub async fn organization(&self) -> Result<Organization> {
        let url = self.url(["organization"], &[("$select", "id,displayName,verifiedDomains")]);
        let call = Call::get("graph.organization.list", "read the tenant's name", url);
        let response = self.api.send(call).await?;
        let list: List<WireOrganization> = response.json()?;
        let wire = list.value.into_iter().next().ok_or_else(|| lacks(&response, "organization"))?;
        Ok(Organization {
            id: wire.id,
            display_name: wire.display_name,
            default_domain: wire
                .verified_domains
                .iter()
                .find(|domain| domain.is_default)
                .map(|domain| domain.name.clone()),
            domains: wire.verified_domains.into_iter().map(|domain| domain.name).collect(),
        })
    }

    /// What another tenant is called.
    pub async fn find_tenant(&self, tenant: TenantId) -> Result<TenantInformation> {
        let function = format!("findTenantInformationByTenantId(tenantId={})", odata(&tenant.to_string()));
        let url = self.url(["tenantRelationships", &function], &[]);
        let call = Call::get("graph.tenantRelationships.find", format!("read the name of tenant {tenant}"), url);
        self.api.send(call).await?.json()
    }

    /// The person who is signed in. For an app there is none.
    pub async fn me(&self) -> Result<Me> {
        let url = self.url(["me"], &[("$select", "id,displayName,userPrincipalName")]);
        self.api.send(Call::get("graph.me.get", "read who is signed in", url)).await?.json()
    }

    /// The directory roles of the person who is signed in, through groups too. Roles that would have to be activated first
    /// are not among them.
    pub fn my_directory_roles(&self) -> Pages<DirectoryRole> {
        let segments = ["me", "transitiveMemberOf", "microsoft.graph.directoryRole"];
        let url = self.url(segments, &[("$select", "roleTemplateId,displayName")]);
        Pages::new(self.api.clone(), "graph.me.directoryRoles", "read your directory roles", url)
    }

    /// The directory roles of a service principal that is signed in.
    pub fn directory_roles_of(&self, principal: ObjectId) -> Pages<DirectoryRole> {
        let principal = principal.to_string();
        let segments = ["servicePrincipals", &principal, "transitiveMemberOf", "microsoft.graph.directoryRole"];
        let url = self.url(segments, &[("$select", "roleTemplateId,displayName")]);
        Pages::new(self.api.clone(), "graph.servicePrincipals.directoryRoles", "read your directory roles", url)
    }

    /// The permissions that a service principal was given for itself.
    pub fn app_roles_of(&self, principal: ObjectId) -> Pages<AppRoleAssignment> {
        let url = self.url(["servicePrincipals", &principal.to_string(), "appRoleAssignments"], &[]);
        Pages::new(self.api.clone(), "graph.servicePrincipals.appRoles", "read your permissions in Graph", url)
    }
}

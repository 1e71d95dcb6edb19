//! Service principals: an app as one tenant knows it.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::Graph;
use crate::{
    azure::{
        Result,
        api::{found, nullable, odata},
        http::Call,
    },
    domain::{AppId, ObjectId, TenantId},
};

const SELECT: &str =
    "id,appId,displayName,appOwnerOrganizationId,accountEnabled,disabledByMicrosoftStatus,servicePrincipalType";

/// A service principal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    pub id: ObjectId,
    pub app_id: AppId,
    #[serde(default, deserialize_with = "nullable")]
    pub display_name: String,
    /// The tenant that the app is at home in.
    pub app_owner_organization_id: Option<TenantId>,
    pub account_enabled: Option<bool>,
    #[serde(rename = "disabledByMicrosoftStatus")]
    pub disabled_by_microsoft: Option<String>,
    pub service_principal_type: Option<String>,
}

impl ServicePrincipal {
    /// Whether it can sign in.
    pub fn enabled(&self) -> bool {
        self.account_enabled != Some(false)
    }
}

impl Graph {
    /// The principal of an app in this tenant; `None` where there is none, or none yet on the replica that was asked.
    pub async fn service_principal_by_app_id(&self, app: AppId) -> Result<Option<ServicePrincipal>> {
        self.get_service_principal(&by_app_id(app)).await
    }

    /// The principal with an object id.
    pub async fn service_principal(&self, id: ObjectId) -> Result<Option<ServicePrincipal>> {
        self.get_service_principal(&format!("/servicePrincipals/{id}")).await
    }

    async fn get_service_principal(&self, segment: &str) -> Result<Option<ServicePrincipal>> {
        let url = self.url([segment], &[("$select", SELECT)]);
        let call = Call::get("graph.servicePrincipals.get", "read the app's service principal", url);
        found(async { self.api.send(call).await?.json() }.await)
    }

    /// Makes the principal of an app, of this tenant or of another. `Some` where it was made; `None` where it was there.
    pub async fn upsert_service_principal(&self, app: AppId) -> Result<Option<ServicePrincipal>> {
        let url = self.url([by_app_id(app).as_str()], &[]);
        let call = Call::new("graph.servicePrincipals.upsert", "make the app's service principal", Method::PATCH, url)
            .header("prefer", "create-if-missing")
            .json(&json!({ "appId": app }))?
            .idempotent();
        let response = self.api.send(call).await?;
        if response.status() == 204 { Ok(None) } else { response.json().map(Some) }
    }

    /// Deletes a principal; `false` where it was not there.
    pub async fn delete_service_principal(&self, id: ObjectId) -> Result<bool> {
        let url = self.url(["servicePrincipals", &id.to_string()], &[]);
        let tried = "delete the app's service principal";
        let call = Call::new("graph.servicePrincipals.delete", tried, Method::DELETE, url);
        Ok(found(self.api.send(call).await)?.is_some())
    }
}

fn by_app_id(app: AppId) -> String {
    format!("servicePrincipals(appId={})", odata(&app.to_string()))
}

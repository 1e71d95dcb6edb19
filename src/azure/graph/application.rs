//! App registrations.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::{Graph, PasswordCredential};
use crate::{
    azure::{
        Result,
        api::{found, lenient_time, nullable, odata},
        http::Call,
        pages::Pages,
    },
    domain::{AppId, ObjectId},
};

/// `signInAudience` of an app that other tenants can let in.
pub const MULTITENANT: &str = "AzureADMultipleOrgs";

/// `signInAudience` of an app for its own tenant alone.
pub const SINGLE_TENANT: &str = "AzureADMyOrg";

const SELECT: &str = "id,appId,displayName,uniqueName,signInAudience,web,requiredResourceAccess,tags,notes,\
                      passwordCredentials,createdDateTime,deletedDateTime,servicePrincipalLockConfiguration";

/// An app registration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Wire")]
pub struct Application {
    pub id: ObjectId,
    pub app_id: AppId,
    pub display_name: String,
    pub unique_name: Option<String>,
    pub sign_in_audience: Option<String>,
    pub redirect_uris: Vec<String>,
    /// As Graph gave it, so that it can be put back.
    pub required_resource_access: Value,
    pub tags: Vec<String>,
    pub notes: Option<String>,
    pub password_credentials: Vec<PasswordCredential>,
    pub created: Option<OffsetDateTime>,
    /// When it went to the recycle bin.
    pub deleted: Option<OffsetDateTime>,
    /// Whether tenants that let it in are kept from changing its keys there.
    pub service_principal_lock: Option<bool>,
}

impl Application {
    /// Whether other tenants can let it in.
    pub fn multitenant(&self) -> bool {
        self.sign_in_audience.as_deref().is_some_and(serves_tenants)
    }
}

/// Whether an app with this `signInAudience` can be let in by other tenants.
pub fn serves_tenants(audience: &str) -> bool {
    audience == MULTITENANT || audience == "AzureADandPersonalMicrosoftAccount"
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    id: ObjectId,
    app_id: AppId,
    #[serde(default, deserialize_with = "nullable")]
    display_name: String,
    unique_name: Option<String>,
    sign_in_audience: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    web: WireWeb,
    #[serde(default)]
    required_resource_access: Value,
    #[serde(default, deserialize_with = "nullable")]
    tags: Vec<String>,
    notes: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    password_credentials: Vec<PasswordCredential>,
    #[serde(default, deserialize_with = "lenient_time")]
    created_date_time: Option<OffsetDateTime>,
    #[serde(default, deserialize_with = "lenient_time")]
    deleted_date_time: Option<OffsetDateTime>,
    service_principal_lock_configuration: Option<WireLock>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct WireWeb {
    #[serde(default, deserialize_with = "nullable")]
    redirect_uris: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLock {
    #[serde(default, deserialize_with = "nullable")]
    is_enabled: bool,
}

impl From<Wire> for Application {
    fn from(wire: Wire) -> Self {
        Self {
            id: wire.id,
            app_id: wire.app_id,
            display_name: wire.display_name,
            unique_name: wire.unique_name,
            sign_in_audience: wire.sign_in_audience,
            redirect_uris: wire.web.redirect_uris,
            required_resource_access: match wire.required_resource_access {
                Value::Null => json!([]),
                access => access,
            },
            tags: wire.tags,
            notes: wire.notes,
            password_credentials: wire.password_credentials,
            created: wire.created_date_time,
            deleted: wire.deleted_date_time,
            service_principal_lock: wire.service_principal_lock_configuration.map(|lock| lock.is_enabled),
        }
    }
}

/// Somebody who owns an app registration, and may edit it without a role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AppOwner {
    pub id: ObjectId,
}

/// An app registration to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewApplication {
    pub display_name: String,
    /// [`SINGLE_TENANT`] or [`MULTITENANT`].
    pub sign_in_audience: String,
    pub redirect_uris: Vec<String>,
    pub required_resource_access: Value,
    /// Keeps tenants that let it in from putting keys of their own on it.
    pub lock: bool,
    pub tags: Vec<String>,
    pub notes: Option<String>,
}

/// What is to change on an app registration; the rest stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationPatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_audience: Option<String>,
    /// All of them: Graph replaces the list.
    #[serde(rename = "web", skip_serializing_if = "Option::is_none", serialize_with = "web")]
    pub redirect_uris: Option<Vec<String>>,
    /// All of it: Graph replaces the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_resource_access: Option<Value>,
    #[serde(
        rename = "servicePrincipalLockConfiguration",
        skip_serializing_if = "Option::is_none",
        serialize_with = "lock"
    )]
    pub lock: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

#[expect(clippy::ref_option, reason = "serde gives the field as it is")]
fn web<S: serde::Serializer>(uris: &Option<Vec<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "redirectUris": uris }).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "serde gives the field as it is")]
fn lock<S: serde::Serializer>(lock: &Option<bool>, serializer: S) -> Result<S::Ok, S::Error> {
    json!({ "isEnabled": lock, "allProperties": lock }).serialize(serializer)
}

/// The one permission that the app lists: Graph's `User.Read`. With an empty list the consent page can end in AADSTS650056;
/// the portal lists it too.
pub fn user_read_access() -> Value {
    json!([{
        "resourceAppId": "00000003-0000-0000-c000-000000000000",
        "resourceAccess": [{ "id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope" }],
    }])
}

/// What `present` lists, and [`user_read_access`] beside it where it is missing.
pub fn merge_access(present: &Value) -> Value {
    let mut merged = present.as_array().cloned().unwrap_or_default();
    let wanted = user_read_access();
    let (graph, permission) = (&wanted[0]["resourceAppId"], &wanted[0]["resourceAccess"][0]);
    match merged.iter_mut().find(|entry| entry["resourceAppId"] == *graph) {
        None => merged.push(wanted[0].clone()),
        Some(entry) => {
            let mut permissions = entry["resourceAccess"].as_array().cloned().unwrap_or_default();
            if !permissions.iter().any(|listed| listed["id"] == permission["id"]) {
                permissions.push(permission.clone());
            }
            entry["resourceAccess"] = Value::Array(permissions);
        }
    }
    Value::Array(merged)
}

impl Graph {
    /// The app with a `uniqueName`; `None` where there is none, or none yet on the replica that was asked.
    pub async fn application_by_unique_name(&self, unique_name: &str) -> Result<Option<Application>> {
        self.get_application(&format!("applications(uniqueName={})", odata(unique_name))).await
    }

    /// The app with a client id, if this tenant is its home.
    pub async fn application_by_app_id(&self, app: AppId) -> Result<Option<Application>> {
        self.get_application(&format!("applications(appId={})", odata(&app.to_string()))).await
    }

    /// The app with an object id.
    pub async fn application(&self, id: ObjectId) -> Result<Option<Application>> {
        self.get_application(&format!("/applications/{id}")).await
    }

    /// Who owns an app.
    pub fn application_owners(&self, id: ObjectId) -> Pages<AppOwner> {
        let url = self.url(["applications", &id.to_string(), "owners"], &[("$select", "id")]);
        Pages::new(self.api.clone(), "graph.applications.owners", "read who owns the app registration", url)
    }

    async fn get_application(&self, segment: &str) -> Result<Option<Application>> {
        let url = self.url([segment], &[("$select", SELECT)]);
        let call = Call::get("graph.applications.get", "read the app registration", url);
        found(async { self.api.send(call).await?.json() }.await)
    }

    /// Makes the app with a `uniqueName`, or updates it. `Some` where it was made; `None` where it was there, which Graph
    /// answers without the object. An app in the recycle bin still holds the name:
    /// [`crate::azure::Error::unique_name_taken`].
    pub async fn upsert_application(&self, unique_name: &str, new: &NewApplication) -> Result<Option<Application>> {
        let url = self.url([format!("applications(uniqueName={})", odata(unique_name)).as_str()], &[]);
        let mut body = json!({
            "displayName": new.display_name,
            "signInAudience": new.sign_in_audience,
            "web": { "redirectUris": new.redirect_uris },
            "requiredResourceAccess": new.required_resource_access,
            "tags": new.tags,
        });
        if new.lock {
            body["servicePrincipalLockConfiguration"] = json!({ "isEnabled": true, "allProperties": true });
        }
        if let Some(notes) = &new.notes {
            body["notes"] = json!(notes);
        }
        let tried = format!("register the app {}", new.display_name);
        let call = Call::new("graph.applications.upsert", tried, Method::PATCH, url)
            .header("prefer", "create-if-missing")
            .json(&body)?
            .idempotent();
        let response = self.api.send(call).await?;
        if response.status() == 204 { Ok(None) } else { response.json().map(Some) }
    }

    /// Changes an app registration.
    pub async fn patch_application(&self, id: ObjectId, patch: &ApplicationPatch) -> Result<()> {
        let url = self.url(["applications", &id.to_string()], &[]);
        let call = Call::new("graph.applications.patch", "change the app registration", Method::PATCH, url)
            .json(patch)?
            .idempotent();
        self.api.send(call).await.map(drop)
    }

    /// Sends an app to the recycle bin, its principal at home with it; `false` where it was not there.
    pub async fn delete_application(&self, id: ObjectId) -> Result<bool> {
        let url = self.url(["applications", &id.to_string()], &[]);
        let call = Call::new("graph.applications.delete", "delete the app registration", Method::DELETE, url);
        Ok(found(self.api.send(call).await)?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_holds_only_what_changes() {
        let patch = ApplicationPatch { sign_in_audience: Some(MULTITENANT.to_owned()), ..ApplicationPatch::default() };
        assert_eq!(serde_json::to_value(patch).unwrap(), json!({"signInAudience": "AzureADMultipleOrgs"}));
        let patch = ApplicationPatch {
            redirect_uris: Some(vec!["https://www.microsoft.com".to_owned()]),
            lock: Some(true),
            ..ApplicationPatch::default()
        };
        assert_eq!(
            serde_json::to_value(patch).unwrap(),
            json!({
                "web": {"redirectUris": ["https://www.microsoft.com"]},
                "servicePrincipalLockConfiguration": {"isEnabled": true, "allProperties": true},
            })
        );
    }

    #[test]
    fn user_read_is_added_once_and_the_rest_stays() {
        assert_eq!(merge_access(&json!([])), user_read_access());
        assert_eq!(merge_access(&Value::Null), user_read_access());
        assert_eq!(merge_access(&user_read_access()), user_read_access());
        let other = json!({"resourceAppId": "x", "resourceAccess": []});
        let mail = json!({"resourceAppId": "00000003-0000-0000-c000-000000000000", "resourceAccess": [{"id": "mail", "type": "Role"}]});
        let merged = merge_access(&json!([other, mail]));
        assert_eq!(merged[0], other);
        assert_eq!(merged[1]["resourceAccess"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn an_app_is_read_with_nulls_and_without_fields() {
        let app: Application = serde_json::from_value(json!({
            "id": "03ef14b0-ca33-4840-8f4f-d6e91916010e", "appId": "631a96bc-a705-4eda-9f99-fdaf9f54f6a2",
            "displayName": null, "web": null, "tags": null, "deletedDateTime": null, "createdDateTime": "2019-09-17T19:10:35.2742618Z",
            "passwordCredentials": [{"keyId": "f0b0b335-1d71-4883-8f98-567911bfdca6", "displayName": null, "endDateTime": "2021-09-09T19:50:29.3086381Z", "secretText": null}],
        }))
        .unwrap();
        assert!(!app.multitenant() && app.created.is_some() && app.deleted.is_none());
        assert_eq!(app.required_resource_access, json!([]));
        assert_eq!(app.password_credentials.len(), 1);
    }
}

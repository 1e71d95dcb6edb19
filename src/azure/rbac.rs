//! Role assignments and role definitions (Microsoft.Authorization).

use serde::Deserialize;
use serde_json::json;
use uuid::{Uuid, uuid};

use super::{
    Result,
    api::{found, odata},
    api_version,
    arm::{Permissions, ResourceManager},
    http::Call,
    pages::Pages,
};
use crate::domain::{ObjectId, SetupId};

const ASSIGNMENTS: &str = "/providers/Microsoft.Authorization/roleAssignments";
const DEFINITIONS: &str = "/providers/Microsoft.Authorization/roleDefinitions";

/// Of whom, and where, role assignments are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AssignmentFilter {
    /// A principal's own, at, above and below the scope.
    PrincipalId(ObjectId),
    /// A principal's own and those of its groups, at, above and below the scope.
    AssignedTo(ObjectId),
    /// Everybody's, at and above the scope.
    AtScope,
    /// A principal's own and those of its groups, at and above the scope.
    AtScopeAssignedTo(ObjectId),
}

impl AssignmentFilter {
    fn text(self) -> String {
        match self {
            Self::PrincipalId(id) => format!("principalId eq {}", odata(&id.to_string())),
            Self::AssignedTo(id) => format!("assignedTo({})", odata(&id.to_string())),
            Self::AtScope => "atScope()".to_owned(),
            Self::AtScopeAssignedTo(id) => format!("atScope() and assignedTo({})", odata(&id.to_string())),
        }
    }
}

/// A role assignment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireAssignment")]
pub struct RoleAssignment {
    pub id: String,
    pub name: Uuid,
    pub scope: String,
    /// As Azure gave it: with or without a subscription in front.
    pub role_definition_id: String,
    /// The last segment of `role_definition_id`, which alone says which role it is.
    pub role: Option<Uuid>,
    pub principal_id: ObjectId,
    pub principal_type: Option<String>,
    pub condition: Option<String>,
    pub condition_version: Option<String>,
    pub description: Option<String>,
}

#[derive(Deserialize)]
struct WireAssignment {
    id: String,
    name: Uuid,
    properties: WireAssignmentProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAssignmentProperties {
    scope: Option<String>,
    role_definition_id: String,
    principal_id: ObjectId,
    principal_type: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
    description: Option<String>,
}

impl From<WireAssignment> for RoleAssignment {
    fn from(WireAssignment { id, name, properties }: WireAssignment) -> Self {
        // The scope is also what stands before the assignment in its id.
        let before = || {
            let at = id.to_ascii_lowercase().rfind("/providers/microsoft.authorization/roleassignments/").unwrap_or(0);
            if at == 0 { "/".to_owned() } else { id[..at].to_owned() }
        };
        Self {
            scope: properties.scope.filter(|scope| !scope.is_empty()).unwrap_or_else(before),
            name,
            role: properties.role_definition_id.rsplit('/').next().and_then(|last| Uuid::try_parse(last).ok()),
            role_definition_id: properties.role_definition_id,
            principal_id: properties.principal_id,
            principal_type: properties.principal_type,
            condition: properties.condition.filter(|condition| !condition.is_empty()),
            condition_version: properties.condition_version.filter(|version| !version.is_empty()),
            description: properties.description,
            id,
        }
    }
}

impl RoleAssignment {
    /// Whether it holds at `scope`: it was given there or above.
    pub fn holds_at(&self, scope: &str) -> bool {
        let own = self.scope.trim_end_matches('/').to_ascii_lowercase();
        let scope = scope.trim_end_matches('/').to_ascii_lowercase();
        scope.strip_prefix(&own).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether it was given at `scope` itself.
    pub fn given_at(&self, scope: &str) -> bool {
        self.scope.trim_end_matches('/').eq_ignore_ascii_case(scope.trim_end_matches('/'))
    }
}

/// A role assignment to be made. The principal is always a service principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAssignment {
    pub role: Uuid,
    pub principal: ObjectId,
    pub condition: Option<Condition>,
    pub description: Option<String>,
}

/// A condition of a role assignment, in the grammar of its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    pub text: String,
    pub version: String,
}

impl Condition {
    /// A condition of the one version that is in use.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), version: "2.0".to_owned() }
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireDefinition")]
pub struct RoleDefinition {
    pub name: Uuid,
    pub role_name: String,
    pub built_in: bool,
    pub permissions: Permissions,
}

#[derive(Deserialize)]
struct WireDefinition {
    name: Uuid,
    properties: WireDefinitionProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireDefinitionProperties {
    role_name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    permissions: Permissions,
}

impl From<WireDefinition> for RoleDefinition {
    fn from(WireDefinition { name, properties }: WireDefinition) -> Self {
        Self {
            name,
            role_name: properties.role_name,
            built_in: properties.kind.is_some_and(|kind| kind.eq_ignore_ascii_case("BuiltInRole")),
            permissions: properties.permissions,
        }
    }
}

/// The name of the assignment that a setup makes: the same four parts always give the same name, so that a repeated PUT is
/// the same assignment. It is unique in the tenant, since the setup is one of the parts.
pub fn assignment_name(setup: SetupId, scope: &str, principal: ObjectId, role: Uuid) -> Uuid {
    const NAMESPACE: Uuid = uuid!("5b0ba2ef-7a3c-4d6c-9d4e-0f3f6d7c9a51");
    let parts = format!("{setup}\n{}\n{principal}\n{role}", scope.trim_end_matches('/')).to_ascii_lowercase();
    Uuid::new_v5(&NAMESPACE, parts.as_bytes())
}

/// The id of a role as an assignment at `scope` names it.
fn role_definition_id(scope: &str, role: Uuid) -> String {
    let mut segments = scope.split('/').filter(|segment| !segment.is_empty());
    match (segments.next(), segments.next()) {
        (Some(word), Some(subscription)) if word.eq_ignore_ascii_case("subscriptions") => {
            format!("/subscriptions/{subscription}{DEFINITIONS}/{role}")
        }
        _ => format!("{DEFINITIONS}/{role}"),
    }
}

impl ResourceManager {
    /// Role assignments around a scope.
    pub fn role_assignments(&self, scope: &str, filter: AssignmentFilter) -> Pages<RoleAssignment> {
        let query = [("api-version", api_version::AUTHORIZATION), ("$filter", &filter.text())];
        let url = self.api.url([scope, ASSIGNMENTS], &query);
        Pages::new(self.api.clone(), "rbac.roleAssignments.list", format!("list the role assignments at {scope}"), url)
    }

    /// One role assignment; `None` where it is not there.
    pub async fn role_assignment(&self, scope: &str, name: Uuid) -> Result<Option<RoleAssignment>> {
        let url = self.url([scope, ASSIGNMENTS, &name.to_string()], api_version::AUTHORIZATION);
        let call = Call::get("rbac.roleAssignments.get", format!("read a role assignment at {scope}"), url);
        found(async { self.api.send(call).await?.json() }.await)
    }

    /// Gives a role to a service principal. The same again under the same name changes nothing; under another name Azure
    /// answers [`super::Error::role_assignment_exists`].
    pub async fn put_role_assignment(&self, scope: &str, name: Uuid, new: &NewAssignment) -> Result<RoleAssignment> {
        let url = self.url([scope, ASSIGNMENTS, &name.to_string()], api_version::AUTHORIZATION);
        let mut properties = json!({
            "roleDefinitionId": role_definition_id(scope, new.role),
            "principalId": new.principal,
            // Left out it means `User`; given, it also switches off a check that a fresh principal would not pass.
            "principalType": "ServicePrincipal",
        });
        if let Some(condition) = &new.condition {
            properties["condition"] = json!(condition.text);
            properties["conditionVersion"] = json!(condition.version);
        }
        if let Some(description) = &new.description {
            properties["description"] = json!(description);
        }
        let tried = format!("give a role at {scope}");
        let call = Call::new("rbac.roleAssignments.put", tried, reqwest::Method::PUT, url)
            .json(&json!({ "properties": properties }))?;
        self.api.send(call).await?.json()
    }

    /// Takes a role back; `false` where it was not there.
    pub async fn delete_role_assignment(&self, scope: &str, name: Uuid) -> Result<bool> {
        let url = self.url([scope, ASSIGNMENTS, &name.to_string()], api_version::AUTHORIZATION);
        let tried = format!("remove a role assignment at {scope}");
        let call = Call::new("rbac.roleAssignments.delete", tried, reqwest::Method::DELETE, url);
        let response = found(self.api.send(call).await)?;
        Ok(response.is_some_and(|response| response.status() != 204))
    }

    /// A role by its id; `None` where there is none.
    pub async fn role_definition(&self, scope: &str, role: Uuid) -> Result<Option<RoleDefinition>> {
        let url = self.url([scope, DEFINITIONS, &role.to_string()], api_version::AUTHORIZATION);
        let call = Call::get("rbac.roleDefinitions.get", format!("read role {role}"), url);
        found(async { self.api.send(call).await?.json() }.await)
    }

    /// A role by the name that people see; `None` where there is none.
    pub async fn role_definition_by_name(&self, scope: &str, name: &str) -> Result<Option<RoleDefinition>> {
        let filter = format!("roleName eq {}", odata(name));
        let query = [("api-version", api_version::AUTHORIZATION), ("$filter", &filter)];
        let url = self.api.url([scope, DEFINITIONS], &query);
        let pages: Pages<RoleDefinition> =
            Pages::new(self.api.clone(), "rbac.roleDefinitions.list", format!("find the role {name}"), url);
        Ok(pages.all(1000).await?.into_iter().find(|role| role.role_name.eq_ignore_ascii_case(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/images";

    #[test]
    fn names_depend_on_every_part_but_not_on_case() {
        let setup = SetupId(Uuid::from_u128(1));
        let principal = ObjectId(Uuid::from_u128(2));
        let role = Uuid::from_u128(3);
        let name = assignment_name(setup, SCOPE, principal, role);
        assert_eq!(name, assignment_name(setup, &format!("{}/", SCOPE.to_uppercase()), principal, role));
        assert_ne!(name, assignment_name(SetupId(Uuid::from_u128(9)), SCOPE, principal, role));
        assert_ne!(name, assignment_name(setup, "/subscriptions/x", principal, role));
        assert_ne!(name, assignment_name(setup, SCOPE, ObjectId(Uuid::from_u128(9)), role));
        assert_ne!(name, assignment_name(setup, SCOPE, principal, Uuid::from_u128(9)));
        // A journal of an older version names the same assignment.
        assert_eq!(name.to_string(), "7ff7260b-39cc-51a0-9132-2a45d2408b7e");
    }

    #[test]
    fn an_assignment_is_read_with_either_form_of_role_id() {
        for role in [
            "/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
            "/subscriptions/a925f2f7-5c63-4b7b-8799-25a5f97bc3b2/providers/Microsoft.Authorization/roleDefinitions/7F951DDA-4ed3-4680-a7ca-43fe172d538d",
        ] {
            let assignment: RoleAssignment = serde_json::from_value(json!({
                "id": format!("{SCOPE}/providers/Microsoft.Authorization/roleAssignments/05c5a614-a7d6-4502-b150-c2fb455033ff"),
                "name": "05c5a614-a7d6-4502-b150-c2fb455033ff",
                "properties": {"roleDefinitionId": role, "principalId": "ce2ce14e-85d7-4629-bdbc-454d0519d987", "condition": null},
            }))
            .unwrap();
            assert_eq!(assignment.role, Some(crate::domain::role::ACR_PULL.id));
            assert_eq!(assignment.scope, SCOPE);
            assert!(assignment.holds_at(&format!("{}/providers/x/y/z", SCOPE.to_lowercase())));
            assert!(assignment.given_at(&SCOPE.to_lowercase()));
            assert!(!assignment.holds_at(&format!("{SCOPE}-other")));
            assert!(!assignment.holds_at("/subscriptions/11111111-1111-4111-8111-111111111111"));
        }
    }

    #[test]
    fn the_root_holds_everywhere_and_roles_are_named_by_subscription() {
        let root: RoleAssignment = serde_json::from_value(json!({
            "id": "/providers/Microsoft.Authorization/roleAssignments/05c5a614-a7d6-4502-b150-c2fb455033ff",
            "name": "05c5a614-a7d6-4502-b150-c2fb455033ff",
            "properties": {"roleDefinitionId": "x", "principalId": "ce2ce14e-85d7-4629-bdbc-454d0519d987", "scope": "/"},
        }))
        .unwrap();
        assert!(root.holds_at(SCOPE));
        assert_eq!(root.role, None);
        let role = Uuid::nil();
        assert!(role_definition_id(SCOPE, role).starts_with("/subscriptions/11111111-"));
        assert!(
            role_definition_id("/providers/Microsoft.Management/managementGroups/g", role).starts_with("/providers/")
        );
    }

    #[test]
    fn filters_are_the_documented_ones() {
        let id = ObjectId(Uuid::nil());
        assert_eq!(AssignmentFilter::PrincipalId(id).text(), "principalId eq '00000000-0000-0000-0000-000000000000'");
        assert_eq!(
            AssignmentFilter::AtScopeAssignedTo(id).text(),
            "atScope() and assignedTo('00000000-0000-0000-0000-000000000000')"
        );
    }
}

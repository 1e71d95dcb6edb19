//! The one table of what the simulator implements.
//!
//! Whatever is not in it is answered 501, logged as unknown and shown by the admin endpoint: tests fail on it, so that
//! no client comes to lean on something that nobody wrote down.

use super::service::Service;

/// One operation. Several rows may carry one name where a service has several addresses for the same thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// `service.thing.verb`; fault rules and tests name it.
    pub name: &'static str,
    pub service: Service,
    pub method: &'static str,
    /// `{x}` is one segment or a part of one, `{*x}` one or more segments.
    pub pattern: &'static str,
}

macro_rules! table {
    ($($service:ident { $($name:literal $method:ident $pattern:literal)* })*) => {
        &[$($(Operation {
            name: $name,
            service: Service::$service,
            method: stringify!($method),
            pattern: $pattern,
        },)*)*]
    };
}

/// The table. More telling patterns stand before those that would swallow them.
pub const OPERATIONS: &[Operation] = table! {
    Login {
        "login.instance_discovery" GET "/common/discovery/instance"
        "login.user_realm" GET "/common/userrealm/{username}"
        "login.device_page" GET "/devicelogin"
        "login.device_page" POST "/devicelogin"
        "identity.app_service" GET "/msi/token"
        "identity.metadata" GET "/metadata/identity/oauth2/token"
        "login.cluster_issuer" GET "/oidc/{cluster}/.well-known/openid-configuration"
        "login.cluster_keys" GET "/oidc/{cluster}/openid/v1/jwks"
        "login.discovery" GET "/{tenant}/v2.0/.well-known/openid-configuration"
        "login.discovery" GET "/{tenant}/.well-known/openid-configuration"
        "login.keys" GET "/{tenant}/discovery/v2.0/keys"
        "login.keys" GET "/{tenant}/discovery/keys"
        "login.device_code" POST "/{tenant}/oauth2/v2.0/devicecode"
        "login.token" POST "/{tenant}/oauth2/v2.0/token"
        "login.authorize" GET "/{tenant}/oauth2/v2.0/authorize"
        "login.authorize" GET "/{tenant}/oauth2/authorize"
        "login.authorize_form" POST "/{tenant}/oauth2/v2.0/authorize"
        "login.authorize_form" POST "/{tenant}/oauth2/authorize"
        "login.admin_consent" GET "/{tenant}/v2.0/adminconsent"
        "login.admin_consent" GET "/{tenant}/adminconsent"
        "login.admin_consent_form" POST "/{tenant}/v2.0/adminconsent"
        "login.admin_consent_form" POST "/{tenant}/adminconsent"
    }
    Graph {
        "graph.me.get" GET "/v1.0/me"
        "graph.me.roles" GET "/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole"
        "graph.organization.list" GET "/v1.0/organization"
        "graph.tenant.by_id" GET "/v1.0/tenantRelationships/findTenantInformationByTenantId(tenantId='{tenantId}')"
        "graph.tenant.by_domain" GET "/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='{domainName}')"
        "graph.policy.app_management" GET "/v1.0/policies/defaultAppManagementPolicy"
        "graph.policy.authorization" GET "/v1.0/policies/authorizationPolicy"
        "graph.objects.get_by_ids" POST "/v1.0/directoryObjects/getByIds"
        "graph.application.list" GET "/v1.0/applications"
        "graph.application.create" POST "/v1.0/applications"
        "graph.application.get" GET "/v1.0/applications(appId='{appId}')"
        "graph.application.get" GET "/v1.0/applications(uniqueName='{uniqueName}')"
        "graph.application.get" GET "/v1.0/applications/{id}"
        "graph.application.update" PATCH "/v1.0/applications(appId='{appId}')"
        "graph.application.upsert" PATCH "/v1.0/applications(uniqueName='{uniqueName}')"
        "graph.application.update" PATCH "/v1.0/applications/{id}"
        "graph.application.delete" DELETE "/v1.0/applications(appId='{appId}')"
        "graph.application.delete" DELETE "/v1.0/applications(uniqueName='{uniqueName}')"
        "graph.application.delete" DELETE "/v1.0/applications/{id}"
        "graph.application.owners" GET "/v1.0/applications(appId='{appId}')/owners"
        "graph.application.owners" GET "/v1.0/applications/{id}/owners"
        "graph.application.policies" GET "/v1.0/applications/{id}/appManagementPolicies"
        "graph.application.add_password" POST "/v1.0/applications(appId='{appId}')/addPassword"
        "graph.application.add_password" POST "/v1.0/applications/{id}/addPassword"
        "graph.application.remove_password" POST "/v1.0/applications(appId='{appId}')/removePassword"
        "graph.application.remove_password" POST "/v1.0/applications/{id}/removePassword"
        "graph.service_principal.list" GET "/v1.0/servicePrincipals"
        "graph.service_principal.create" POST "/v1.0/servicePrincipals"
        "graph.service_principal.get" GET "/v1.0/servicePrincipals(appId='{appId}')"
        "graph.service_principal.get" GET "/v1.0/servicePrincipals/{id}"
        "graph.service_principal.roles" GET "/v1.0/servicePrincipals/{id}/transitiveMemberOf/microsoft.graph.directoryRole"
        "graph.service_principal.app_roles" GET "/v1.0/servicePrincipals/{id}/appRoleAssignments"
        "graph.service_principal.grants" GET "/v1.0/servicePrincipals/{id}/oauth2PermissionGrants"
        "graph.service_principal.grants" GET "/v1.0/servicePrincipals(appId='{appId}')/oauth2PermissionGrants"
        "graph.service_principal.upsert" PATCH "/v1.0/servicePrincipals(appId='{appId}')"
        "graph.service_principal.update" PATCH "/v1.0/servicePrincipals/{id}"
        "graph.service_principal.delete" DELETE "/v1.0/servicePrincipals(appId='{appId}')"
        "graph.service_principal.delete" DELETE "/v1.0/servicePrincipals/{id}"
        "graph.deleted.applications" GET "/v1.0/directory/deletedItems/microsoft.graph.application"
        "graph.deleted.service_principals" GET "/v1.0/directory/deletedItems/microsoft.graph.servicePrincipal"
        "graph.deleted.restore" POST "/v1.0/directory/deletedItems/{id}/restore"
        "graph.deleted.get" GET "/v1.0/directory/deletedItems/{id}"
        "graph.deleted.delete" DELETE "/v1.0/directory/deletedItems/{id}"
    }
    ResourceManager {
        "arm.metadata" GET "/metadata/endpoints"
        "arm.tenants.list" GET "/tenants"
        "arm.subscriptions.list" GET "/subscriptions"
        "arm.subscriptions.get" GET "/subscriptions/{subscription}"
        "arm.resources.list" GET "/subscriptions/{subscription}/resources"
        "arm.resource_groups.list" GET "/subscriptions/{subscription}/resourcegroups"
        "arm.resource_groups.get" GET "/subscriptions/{subscription}/resourcegroups/{group}"
        "arm.role_definitions.list" GET "/providers/Microsoft.Authorization/roleDefinitions"
        "arm.role_definitions.get" GET "/providers/Microsoft.Authorization/roleDefinitions/{name}"
        "arm.role_definitions.list" GET "/{*scope}/providers/Microsoft.Authorization/roleDefinitions"
        "arm.role_definitions.get" GET "/{*scope}/providers/Microsoft.Authorization/roleDefinitions/{name}"
        "arm.role_assignments.list" GET "/{*scope}/providers/Microsoft.Authorization/roleAssignments"
        "arm.role_assignments.get" GET "/{*scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        "arm.role_assignments.create" PUT "/{*scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        "arm.role_assignments.delete" DELETE "/{*scope}/providers/Microsoft.Authorization/roleAssignments/{name}"
        "arm.permissions.list" GET "/{*scope}/providers/Microsoft.Authorization/permissions"
        "arm.locks.list" GET "/{*scope}/providers/Microsoft.Authorization/locks"
        "compute.usages.list" GET "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/usages"
        "network.public_ips.get" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/publicIPAddresses/{address}"
        "network.subnets.get" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/{network}/subnets/{subnet}"
        "aks.clusters.list" GET "/subscriptions/{subscription}/providers/Microsoft.ContainerService/managedClusters"
        "aks.clusters.list" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters"
        "aks.clusters.get" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}"
        "aks.clusters.reset_service_principal" POST "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/resetServicePrincipalProfile"
        "aks.clusters.run_command" POST "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/runCommand"
        "aks.command_results.get" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/commandResults/{id}"
        "aks.maintenance.list" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/maintenanceConfigurations"
        "aks.pools.list" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/agentPools"
        "aks.pools.get" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/agentPools/{pool}"
        "aks.pools.upgrade_node_image" POST "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerService/managedClusters/{cluster}/agentPools/{pool}/upgradeNodeImageVersion"
        "aks.operations.get" GET "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}/operations/{id}"
        "aks.operation_results.get" GET "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}/operationresults/{id}"
        "acr.registries.list" GET "/subscriptions/{subscription}/providers/Microsoft.ContainerRegistry/registries"
        "acr.registries.list" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries"
        "acr.registries.get" GET "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.ContainerRegistry/registries/{registry}"
    }
    Registry {
        "registry.challenge" GET "/v2"
        "registry.token" GET "/oauth2/token"
        "registry.token" POST "/oauth2/token"
        "registry.exchange" POST "/oauth2/exchange"
        "registry.catalog" GET "/v2/_catalog"
        "registry.tags" GET "/v2/{*name}/tags/list"
        "registry.manifests.get" GET "/v2/{*name}/manifests/{reference}"
        "registry.manifests.head" HEAD "/v2/{*name}/manifests/{reference}"
        "registry.blobs.get" GET "/v2/{*name}/blobs/{digest}"
        "registry.blobs.head" HEAD "/v2/{*name}/blobs/{digest}"
        "registry.acr_catalog" GET "/acr/v1/_catalog"
        "registry.acr_tags" GET "/acr/v1/{*name}/_tags"
    }
};

/// The values that a path has for a pattern's names.
pub type Params = Vec<(&'static str, String)>;

/// The first row that fits, and what its names stand for.
pub fn find(service: Service, method: &str, path: &str) -> Option<(&'static Operation, Params)> {
    let segments: Vec<String> = path.split('/').filter(|segment| !segment.is_empty()).map(decoded).collect();
    OPERATIONS.iter().filter(|operation| operation.service == service && operation.method == method).find_map(
        |operation| {
            let pattern: Vec<&'static str> = operation.pattern.split('/').filter(|part| !part.is_empty()).collect();
            let mut params = Params::new();
            fits(&pattern, &segments, &mut params).then_some((operation, params))
        },
    )
}

/// A path segment without its percent escapes.
fn decoded(segment: &str) -> String {
    // `+` is a plus in a path, a blank in a form.
    let text = format!("s={}", segment.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn fits(pattern: &[&'static str], segments: &[String], params: &mut Params) -> bool {
    let Some((first, pattern_rest)) = pattern.split_first() else { return segments.is_empty() };
    if let Some(name) = first.strip_prefix("{*").and_then(|rest| rest.strip_suffix('}')) {
        return (1..=segments.len()).any(|taken| {
            let before = params.len();
            params.push((name, segments[..taken].join("/")));
            let fits = fits(pattern_rest, &segments[taken..], params);
            if !fits {
                params.truncate(before);
            }
            fits
        });
    }
    let Some((segment, segments_rest)) = segments.split_first() else { return false };
    let before = params.len();
    let one = match (first.find('{'), first.find('}')) {
        (Some(open), Some(close)) => inside(segment, &first[..open], &first[close + 1..]).is_some_and(|value| {
            params.push((&first[open + 1..close], value.to_owned()));
            true
        }),
        _ => first.eq_ignore_ascii_case(segment),
    };
    let all = one && fits(pattern_rest, segments_rest, params);
    if !all {
        params.truncate(before);
    }
    all
}

/// What stands between `before` and `after`, without regard to their case.
fn inside<'a>(segment: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let head = segment.get(..before.len())?;
    let end = segment.len().checked_sub(after.len()).filter(|end| *end > before.len())?;
    let tail = segment.get(end..)?;
    (head.eq_ignore_ascii_case(before) && tail.eq_ignore_ascii_case(after)).then(|| segment.get(before.len()..end))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(service: Service, method: &str, path: &str) -> Option<(&'static str, Params)> {
        find(service, method, path).map(|(operation, params)| (operation.name, params))
    }

    #[test]
    fn a_scope_may_hold_slashes_and_any_case() {
        let path = "/subscriptions/1/resourceGroups/g/providers/microsoft.authorization/RoleAssignments/abc";
        let (name, params) = named(Service::ResourceManager, "PUT", path).unwrap();
        assert_eq!(name, "arm.role_assignments.create");
        assert_eq!(params, [("scope", "subscriptions/1/resourceGroups/g".into()), ("name", "abc".into())]);
    }

    #[test]
    fn an_alternate_key_is_read_out_of_its_segment_escaped_or_not() {
        for path in ["/v1.0/applications(uniqueName='crosspull-1')", "/v1.0/applications(uniqueName=%27crosspull-1%27)"]
        {
            let (name, params) = named(Service::Graph, "PATCH", path).unwrap();
            assert_eq!((name, params), ("graph.application.upsert", vec![("uniqueName", "crosspull-1".into())]));
        }
    }

    #[test]
    fn a_doubled_slash_is_forgiven_and_the_unknown_is_not() {
        assert_eq!(named(Service::ResourceManager, "GET", "//metadata/endpoints").unwrap().0, "arm.metadata");
        assert_eq!(named(Service::ResourceManager, "DELETE", "/metadata/endpoints"), None);
        assert_eq!(named(Service::Graph, "GET", "/v1.0/users"), None);
    }

    #[test]
    fn a_repository_name_may_hold_slashes() {
        let (name, params) = named(Service::Registry, "HEAD", "/v2/shop/web/manifests/1.4").unwrap();
        assert_eq!(name, "registry.manifests.head");
        assert_eq!(params, [("name", "shop/web".into()), ("reference", "1.4".into())]);
    }
}

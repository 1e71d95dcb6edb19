//! Built-in role definitions (Azure built-in roles reference), and how their action patterns are matched.

use uuid::{Uuid, uuid};

/// A built-in role definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleDefinition {
    pub id: Uuid,
    pub name: &'static str,
    pub description: &'static str,
    pub actions: &'static [&'static str],
    pub not_actions: &'static [&'static str],
    pub data_actions: &'static [&'static str],
}

impl RoleDefinition {
    /// Whether the role's control-plane part allows an action.
    pub fn allows(&self, action: &str) -> bool {
        matches_any(self.actions, action) && !matches_any(self.not_actions, action)
    }

    /// Whether the role's data-plane part allows an action. `*` among the actions does not reach the data plane.
    pub fn allows_data(&self, action: &str) -> bool {
        matches_any(self.data_actions, action)
    }
}

/// The definition with that id.
pub fn by_id(id: Uuid) -> Option<&'static RoleDefinition> {
    BUILT_IN.iter().find(|role| role.id == id)
}

/// The definition with that name, without regard to case.
pub fn by_name(name: &str) -> Option<&'static RoleDefinition> {
    BUILT_IN.iter().find(|role| role.name.eq_ignore_ascii_case(name))
}

fn matches_any(patterns: &[&str], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

/// Whether a pattern such as `Microsoft.Authorization/*/read` covers an action. `*` stands for any run of characters,
/// slashes among them; case does not count.
pub fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == action };
    let Some(mut left) = action.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let Some(tail) = parts.pop() else { return true };
    for part in parts {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(tail)
}

/// What every role that manages resources may do besides.
macro_rules! managing {
    ($($action:literal),* $(,)?) => {
        &[
            $($action,)*
            "Microsoft.Authorization/*/read",
            "Microsoft.Insights/alertRules/*",
            "Microsoft.ResourceHealth/availabilityStatuses/read",
            "Microsoft.Resources/deployments/*",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
            "Microsoft.Support/*",
        ]
    };
}

/// The definitions that this simulator knows.
pub const BUILT_IN: &[RoleDefinition] = &[
    RoleDefinition {
        id: uuid!("8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
        name: "Owner",
        description: "Grants full access to manage all resources, including the ability to assign roles.",
        actions: &["*"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("b24988ac-6180-42a0-ab88-20f7382dd24c"),
        name: "Contributor",
        description: "Grants full access to manage all resources, but does not allow to assign roles.",
        actions: &["*"],
        not_actions: &[
            "Microsoft.Authorization/*/Delete",
            "Microsoft.Authorization/*/Write",
            "Microsoft.Authorization/elevateAccess/Action",
            "Microsoft.Blueprint/blueprintAssignments/write",
            "Microsoft.Blueprint/blueprintAssignments/delete",
            "Microsoft.Compute/galleries/share/action",
        ],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("acdd72a7-3385-48ef-bd42-f606fba81ae7"),
        name: "Reader",
        description: "View all resources, but does not allow to make any changes.",
        actions: &["*/read"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"),
        name: "User Access Administrator",
        description: "Lets you manage user access to Azure resources.",
        actions: &["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("f58310d9-a9f6-439a-9e8d-f62e7b41a168"),
        name: "Role Based Access Control Administrator",
        description: "Manage access to Azure resources by assigning roles using Azure RBAC.",
        actions: &[
            "Microsoft.Authorization/roleAssignments/write",
            "Microsoft.Authorization/roleAssignments/delete",
            "*/read",
            "Microsoft.Support/*",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("7f951dda-4ed3-4680-a7ca-43fe172d538d"),
        name: "AcrPull",
        description: "acr pull",
        actions: &["Microsoft.ContainerRegistry/registries/pull/read"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("8311e382-0749-4cb8-b61a-304f252e45ec"),
        name: "AcrPush",
        description: "acr push",
        actions: &[
            "Microsoft.ContainerRegistry/registries/pull/read",
            "Microsoft.ContainerRegistry/registries/push/write",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("c2f4ef07-c644-48eb-af81-4b1b4947fb11"),
        name: "AcrDelete",
        description: "acr delete",
        actions: &["Microsoft.ContainerRegistry/registries/artifacts/delete"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("b93aa761-3e63-49ed-ac28-beffa264f7ac"),
        name: "Container Registry Repository Reader",
        description: "Allows for read access to Azure Container Registry repositories.",
        actions: &[],
        not_actions: &[],
        data_actions: &[
            "Microsoft.ContainerRegistry/registries/repositories/metadata/read",
            "Microsoft.ContainerRegistry/registries/repositories/content/read",
        ],
    },
    RoleDefinition {
        id: uuid!("2a1e307c-b015-4ebd-883e-5b7698a07328"),
        name: "Container Registry Repository Writer",
        description: "Allows for read and write access to Azure Container Registry repositories.",
        actions: &[],
        not_actions: &[],
        data_actions: &[
            "Microsoft.ContainerRegistry/registries/repositories/metadata/read",
            "Microsoft.ContainerRegistry/registries/repositories/content/read",
            "Microsoft.ContainerRegistry/registries/repositories/metadata/write",
            "Microsoft.ContainerRegistry/registries/repositories/content/write",
        ],
    },
    RoleDefinition {
        id: uuid!("2efddaa5-3f1f-4df3-97df-af3f13818f4c"),
        name: "Container Registry Repository Contributor",
        description: "Allows for read, write, and delete access to Azure Container Registry repositories.",
        actions: &[],
        not_actions: &[],
        data_actions: &[
            "Microsoft.ContainerRegistry/registries/repositories/metadata/read",
            "Microsoft.ContainerRegistry/registries/repositories/content/read",
            "Microsoft.ContainerRegistry/registries/repositories/metadata/write",
            "Microsoft.ContainerRegistry/registries/repositories/content/write",
            "Microsoft.ContainerRegistry/registries/repositories/metadata/delete",
            "Microsoft.ContainerRegistry/registries/repositories/content/delete",
        ],
    },
    RoleDefinition {
        id: uuid!("bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7"),
        name: "Container Registry Repository Catalog Lister",
        description: "Allows for listing all repositories in an Azure Container Registry.",
        actions: &[],
        not_actions: &[],
        data_actions: &["Microsoft.ContainerRegistry/registries/catalog/read"],
    },
    RoleDefinition {
        id: uuid!("3bc748fc-213d-45c1-8d91-9da5725539b9"),
        name: "Container Registry Contributor and Data Access Configuration Administrator",
        description: "Provides permissions to create, list, and update container registries and their configuration.",
        actions: managing![
            "Microsoft.ContainerRegistry/registries/read",
            "Microsoft.ContainerRegistry/registries/write",
            "Microsoft.ContainerRegistry/registries/delete",
            "Microsoft.ContainerRegistry/registries/listUsages/read",
            "Microsoft.ContainerRegistry/registries/scopeMaps/*",
            "Microsoft.ContainerRegistry/registries/tokens/*",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("4d97b98b-1d4f-4787-a291-c67834d212e7"),
        name: "Network Contributor",
        description: "Lets you manage networks, but not access to them.",
        actions: managing!["Microsoft.Network/*"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8"),
        name: "Azure Kubernetes Service Contributor Role",
        description: "Grants access to read and write Azure Kubernetes Service clusters",
        actions: managing![
            "Microsoft.ContainerService/locations/*",
            "Microsoft.ContainerService/managedClusters/*",
            "Microsoft.ContainerService/managedclustersnapshots/*",
            "Microsoft.ContainerService/snapshots/*",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("b12aa53e-6015-4669-85d0-8515ebb3ae7f"),
        name: "Private DNS Zone Contributor",
        description: "Lets you manage private DNS zone resources, but not the virtual networks they are linked to.",
        actions: managing!["Microsoft.Network/privateDnsZones/*", "Microsoft.Network/virtualNetworks/join/action"],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("f1a07417-d97a-45cb-824c-7a7467783830"),
        name: "Managed Identity Operator",
        description: "Read and Assign User Assigned Identity",
        actions: managing![
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
            "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    RoleDefinition {
        id: uuid!("17d1049b-9a84-46fb-8f53-869881c3d3ab"),
        name: "Storage Account Contributor",
        description: "Lets you manage storage accounts, including accessing storage account keys.",
        actions: managing!["Microsoft.Storage/storageAccounts/*"],
        not_actions: &[],
        data_actions: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_in_any_case() {
        for (pattern, action) in [
            ("*", "Microsoft.X/y/read"),
            ("*/read", "Microsoft.X/y/READ"),
            ("Microsoft.Authorization/*/Write", "microsoft.authorization/roleAssignments/write"),
            ("A/*/b/*/c", "a/1/b/2/c"),
            ("A/b", "a/B"),
        ] {
            assert!(matches(pattern, action), "{pattern} {action}");
        }
        for (pattern, action) in [("*/read", "X/y/readers"), ("A/*/b/*/c", "a/1/b/c"), ("A/*", "B/c"), ("A/b", "A/b/c")]
        {
            assert!(!matches(pattern, action), "{pattern} {action}");
        }
    }

    #[test]
    fn a_contributor_manages_all_but_access_and_reads_no_repository() {
        let contributor = by_name("contributor").unwrap();
        assert!(contributor.allows("Microsoft.ContainerService/managedClusters/resetServicePrincipalProfile/action"));
        assert!(contributor.allows("Microsoft.Authorization/roleAssignments/read"));
        assert!(!contributor.allows("Microsoft.Authorization/roleAssignments/write"));
        assert!(!contributor.allows_data("Microsoft.ContainerRegistry/registries/repositories/content/read"));
    }
}

//! What the other company's admin does when its tenant is handed over: the same as the steps consent and registry role,
//! as commands of the Azure CLI.
//!
//! The commands find out by themselves what cannot be seen from here: the registry's id, its role assignment mode, and
//! with it the role. Running them twice changes nothing.

use crate::domain::{
    AppId, Plan, Repository,
    plan::RoleMode,
    role::{ACR_PULL, BuiltInRole, REPOSITORY_READER},
};

/// The only stable version whose answers hold `roleAssignmentMode`; with an older one every registry looks like one
/// without repository permissions (the description of Microsoft.ContainerRegistry).
const REGISTRY_API_VERSION: &str = "2025-11-01";

/// All that the other company's admin needs to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// The app.
    pub app: AppId,
    /// The consent link, once the app is there.
    pub link: Option<String>,
    /// The role, in words: where the registry's mode is unknown, both and how to tell.
    pub role: String,
    /// Where the role is given: the registry's id, or its login server where the id is unknown.
    pub scope: String,
    /// The commands, for bash. One may have several lines.
    pub commands: Vec<String>,
    /// How to give the role in the portal.
    pub portal: String,
}

impl HandOver {
    /// The same, with the consent link.
    #[must_use]
    pub fn with_link(mut self, link: impl Into<String>) -> Self {
        self.link = Some(link.into());
        self
    }
}

/// What the admin of the registry's tenant has to do, so that `app` can pull: everything, or `repositories` only.
pub fn commands(plan: &Plan, app: AppId, repositories: &[Repository]) -> HandOver {
    HandOver {
        app,
        link: None,
        role: role(plan.registry.mode, repositories),
        scope: plan.registry.id.as_ref().map_or_else(|| plan.registry.login_server.to_string(), ToString::to_string),
        commands: vec![
            format!("az login --tenant {}", plan.registry_tenant.id),
            format!("az ad sp show --id {app} --output none 2>/dev/null || az ad sp create --id {app} --output none"),
            format!("PRINCIPAL=$(az ad sp show --id {app} --query id --output tsv)"),
            find_registry(plan),
            format!(
                "MODE=$(az resource show --ids \"$REGISTRY\" --api-version {REGISTRY_API_VERSION} \
                 --query properties.roleAssignmentMode --output tsv) || MODE=unreadable"
            ),
            give_role(repositories),
        ],
        portal: portal(plan, repositories),
    }
}

fn role(mode: Option<RoleMode>, repositories: &[Repository]) -> String {
    let limited = if repositories.is_empty() {
        String::new()
    } else {
        let names: Vec<&str> = repositories.iter().map(Repository::as_str).collect();
        format!(", limited by a condition to {}", names.join(", "))
    };
    match mode {
        Some(RoleMode::Legacy) => ACR_PULL.name.to_owned(),
        None if repositories.is_empty() => format!(
            "{}; or {} where the registry's role assignment mode is AbacRepositoryPermissions",
            ACR_PULL.name, REPOSITORY_READER.name
        ),
        // Only a registry with repository permissions can limit a right to repositories.
        Some(RoleMode::Abac) | None => format!("{}{limited}", REPOSITORY_READER.name),
    }
}

/// The registry's id, or how to find it by its login server in whatever subscription the admin can see.
fn find_registry(plan: &Plan) -> String {
    match &plan.registry.id {
        Some(id) => format!("REGISTRY={}", quoted(id.as_str())),
        None => format!(
            "REGISTRY=$(for S in $(az account list --query \"[?tenantId=='{tenant}'].id\" --output tsv); do\n  \
             az acr list --subscription \"$S\" --query \"[?loginServer=='{server}'].id\" --output tsv\ndone)",
            tenant = plan.registry_tenant.id,
            server = plan.registry.login_server.as_str().to_ascii_lowercase(),
        ),
    }
}

/// The wrong role for a mode is accepted and does nothing, so a mode that is not known ends in words and not in a role.
fn give_role(repositories: &[Repository]) -> String {
    let assign = |role: BuiltInRole, more: &str| {
        format!(
            "# {}\n    az role assignment create --role {} --scope \"$REGISTRY\" \\\n      --assignee-object-id \"$PRINCIPAL\" \
             --assignee-principal-type ServicePrincipal{more}",
            role.name, role.id
        )
    };
    let (legacy, abac) = if repositories.is_empty() {
        (assign(ACR_PULL, ""), assign(REPOSITORY_READER, ""))
    } else {
        (
            "echo 'This registry gives rights on all its repositories or on none. Nothing was given.'".to_owned(),
            assign(
                REPOSITORY_READER,
                &format!(
                    " \\\n      --condition-version 2.0 --condition {}",
                    quoted(&repository_condition(repositories))
                ),
            ),
        )
    };
    format!(
        "case \"$REGISTRY:$MODE\" in\n  \
         :*) echo 'The registry was not found. Nothing was given.' ;;\n  \
         *:AbacRepositoryPermissions)\n    {abac} ;;\n  \
         *:LegacyRegistryPermissions|*:|*:None)\n    {legacy} ;;\n  \
         *) echo \"This mode is not known: $MODE. Nothing was given.\" ;;\nesac"
    )
}

fn portal(plan: &Plan, repositories: &[Repository]) -> String {
    let registry = plan.registry.id.as_ref().map_or(plan.registry.login_server.as_str(), |id| id.name());
    let condition = if repositories.is_empty() {
        ""
    } else {
        " > Conditions (allow these repositories only, for reading content and metadata)"
    };
    format!(
        "{portal} > Container registries > {registry} > Access control (IAM) > Add > Add role assignment > the role \
         above > Members: User, group, or service principal > Select members: \"{app}\"{condition} > Review + assign",
        portal = plan.cloud.portal.host_str().unwrap_or("portal.azure.com"),
        app = plan.app_name,
    )
}

/// The condition that limits [`REPOSITORY_READER`] to these repositories (version 2.0 of the condition language). Every
/// action but the two reads is left to the role itself.
pub fn repository_condition(repositories: &[Repository]) -> String {
    const READS: &str = "!(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/content/read'}) AND \
                         !(ActionMatches{'Microsoft.ContainerRegistry/registries/repositories/metadata/read'})";
    let names: Vec<String> = repositories
        .iter()
        .map(|repository| {
            format!(
                "@Request[Microsoft.ContainerRegistry/registries/repositories:name] StringEqualsIgnoreCase '{repository}'"
            )
        })
        .collect();
    format!("(({READS}) OR ({}))", names.join(" OR "))
}

/// A word for a shell, in single quotes: `!` and `$` mean nothing there.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests;

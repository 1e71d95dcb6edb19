//! The registry: whether it can be seen, who may give roles on it, and who can reach it.

use super::{note, stop, warning};
use crate::{
    azure::{acr::Registry, arm::Permissions},
    domain::{Answers, Finding, answers::Provision, plan::RoleMode},
    steps::{Tenants, look::Seen},
};

const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// The directory roles with which one may make another tenant's app known here.
const MAY_CONSENT: [&str; 3] = [
    "62e90394-69f5-4237-9190-012177145e10",
    "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "158c047a-c907-4556-b7ef-446551a6b5f7",
];

pub(super) fn findings(seen: &Seen, answers: &Answers, tenants: &Tenants) -> Vec<Finding> {
    let mut found = Vec::new();
    let registry = match &seen.registry {
        None => return found,
        Some(Err(error)) => return vec![stop("CP-130", error.to_string(), &[])],
        Some(Ok(registry)) => registry,
    };
    found.extend(rights(registry, seen.registry_rights.as_ref()));
    found.extend(network(registry));
    let name = registry.name.as_str();
    if registry.mode.is_none() {
        let word = registry.mode_word.as_deref().unwrap_or("?");
        found.push(stop("CP-137", format!("{name} says roleAssignmentMode {word}"), &[("registry", name)]));
    } else if registry.mode == Some(RoleMode::Legacy) && !answers.registry.repositories.is_empty() {
        found.push(stop(
            "CP-134",
            format!("{name} does not know permissions for single repositories"),
            &[("registry", name)],
        ));
    }
    if registry.anonymous_pull {
        found.push(note("CP-135", format!("{name} lets anybody pull"), &[("registry", name)]));
    }
    if let Some(given) = answers.registry.login_server.as_ref().filter(|given| **given != registry.login_server) {
        found.push(stop(
            "CP-136",
            format!("{name} answers at {}, not at {given}", registry.login_server),
            &[("registry", name)],
        ));
    }
    if answers.registry.provision == Provision::Direct
        && let Some(roles) = &seen.registry_directory_roles
        && !roles.iter().any(|role| MAY_CONSENT.contains(&role.as_str()))
    {
        let label = tenants.registry.label();
        found.push(stop("CP-138", format!("This account has no admin role in {label}"), &[("tenant", &label)]));
    }
    found
}

fn rights(registry: &Registry, rights: Option<&Result<Permissions, crate::azure::Error>>) -> Option<Finding> {
    let name = registry.name.as_str();
    match rights? {
        Ok(rights) if rights.allows(ASSIGN) => None,
        Ok(_) => Some(stop(
            "CP-131",
            format!("This account may see {name}, and not give roles on it"),
            &[("registry", name)],
        )),
        Err(error) => Some(warning(
            "CP-131",
            format!("What this account may do on {name} could not be read: {error}"),
            &[("registry", name)],
        )),
    }
}

fn network(registry: &Registry) -> Option<Finding> {
    let name = registry.name.as_str();
    let values = [("registry", name)];
    if !registry.public_network {
        return Some(warning("CP-133", format!("{name} cannot be reached from public networks"), &values));
    }
    registry.default_deny.then(|| {
        let allowed = if registry.ip_rules.is_empty() { "nobody".to_owned() } else { registry.ip_rules.join(", ") };
        warning("CP-132", format!("The firewall of {name} lets in {allowed}"), &values)
    })
}

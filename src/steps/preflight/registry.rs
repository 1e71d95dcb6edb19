//! The registry: whether it can be seen, who may give roles on it, and what it says of itself.

use super::{
    Draft, image,
    limits::{self, MayGive, may_give},
    note, stop, unread_rights, warning,
};
use crate::{
    azure::{
        Error,
        acr::Registry,
        arm::{Level, Lock, Permissions},
    },
    domain::{Cloud, answers::Provision, answers::RegistryAnswers, plan::RoleMode},
    steps::{
        look::{Deed, Look, Standing},
        registry_role,
    },
};

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let Some((tenant, id)) = look.abroad() else { return Vec::new() };
    let patience = &look.steps.patience;
    let answers = &look.answers.registry;
    let direct = async {
        match answers.provision {
            Provision::Direct => Some(Standing::of(patience, tenant).await),
            Provision::Consent => None,
        }
    };
    let (registry, rights, locks, standing, tenants) = tokio::join!(
        look.registry(),
        patience.read(|| tenant.arm.permissions(id.as_str())),
        limits::locks(patience, &tenant.arm, id.as_str()),
        direct,
        look.tenants(),
    );
    let registry = match registry {
        Some(Err(error)) if error.hidden() => return vec![stop("CP-130", error.to_string(), &[])],
        // As with the cluster, the failure itself is told.
        None | Some(Err(_)) => return Vec::new(),
        Some(Ok(registry)) => registry,
    };
    let mut found: Vec<Draft> = may(registry, &rights).into_iter().collect();
    found.extend(locked(registry, &locks));
    found.extend(limits::unread(&locks, &registry.name));
    found.extend(mode(registry, answers));
    found.extend(server(registry, answers, &look.steps.cloud));
    found.extend(said(registry));
    found.extend(image::there(look, tenant, registry).await);
    if let Some(standing) = standing {
        found.extend(direct_way(&standing, &tenants.registry.label()));
    }
    found
}

fn may(registry: &Registry, rights: &Result<Permissions, Error>) -> Option<Draft> {
    let name = registry.name.as_str();
    let values = [("registry", name)];
    let rights = match rights {
        Ok(rights) => rights,
        Err(error) => {
            return Some(warning("CP-151", unread_rights(name, error), &[("scope", name)]));
        }
    };
    let role = registry_role::role(registry.mode?);
    match may_give(rights, role.id) {
        MayGive::Yes => None,
        MayGive::Limited => {
            let what = format!("This account may give only some roles on {name}, and not {}", role.name);
            Some(warning("CP-406", what, &[("role", role.name)]))
        }
        MayGive::No => Some(stop("CP-131", format!("This account may see {name}, and not give roles on it"), &values)),
    }
}

fn locked(registry: &Registry, locks: &Result<Vec<Lock>, Error>) -> Option<Draft> {
    let name = registry.name.as_str();
    if let Some(lock) = limits::locked(locks, Level::ReadOnly, registry.id.as_str()) {
        return Some(stop("CP-414", format!("{name} is held by {lock}"), &[("registry", name)]));
    }
    let lock = limits::locked(locks, Level::CanNotDelete, registry.id.as_str())?;
    Some(note("CP-148", format!("{name} is held by {lock}"), &[]))
}

fn mode(registry: &Registry, answers: &RegistryAnswers) -> Option<Draft> {
    let name = registry.name.as_str();
    let values = [("registry", name)];
    match registry.mode {
        None => {
            let word = registry.mode_word.as_deref().unwrap_or("?");
            Some(stop("CP-137", format!("{name} says roleAssignmentMode {word}"), &values))
        }
        Some(RoleMode::Legacy) if !answers.repositories.is_empty() => {
            Some(stop("CP-134", format!("{name} does not know permissions for single repositories"), &values))
        }
        Some(_) => None,
    }
}

/// Where it answers: as the setup says, and where the app's key may go.
fn server(registry: &Registry, answers: &RegistryAnswers, cloud: &Cloud) -> Option<Draft> {
    let (name, own) = (registry.name.as_str(), &registry.login_server);
    if let Some(given) = answers.login_server.as_ref().filter(|given| *given != own) {
        let values = [("registry", name), ("login_server", own.as_str())];
        return Some(stop("CP-136", format!("{name} answers at {own}, not at {given}"), &values));
    }
    let values = [("login_server", own.as_str()), ("suffix", cloud.registry_suffix.as_str())];
    let what = format!("{name} answers at {own}, which is not under {}", cloud.registry_suffix);
    (!cloud.owns_login_server(own)).then(|| stop("CP-146", what, &values))
}

fn said(registry: &Registry) -> Vec<Draft> {
    let name = registry.name.as_str();
    let values = [("registry", name)];
    let mut found = Vec::new();
    let state = registry.provisioning_state.as_str();
    if !state.is_empty() && !state.eq_ignore_ascii_case("Succeeded") {
        found.push(warning("CP-149", format!("{name} is in state {state}"), &values));
    }
    if registry.anonymous_pull {
        found.push(note("CP-135", format!("{name} lets anybody pull"), &values));
    }
    if !registry.arm_tokens_accepted {
        found.push(note("CP-139", format!("{name} takes no tokens that are for Resource Manager"), &values));
    }
    found
}

/// Making the app's principal without a consent page takes a role of the directory.
fn direct_way(standing: &Standing, tenant: &str) -> Option<Draft> {
    let values = [("tenant", tenant)];
    match standing.may(Deed::AddForeignApp) {
        Some(true) => None,
        Some(false) => Some(stop("CP-138", format!("This account has no admin role in {tenant}"), &values)),
        None => {
            let what = format!("Whether this account has an admin role in {tenant} could not be read");
            Some(warning("CP-138", what, &values))
        }
    }
}

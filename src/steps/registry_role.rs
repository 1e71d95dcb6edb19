//! Step 5: the right to pull. Which role grants it depends on the registry's mode, and the wrong one is given without any
//! error and honoured by nobody. Where the tenant is handed over, the registry's own token endpoint tells whether the
//! other admin's role works.

use super::{
    Steps,
    carry_over::assign,
    fault::{fault, not_yet, refused},
    handover::repository_condition,
    secret,
};
use crate::{
    azure::{
        rbac::{Condition, NewAssignment, assignment_name},
        registry::{RegistryAnswer, RegistryClient, answer},
    },
    domain::{
        ObjectId, Output, Repository, StepId,
        facts::Given,
        plan::RoleMode,
        problem::ProblemKind,
        role::{ACR_PULL, BuiltInRole, REPOSITORY_READER},
    },
    engine::{Check, Fault, StepContext, context::missing, wait::Look, work::Taken},
};

/// The role that grants a pull in a mode.
pub(super) fn role(mode: RoleMode) -> BuiltInRole {
    match mode {
        RoleMode::Legacy => ACR_PULL,
        RoleMode::Abac => REPOSITORY_READER,
    }
}

/// The condition that limits the repository role to `repositories`; `None` for the whole registry.
pub(super) fn condition(repositories: &[Repository]) -> Option<String> {
    (!repositories.is_empty()).then(|| repository_condition(repositories))
}

pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let (Some(registry), plan, facts) = (&steps.registry, cx.plan()?, cx.facts()) else {
        return Ok(Check::CannotTell);
    };
    let Some(scope) = &plan.registry.id else { return Ok(Check::CannotTell) };
    let name = if let Some(given) = facts.registry_role() {
        given.name
    } else {
        let principal = principal(steps, cx).await?;
        assignment_name(cx.setup(), scope.as_str(), principal, role(mode(plan.registry.mode)?).id)
    };
    let there = registry.arm.role_assignment(scope.as_str(), name).await.map_err(fault)?;
    // An assignment outlives its principal: one whose principal was made anew gives nothing.
    let principal = facts.consented().and_then(|consented| consented.object_id);
    let there = there.filter(|there| principal.is_none_or(|principal| there.principal_id == principal));
    Ok(there.map_or(Check::Absent, |there| {
        let given = facts.registry_role().cloned().unwrap_or_else(|| Given {
            scope: there.scope.clone(),
            role: there.role.unwrap_or_default(),
            role_name: plan.registry.mode.map_or_else(String::new, |mode| role(mode).name.to_owned()),
            name: there.name,
            was_there: false,
            condition: there.condition.clone(),
        });
        Check::There(Output::RegistryRole { given: Some(given) })
    }))
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let (answers, plan) = (cx.answers()?, cx.plan()?);
    let Some(registry) = &steps.registry else { return watch_from_outside(steps, cx).await };
    let scope = plan.registry.id.as_ref().ok_or_else(|| missing("the registry's resource id"))?;
    let mode = mode(plan.registry.mode)?;
    let role = role(mode);
    let repositories = if mode == RoleMode::Abac { answers.registry.repositories.as_slice() } else { &[] };
    let new = NewAssignment {
        role: role.id,
        principal: principal(steps, cx).await?,
        condition: condition(repositories).map(|text| Condition { text, version: "2.0".to_owned() }),
        description: Some(format!(
            "Lets the cluster {} of {} pull. Given by crosspull, setup {}",
            plan.cluster.id.name(),
            plan.cluster_tenant.label(),
            cx.setup()
        )),
    };
    let given = assign(registry, cx, scope.as_str(), &new, role.name).await?;
    Ok(Output::RegistryRole { given: Some(given) })
}

fn mode(mode: Option<RoleMode>) -> Result<RoleMode, Fault> {
    mode.ok_or_else(|| missing("the registry's role assignment mode"))
}

async fn principal(steps: &Steps, cx: &StepContext) -> Result<ObjectId, Fault> {
    if let Some(object_id) = cx.facts().consented().and_then(|consented| consented.object_id) {
        return Ok(object_id);
    }
    let app_id = super::app_id(cx)?;
    let principal = steps.registry()?.graph.service_principal_by_app_id(app_id).await.map_err(fault)?;
    principal
        .map(|principal| principal.id)
        .ok_or_else(|| refused(ProblemKind::Azure, "find the app in the registry tenant", "its principal is not there"))
}

/// How a look begins that could not tell: whether the role is there has to be taken on somebody's word.
pub const CANNOT_BE_SEEN: &str = "cannot be seen from here";

/// A registry that lets the app in, and to nothing.
pub(super) const NO_RIGHT: &str = "signed in, but no right to pull yet";

/// A refusal that may only mean that it is too soon, in words.
pub(super) fn too_soon(refusal: &RegistryAnswer) -> Option<&'static str> {
    match refusal {
        RegistryAnswer::NotRegistered => Some("the registry does not know the app yet"),
        RegistryAnswer::BadCredential => Some("the registry does not take the key yet"),
        RegistryAnswer::NoRole => Some("no right to pull yet"),
        RegistryAnswer::Firewall { .. } | RegistryAnswer::NotFound | RegistryAnswer::Other => None,
    }
}

async fn watch_from_outside(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let (answers, plan) = (cx.answers()?, cx.plan()?);
    let app_id = super::app_id(cx)?;
    let (key, text) = secret::text(steps, cx, StepId::WatchKey)?;
    let client = RegistryClient::new(steps.http.clone(), steps.cloud.clone(), plan.registry.login_server.clone());
    let repository = &answers.registry.image.repository;
    cx.wait
        .visible("the new key to be known to the registry", cx.wait.pace().key_window, || async {
            match client.token_basic(app_id, &text, repository).await {
                Err(error) if answer(&error) == RegistryAnswer::BadCredential => Ok(not_yet(&error)),
                _ => Ok(Look::Ready(())),
            }
        })
        .await?;
    cx.wait
        .person(&format!("an admin of {} to give the app its role", plan.registry_tenant.label()), || async {
            if cx.progress().vouched(StepId::RegistryRole) {
                return Ok(Look::Ready(()));
            }
            secret::expect_fresh(steps, cx, &key).await?;
            match client.token_basic(app_id, &text, repository).await {
                Ok(token) if token.can_pull() => Ok(Look::Ready(())),
                Ok(_) => Ok(Look::not_yet(NO_RIGHT)),
                Err(error) => match answer(&error) {
                    RegistryAnswer::Firewall { ip } => Ok(Look::not_yet(format!(
                        "{CANNOT_BE_SEEN}: the registry's firewall refuses {}",
                        ip.map_or_else(|| "this address".to_owned(), |ip| ip.to_string())
                    ))),
                    refusal => too_soon(&refusal).map(Look::not_yet).ok_or_else(|| fault(error)),
                },
            }
        })
        .await?;
    Ok(Output::RegistryRole { given: None })
}

pub(super) async fn undo(steps: &Steps, given: &Given) -> Result<Taken, Fault> {
    if given.was_there {
        return Ok(Taken::Away);
    }
    steps.registry()?.arm.delete_role_assignment(&given.scope, given.name).await.map(Taken::of).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_become_a_condition() {
        assert_eq!(condition(&[]), None);
        let text = condition(&["shop/web".parse().unwrap(), "shop/api".parse().unwrap()]).unwrap();
        assert!(text.contains("name] StringEqualsIgnoreCase 'shop/web' OR @Request["), "{text}");
        assert_eq!(text.matches('(').count(), text.matches(')').count());
    }
}

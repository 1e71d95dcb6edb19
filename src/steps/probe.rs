//! Step 7: the probe, a pull with the very credential that the nodes will use, before the cluster is touched: a token in
//! each tenant, then the registry's own token endpoint, `pull` among what it grants, then the manifest. Whether the roles
//! that were carried over hold is asked with the app's own token as well.

use super::{
    Steps,
    fault::{fault, not_yet, refused, yet},
    known,
    registry_role::{NO_RIGHT, too_soon},
    secret,
    together::try_all,
};
use crate::{
    azure::{
        Error,
        arm::ResourceManager,
        entra::{self, AppToken},
        rbac::RoleDefinition,
        registry::{RegistryAnswer, RegistryClient, answer},
        sign_in::{self, Tokens},
    },
    domain::{
        AppId, Digest, Output, StepId, TenantId,
        facts::{Given, Pulled},
        problem::ProblemKind,
    },
    engine::{
        Fault, StepContext,
        wait::{self, Look},
    },
    secret::Secret,
};

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    pull(steps, cx).await.map(Output::Probe)
}

/// Pulls with the key of the secret step.
pub(super) async fn pull(steps: &Steps, cx: &StepContext) -> Result<Pulled, Fault> {
    let plan = cx.plan()?;
    let app_id = super::app_id(cx)?;
    let (key, text) = secret::text(steps, cx, StepId::Secret)?;
    let home = plan.cluster_tenant.id;
    let credential = sign_in::service_principal(&steps.http, &steps.cloud, home, app_id, &text).map_err(fault)?;
    let own = ResourceManager::new(steps.http.clone(), &steps.cloud, Tokens::new(credential, home));
    let ((), _abroad, (digest, anonymous)) = tokio::try_join!(
        roles_hold(steps, cx, &own),
        token(steps, cx, plan.registry_tenant.id, app_id, &text),
        manifest(steps, cx, app_id, &text),
    )?;
    Ok(Pulled {
        image: format!("{}/{}", plan.registry.login_server, cx.answers()?.registry.image),
        digest,
        key: key.id,
        at: wait::now(),
        anonymous,
    })
}

/// A token for the app in the registry tenant. A fresh key, and a fresh principal, are not known everywhere at once.
async fn token(
    steps: &Steps,
    cx: &StepContext,
    tenant: TenantId,
    app: AppId,
    text: &Secret,
) -> Result<AppToken, Fault> {
    let scope = steps.cloud.resource_manager_scope();
    cx.wait
        .visible("the registry tenant to take the new key", cx.wait.pace().key_window, || async {
            yet(entra::client_credentials(&steps.http, &steps.cloud, tenant, app, text, &scope).await, too_fresh)
        })
        .await
}

fn too_fresh(error: &Error) -> bool {
    error.wrong_secret() || error.app_not_in_tenant() || error.principal_missing()
}

async fn manifest(steps: &Steps, cx: &StepContext, app: AppId, text: &Secret) -> Result<(Option<Digest>, bool), Fault> {
    let (answers, plan) = (cx.answers()?, cx.plan()?);
    let image = &answers.registry.image;
    let client = RegistryClient::new(steps.http.clone(), steps.cloud.clone(), plan.registry.login_server.clone());
    // A firewall between us and the registry says nothing about the nodes. A person's word may stand in.
    let vouched = cx.progress().vouched(StepId::Probe);
    let granted = cx
        .wait
        .visible("the registry to honour the role", cx.wait.pace().role_window, || async {
            match client.token_basic(app, text, &image.repository).await {
                Ok(token) if token.can_pull() => Ok(Look::Ready(Some(token))),
                Ok(_) => Ok(Look::not_yet(NO_RIGHT)),
                Err(error) => match answer(&error) {
                    RegistryAnswer::Firewall { .. } if vouched => Ok(Look::Ready(None)),
                    refusal => too_soon(&refusal).map(Look::not_yet).ok_or_else(|| fault(error)),
                },
            }
        })
        .await?;
    let Some(granted) = granted else { return Ok((None, false)) };
    let manifest = cx
        .wait
        .call("read the image", || async { client.manifest(Some(&granted), image).await.map_err(fault) })
        .await?;
    let anonymous = match plan.registry.anonymous {
        Some(anonymous) => anonymous,
        // Nobody told us: a pull that needs no credential proves nothing about the role, so it is tried.
        None => client.pulls_anonymously(image).await.is_ok_and(|pulled| pulled.is_some()),
    };
    Ok((Some(manifest.digest), anonymous))
}

/// Signs in as the app at home, and asks Resource Manager whether each role that was carried over holds where it was given.
async fn roles_hold(steps: &Steps, cx: &StepContext, own: &ResourceManager) -> Result<(), Fault> {
    let facts = cx.facts();
    let signed_in = cx.wait.visible("the cluster tenant to take the new key", cx.wait.pace().key_window, || async {
        yet(own.sign_in().await, too_fresh)
    });
    let roles = try_all(facts.carried().iter().map(|given| definition(steps, cx, given)));
    let ((), roles) = tokio::try_join!(signed_in, roles)?;
    let held = facts.carried().iter().zip(&roles).map(|(given, role)| holds(steps, cx, own, given, role));
    try_all(held).await.map(|_| ())
}

async fn definition(steps: &Steps, cx: &StepContext, given: &Given) -> Result<RoleDefinition, Fault> {
    let read = || async { known::role(steps, &given.scope, given.role).await.map_err(fault) };
    cx.wait.call("read a role's definition", read).await?.ok_or_else(|| {
        refused(ProblemKind::Azure, "read a role's definition", format!("{} is not there", given.role_name))
    })
}

async fn holds(
    steps: &Steps,
    cx: &StepContext,
    own: &ResourceManager,
    given: &Given,
    role: &RoleDefinition,
) -> Result<(), Fault> {
    cx.wait
        .visible(&format!("{} to hold for the app", given.role_name), cx.wait.pace().role_window, || async {
            match own.permissions(&given.scope).await {
                Ok(permissions) if permissions.covers(&role.permissions) => Ok(Look::Ready(())),
                Ok(_) => {
                    // Another try of this step reads the role anew: it may be less than it was.
                    steps.known.forget_role(given.role);
                    Ok(Look::not_yet("not yet in effect"))
                }
                Err(error) if error.forbidden() || error.not_found() => Ok(not_yet(&error)),
                Err(error) => Err(fault(error)),
            }
        })
        .await
}

//! Step 4: the app's service principal in the registry tenant. Made through Graph by an operator who may, or by an admin
//! who opens the consent link; then crosspull watches for it: through Graph, or, where the tenant is handed over, from
//! outside, with the app's own sign-in.

use super::{
    Steps,
    fault::{fault, not_yet, refused, yet},
    identity::make_principal,
    secret,
};
use crate::{
    azure::entra,
    domain::{
        AppId, Cloud, Output, StepId, TenantId,
        answers::Provision,
        facts::Consented,
        plan::{Action, Plan},
        problem::ProblemKind,
    },
    engine::{
        Check, Fault, Stage, StepContext,
        context::missing,
        wait::Look,
        work::{Repeat, Taken},
    },
};

/// The link that an admin of the registry tenant opens.
pub fn link(cloud: &Cloud, tenant: TenantId, app: AppId, redirect: &url::Url) -> url::Url {
    entra::consent_url(cloud, tenant, app, redirect, true, None)
}

pub(super) fn repeat(cx: &StepContext) -> Repeat {
    // Waiting for a person changes nothing; only what this program makes itself could be doubled.
    let direct = cx.answers().is_ok_and(|answers| answers.registry.provision == Provision::Direct);
    if direct { Repeat::AfterGraphWindow } else { Repeat::ReadOnly }
}

pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let Some(registry) = &steps.registry else { return Ok(Check::CannotTell) };
    let (plan, facts) = (cx.plan()?, cx.facts());
    // While the setup is taken back the app goes before its principal here.
    let app = facts.last_app().ok_or_else(|| missing("the app"))?;
    let principal = registry.graph.service_principal_by_app_id(app.app_id).await.map_err(fault)?;
    // One that was made anew is another: no role was given to it.
    let done = cx.progress().stage(StepId::Consent) == Stage::Done;
    let known = facts.consented().and_then(|consented| consented.object_id).filter(|_| done);
    let principal = principal.filter(|principal| known.is_none_or(|known| known == principal.id));
    Ok(principal.map_or(Check::Absent, |principal| {
        Check::There(Output::Consent(Consented {
            object_id: Some(principal.id),
            was_there: was_there(&plan),
            by_person: facts.consented().is_some_and(|consented| consented.by_person),
        }))
    }))
}

/// A new app cannot have been there; the cluster's own may have been, and the plan saw it.
fn was_there(plan: &Plan) -> bool {
    plan.line(StepId::Consent).is_some_and(|line| line.action == Action::Keep)
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let (answers, plan) = (cx.answers()?, cx.plan()?);
    let app_id = super::app_id(cx)?;
    let Some(registry) = &steps.registry else { return watch_from_outside(steps, cx).await };
    if answers.registry.provision == Provision::Direct {
        let (principal, made) = make_principal(&registry.graph, app_id, cx).await?;
        // The cluster's own app may serve that tenant already, although the plan could not see it.
        let present = !made && plan.present_app.is_some();
        return Ok(Output::Consent(Consented {
            object_id: Some(principal.id),
            was_there: present || was_there(&plan),
            by_person: false,
        }));
    }
    let principal = cx
        .wait
        .person(&format!("an admin of {} to accept the app", plan.registry_tenant.label()), || async {
            match registry.graph.service_principal_by_app_id(app_id).await {
                Ok(Some(principal)) => Ok(Look::Ready(principal)),
                Ok(None) => Ok(Look::not_yet("not there yet")),
                Err(error) => Err(fault(error)),
            }
        })
        .await?;
    Ok(Output::Consent(Consented { object_id: Some(principal.id), was_there: was_there(&plan), by_person: true }))
}

/// Entra tells anyone with the app's own key whether the app has a principal in a tenant: AADSTS700016 until it has.
async fn watch_from_outside(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let plan = cx.plan()?;
    let app_id = super::app_id(cx)?;
    let (key, text) = secret::text(steps, cx, StepId::WatchKey)?;
    let scope = steps.cloud.resource_manager_scope();
    let (home, abroad) = (plan.cluster_tenant.id, plan.registry_tenant.id);
    let ask = |tenant| entra::client_credentials(&steps.http, &steps.cloud, tenant, app_id, &text, &scope);
    // A key that Entra does not take yet says nothing about the other company: that is waited for first, and apart.
    cx.wait
        .visible("the new key to be known", cx.wait.pace().key_window, || async {
            yet(ask(home).await, |error| error.wrong_secret() || error.app_not_in_tenant() || error.principal_missing())
        })
        .await?;
    cx.wait
        .visible("the new key to be known in the registry tenant", cx.wait.pace().key_window, || async {
            match ask(abroad).await {
                Err(error) if error.wrong_secret() => Ok(not_yet(&error)),
                _ => Ok(Look::Ready(())),
            }
        })
        .await?;
    let object_id = cx
        .wait
        .person(&format!("an admin of {} to accept the app", plan.registry_tenant.label()), || async {
            if cx.progress().vouched(StepId::Consent) {
                return Ok(Look::Ready(None));
            }
            secret::expect_fresh(steps, cx, &key).await?;
            match ask(abroad).await {
                Ok(token) if token.object_id.is_none() => Ok(Look::not_yet("a token, but of no principal")),
                Ok(token) => Ok(Look::Ready(token.object_id)),
                Err(error)
                    if error.app_not_in_tenant()
                        || error.principal_missing()
                        || error.wrong_secret()
                        || error.app_disabled() =>
                {
                    Ok(not_yet(&error))
                }
                Err(error) => Err(fault(error)),
            }
        })
        .await?;
    Ok(Output::Consent(Consented { object_id, was_there: was_there(&plan), by_person: true }))
}

/// An admin can switch the app's principal off, often after a review: then every pull is refused.
pub(super) async fn verify(steps: &Steps, cx: &StepContext, consented: &Consented) -> Result<Option<Output>, Fault> {
    if consented.by_person || consented.was_there {
        expect_enabled(steps, cx).await?;
    }
    Ok(None)
}

/// Refuses to go on with a principal that was switched off, where it can be seen.
pub(super) async fn expect_enabled(steps: &Steps, cx: &StepContext) -> Result<(), Fault> {
    let Some(registry) = &steps.registry else { return Ok(()) };
    let app_id = super::app_id(cx)?;
    let principal = cx
        .wait
        .call("read the app's principal", || async {
            registry.graph.service_principal_by_app_id(app_id).await.map_err(fault)
        })
        .await?;
    if principal.is_some_and(|principal| principal.account_enabled == Some(false)) {
        return Err(refused(
            ProblemKind::Azure,
            "use the app in the registry tenant",
            "its enterprise application there is switched off (sign-in is not enabled)",
        ));
    }
    Ok(())
}

pub(super) async fn undo(steps: &Steps, cx: &StepContext, consented: &Consented) -> Result<Taken, Fault> {
    let (Some(registry), Some(object_id), false) = (&steps.registry, consented.object_id, consented.was_there) else {
        return Ok(Taken::Away);
    };
    cx.wait
        .call("remove the app from the registry tenant", || async {
            registry.graph.delete_service_principal(object_id).await.map(Taken::of).map_err(fault)
        })
        .await
}

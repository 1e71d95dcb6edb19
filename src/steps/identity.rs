//! Step 2: the app's service principal in its home tenant, which Graph does not make by itself; then the app is opened to
//! other tenants. In this order: the principal of a multitenant app takes a higher role to create.

use super::{
    Steps,
    fault::{fault, yet},
};
use crate::{
    azure::{
        self,
        graph::{ApplicationPatch, MULTITENANT, ServicePrincipal},
    },
    domain::{AppId, Output, StepId, facts::Principal},
    engine::{Check, Fault, Stage, StepContext, wait::Look, work::Taken},
};

pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let (app_id, object_id) = super::app(cx)?;
    let graph = &steps.cluster.graph;
    let (principal, app) =
        tokio::try_join!(graph.service_principal_by_app_id(app_id), graph.application(object_id)).map_err(fault)?;
    let opened = app.is_some_and(|app| app.sign_in_audience.as_deref() == Some(MULTITENANT));
    // One that was made anew is another: nothing was carried over to it.
    let done = cx.progress().stage(StepId::Identity) == Stage::Done;
    let known = cx.facts().identity().map(|principal| principal.object_id).filter(|_| done);
    Ok(match principal.filter(|principal| known.is_none_or(|known| known == principal.id)) {
        Some(principal) if opened => Check::There(output(&principal)),
        _ => Check::Absent,
    })
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let (app_id, object_id) = super::app(cx)?;
    let (principal, _) = make_principal(&steps.cluster.graph, app_id, cx).await?;
    let opened = ApplicationPatch { sign_in_audience: Some(MULTITENANT.to_owned()), ..ApplicationPatch::default() };
    let graph = &steps.cluster.graph;
    cx.wait
        .visible("the app to open to other tenants", cx.wait.pace().graph_window, || async {
            yet(graph.patch_application(object_id, &opened).await, azure::Error::not_replicated)
        })
        .await?;
    Ok(output(&principal))
}

/// Makes, or finds, the app's principal in the tenant of `graph`; and whether it was made.
pub(super) async fn make_principal(
    graph: &crate::azure::graph::Graph,
    app_id: AppId,
    cx: &StepContext,
) -> Result<(ServicePrincipal, bool), Fault> {
    let made = cx
        .wait
        .visible("Graph to know the new app", cx.wait.pace().graph_window, || async {
            yet(graph.upsert_service_principal(app_id).await, azure::Error::not_replicated)
        })
        .await?;
    if let Some(principal) = made {
        return Ok((principal, true));
    }
    let there = cx
        .wait
        .visible("the service principal to appear", cx.wait.pace().graph_window, || async {
            match graph.service_principal_by_app_id(app_id).await {
                Ok(Some(principal)) => Ok(Look::Ready(principal)),
                Ok(None) => Ok(Look::not_yet("not there yet")),
                Err(error) => Err(fault(error)),
            }
        })
        .await?;
    Ok((there, false))
}

pub(super) async fn undo(steps: &Steps, principal: &Principal) -> Result<Taken, Fault> {
    steps.cluster.graph.delete_service_principal(principal.object_id).await.map(Taken::of).map_err(fault)
}

fn output(principal: &ServicePrincipal) -> Output {
    Output::Identity(Principal { object_id: principal.id })
}

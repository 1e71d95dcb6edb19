//! Route `keep-app`: the cluster's present app is opened to other tenants, with the redirect and `User.Read` that the
//! consent page needs. What it was before is journalled, so that it can be put back.

use serde_json::Value;

use super::{
    Steps,
    fault::{fault, refused, yet},
};
use crate::{
    azure::{
        self,
        graph::{Application, ApplicationPatch, MULTITENANT, serves_tenants, user_read_access},
    },
    domain::{
        Output,
        answers::registered,
        facts::{Adopted, App},
        problem::ProblemKind,
    },
    engine::{Check, Fault, StepContext, work::Taken},
};

pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let (facts, plan) = (cx.facts(), cx.plan()?);
    let app = present(steps, cx).await?;
    let before = facts.adopted().or(plan.present_app.as_ref());
    Ok(match before {
        Some(before) if app.multitenant() => Check::There(Output::Adoption(before.clone())),
        _ => Check::Absent,
    })
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let answers = cx.answers()?;
    let app = present(steps, cx).await?;
    let patch = lacking(&describe(&app), registered(&answers.app.redirect_uri));
    let plan = cx.plan()?;
    let before = cx.facts().adopted().cloned().or_else(|| plan.present_app.clone()).unwrap_or_else(|| describe(&app));
    if patch != ApplicationPatch::default() {
        let graph = &steps.cluster.graph;
        cx.wait
            .visible("the cluster's app to open to other tenants", cx.wait.pace().graph_window, || async {
                yet(graph.patch_application(app.id, &patch).await, azure::Error::not_replicated)
            })
            .await?;
    }
    Ok(Output::Adoption(before))
}

/// What the app lacks for other tenants to let it in; an empty patch where it lacks nothing.
pub(super) fn lacking(now: &Adopted, redirect: &str) -> ApplicationPatch {
    let mut redirect_uris = now.redirect_uris_before.clone();
    if !redirect_uris.iter().any(|uri| uri == redirect) {
        redirect_uris.push(redirect.to_owned());
    }
    ApplicationPatch {
        sign_in_audience: (!serves_tenants(&now.audience_before)).then(|| MULTITENANT.to_owned()),
        redirect_uris: (redirect_uris != now.redirect_uris_before).then_some(redirect_uris),
        required_resource_access: lists_nothing(&now.access_before).then(user_read_access),
        ..ApplicationPatch::default()
    }
}

/// The app as it is now.
pub(super) fn describe(app: &Application) -> Adopted {
    Adopted {
        app: App { app_id: app.app_id, object_id: app.id, display_name: app.display_name.clone() },
        audience_before: app.sign_in_audience.clone().unwrap_or_default(),
        redirect_uris_before: app.redirect_uris.clone(),
        access_before: app.required_resource_access.clone(),
    }
}

/// An app that lists no permission at all cannot be consented to (AADSTS650056).
fn lists_nothing(access: &Value) -> bool {
    access.as_array().is_none_or(Vec::is_empty)
}

async fn present(steps: &Steps, cx: &StepContext) -> Result<Application, Fault> {
    let plan = cx.plan()?;
    let graph = &steps.cluster.graph;
    cx.wait
        .call("read the cluster's app", || async {
            graph.application_by_app_id(plan.cluster.client_id).await.map_err(fault)
        })
        .await?
        .ok_or_else(|| {
            refused(
                ProblemKind::Azure,
                "read the cluster's app",
                "the cluster tenant has no registration of it, or this account may not read it",
            )
        })
}

/// Takes back what this setup added, and nothing that the app's owner has added since.
pub(super) async fn undo(steps: &Steps, cx: &StepContext, before: &Adopted) -> Result<Taken, Fault> {
    let Some(now) = steps.cluster.graph.application(before.app.object_id).await.map_err(fault)? else {
        return Ok(Taken::NotThere);
    };
    let ours = cx.answers()?.app.redirect_uri.as_str().trim_end_matches('/').to_owned();
    let was_there = before.redirect_uris_before.iter().any(|uri| uri.trim_end_matches('/') == ours);
    let kept: Vec<String> =
        now.redirect_uris.iter().filter(|uri| was_there || uri.trim_end_matches('/') != ours).cloned().collect();
    let added_access = lists_nothing(&before.access_before) && now.required_resource_access == user_read_access();
    let opened = before.audience_before != MULTITENANT && now.sign_in_audience.as_deref() == Some(MULTITENANT);
    let patch = ApplicationPatch {
        sign_in_audience: (opened && !before.audience_before.is_empty()).then(|| before.audience_before.clone()),
        redirect_uris: (kept != now.redirect_uris).then_some(kept),
        required_resource_access: added_access.then(|| before.access_before.clone()),
        ..ApplicationPatch::default()
    };
    if patch == ApplicationPatch::default() {
        // Nothing was changed, or it cannot be seen so far.
        let changed = before.audience_before != MULTITENANT || !was_there || lists_nothing(&before.access_before);
        return Ok(Taken::of(!changed));
    }
    steps.cluster.graph.patch_application(before.app.object_id, &patch).await.map_err(fault)?;
    Ok(Taken::Away)
}

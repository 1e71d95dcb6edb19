//! Step 1: the app registration in the cluster tenant.
//!
//! It is single-tenant at first: the principal of a multitenant app takes a higher role to create, even at home. Graph's
//! upsert by `uniqueName` makes one app of any number of tries.

use super::{
    Steps,
    fault::{fault, refused, yet},
};
use crate::{
    azure::{
        self,
        graph::{Application, DeletedFilter, NewApplication, SINGLE_TENANT, user_read_access},
    },
    domain::{Output, SetupId, answers::registered, facts::App, problem::ProblemKind},
    engine::{Check, Fault, StepContext, wait::Look, work::Taken},
};

/// The name that makes the app ours, whatever it is called.
pub(super) fn unique_name(setup: SetupId) -> String {
    format!("crosspull-{setup}")
}

pub(super) async fn check(steps: &Steps, cx: &StepContext) -> Result<Check, Fault> {
    let app = steps.cluster.graph.application_by_unique_name(&unique_name(cx.setup())).await.map_err(fault)?;
    Ok(app.map_or(Check::Absent, |app| Check::There(output(app))))
}

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let setup = cx.setup();
    let (answers, plan) = (cx.answers()?, cx.plan()?);
    let new = NewApplication {
        display_name: plan.app_name.clone(),
        sign_in_audience: SINGLE_TENANT.to_owned(),
        redirect_uris: vec![registered(&answers.app.redirect_uri).to_owned()],
        required_resource_access: user_read_access(),
        // Without it, admins of the registry tenant could add keys of their own to the app's principal there.
        lock: true,
        tags: vec!["crosspull".to_owned(), format!("crosspull-setup:{setup}")],
        notes: Some(format!("Lets the cluster {} pull from another tenant. Setup {setup}.", plan.cluster.id.name())),
    };
    let name = unique_name(setup);
    let graph = &steps.cluster.graph;
    let made =
        cx.wait.call("register the app", || async { graph.upsert_application(&name, &new).await.map_err(fault) });
    match made.await {
        Ok(Some(app)) => Ok(output(app)),
        Ok(None) => there(steps, cx, &name).await,
        Err(refusal) if is_taken(&refusal) => {
            restore(steps, cx, &name, refusal).await?;
            there(steps, cx, &name).await
        }
        Err(refusal) => Err(refusal),
    }
}

async fn there(steps: &Steps, cx: &StepContext, name: &str) -> Result<Output, Fault> {
    let graph = &steps.cluster.graph;
    cx.wait
        .visible("the app registration to appear", cx.wait.pace().graph_window, || async {
            match graph.application_by_unique_name(name).await {
                Ok(Some(app)) => Ok(Look::Ready(output(app))),
                Ok(None) => Ok(Look::not_yet("not there yet")),
                Err(error) => Err(fault(error)),
            }
        })
        .await
}

/// The app that has this setup's name, whatever the journal knows.
pub(super) async fn named(steps: &Steps, cx: &StepContext) -> Result<Option<Application>, Fault> {
    let (graph, name) = (&steps.cluster.graph, unique_name(cx.setup()));
    cx.wait.call("look for the app", || async { graph.application_by_unique_name(&name).await.map_err(fault) }).await
}

fn is_taken(fault: &Fault) -> bool {
    fault.problem.code.as_deref() == Some("Request_BadRequest") && fault.problem.message.contains("uniqueName")
}

/// Somebody deleted this setup's app, and it lies in the recycle bin with its name: it is taken out of there, since a
/// second one cannot have the name.
async fn restore(steps: &Steps, cx: &StepContext, name: &str, refusal: Fault) -> Result<(), Fault> {
    let graph = &steps.cluster.graph;
    let deleted = cx
        .wait
        .call("look into the recycle bin", || async {
            graph.deleted_applications(&DeletedFilter::UniqueName(name.to_owned())).all(100).await.map_err(fault)
        })
        .await?;
    let Some(app) = deleted.into_iter().find(|app| app.unique_name.as_deref() == Some(name)) else {
        return Err(refusal);
    };
    cx.wait.call("restore the app", || async { graph.restore_application(app.id).await.map_err(fault) }).await
}

pub(super) async fn undo(steps: &Steps, app: &App) -> Result<Taken, Fault> {
    steps.cluster.graph.delete_application(app.object_id).await.map(Taken::of).map_err(fault)
}

pub(super) fn output(app: Application) -> Output {
    Output::Registration(App { app_id: app.app_id, object_id: app.id, display_name: app.display_name })
}

/// Reads the app with its credentials, waiting while a replica does not have it yet.
pub(super) async fn read(steps: &Steps, cx: &StepContext) -> Result<Application, Fault> {
    let (_, object_id) = super::app(cx)?;
    let graph = &steps.cluster.graph;
    cx.wait
        .visible("the app registration to appear", cx.wait.pace().graph_window, || async {
            match yet(graph.application(object_id).await, azure::Error::not_replicated)? {
                Look::Ready(Some(app)) => Ok(Look::Ready(app)),
                Look::Ready(None) => Ok(Look::not_yet("not there yet")),
                Look::NotYet { said, after } => Ok(Look::NotYet { said, after }),
            }
        })
        .await
        .map_err(|fault| match fault.problem.status {
            Some(404) => refused(ProblemKind::Azure, "read the app registration", "it is not there any more"),
            _ => fault,
        })
}

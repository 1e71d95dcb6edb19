//! The plan: what each step would do now, in words, made of what was read. Nothing is changed by making it.

use tokio::sync::watch;

use super::{
    Steps, adoption,
    fault::fault,
    look::{self, Look},
    preflight, registry_role, route,
};
use crate::{
    azure::{
        Error,
        acr::Registry,
        aks::{Cluster, ClusterClient},
        graph::{Application, MULTITENANT},
    },
    domain::{
        Answers, Finding, ImageReference, Looking, Plan, SetupId, StepId,
        answers::{CarryOver, Provision, Route, registered},
        plan::{Action, ClusterSeen, Line, PoolSeen, RegistrySeen},
        problem::ProblemKind,
    },
    engine::{Fault, Progress, Stage, context::missing},
};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum NoPlan {
    /// What was found leaves nothing to plan: no cluster to be seen, or one that has no service principal.
    #[error("what was found leaves nothing to plan")]
    Stopped(Vec<Finding>),
    /// Something could not be read.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl NoPlan {
    /// Without the cluster, or the registry. The preflight has its words for one that is not there for this operator; whatever
    /// else kept it from being read says nothing of it, and may pass.
    fn without(error: &Error, findings: Vec<Finding>) -> Self {
        if error.hidden() { Self::Stopped(findings) } else { Self::Fault(fault(error.clone())) }
    }
}

/// Looks, tells what is found as it is found, and makes the plan of a new setup.
pub async fn new(
    steps: &Steps,
    setup: SetupId,
    answers: &Answers,
    told: &watch::Sender<Looking>,
) -> Result<Plan, NoPlan> {
    let look = Look::new(steps, setup, answers);
    let findings = Box::pin(preflight::findings(&look, told)).await;
    let cluster = match look.cluster().await {
        Ok(cluster) => cluster,
        Err(error) => return Err(NoPlan::without(error, findings)),
    };
    let ClusterClient::ServicePrincipal(client_id) = cluster.client else { return Err(NoPlan::Stopped(findings)) };
    let registry = match look.registry().await.map(Result::as_ref).transpose() {
        Ok(registry) => registry_seen(registry, answers),
        Err(error) => return Err(NoPlan::without(error, findings)),
    };
    let Some(registry) = registry else { return Err(NoPlan::Stopped(findings)) };
    let (route, route_reason) = look.route().await;
    let way_back = match route {
        Route::NewApp => look.way_back().await.known(),
        Route::KeepApp => None,
    };
    let before = ClusterSeen {
        id: answers.cluster.id.clone(),
        location: String::new(),
        client_id,
        principal: match look.principal().await {
            Some(Ok(Some(principal))) => Some(principal.id),
            _ => None,
        },
        node_resource_group: String::new(),
        pools: Vec::new(),
        way_back,
        run_command: preflight::run_command(cluster, look.cluster_rights().await),
    };
    let mut carry_over = match route {
        Route::NewApp => look.assignments().await.lines.clone(),
        Route::KeepApp => Vec::new(),
    };
    look::choose(&mut carry_over, answers);
    let tenants = look.tenants().await;
    let app = look.app_there().await;
    let mut plan = Plan {
        setup,
        route,
        route_reason,
        cloud: (*steps.cloud).clone(),
        cluster_tenant: tenants.cluster.clone(),
        registry_tenant: tenants.registry.clone(),
        cluster: cluster_seen(cluster, &before)?,
        registry,
        app_name: answers.app.display_name.clone().unwrap_or_else(|| format!("crosspull {}", answers.name)),
        secret_days: preflight::secret_days(look.rules().await, answers),
        carry_over,
        present_app: app.filter(|_| route == Route::KeepApp).map(adoption::describe),
        lines: Vec::new(),
        findings,
    };
    let kept = match route {
        // Where it could not be read, it is taken for there: undo must not take away what others use.
        Route::KeepApp => Kept { abroad: !matches!(look.principal_abroad().await, Ok(None)) },
        Route::NewApp => Kept::default(),
    };
    plan.lines = lines(&plan, answers, kept);
    Ok(plan)
}

/// What of the cluster's present app, where it is kept, is as it should be already.
#[derive(Debug, Clone, Copy, Default)]
struct Kept {
    /// The registry tenant knows it.
    abroad: bool,
}

/// The plan again, when part of what was done is gone: what is done is kept, what is lost is made anew.
pub(super) fn again(progress: &Progress) -> Result<Plan, Fault> {
    let mut plan = (**progress.plan().ok_or_else(|| missing("the plan"))?).clone();
    for line in &mut plan.lines {
        match progress.stage(line.step) {
            Stage::Done | Stage::Applied => line.action = Action::Keep,
            Stage::Lost if line.action == Action::Keep => line.action = Action::Create,
            _ => {}
        }
    }
    Ok(plan)
}

/// The cluster as Azure shows it now; what only the preflight knows is taken from `before`.
pub(super) fn cluster_seen(cluster: &Cluster, before: &ClusterSeen) -> Result<ClusterSeen, Fault> {
    let ClusterClient::ServicePrincipal(client_id) = cluster.client else {
        return Err(super::fault::refused(
            ProblemKind::Azure,
            "read the cluster",
            "it has a managed identity now, and cannot be given an app any more",
        ));
    };
    Ok(ClusterSeen {
        id: before.id.clone(),
        location: cluster.location.clone(),
        client_id,
        principal: before.principal,
        node_resource_group: cluster.node_resource_group.clone(),
        pools: cluster
            .pools
            .iter()
            .map(|pool| PoolSeen {
                name: pool.name.clone(),
                count: pool.count,
                os_type: pool.os_type.clone(),
                running: pool.running(),
                node_image: pool.node_image.clone(),
            })
            .collect(),
        way_back: before.way_back,
        run_command: before.run_command,
    })
}

fn registry_seen(registry: Option<&Registry>, answers: &Answers) -> Option<RegistrySeen> {
    match registry {
        Some(registry) => Some(RegistrySeen {
            id: answers.registry.id.clone(),
            login_server: registry.login_server.clone(),
            mode: registry.mode,
            anonymous: Some(registry.anonymous_pull),
        }),
        None => Some(RegistrySeen {
            id: answers.registry.id.clone(),
            login_server: answers.registry.login_server.clone()?,
            mode: None,
            anonymous: None,
        }),
    }
}

/// Whether the cluster's present app is one of ours, or open to other tenants: replacing it would cut the cluster off from
/// every other registry tenant that it pulls from.
pub(super) fn serves_others(app: Option<&Application>) -> bool {
    app.is_some_and(|app| {
        app.sign_in_audience.as_deref().is_some_and(|audience| audience.starts_with(MULTITENANT))
            || app.unique_name.as_deref().is_some_and(|name| name.starts_with("crosspull-"))
    })
}

/// The one place where the route is chosen, for whoever has not asked for one.
pub(super) fn choose_route(app: Option<&Application>) -> (Route, String) {
    let (route, why) = if serves_others(app) {
        (
            Route::KeepApp,
            "the cluster's app serves other tenants already; replacing it would cut the cluster off from them",
        )
    } else {
        (Route::NewApp, "the cluster's present app stays as it is, and a new one is made for it")
    };
    (route, why.to_owned())
}

fn lines(plan: &Plan, answers: &Answers, kept: Kept) -> Vec<Line> {
    route::steps(plan.route, answers.registry.handed_over())
        .into_iter()
        .map(|step| {
            let (action, text, changes) = describe(step.step, plan, answers, kept);
            Line { step: step.step, needs: step.needs, side: step.step.side(), action, text, changes }
        })
        .collect()
}

fn describe(step: StepId, plan: &Plan, answers: &Answers, kept: Kept) -> (Action, String, Vec<String>) {
    let (cluster, registry) = (plan.cluster.id.name(), &plan.registry.login_server);
    let (home, abroad) = (plan.cluster_tenant.label(), plan.registry_tenant.label());
    let app = match plan.route {
        Route::NewApp => format!("\"{}\"", plan.app_name),
        Route::KeepApp => {
            format!("\"{}\"", plan.present_app.as_ref().map_or("its app", |present| &present.app.display_name))
        }
    };
    match step {
        StepId::Registration => (
            Action::Create,
            format!("register the app {app}"),
            vec![
                format!("an app registration in {home}, single-tenant at first"),
                format!("its web redirect {}", registered(&answers.app.redirect_uri)),
                "the permission User.Read listed, so that the consent page works".to_owned(),
                "its properties locked against admins of other tenants".to_owned(),
            ],
        ),
        StepId::Adoption => adoption_line(plan, answers, &app),
        StepId::Identity => (
            Action::Create,
            format!("its identity in {home}, open to other tenants"),
            vec![
                format!("a service principal in {home}"),
                "the app becomes multitenant (AzureADMultipleOrgs)".to_owned(),
            ],
        ),
        StepId::CarryOver => carry_over_line(plan, answers),
        StepId::WatchKey => (
            Action::Create,
            format!("a day's secret, to watch {abroad} from outside"),
            vec!["a client secret that lives a day and never goes to the cluster".to_owned()],
        ),
        StepId::Consent => consent_line(answers, kept, &app, &abroad),
        StepId::RegistryRole => role_line(plan, answers, registry.as_str()),
        StepId::Secret => match plan.route {
            Route::NewApp => (
                Action::Create,
                format!("a secret for the cluster, for {} days", plan.secret_days),
                vec![format!("a client secret on the app, labelled crosspull, for {} days", plan.secret_days)],
            ),
            Route::KeepApp => (
                Action::Create,
                "a secret for a day, for the pull test alone".to_owned(),
                vec!["a client secret on the app, labelled crosspull, for a day; removed at the end".to_owned()],
            ),
        },
        StepId::Probe => (Action::ReadOnly, probe_text(&answers.registry.image), Vec::new()),
        StepId::ClusterUpdate => (
            Action::ConfirmThen,
            format!("switch {cluster} to the app: REPLACES {}", nodes(plan.cluster.nodes()).to_uppercase()),
            plan.cluster
                .pools
                .iter()
                .filter(|pool| pool.running)
                .map(|pool| {
                    format!(
                        "pool {}: {} {} replaced one by one, with a newer node image; pods restart",
                        pool.name,
                        nodes(pool.count),
                        if pool.count == 1 { "is" } else { "are" }
                    )
                })
                .collect(),
        ),
        StepId::Proof => (
            Action::ReadOnly,
            "prove it".to_owned(),
            if plan.cluster.run_command {
                vec!["one pod on each Linux pool pulls the image, and is removed again".to_owned()]
            } else {
                Vec::new()
            },
        ),
        StepId::Sweep => (Action::Remove, "remove secrets of this setup that nobody uses".to_owned(), Vec::new()),
    }
}

fn nodes(number: u32) -> String {
    if number == 1 { "1 node".to_owned() } else { format!("{number} nodes") }
}

fn probe_text(image: &ImageReference) -> String {
    format!("test a pull of {image}")
}

/// The plan with another image for the proof.
pub fn with_image(plan: &Plan, image: &ImageReference) -> Plan {
    let mut plan = plan.clone();
    for line in plan.lines.iter_mut().filter(|line| line.step == StepId::Probe) {
        line.text = probe_text(image);
    }
    plan
}

fn adoption_line(plan: &Plan, answers: &Answers, app: &str) -> (Action, String, Vec<String>) {
    let redirect = registered(&answers.app.redirect_uri);
    let opens = "the app becomes multitenant (AzureADMultipleOrgs)".to_owned();
    let opening = format!("open the cluster's app {app} to other tenants");
    let Some(present) = &plan.present_app else {
        // It could not be read, and shows when it is.
        let rest = format!("its web redirect {redirect} and the permission User.Read, where they are missing");
        return (Action::Change, opening, vec![opens, rest]);
    };
    let lacking = adoption::lacking(present, redirect);
    let changes = [
        lacking.sign_in_audience.as_ref().map(|_| opens),
        lacking.redirect_uris.as_ref().map(|_| format!("its web redirect {redirect}")),
        lacking
            .required_resource_access
            .as_ref()
            .map(|_| "the permission User.Read listed, so that the consent page works".to_owned()),
    ];
    let changes: Vec<String> = changes.into_iter().flatten().collect();
    match (lacking.sign_in_audience, changes.len()) {
        (Some(_), _) => (Action::Change, opening, changes),
        (None, 0) => {
            (Action::Keep, format!("keep the cluster's app {app}: it is open to other tenants already"), changes)
        }
        (None, _) => (Action::Change, format!("add to the cluster's app {app} what its consent page needs"), changes),
    }
}

fn carry_over_line(plan: &Plan, answers: &Answers) -> (Action, String, Vec<String>) {
    let taken = plan.carry_over.iter().filter(|line| line.carry);
    let changes: Vec<String> = taken.map(|line| format!("{} at {}", line.role_name, line.scope)).collect();
    let text = match (&answers.options.carry_over, changes.len(), plan.carry_over.len()) {
        (CarryOver::None | _, _, 0) => "carry over roles: the present identity has none of its own".to_owned(),
        (_, 1, 1) => "carry over the one role of the present identity".to_owned(),
        (_, taken, all) if taken == all => format!("carry over the {all} roles of the present identity"),
        (_, 0, 1) => "leave out the ONE role of the present identity".to_owned(),
        (_, 0, all) => format!("leave out ALL {all} roles of the present identity"),
        (_, taken, all) => format!("carry over {taken} of {all} roles of the present identity"),
    };
    let left_out = plan.carry_over.iter().filter(|line| !line.carry);
    let action = if changes.is_empty() { Action::Keep } else { Action::Create };
    let left_out = left_out.map(|line| format!("LEFT OUT: {} at {}", line.role_name, line.scope));
    (action, text, changes.into_iter().chain(left_out).collect())
}

fn consent_line(answers: &Answers, kept: Kept, app: &str, abroad: &str) -> (Action, String, Vec<String>) {
    if kept.abroad {
        return (Action::Keep, format!("{app} is known in {abroad} already"), Vec::new());
    }
    let change = vec![format!("a service principal of the app in {abroad}")];
    if answers.registry.handed_over() {
        return (Action::AskPerson, format!("consent: ask {abroad}"), change);
    }
    match answers.registry.provision {
        Provision::Consent => (Action::AskPerson, format!("consent: an admin of {abroad} opens a link"), change),
        Provision::Direct => (Action::Create, format!("make the app known in {abroad}"), change),
    }
}

fn role_line(plan: &Plan, answers: &Answers, registry: &str) -> (Action, String, Vec<String>) {
    let Some(mode) = plan.registry.mode else {
        return (Action::AskPerson, format!("the right to pull from {registry}"), Vec::new());
    };
    let role = registry_role::role(mode).name;
    let only = if answers.registry.repositories.is_empty() {
        String::new()
    } else {
        let names: Vec<&str> = answers.registry.repositories.iter().map(crate::domain::Repository::as_str).collect();
        format!(", only for {}", names.join(", "))
    };
    (Action::Create, format!("{role} on {registry}"), vec![format!("the role {role} for the app on {registry}{only}")])
}

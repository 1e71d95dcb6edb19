//! The plan: what each step would do now, in words, made of what was read. Nothing is changed by making it.

use super::{
    Steps, adoption,
    look::{self, Seen},
    preflight, registry_role, route,
};
use crate::{
    azure::{
        aks::{Cluster, ClusterClient},
        graph::{Application, MULTITENANT},
    },
    domain::{
        Answers, Finding, Plan, SetupId, StepId,
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

/// Reads what there is, and makes the plan of a new setup.
pub async fn new(steps: &Steps, setup: SetupId, answers: &Answers) -> Result<Plan, NoPlan> {
    let mut seen = Box::pin(look::all(steps, answers)).await;
    let (route, route_reason) = choose_route(&seen, answers);
    let findings = preflight::findings(&seen, answers, &seen.tenants, &steps.cloud, route);
    let Ok(cluster) = &seen.cluster else { return Err(NoPlan::Stopped(findings)) };
    let (ClusterClient::ServicePrincipal(client_id), Some(registry)) = (cluster.client, registry_seen(&seen, answers))
    else {
        return Err(NoPlan::Stopped(findings));
    };
    let before = ClusterSeen {
        id: answers.cluster.id.clone(),
        location: String::new(),
        client_id,
        principal: match &seen.present.principal {
            Some(Ok(Some(principal))) => Some(principal.id),
            _ => None,
        },
        node_resource_group: String::new(),
        pools: Vec::new(),
        way_back: way_back(&seen),
        run_command: preflight::run_command(&seen),
    };
    let cluster = cluster_seen(cluster, &before)?;
    look::choose(&mut seen.present.assignments.lines, answers);
    let mut plan = Plan {
        setup,
        route,
        route_reason,
        cloud: (*steps.cloud).clone(),
        cluster_tenant: seen.tenants.cluster.clone(),
        registry_tenant: seen.tenants.registry.clone(),
        cluster,
        registry,
        app_name: answers.app.display_name.clone().unwrap_or_else(|| format!("crosspull {}", answers.name)),
        secret_days: preflight::secret_days(&seen, answers),
        carry_over: if route == Route::NewApp {
            std::mem::take(&mut seen.present.assignments.lines)
        } else {
            Vec::new()
        },
        present_app: present_app(&seen).filter(|_| route == Route::KeepApp).map(adoption::describe),
        lines: Vec::new(),
        findings,
    };
    plan.lines = lines(&plan, answers, &seen);
    Ok(plan)
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

fn registry_seen(seen: &Seen, answers: &Answers) -> Option<RegistrySeen> {
    match &seen.registry {
        Some(Ok(registry)) => Some(RegistrySeen {
            id: answers.registry.id.clone(),
            login_server: registry.login_server.clone(),
            mode: registry.mode,
            anonymous: Some(registry.anonymous_pull),
        }),
        Some(Err(_)) => None,
        None => Some(RegistrySeen {
            id: answers.registry.id.clone(),
            login_server: answers.registry.login_server.clone()?,
            mode: None,
            anonymous: None,
        }),
    }
}

fn present_app(seen: &Seen) -> Option<&Application> {
    match &seen.present.app {
        Some(Ok(Some(app))) => Some(app),
        _ => None,
    }
}

/// Whether the cluster's present app is one of ours, or open to other tenants: replacing it would cut the cluster off from
/// every other registry tenant that it pulls from.
pub(super) fn serves_others(seen: &Seen) -> bool {
    present_app(seen).is_some_and(|app| {
        app.sign_in_audience.as_deref().is_some_and(|audience| audience.starts_with(MULTITENANT))
            || app.unique_name.as_deref().is_some_and(|name| name.starts_with("crosspull-"))
    })
}

/// Whether the operator can put a new secret on the cluster's present app: the only way back from a reset. Told by the
/// directory roles of a person; of a program it is not known.
pub(super) fn way_back(seen: &Seen) -> Option<bool> {
    const MAY_EDIT: [&str; 3] = [
        "62e90394-69f5-4237-9190-012177145e10",
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "158c047a-c907-4556-b7ef-446551a6b5f7",
    ];
    present_app(seen)?;
    let roles = seen.directory_roles.as_ref()?;
    // An owner of the app may edit it without a role: without one, it is not known.
    roles.iter().any(|role| MAY_EDIT.contains(&role.as_str())).then_some(true)
}

/// The one place where the route is chosen.
fn choose_route(seen: &Seen, answers: &Answers) -> (Route, String) {
    let why = |text: &str| text.to_owned();
    match answers.app.route {
        Some(route) => (route, why("it was asked for")),
        None if serves_others(seen) => (
            Route::KeepApp,
            why("the cluster's app serves other tenants already; replacing it would cut the cluster off from them"),
        ),
        None => (Route::NewApp, why("the cluster's present app stays as it is, and a new one is made for it")),
    }
}

fn lines(plan: &Plan, answers: &Answers, seen: &Seen) -> Vec<Line> {
    route::steps(plan.route, answers.registry.handed_over())
        .into_iter()
        .map(|step| {
            let (action, text, changes) = describe(step.step, plan, answers, seen);
            Line { step: step.step, needs: step.needs, side: step.step.side(), action, text, changes }
        })
        .collect()
}

fn describe(step: StepId, plan: &Plan, answers: &Answers, seen: &Seen) -> (Action, String, Vec<String>) {
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
        StepId::Adoption => adoption_line(seen, &app),
        StepId::Identity => (
            Action::Create,
            format!("its identity in {home}, then open it to other tenants"),
            vec![
                format!("a service principal in {home}"),
                "the app becomes multitenant (AzureADMultipleOrgs)".to_owned(),
            ],
        ),
        StepId::CarryOver => carry_over_line(plan, answers),
        StepId::WatchKey => (
            Action::Create,
            format!("a secret for a day, to watch {abroad} from outside"),
            vec!["a client secret that lives a day and never goes to the cluster".to_owned()],
        ),
        StepId::Consent => consent_line(plan, answers, seen, &app, &abroad),
        StepId::RegistryRole => role_line(plan, answers, registry.as_str(), &abroad),
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
        StepId::Probe => (Action::ReadOnly, format!("test a pull of {}", answers.registry.image), Vec::new()),
        StepId::ClusterUpdate => (
            Action::ConfirmThen,
            format!("switch {cluster} to the app: REPLACES {} NODES", plan.cluster.nodes()),
            plan.cluster
                .pools
                .iter()
                .filter(|pool| pool.running)
                .map(|pool| {
                    format!(
                        "pool {}: {} nodes are replaced one by one, with a newer node image; pods restart",
                        pool.name, pool.count
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

fn adoption_line(seen: &Seen, app: &str) -> (Action, String, Vec<String>) {
    let open = present_app(seen).is_some_and(|app| app.sign_in_audience.as_deref() == Some(MULTITENANT));
    if open {
        let text = format!("keep the cluster's app {app}: it is open to other tenants already");
        return (Action::Keep, text, vec!["its redirect and User.Read, where they are missing".to_owned()]);
    }
    (
        Action::Change,
        format!("open the cluster's app {app} to other tenants"),
        vec![
            "the app becomes multitenant (AzureADMultipleOrgs)".to_owned(),
            "a web redirect and the permission User.Read, where they are missing".to_owned(),
        ],
    )
}

fn carry_over_line(plan: &Plan, answers: &Answers) -> (Action, String, Vec<String>) {
    let taken = plan.carry_over.iter().filter(|line| line.carry);
    let changes: Vec<String> = taken.map(|line| format!("{} at {}", line.role_name, line.scope)).collect();
    let text = match (&answers.options.carry_over, changes.len(), plan.carry_over.len()) {
        (CarryOver::None | _, _, 0) => "carry over roles: the present identity has none of its own".to_owned(),
        (_, 1, 1) => "carry over the one role of the present identity".to_owned(),
        (_, taken, all) if taken == all => format!("carry over the {all} roles of the present identity"),
        (_, 0, all) => format!("carry over NONE of the {all} roles of the present identity"),
        (_, taken, all) => format!("carry over {taken} of {all} roles of the present identity"),
    };
    let left_out = plan.carry_over.iter().filter(|line| !line.carry);
    let action = if changes.is_empty() { Action::Keep } else { Action::Create };
    let left_out = left_out.map(|line| format!("LEFT OUT: {} at {}", line.role_name, line.scope));
    (action, text, changes.into_iter().chain(left_out).collect())
}

fn consent_line(plan: &Plan, answers: &Answers, seen: &Seen, app: &str, abroad: &str) -> (Action, String, Vec<String>) {
    // Where it could not be read, it is taken for there: undo must not take away what others use.
    if plan.route == Route::KeepApp && !matches!(seen.present.abroad, Ok(None)) {
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

fn role_line(plan: &Plan, answers: &Answers, registry: &str, abroad: &str) -> (Action, String, Vec<String>) {
    let Some(mode) = plan.registry.mode else {
        return (Action::AskPerson, format!("the right to pull from {registry}: ask {abroad}"), Vec::new());
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

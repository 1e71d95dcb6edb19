//! `demo`: a whole setup against the embedded Azure, in a world that ends with it.

mod worlds;

use std::{path::PathBuf, sync::Arc, time::Duration};

use self::worlds::{Worlds, session};
use super::{requests::Shown, show_plan, wizard, work::listen};
use crate::{
    cli::{DemoArgs, Global},
    domain::{
        Answers, SetupId, StepId,
        answers::{AppAnswers, CarryOver, ClusterAnswers, Options as Consents, Provision, RegistryAnswers, SignIn},
        problem::ProblemKind,
    },
    engine::run::Mode,
    error::{Error, ExitCode},
    paths,
    plain::{
        conversation::{Manner, OtherAdmin, carry},
        out::Out,
        while_looking,
    },
    session::Refusal,
    sim::{self, Ready, Scenario, Shared, Simulator, changes, ready::ReadyOperator},
    tui::{self, Front},
    words::again::Started,
};

/// How much faster than Azure the demo runs, unless told otherwise.
const SPEED: f64 = 20.0;

pub(super) async fn run(global: &Global, args: DemoArgs, shown: &mut Shown) -> Result<ExitCode, Refusal> {
    let told = args.plain || args.scenario.is_some();
    if wizard::can_draw() && !told {
        Box::pin(on_screen(global, &args)).await
    } else {
        in_lines(global, args, shown).await
    }
}

/// The wizard, in a world that is chosen there.
async fn on_screen(global: &Global, args: &DemoArgs) -> Result<ExitCode, Refusal> {
    let crashes = Folder::new()?;
    let front = Front {
        open: None,
        training: Some(Arc::new(Worlds::new(args.speed.speed.max(SPEED)))),
        resume: None,
        started: Started::default(),
        look: wizard::look(&global.screen),
        mouse: global.screen.mouse,
        data_dir: super::data_dir(global).unwrap_or_else(|_| crashes.0.clone()),
    };
    Ok(wizard::left(&tui::run(front).await?))
}

/// The same as a conversation in lines.
async fn in_lines(global: &Global, args: DemoArgs, shown: &mut Shown) -> Result<ExitCode, Refusal> {
    let mut signals = listen()?;
    let out = Out { json: false };
    let failed = |error: sim::SimError| Error::new(ProblemKind::Local, "start the demo's simulator").because(error);
    let scenario = Scenario::load(args.scenario.as_deref().unwrap_or("default"))
        .map_err(|error| Error::new(ProblemKind::Answers, "use the scenario").because(error))?;
    let speed = args.speed.speed.max(SPEED);
    let simulator = Simulator::start(sim::Options { speed, ..sim::Options::new(scenario) }).await.map_err(failed)?;
    let folder = Folder::new()?;
    let session = session(&simulator, &folder, speed, None)?;
    if global.verbose {
        shown.show(session.requests());
    }
    out.text("DEMO: two companies and their Azure, pretended on this machine. Nothing leaves it.\n");
    let answers = answers(simulator.ready())?;
    let (steps, plan) = while_looking(out, async |told| session.plan(SetupId::random(), &answers, told).await).await?;
    if !show_plan(&plan, out) {
        return Ok(ExitCode::Refused);
    }
    if out.can_ask() && matches!(out.ask("Do it? [Y/n]").await.as_deref(), None | Some("n" | "N" | "no")) {
        out.text("Nothing was changed.");
        return Ok(ExitCode::Interrupted);
    }
    let mut open = session.begin(&answers, &plan, steps)?;
    let manner = Manner {
        yes: true,
        wait: Duration::from_mins(10),
        other_admin: Some(other_admin(simulator.world().clone())),
        ..Manner::default()
    };
    Ok(carry(&session, &mut open, Mode::Fresh, &manner, out, &mut signals).await?)
}

/// Contoso's shop, and Fabrikam's images. Whoever is asked for a confirmation at a terminal is really asked.
fn answers(ready: &Ready) -> Result<Answers, Error> {
    let missing = |what: &str| Error::new(ProblemKind::Answers, format!("begin the demo: the scenario has no {what}"));
    let sign_in = |operator: &ReadyOperator| SignIn::ServicePrincipal {
        client_id: operator.client_id,
        client_secret_env: operator.name.clone(),
    };
    let cluster_tenant = ready.tenants.iter().find(|one| !one.clusters.is_empty()).ok_or_else(|| missing("cluster"))?;
    let registry_tenant = ready
        .tenants
        .iter()
        .find(|one| !one.registries.is_empty() && one.id != cluster_tenant.id)
        .ok_or_else(|| missing("registry of another company"))?;
    let (cluster, registry) = (&cluster_tenant.clusters[0], &registry_tenant.registries[0]);
    let operator =
        |tenant: &crate::sim::ready::ReadyTenant| tenant.operators.first().cloned().ok_or_else(|| missing("operator"));
    let parse = |error: crate::domain::ParseError| Error::new(ProblemKind::Internal, "begin the demo").because(error);
    Ok(Answers {
        name: "demo".to_owned(),
        cluster: ClusterAnswers {
            tenant: None,
            id: cluster.id.parse().map_err(parse)?,
            sign_in: sign_in(&operator(cluster_tenant)?),
        },
        registry: RegistryAnswers {
            tenant: None,
            id: Some(registry.id.parse().map_err(parse)?),
            sign_in: Some(sign_in(&operator(registry_tenant)?)),
            image: registry.images.first().ok_or_else(|| missing("image"))?.parse().map_err(parse)?,
            repositories: Vec::new(),
            provision: Provision::Consent,
            login_server: None,
        },
        app: AppAnswers {
            route: None,
            display_name: None,
            secret_days: None,
            redirect_uri: "https://www.microsoft.com"
                .parse()
                .map_err(|error| Error::new(ProblemKind::Internal, "begin the demo").because(error))?,
        },
        options: Consents { carry_over: CarryOver::All, confirm_node_replacement: !Out { json: false }.can_ask() },
    })
}

/// Accepts in the registry tenant, as its admin would in a browser.
fn other_admin(world: Shared) -> OtherAdmin {
    Arc::new(move |step, app, plan| {
        if step == StepId::Consent {
            // An app that cannot be seen yet is accepted at the next look of whoever plays the admin.
            let _ = changes::consent(&mut world.lock(), plan.registry_tenant.id, app);
        }
    })
}

/// The demo's data folder, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Error> {
        let path = std::env::temp_dir().join(format!("crosspull-demo-{}", SetupId::random()));
        paths::create_private_dir(&path)
            .map_err(|error| Error::new(ProblemKind::Local, "make a folder for the demo").because(error))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is a few lines in the system's temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

//! `demo`: a whole setup against the embedded Azure, in a world that ends with it.

mod worlds;

use std::{path::PathBuf, sync::Arc, time::Duration};

use self::worlds::{Worlds, session};
use super::{requests::Shown, show_plan, wizard, work::listen};
use crate::{
    cli::{DemoArgs, Global},
    domain::{
        Answers, SetupId, TenantRef,
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
    sim::{self, Ready, Scenario, Simulator, ready::ReadyTenant, scenario::DemoSpec},
    tui::{self, Front},
    words::again::Started,
};

pub(super) async fn run(global: &Global, args: DemoArgs, shown: &mut Shown) -> Result<ExitCode, Refusal> {
    if wizard::can_draw() && !args.plain {
        Box::pin(on_screen(global, args)).await
    } else {
        in_lines(global, args, shown).await
    }
}

/// The wizard, in a world that is named or chosen there.
async fn on_screen(global: &Global, args: DemoArgs) -> Result<ExitCode, Refusal> {
    // A name that is none is answered in the shell.
    if let Some(name) = &args.scenario {
        scenario(name)?;
    }
    let crashes = Folder::new()?;
    let front = Front {
        open: None,
        training: Some(Arc::new(Worlds::new(args.speed))),
        story: args.scenario,
        resume: None,
        started: Started::default(),
        look: wizard::look(&global.screen),
        mouse: global.screen.mouse,
        data_dir: super::data_dir(global).unwrap_or_else(|_| crashes.0.clone()),
    };
    Ok(wizard::left(&tui::run(front).await?))
}

fn scenario(name: &str) -> Result<Scenario, Error> {
    Scenario::load(name).map_err(|error| Error::new(ProblemKind::Answers, "use the scenario").because(error))
}

/// The same as a conversation in lines.
async fn in_lines(global: &Global, args: DemoArgs, shown: &mut Shown) -> Result<ExitCode, Refusal> {
    let mut signals = listen()?;
    let out = Out { json: false };
    let failed = |error: sim::SimError| Error::new(ProblemKind::Local, "start the demo's simulator").because(error);
    let scenario = scenario(args.scenario.as_deref().unwrap_or("default"))?;
    let demo = scenario
        .demo
        .clone()
        .ok_or_else(|| Error::new(ProblemKind::Answers, "tell a story in this scenario: it has no [demo]"))?;
    let speed = args.speed;
    let simulator = Simulator::start(sim::Options { speed, ..sim::Options::new(scenario) }).await.map_err(failed)?;
    let folder = Folder::new()?;
    let session = session(&simulator, &folder, speed, None)?;
    if global.verbose {
        shown.show(session.requests());
    }
    out.text("DEMO: two companies and their Azure, pretended on this machine. Nothing leaves it.\n");
    let answers = answers(simulator.ready(), &demo)?;
    let (steps, plan) = while_looking(out, async |told| session.plan(SetupId::random(), &answers, told).await).await?;
    if !show_plan(&plan, out) {
        return Ok(ExitCode::Refused);
    }
    if out.can_ask() && matches!(out.ask("Do it? [Y/n]").await.as_deref(), None | Some("n" | "N" | "no")) {
        out.text("Nothing was changed.");
        return Ok(ExitCode::Interrupted);
    }
    let mut open = session.begin(&answers, &plan, steps)?;
    let world = simulator.world().clone();
    let other_admin: OtherAdmin = Arc::new(move |step, app, plan| worlds::play(&world, step, app, plan));
    let manner =
        Manner { yes: true, wait: Duration::from_mins(10), other_admin: Some(other_admin), ..Manner::default() };
    Ok(carry(&session, &mut open, Mode::Fresh, &manner, out, &mut signals).await?)
}

/// What the scenario's story connects. Whoever is asked for a confirmation at a terminal is really asked.
fn answers(ready: &Ready, demo: &DemoSpec) -> Result<Answers, Error> {
    let missing = |what: &str| Error::new(ProblemKind::Answers, format!("begin the demo: the scenario has no {what}"));
    let tenant = |domain: &str| ready.tenants.iter().find(|one| one.domain == domain).ok_or_else(|| missing(domain));
    let (cluster_tenant, registry_tenant) = (tenant(&demo.cluster_tenant)?, tenant(&demo.registry_tenant)?);
    let cluster = cluster_tenant.clusters.iter().find(|one| one.name == demo.cluster);
    let cluster = cluster.ok_or_else(|| missing(&demo.cluster))?;
    let registry = registry_tenant.registries.iter().find(|one| one.name == demo.registry);
    let registry = registry.ok_or_else(|| missing(&demo.registry))?;
    // The first of a company's people in a scenario is the one who may do everything there.
    let sign_in = |tenant: &ReadyTenant| {
        let operator = tenant.operators.first().ok_or_else(|| missing("operator"))?;
        Ok::<_, Error>(SignIn::ServicePrincipal {
            client_id: operator.client_id,
            client_secret_env: operator.name.clone(),
        })
    };
    let parse = |error: crate::domain::ParseError| Error::new(ProblemKind::Internal, "begin the demo").because(error);
    Ok(Answers {
        name: "demo".to_owned(),
        cluster: ClusterAnswers {
            tenant: None,
            id: cluster.id.parse().map_err(parse)?,
            sign_in: sign_in(cluster_tenant)?,
        },
        registry: RegistryAnswers {
            tenant: Some(TenantRef::Id(registry_tenant.id)),
            id: (!demo.handed_over).then(|| registry.id.parse()).transpose().map_err(parse)?,
            sign_in: if demo.handed_over { None } else { Some(sign_in(registry_tenant)?) },
            image: demo.image.parse().map_err(parse)?,
            repositories: Vec::new(),
            provision: Provision::Consent,
            login_server: demo.handed_over.then(|| registry.login_server.parse()).transpose().map_err(parse)?,
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

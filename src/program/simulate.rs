//! `simulate`: the embedded Azure, alone, in the foreground.

use super::{data_dir, work::listen};
use crate::{
    cli::{Global, SimulateArgs},
    domain::problem::ProblemKind,
    error::{Error, ExitCode},
    plain::out::Out,
    sim::{Options, Scenario, serve},
};

pub(super) async fn run(global: &Global, args: SimulateArgs) -> Result<ExitCode, Error> {
    let mut signals = listen()?;
    let failed = |error: serve::ServeError| Error::new(ProblemKind::Local, "serve the simulator").because(error);
    let scenario = Scenario::load(args.scenario.as_deref().unwrap_or("default"))
        .map_err(|error| Error::new(ProblemKind::Answers, "use the scenario").because(error))?;
    let options = Options {
        port: Some(args.port),
        speed: args.speed.speed,
        token_life: args.token_life,
        host_name: args.host_name,
        ..Options::new(scenario)
    };
    let folder = data_dir(global)?.join("simulator");
    let simulator = serve::start(options, args.ready_file.as_deref(), &folder).await.map_err(failed)?;
    Out { json: false }.text(&serve::line(simulator.ready()));
    signals.next().await;
    Ok(ExitCode::Done)
}

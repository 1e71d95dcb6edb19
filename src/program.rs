//! What each command does.

#[cfg(feature = "sim")]
mod demo;
mod explain;
mod requests;
mod setups;
#[cfg(feature = "sim")]
mod simulate;
mod wizard;
mod work;

use std::{fs, path::PathBuf};

use clap::ValueEnum;

use self::requests::Shown;
use crate::{
    cli::{Cli, Command, Global, Theme, YesNo},
    domain::problem::ProblemKind,
    engine::Pace,
    error::{Error, ExitCode, chain},
    keychain::Keychain,
    paths,
    plain::{out::Out, plan_text, stops_text},
    session::{CloudChoice, Environment, Keep, Options, Refusal, Session},
    words::{again::Started, error_text, problem_text},
};

/// Does what the command line says, and tells what the program exits with. Whatever went wrong has been printed.
pub async fn run(cli: Cli) -> ExitCode {
    let mut shown = Shown::default();
    let came = Box::pin(dispatch(cli, &mut shown)).await;
    shown.all().await;
    Out::let_go();
    match came {
        Ok(code) => code,
        Err(refusal) => tell(&refusal),
    }
}

async fn dispatch(cli: Cli, shown: &mut Shown) -> Result<ExitCode, Refusal> {
    let global = cli.global;
    shown.log_to(global.log.as_deref())?;
    let Some(command) = cli.command else { return Box::pin(wizard::run(&global, None)).await };
    match command {
        Command::Plan(args) => work::plan(&session(&global, shown)?, &args).await,
        Command::Apply(args) => Box::pin(work::apply(&session(&global, shown)?, &args, started(&global))).await,
        Command::Resume(args) if wizard::wanted(&args) => Box::pin(wizard::run(&global, Some(args))).await,
        Command::Resume(args) => work::resume(&session(&global, shown)?, &args, started(&global)).await,
        Command::Undo(args) => work::undo(&session(&global, shown)?, &args, &started(&global)).await,
        Command::List(args) => Ok(setups::list(session(&global, shown)?.store(), &args)?),
        Command::Show(args) => Ok(setups::show(session(&global, shown)?.store(), &args, &started(&global))?),
        Command::Forget(args) => Ok(setups::forget(&session(&global, shown)?, &args).await?),
        Command::Report(args) => Ok(setups::report(session(&global, shown)?.store(), &args)?),
        Command::Explain(args) => Ok(explain::run(&args).await?),
        #[cfg(feature = "sim")]
        Command::Simulate(args) => Ok(simulate::run(&global, args).await?),
        #[cfg(feature = "sim")]
        Command::Demo(args) => Box::pin(demo::run(&global, args, shown)).await,
        #[cfg(not(feature = "sim"))]
        Command::Simulate(_) | Command::Demo(_) => {
            Err(Error::new(ProblemKind::Answers, "simulate: this crosspull was built without the simulator").into())
        }
    }
}

/// Opens a session as the global options say, and shows its requests where that is wanted.
fn session(global: &Global, shown: &mut Shown) -> Result<Session, Error> {
    let session = keeping(global, Session::open(options(global)?)?);
    if global.verbose {
        shown.show(session.requests());
    }
    Ok(session)
}

/// The session, with what the options say of the keychain.
fn keeping(global: &Global, session: Session) -> Session {
    let keep = match global.keychain {
        None => Keep::Unsaid,
        Some(YesNo::Yes) => Keep::InKeychain,
        Some(YesNo::No) => Keep::InMemory,
    };
    session.keeping_texts(keep, Keychain::of_system())
}

/// What the global options say of a session.
fn options(global: &Global) -> Result<Options, Error> {
    let cloud = match (&global.resource_manager, global.cloud) {
        (Some(url), _) => Some(CloudChoice::Custom(url.clone())),
        (None, Some(name)) => Some(CloudChoice::Known(name.into())),
        (None, None) => None,
    };
    let ca_pem = match &global.ca_file {
        Some(path) => Some(fs::read(path).map_err(|error| {
            Error::new(ProblemKind::Answers, format!("read the certificates in {}", path.display())).because(error)
        })?),
        None => None,
    };
    Ok(Options {
        cloud,
        ca_pem,
        data_dir: data_dir(global)?,
        pace: pace(global)?,
        environment: Environment::Process,
        accounts: Vec::new(),
        client_id: global.client_id,
    })
}

/// What another crosspull has to be started with to find the same setups and the same Azure.
fn started(global: &Global) -> Started {
    let whole = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string();
    let cloud = global.cloud.as_ref().and_then(word);
    let theme = Some(&global.screen.theme).filter(|theme| **theme != Theme::Auto).and_then(word);
    Started::default()
        .with("--resource-manager", global.resource_manager.as_ref())
        .with("--cloud", cloud)
        .with("--ca-file", global.ca_file.as_ref().map(whole))
        .with("--data-dir", global.data_dir.as_ref().map(whole))
        .with("--client-id", global.client_id)
        .with("--pace", global.pace)
        .with("--theme", theme)
        .with_flag("--ascii", global.screen.ascii)
        .with_flag("--mouse", global.screen.mouse)
        .on_a_shared_screen(global.screen.shared)
}

/// An option's value as it is typed.
fn word(value: &impl ValueEnum) -> Option<String> {
    Some(value.to_possible_value()?.get_name().to_owned())
}

/// The engine's windows are Azure's; only a simulator may be hurried.
fn pace(global: &Global) -> Result<Pace, Error> {
    let Some(faster) = global.pace else { return Ok(Pace::REAL) };
    let host = global.resource_manager.as_ref().and_then(url::Url::host_str);
    // Names under `.test` are reserved: no real service has one.
    if host.is_some_and(|host| paths::is_loopback(host) || host.rsplit('.').next() == Some("test")) {
        return Ok(Pace::faster(faster));
    }
    Err(Error::new(
        ProblemKind::Answers,
        "hurry: --pace is for a simulator, named by --resource-manager, on this machine or under a name in .test",
    ))
}

fn data_dir(global: &Global) -> Result<PathBuf, Error> {
    global.data_dir.clone().or_else(paths::default_data_dir).ok_or_else(|| {
        Error::new(
            ProblemKind::Local,
            "find a place for setups: this user has no home folder; name one with --data-dir",
        )
    })
}

/// Prints what went wrong, and says with what to exit.
fn tell(refusal: &Refusal) -> ExitCode {
    match refusal {
        Refusal::Findings(findings) => {
            Out::aside(&crate::plain::findings_text(findings));
            ExitCode::Refused
        }
        Refusal::Error(error) => {
            match &error.problem {
                Some(problem) => Out::aside(&problem_text(problem, None)),
                None => Out::aside(&error_text(&chain(error))),
            }
            error.exit_code()
        }
    }
}

/// The plan, as the output wants it; whether it can be done. What stops it is said once more where errors are looked for.
fn show_plan(plan: &crate::domain::Plan, out: Out) -> bool {
    out.text(&plan_text(plan));
    out.object(&serde_json::json!({ "event": "plan", "hash": plan.hash(), "plan": plan }));
    let stopped = plan.stops().next().is_some();
    if stopped {
        Out::aside(&stops_text(plan));
    }
    !stopped
}

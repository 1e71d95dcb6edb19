//! `list`, `show`, `forget` and `report`: what this machine knows, without asking anybody.

use crate::{
    cli::{ForgetArgs, ListArgs, ReportArgs, ShowArgs},
    domain::{SetupId, problem::ProblemKind},
    engine::{Journal, record::Outcome},
    error::{Error, ExitCode},
    plain::{out::Out, setups_json, setups_text, show_text},
    report::{Report, Summary},
    session::{Entry, Store},
};

pub(super) fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Connected => "connected",
        Outcome::TakenBack => "taken back",
    }
}

pub(super) fn list(store: &Store, args: &ListArgs) -> Result<ExitCode, Error> {
    let out = Out { json: args.json.json };
    let setups: Vec<Summary> = store.all()?.iter().map(summary).collect();
    for setup in setups_json(&setups) {
        out.object(&setup);
    }
    out.text(&setups_text(&setups));
    Ok(ExitCode::Done)
}

fn summary(entry: &Entry) -> Summary {
    match &entry.reading {
        Ok(reading) => Summary::of(&reading.progress),
        Err(error) => {
            let id = entry.folder.file_name().and_then(|name| name.to_str()?.parse().ok());
            Summary::unreadable(id.unwrap_or(SetupId(uuid::Uuid::nil())), error)
        }
    }
}

pub(super) fn show(store: &Store, args: &ShowArgs) -> Result<ExitCode, Error> {
    let out = Out { json: args.json.json };
    let entry = store.find(Some(&args.setup))?;
    let reading = entry.reading?;
    out.text(&show_text(&reading));
    let report = Report::of(&reading.progress, &reading.entries);
    out.object(&serde_json::to_value(&report).unwrap_or_default());
    Ok(ExitCode::Done)
}

pub(super) fn report(store: &Store, args: &ReportArgs) -> Result<ExitCode, Error> {
    let out = Out { json: args.json.json };
    let reading = store.find(Some(&args.setup))?.reading?;
    let report = Report::of(&reading.progress, &reading.entries);
    out.text(&report.to_markdown());
    out.object(&serde_json::to_value(&report).unwrap_or_default());
    Ok(ExitCode::Done)
}

/// A setup whose journal names objects that exist is the only one who knows that they belong together.
pub(super) async fn forget(store: &Store, args: &ForgetArgs) -> Result<ExitCode, Error> {
    let out = Out { json: false };
    let entry = store.find(Some(&args.setup))?;
    let journal = Journal::open(&entry.folder)?;
    let progress = journal.progress();
    if progress.closed() != Some(Outcome::TakenBack) && !progress.left_behind().is_empty() {
        let name = &entry.name;
        let what = if progress.cluster_touched() {
            format!(
                "forget {name}: its cluster has the app that it made. These records tell which key that is and what \
                 belongs together; the renewal needs them"
            )
        } else {
            let made: Vec<String> = progress.left_behind().iter().map(ToString::to_string).collect();
            format!(
                "forget {name}: what it made exists in the tenants ({}). `crosspull undo` takes that back first",
                made.join(", ")
            )
        };
        return Err(Error::new(ProblemKind::Answers, what));
    }
    if !args.yes.yes {
        let question = format!("Forget {}? Nothing is changed in Azure. [y/N]", entry.name);
        let yes = out.can_ask() && matches!(out.ask(&question).await.as_deref(), Some("y" | "Y" | "yes"));
        if !yes {
            let what = "forget it without your yes. Nothing was removed; --yes confirms it";
            return Err(Error::new(ProblemKind::Answers, what));
        }
    }
    journal.remove()?;
    out.text(&format!("{} is forgotten.", entry.name));
    Ok(ExitCode::Done)
}

//! `list`, `show`, `forget` and `report`: what this machine knows, without asking anybody.

use crate::{
    cli::{ForgetArgs, ListArgs, ReportArgs, ShowArgs},
    domain::{SetupId, problem::ProblemKind},
    engine::{Journal, record::Outcome},
    error::{Error, ExitCode},
    plain::{out::Out, setups_json, setups_text, show_text},
    report::{Report, Summary},
    session::{Entry, Session, Store, left_behind},
    words::again::Started,
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

pub(super) fn show(store: &Store, args: &ShowArgs, started: &Started) -> Result<ExitCode, Error> {
    let out = Out { json: args.json.json };
    let entry = store.find(Some(&args.setup))?;
    let reading = entry.reading?;
    out.text(&show_text(&reading, started));
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

pub(super) async fn forget(session: &Session, args: &ForgetArgs) -> Result<ExitCode, Error> {
    let out = Out { json: false };
    let entry = session.store().find(Some(&args.setup))?;
    let mut journal = Journal::open(&entry.folder)?;
    if let Some(what) = left_behind(journal.progress()) {
        return Err(Error::new(ProblemKind::Answers, format!("forget {}: {what}", entry.name)));
    }
    if !args.yes.yes {
        let question = format!("Forget {}? Nothing is changed in Azure. [y/N]", entry.name);
        let yes = out.can_ask() && matches!(out.ask(&question).await.as_deref(), Some("y" | "Y" | "yes"));
        if !yes {
            let what = "forget it without your yes. Nothing was removed; --yes confirms it";
            return Err(Error::new(ProblemKind::Answers, what));
        }
    }
    session.drop_texts(&mut journal).await?;
    journal.remove()?;
    out.text(&format!("{} is forgotten.", entry.name));
    Ok(ExitCode::Done)
}

//! `plan`, `apply`, `resume` and `undo`.

use std::time::Duration;

use super::show_plan;
use crate::{
    cli::{ApplyArgs, PlanArgs, ResumeArgs, RunArgs, UndoArgs, WAIT},
    domain::{Answers, SetupId, StepId, problem::ProblemKind},
    engine::{Event, Events, record::Outcome, run::Mode},
    error::{Error, ExitCode},
    plain::{
        WORDS, Waits,
        conversation::{Manner, carry},
        event_json,
        out::Out,
        record_line,
        sign_in::{self, SignIns},
        signals::Signals,
        while_looking,
    },
    session::{Refusal, Session},
    setup_file,
    tui::browser::Browser,
    words::{
        again::{Started, own_line},
        left_to_others,
    },
};

pub(super) async fn plan(session: &Session, args: &PlanArgs) -> Result<ExitCode, Refusal> {
    let out = Out { json: args.json.json };
    let asked = people(session, out, None);
    let answers = read(&args.file)?;
    let planning = Box::pin(while_looking(out, async |told| session.plan(SetupId::random(), &answers, told).await));
    let (_, plan) = asked.within(planning).await?;
    Ok(if show_plan(&plan, out) { ExitCode::Done } else { ExitCode::Refused })
}

pub(super) async fn apply(session: &Session, args: &ApplyArgs, started: Started) -> Result<ExitCode, Refusal> {
    let out = Out { json: args.json.json };
    let asked = people(session, out, args.run.wait);
    let mut signals = listen()?;
    let answers = read(&args.file)?;
    session.store().expect_free(&answers.name)?;
    let planning = Box::pin(while_looking(out, async |told| session.plan(SetupId::random(), &answers, told).await));
    let planned = tokio::select! {
        planned = asked.within(planning) => planned?,
        () = signals.next() => return Ok(ExitCode::Interrupted),
    };
    let (steps, plan) = planned;
    if !show_plan(&plan, out) {
        return Ok(ExitCode::Refused);
    }
    if !args.yes.yes {
        if !out.can_ask() {
            return Err(Error::new(
                ProblemKind::Answers,
                "ask for your yes, since this is no terminal. Nothing was changed; --yes confirms the plan",
            )
            .into());
        }
        let answer = tokio::select! {
            answer = out.ask("Do it? [y/N]") => answer,
            () = signals.next() => None,
        };
        if !matches!(answer.as_deref(), Some("y" | "Y" | "yes")) {
            out.text("Nothing was changed.");
            return Ok(ExitCode::Interrupted);
        }
    }
    let mut open = session.begin(&answers, &plan, steps)?;
    let manner = Manner { started, ..manner(&args.run, &answers, args.yes.yes, &asked) };
    Ok(carry(session, &mut open, Mode::Fresh, &manner, out, &mut signals).await?)
}

pub(super) async fn resume(session: &Session, args: &ResumeArgs, started: Started) -> Result<ExitCode, Refusal> {
    let out = Out { json: args.json.json };
    let asked = people(session, out, args.run.wait);
    let mut signals = listen()?;
    if let Some(image) = &args.image {
        session.take_image(args.setup.as_deref(), image)?;
    }
    let mut open = session.resume(args.setup.as_deref()).await?;
    let progress = open.journal.progress();
    if let Some(outcome) = progress.closed() {
        session.drop_texts(&mut open.journal).await?;
        out.text(&format!("There is nothing to do: this setup is {}.", super::setups::outcome_words(outcome)));
        return Ok(ExitCode::Done);
    }
    if progress.undoing() {
        let name = progress.answers().map(|answers| answers.name.clone()).unwrap_or_default();
        let what =
            format!("go on: this setup is being taken back; {} goes on with that", started.command("undo", &name));
        return Err(Error::new(ProblemKind::Answers, what).into());
    }
    let answers = progress
        .answers()
        .cloned()
        .ok_or_else(|| Error::new(ProblemKind::Local, "go on: the journal holds no answers"))?;
    let mut manner = manner(&args.run, &answers, args.yes.yes, &asked);
    manner.vouch = args.vouch.map(Into::into);
    manner.started = started;
    Ok(carry(session, &mut open, Mode::Resumed, &manner, out, &mut signals).await?)
}

fn manner(args: &RunArgs, answers: &Answers, yes: bool, asked: &SignIns) -> Manner {
    Manner {
        yes,
        confirm_nodes: args.confirm_nodes.clone(),
        wait: Duration::from_secs(args.wait_seconds(answers.registry.handed_over())),
        sign_ins: asked.patience.clone(),
        ..Manner::default()
    }
}

pub(super) async fn undo(session: &Session, args: &UndoArgs, started: &Started) -> Result<ExitCode, Refusal> {
    let out = Out { json: args.json.json };
    let asked = people(session, out, None);
    let mut signals = listen()?;
    let mut open = session.resume(Some(&args.setup)).await?;
    let progress = open.journal.progress().clone();
    let name = progress.answers().map_or_else(|| args.setup.clone(), |answers| answers.name.clone());
    if progress.closed() == Some(Outcome::TakenBack) {
        return Err(Error::new(ProblemKind::Answers, "take it back: it has been taken back already").into());
    }
    if progress.cluster_touched() {
        let what = "take it back: its cluster has the new app, or may have it. Going back would replace every node again, \
                    with a new secret on the old app; crosspull does not do that. Nothing was changed";
        return Err(Error::new(ProblemKind::Answers, what).into());
    }
    if !args.yes.yes {
        let steps: Vec<String> = progress.left_behind().iter().map(ToString::to_string).collect();
        out.text(&format!("To be taken back, in this order: {}.", steps.join(", ")));
        let yes = out.can_ask() && matches!(out.ask("Take it back? [y/N]").await.as_deref(), Some("y" | "Y" | "yes"));
        if !yes {
            let what = "take it back without your yes. Nothing was changed; --yes confirms it";
            return Err(Error::new(ProblemKind::Answers, what).into());
        }
    }
    let (events, mut happened, mut statuses) = Events::channel();
    let mut waits = Waits::default();
    let made_app = progress.plan().is_some_and(|plan| plan.has(StepId::Registration));
    let mut folded = progress;
    let mut hear = |event: &Event| {
        out.object(&event_json(event));
        if let Event::Recorded(entry) = event
            && folded.apply(entry).is_ok()
            && let Some(line) = record_line(entry, &folded)
        {
            out.line(&line, WORDS);
        }
    };
    let undoing = session.undo(&mut open, events);
    let nobody_came = asked.nobody_came();
    tokio::pin!(undoing, nobody_came);
    loop {
        tokio::select! {
            biased;
            Some(event) = happened.recv() => hear(&event),
            ended = &mut undoing => {
                while let Ok(event) = happened.try_recv() {
                    hear(&event);
                }
                ended?;
                if made_app {
                    out.text("The deleted app stays in the cluster tenant's recycle bin for 30 days.");
                }
                if let Some(left) = left_to_others(&folded) {
                    out.text(&left);
                }
                return Ok(ExitCode::Done);
            }
            Ok(()) = statuses.changed() => {
                // What happened came before what is waited for now.
                while let Ok(event) = happened.try_recv() {
                    hear(&event);
                }
                waits.tell(out, &statuses.borrow_and_update());
            }
            error = &mut nobody_came => return Err(error.into()),
            () = signals.next() => {
                out.text(&format!("Stopped. Go on with:\n{}", own_line(&started.command("undo", &name))));
                return Ok(ExitCode::Interrupted);
            }
        }
    }
}

/// People are asked to sign in for as long as what this gives is held.
fn people(session: &Session, out: Out, wait: Option<u64>) -> SignIns {
    let browser = Browser::of_process();
    let open = move |link| {
        let browser = browser.clone();
        Box::pin(async move { !browser.open(&link).await.failed() }) as futures::future::BoxFuture<'static, bool>
    };
    let wait = wait.map(Duration::from_secs);
    sign_in::ask(session.desk(), std::sync::Arc::new(open), out, wait, Duration::from_secs(WAIT))
}

fn read(path: &std::path::Path) -> Result<Answers, Error> {
    Ok(setup_file::read(path)?)
}

pub(super) fn listen() -> Result<Signals, Error> {
    Signals::listen().map_err(|error| Error::new(ProblemKind::Local, "listen for Ctrl-C").because(error))
}

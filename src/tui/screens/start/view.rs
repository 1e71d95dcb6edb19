//! How the first screen looks.

use time::OffsetDateTime;

use super::{Dialog, Model};
use crate::{
    domain::{Draft, StepId, Tenant},
    engine::{Progress, Stage, record::Outcome},
    report::Summary,
    tui::{
        model::{Dialog as Over, Model as Wizard},
        msg::Kept,
        screens::questions,
        time::ago,
        widgets::{
            capital,
            doc::{Doc, Tone},
            fit,
        },
    },
};

/// The width of names in the list.
const NAME: usize = 28;

/// What the screen says.
pub fn doc(model: &Model, wizard: &Wizard) -> Doc {
    let look = &wizard.look;
    let mut doc = Doc::default();
    doc.text(
        "Connects an AKS cluster of one company to a container registry of another, so that the cluster can pull \
         images. Nothing is changed before you have seen the plan and agreed to it.",
    );
    doc.blank();
    doc.choice(look, model.at == 0, "a new setup", "");
    match &model.kept {
        None => {}
        Some(kept) => {
            let list = |doc: &mut Doc, heading: &str, done: bool| {
                let these: Vec<(usize, &Kept)> =
                    kept.iter().enumerate().filter(|(_, one)| one.finished() == done).collect();
                if these.is_empty() {
                    return;
                }
                doc.blank();
                doc.heading(heading);
                for (at, one) in these {
                    let (name, about) = line(one, wizard.now);
                    let name = fit(&look.glyphs.clean(&name), NAME, look);
                    doc.choice(look, model.at == at + 1, &format!("{name:<NAME$}"), &about);
                }
            };
            list(&mut doc, "To go on with", false);
            list(&mut doc, "Finished", true);
        }
    }
    if model.opening {
        doc.blank();
        doc.dim("Opening it, and signing in to both sides …");
    }
    doc
}

/// A draft's name: its own, or what it is about so far.
pub(super) fn draft_name(draft: &Draft) -> String {
    draft
        .name
        .clone()
        .or_else(|| draft.cluster.resource.as_ref().map(|id| id.name().to_owned()))
        .or_else(|| draft.cluster.tenant.as_ref().map(Tenant::label))
        .unwrap_or_else(|| draft.setup.to_string())
}

fn line(kept: &Kept, now: OffsetDateTime) -> (String, String) {
    match kept {
        Kept::Draft(draft, changed) => {
            let open = if draft.answers().is_some() { "plan not confirmed" } else { "not all is answered" };
            (draft_name(draft), format!("{open}, {}", ago(*changed, now)))
        }
        Kept::Setup(summary, _) => {
            let when = summary.changed.map(|at| format!(", {}", ago(at, now))).unwrap_or_default();
            (summary.name.clone(), format!("{}{when}{}", summary.state.words(), between(summary)))
        }
    }
}

fn between(summary: &Summary) -> String {
    match (&summary.cluster, &summary.registry) {
        (Some(cluster), Some(registry)) => format!("  {cluster} to {registry}"),
        _ => String::new(),
    }
}

/// A setup opened to be read.
pub fn inspected(kept: &Kept, wizard: &Wizard) -> Over {
    let now = wizard.now;
    let mut doc = Doc::default();
    let title = match kept {
        Kept::Draft(draft, changed) => {
            doc.text("Nothing has been changed in Azure. These are the answers so far:");
            doc.blank();
            for (label, answer) in questions::answers_so_far(draft) {
                doc.field(label, 14, &answer);
            }
            doc.blank();
            doc.field("last answer", 14, &ago(*changed, now));
            draft_name(draft)
        }
        Kept::Setup(summary, Some(progress)) => {
            steps(&mut doc, summary, progress, now);
            way_back(&mut doc, progress, &summary.name, wizard);
            summary.name.clone()
        }
        Kept::Setup(summary, None) => {
            doc.text("Its records cannot be read:");
            doc.text(summary.problem.as_deref().unwrap_or("no reason is known"));
            summary.name.clone()
        }
    };
    Over::Text { title, doc, scroll: 0, copy: None }
}

/// How what was made is taken back: the command line does that, and only while the cluster is as it was.
pub(in crate::tui::screens) fn way_back(doc: &mut Doc, progress: &Progress, name: &str, wizard: &Wizard) {
    let nothing = progress.cluster_touched() || progress.left_behind().is_empty();
    if wizard.demo.is_some() || nothing || progress.closed() == Some(Outcome::TakenBack) {
        return;
    }
    let before = if progress.undoing() {
        "It is being taken back. To go on with that, in a shell:"
    } else {
        "To take back what was made, in a shell:"
    };
    doc.blank();
    doc.command(before, &wizard.started.command("undo", name), &wizard.started.in_short("undo", name));
}

/// Where a setup stands, step by step.
fn steps(doc: &mut Doc, summary: &Summary, progress: &Progress, now: OffsetDateTime) {
    doc.field("state", 14, summary.state.words());
    if let (Some(cluster), Some(registry)) = (&summary.cluster, &summary.registry) {
        doc.field("connects", 14, &format!("{cluster} to {registry}"));
    }
    if let Some(changed) = summary.changed {
        doc.field("last change", 14, &ago(changed, now));
    }
    doc.blank();
    for (step, stage) in progress.steps() {
        let done = || progress.done_at(step).map(|at| format!("done, {}", ago(at, now)));
        let (word, tone) = match &stage {
            Stage::Due => ("not begun".to_owned(), Tone::Dim),
            Stage::Intended { .. } => ("begun".to_owned(), Tone::Text),
            Stage::Applied if step == StepId::ClusterUpdate => ("Azure was replacing the nodes".to_owned(), Tone::Text),
            Stage::Applied => ("waits until it shows".to_owned(), Tone::Text),
            Stage::Done => (done().unwrap_or_else(|| "done".to_owned()), Tone::Good),
            Stage::Failed { problem, .. } => (format!("FAILED: {}", problem.message), Tone::Bad),
            Stage::Lost => ("was done, and is gone".to_owned(), Tone::Warn),
            Stage::Undoing => ("being taken back".to_owned(), Tone::Text),
            Stage::Undone => ("taken back".to_owned(), Tone::Dim),
        };
        doc.field_toned(step.name(), 16, &word, tone);
    }
}

/// What is asked before records are removed.
pub fn forget_doc(dialog: &Dialog) -> Doc {
    let Dialog::Forget { name, draft, left_behind, .. } = dialog;
    let mut doc = Doc::default();
    if let Some(what) = left_behind {
        doc.toned(Tone::Warn, &format!("{name} cannot be forgotten."));
        doc.text(&format!("{}.", capital(what)));
    } else {
        let what = if *draft { "the answers for" } else { "the records of" };
        doc.text(&format!("This removes {what} {name} from this machine. Nothing is changed in Azure."));
    }
    doc
}

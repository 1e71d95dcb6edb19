//! The setups of this machine, and one of them.

use super::plan::tenant;
use crate::{
    engine::journal::Reading,
    report::{KeyState, Report, State, Summary},
    words::{
        again::{Started, own_line},
        layout::{clean, day, field, minute, paragraph, push_line},
        left_to_others, problem_text, taken_back,
    },
};

const LABEL: usize = 17;

/// The setups, one after the other; the newest change first.
pub fn setups_text(setups: &[Summary]) -> String {
    if setups.is_empty() {
        return "There are no setups on this machine.\n".to_owned();
    }
    let mut sorted: Vec<&Summary> = setups.iter().collect();
    sorted.sort_by_key(|setup| std::cmp::Reverse(setup.changed));
    let mut out = String::new();
    for setup in sorted {
        let changed = setup.changed.map(|at| format!("{} UTC", minute(at))).unwrap_or_default();
        push_line(&mut out, &format!("{:<34}  {:<18}  {changed}", clean(&setup.name), setup.state.words()));
        if let (Some(cluster), Some(registry)) = (&setup.cluster, &setup.registry) {
            paragraph(&mut out, "  ", &format!("{cluster} to {registry}"));
        }
        if let Some(problem) = &setup.problem {
            paragraph(&mut out, "  ", problem);
        }
        let id = setup.setup.to_string();
        if setup.name != id {
            push_line(&mut out, &format!("  {id}"));
        }
    }
    out
}

/// One setup: what is done, what waits, what failed, and how to go on.
pub fn show_text(reading: &Reading, started: &Started) -> String {
    let progress = &reading.progress;
    let report = Report::of(progress, &reading.entries);
    let mut out = String::new();
    push_line(&mut out, &format!("{}  {}", clean(&report.name), report.state.words()));
    push_line(&mut out, "");
    let rows = [
        ("setup", Some(report.setup.to_string())),
        ("cluster tenant", report.cluster_tenant.as_ref().map(tenant)),
        ("registry tenant", report.registry_tenant.as_ref().map(tenant)),
        ("", report.handed_over.then(|| "handed over to its own admin".to_owned())),
        ("cluster", report.cluster.as_ref().map(ToString::to_string)),
        ("registry", report.login_server.as_ref().map(ToString::to_string)),
        ("image", report.image.as_ref().map(ToString::to_string)),
        ("digest", report.digest.as_ref().map(ToString::to_string)),
        ("app", report.app_id.as_ref().map(ToString::to_string)),
        ("begun", report.started.map(|at| format!("{} UTC", minute(at)))),
        ("last change", report.changed.map(|at| format!("{} UTC", minute(at)))),
        ("renew by", report.renewal.as_ref().map(|renewal| day(renewal.by))),
    ];
    for (label, value) in rows {
        if let Some(value) = value {
            field(&mut out, label, LABEL, &value);
        }
    }
    steps(&mut out, &report);
    if !report.keys.is_empty() {
        push_line(&mut out, "");
        for key in &report.keys {
            let state = match key.state {
                KeyState::Made => "not used yet",
                KeyState::SentToCluster => "in the cluster",
                KeyState::GivenToPerson => "given to a person",
                KeyState::Unusable => "never used",
                KeyState::Removed => "removed",
            };
            push_line(&mut out, &format!("key {}  {:<8} until {}  {state}", key.id, key.purpose, day(key.ends)));
        }
    }
    if !report.not_proven.is_empty() && report.state == State::Connected {
        push_line(&mut out, "");
        for line in &report.not_proven {
            field(&mut out, "not proven", LABEL, line);
        }
    }
    for (step, problem) in progress.failed() {
        push_line(&mut out, "");
        out.push_str(&problem_text(&problem, Some(step)));
    }
    push_line(&mut out, "");
    if report.state == State::TakenBack {
        paragraph(&mut out, "", &format!("Taken back: {}.", taken_back(progress)));
        if let Some(left) = left_to_others(progress) {
            paragraph(&mut out, "", &left);
        }
    }
    let (what, command) = next(&report, started);
    paragraph(&mut out, "", what);
    if let Some(command) = command {
        push_line(&mut out, &own_line(&command));
    }
    out
}

fn steps(out: &mut String, report: &Report) {
    if report.steps.is_empty() {
        return;
    }
    push_line(out, "");
    for (at, step) in report.steps.iter().enumerate() {
        let when = match (step.done, step.began) {
            (Some(done), _) => format!("{} UTC", minute(done)),
            (None, Some(began)) => format!("since {} UTC", minute(began)),
            (None, None) => String::new(),
        };
        push_line(out, &format!("{:>3}  {:<14}  {:<16}  {when}", at + 1, step.step.name(), step.stage));
    }
}

/// How to go on: what comes next, and the command for it.
fn next(report: &Report, started: &Started) -> (&'static str, Option<String>) {
    let resume = |more: &str| started.resume(&report.name, more);
    let command = |command: &str| started.command(command, &report.name);
    let (what, command) = match report.state {
        State::Answered | State::Planned => ("Nothing has been changed yet. Go on:", resume("")),
        State::UnderWay => ("Go on:", resume("")),
        State::WaitingForPerson => ("Look whether they have done it:", resume("")),
        State::WaitingForNodes => {
            let cluster = report.cluster.as_ref().map(|id| id.name().to_owned()).unwrap_or_default();
            ("Agree that every node is replaced, and go on:", resume(&format!(" --confirm-nodes {cluster}")))
        }
        State::Failed => ("Mend what is named above, then:", resume("")),
        State::TakingBack => ("Go on taking it back:", command("undo")),
        State::Connected => ("What was done, to keep for both companies:", command("report")),
        State::TakenBack => ("Remove its records:", command("forget")),
        State::Unreadable => return ("Its journal cannot be read.", None),
    };
    (what, Some(command))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::SetupId,
        engine::{Journal, Record, journal},
        sample,
    };

    /// As it is read from a folder; its times are those of the test run.
    fn shown(records: Vec<Record>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::create(folder.path(), SetupId(sample::uuid(3))).unwrap();
        for record in records.into_iter().skip(1) {
            journal.append(record).unwrap();
        }
        show_text(&journal::read(journal.folder()).unwrap(), &Started::default())
    }

    fn filtered(text: &str) -> String {
        text.lines()
            .map(|line| match line.rfind(" UTC") {
                // `2026-11-23 14:02` has a fixed width.
                Some(at) if at >= 16 => format!("{}(time){}", &line[..at - 16], &line[at..]),
                _ => line.to_owned(),
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_connected_setup_is_shown_whole() {
        insta::assert_snapshot!(filtered(&shown(sample::connected())), @"
        new-shop  connected

        setup            33333333-3333-4333-8333-333333333333
        cluster tenant   Contoso, contoso.example, 66666666-6666-4666-8666-666666666666
        registry tenant  Fabrikam, fabrikam.example,
                         77777777-7777-4777-8777-777777777777
        cluster          /subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod
        registry         fabrikamimages.azurecr.io
        image            shop/web:1.4
        digest           sha256:abababababababababababababababababababababababababababababababab
        app              55555555-5555-4555-8555-555555555555
        begun            (time) UTC
        last change      (time) UTC
        renew by         2027-10-24

          1  registration    done              (time) UTC
          2  identity        done              (time) UTC
          3  carry over      done              (time) UTC
          4  consent         done              (time) UTC
          5  registry role   done              (time) UTC
          6  secret          done              (time) UTC
          7  probe           done              (time) UTC
          8  cluster update  done              (time) UTC
          9  proof           done              (time) UTC
         10  sweep           done              (time) UTC

        key 11111111-1111-4111-8111-111111111111  cluster  until 2027-11-23  in the cluster

        not proven       Pool web (6 nodes): access proven, nodes not proven: run
                         command is switched off.

        What was done, to keep for both companies:
          crosspull report new-shop
        ");
    }

    #[test]
    fn a_failed_setup_shows_its_problem_and_the_way_on() {
        let text = shown(sample::failed());
        assert!(text.contains("registry role   failed"), "{text}");
        assert!(
            text.contains("CP-405") && text.ends_with("Mend what is named above, then:\n  crosspull resume new-shop\n")
        );
    }

    #[test]
    fn setups_are_listed_newest_first_and_the_unreadable_ones_too() {
        let mut setups = vec![];
        for (records, minutes) in [(sample::connected(), 0), (sample::failed(), 90)] {
            let entries = sample::entries(records);
            let mut summary = Summary::of(&sample::fold(&entries));
            summary.changed = summary.changed.map(|at| at + time::Duration::minutes(minutes));
            setups.push(summary);
        }
        let broken = crate::engine::JournalError::Broken { path: "/setups/x/journal.jsonl".into() };
        setups.push(Summary::unreadable(SetupId(sample::uuid(9)), &broken));
        insta::assert_snapshot!(setups_text(&setups), @"
        new-shop                            FAILED              2026-11-23 14:46 UTC
          shop-prod to fabrikamimages.azurecr.io
          33333333-3333-4333-8333-333333333333
        new-shop                            connected           2026-11-23 13:38 UTC
          shop-prod to fabrikamimages.azurecr.io
          33333333-3333-4333-8333-333333333333
        99999999-9999-4999-8999-999999999999  UNREADABLE
          the journal cannot be written any more since an earlier write failed
          (/setups/x/journal.jsonl)
        ");
        assert_eq!(setups_text(&[]), "There are no setups on this machine.\n");
    }
}

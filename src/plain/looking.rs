//! What is found while a plan is being made, as it is found: lines for a person at a terminal, events for programs.

use std::{pin::pin, time::Duration};

use serde_json::{Value, json};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use super::out::Out;
use crate::{
    domain::{Finding, Looking, Subject},
    words::layout::{paragraph, push_line},
};

/// After so long a silence it is said what is waited for.
const SILENCE: Duration = Duration::from_secs(5);

/// Has a plan made, and tells what is found meanwhile.
pub async fn while_looking<T>(out: Out, plan: impl AsyncFnOnce(&watch::Sender<Looking>) -> T) -> T {
    let (told, mut seen) = watch::channel(Looking::default());
    let begun = Instant::now();
    let mut planning = pin!(plan(&told));
    let (mut heard, mut patience) = (0, begun + SILENCE);
    if out.watched() {
        out.text("Looking at both sides. Nothing is changed by looking.");
    }
    loop {
        tokio::select! {
            biased;
            Ok(()) = seen.changed() => {
                heard = tell(out, &seen.borrow_and_update(), heard);
                patience = Instant::now() + SILENCE;
            }
            planned = &mut planning => {
                tell(out, &seen.borrow(), heard);
                if out.watched() {
                    out.text("");
                }
                return planned;
            }
            () = sleep_until(patience), if out.watched() => {
                // Whoever is asked for something knows what is waited for.
                if !Out::is_held() {
                    out.line(&waiting_text(&seen.borrow(), begun.elapsed()), 2);
                }
                patience = Instant::now() + SILENCE * 2;
            }
        }
    }
}

/// Tells what is new; the answer is how much has been told.
fn tell(out: Out, looking: &Looking, heard: usize) -> usize {
    let mut all = 0;
    for (at, (subject, findings)) in looking.done().enumerate() {
        all = at + 1;
        if at < heard {
            continue;
        }
        if out.watched() {
            out.text(&looked_text(subject, findings, looking.looked_at(subject)));
        }
        for finding in findings {
            out.object(&finding_json(subject, finding));
        }
    }
    all
}

fn looked_text(subject: Subject, findings: &[Finding], looked_at: bool) -> String {
    let mut text = String::new();
    let result = match (findings.is_empty(), looked_at) {
        (true, true) => "ok",
        (true, false) => "not looked at: handed over",
        (false, _) => "",
    };
    push_line(&mut text, format!("  {subject:<42}{result}").trim_end());
    for finding in findings {
        let severity = finding.severity.to_string().to_uppercase();
        paragraph(&mut text, &format!("    {severity:<8} {}  ", finding.code), &finding.found);
    }
    text
}

fn waiting_text(looking: &Looking, since: Duration) -> String {
    let waiting: Vec<String> = looking.waiting().map(|subject| subject.to_string()).collect();
    let what = if waiting.is_empty() { "the plan".to_owned() } else { waiting.join(", ") };
    format!("  still waiting, for {} s by now: {what}", since.as_secs())
}

fn finding_json(subject: Subject, finding: &Finding) -> Value {
    json!({ "event": "finding", "subject": subject, "finding": finding })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    fn stop() -> Finding {
        crate::catalogue::entry("CP-102").unwrap().finding(Severity::Stop, "shop-prod is stopped".to_owned(), &[])
    }

    #[test]
    fn each_subject_is_told_with_what_was_found() {
        let said = looked_text(Subject::Cluster, &[stop()], true) + &looked_text(Subject::Rules, &[], true);
        insta::assert_snapshot!(said, @r"
          the cluster and your rights on it
            STOP     CP-102  shop-prod is stopped
          the tenants' rules for apps               ok
        ");
    }

    #[test]
    fn a_silence_says_what_is_waited_for() {
        let mut looking = Looking::default();
        for subject in Subject::ALL.into_iter().filter(|one| !matches!(one, Subject::Tenants | Subject::Registry)) {
            looking.seen(subject, Vec::new());
        }
        let said = waiting_text(&looking, Duration::from_secs(12));
        assert_eq!(said, "  still waiting, for 12 s by now: both tenants, the registry and your rights on it");
    }

    #[test]
    fn programs_are_told_each_finding_once() {
        let line = finding_json(Subject::PresentApp, &stop());
        assert_eq!((&line["event"], &line["subject"]), (&json!("finding"), &json!("present-app")));
        assert_eq!((&line["finding"]["code"], &line["finding"]["severity"]), (&json!("CP-102"), &json!("stop")));
        let mut looking = Looking::default();
        looking.seen(Subject::Cluster, vec![stop()]);
        let quiet = Out { json: false };
        assert_eq!(tell(quiet, &looking, 0), 1);
        assert_eq!(tell(quiet, &looking, 1), 1);
    }
}

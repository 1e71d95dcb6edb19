//! What happens, a line each.

use crate::{
    catalogue,
    domain::{StepId, key::Delivery, problem::ProblemKind},
    engine::{Entry, Progress, Record, Stage, record::Outcome},
    words::{
        layout::{clean, clock},
        other_operator, output_words,
        problem::said,
        taken_back, text_refused, text_stays,
    },
};

/// Where the words of a line begin, behind the time and the step.
pub const WORDS: usize = 26;

/// How a record reads in the running account of a setup; `None` where a person has no use for it. `progress` has the
/// record in it already.
pub fn record_line(entry: &Entry, progress: &Progress) -> Option<String> {
    let (subject, what) = words(&entry.record, progress)?;
    Some(clean(format!("{}  {subject:<14}  {what}", clock(entry.at)).trim_end()))
}

fn words(record: &Record, progress: &Progress) -> Option<(String, String)> {
    let step = |step: &StepId, what: String| Some((step.to_string(), what));
    match record {
        Record::Opened { setup, .. } => Some(("setup".to_owned(), format!("opened: {setup}"))),
        Record::Planned { plan } => Some(("plan".to_owned(), format!("made: {} steps", plan.lines.len()))),
        Record::Confirmed { .. } => Some(("plan".to_owned(), "confirmed".to_owned())),
        Record::NodesConfirmed { .. } => step(&StepId::ClusterUpdate, "confirmed: every node is replaced".to_owned()),
        Record::Intent { step: begun, .. } => {
            let again = matches!(progress.stage(*begun), Stage::Intended { attempt, .. } if attempt > 1);
            step(begun, if again { "begins again" } else { "begins" }.to_owned())
        }
        Record::Applied { step: StepId::ClusterUpdate, .. } => {
            step(&StepId::ClusterUpdate, "taken by Azure; nodes are being replaced".to_owned())
        }
        Record::Answered { .. }
        | Record::Applied { .. }
        | Record::Withdrawn { .. }
        | Record::Delivered { how: Delivery::Cluster, .. } => None,
        Record::SignedIn { side, .. } => {
            let (now, before) = (progress.operator(*side)?, progress.replaced(*side)?);
            Some(("account".to_owned(), other_operator(*side, now, before)))
        }
        Record::NotTaken { key } => {
            Some(("key".to_owned(), format!("{key} was not taken: the reset was refused, and no node has it")))
        }
        Record::Done { step: done, output } => {
            let output = output.as_deref().or_else(|| progress.facts().output(*done));
            let detail = output.map(output_words).filter(|detail| !detail.is_empty());
            step(done, detail.map_or_else(|| "done".to_owned(), |detail| format!("done: {detail}")))
        }
        Record::Failed { step: failed, problem, .. } if problem.kind == ProblemKind::Waiting => {
            step(failed, problem.message.clone())
        }
        Record::Failed { step: failed, problem, .. } => {
            let code = catalogue::explain(problem, Some(*failed)).map(|entry| format!("{}  ", entry.code));
            step(failed, format!("FAILED  {}{}", code.unwrap_or_default(), said(problem)))
        }
        Record::Lost { step: lost } => step(lost, "is not there any more; it is done again".to_owned()),
        Record::Vouched { step: vouched } => step(vouched, "said to be done by the other company's admin".to_owned()),
        Record::Delivered { key, how: Delivery::Person } => {
            Some(("key".to_owned(), format!("{key} given to a person")))
        }
        Record::TextLost { key } => {
            Some(("key".to_owned(), format!("{key}: the process that held its secret has ended")))
        }
        Record::TextKept { key } => Some((
            "key".to_owned(),
            format!("{key}: its secret goes to this machine's keychain until it is not needed"),
        )),
        Record::TextRefused { key, why } => Some(("key".to_owned(), format!("{key}: {}", text_refused(why)))),
        Record::TextStays { key, why } => Some(("key".to_owned(), format!("{key}: {}", text_stays(why)))),
        Record::TextDropped { key } => {
            Some(("key".to_owned(), format!("{key}: its secret was removed from this machine's keychain")))
        }
        Record::KeyRemoved { key } => Some(("key".to_owned(), format!("{key} removed: nobody can be using it"))),
        Record::UndoIntent { step: back } => step(back, "is being taken back".to_owned()),
        Record::Undone { step: back } => step(back, "taken back".to_owned()),
        Record::Closed { outcome: Outcome::Connected } => {
            Some(("setup".to_owned(), "connected: the cluster can pull".to_owned()))
        }
        Record::Closed { outcome: Outcome::TakenBack } => {
            Some(("setup".to_owned(), format!("taken back: {}", taken_back(progress))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn account(records: Vec<Record>) -> String {
        let entries = sample::entries(records);
        let lines =
            (1..=entries.len()).filter_map(|end| record_line(&entries[end - 1], &sample::fold(&entries[..end])));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_setup_that_goes_well_reads_from_top_to_bottom() {
        insta::assert_snapshot!(account(sample::connected()), @"
        13:02:11  setup           opened: 33333333-3333-4333-8333-333333333333
        13:04:11  plan            made: 10 steps
        13:05:11  plan            confirmed
        13:06:11  registration    begins
        13:08:11  registration    done: app 55555555-5555-4555-8555-555555555555
        13:09:11  identity        begins
        13:11:11  identity        done: the app's object 66666666-6666-4666-8666-666666666666
        13:12:11  carry over      begins
        13:14:11  carry over      done: 1 role
        13:15:11  consent         begins
        13:17:11  consent         done: the app's object 77777777-7777-4777-8777-777777777777
        13:18:11  registry role   begins
        13:20:11  registry role   done: AcrPull
        13:21:11  secret          begins
        13:23:11  secret          done: key 11111111-1111-4111-8111-111111111111 until 2027-11-23
        13:24:11  probe           begins
        13:26:11  probe           done: fabrikamimages.azurecr.io/shop/web:1.4
        13:27:11  cluster update  confirmed: every node is replaced
        13:28:11  cluster update  begins
        13:30:11  cluster update  taken by Azure; nodes are being replaced
        13:31:11  cluster update  done: every node has the new credential
        13:32:11  proof           begins
        13:34:11  proof           done: fabrikamimages.azurecr.io/shop/web:1.4; nodes of 1 of 2 pools
        13:35:11  sweep           begins
        13:37:11  sweep           done: no key had to go, 0 kept
        13:38:11  setup           connected: the cluster can pull
        ");
    }

    #[test]
    fn a_failure_is_one_line_with_its_code() {
        let account = account(sample::failed());
        let line = account.lines().last().unwrap();
        assert!(line.starts_with("13:16:11  registry role   FAILED  CP-405  403 AuthorizationFailed: "), "{line}");
    }
}

//! What steps wait for, a line each: told when it begins, and again when something new is known of it.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::{json::status_json, out::Out, progress::WORDS};
use crate::{
    domain::StepId,
    engine::{
        event::{Doing, Status, Statuses},
        wait,
    },
    words::{
        doing_words,
        layout::{clean, clock},
    },
};

/// What was told of the waits so far.
#[derive(Debug, Default)]
pub struct Waits {
    told: Told,
    before: Statuses,
}

impl Waits {
    /// Tells what is new.
    pub fn tell(&mut self, out: Out, now: &Statuses) {
        for (step, status) in now {
            if self.before.get(step).is_none_or(|old| old.doing != status.doing || old.said != status.said) {
                out.object(&status_json(*step, status));
            }
            let at = wait::now();
            if self.told.worth_telling(*step, status, at) {
                out.line(&status_line(*step, status, at), WORDS);
            }
        }
        self.before.clone_from(now);
    }
}

/// The next look is worth a word only where it is some way off.
const SOON: time::Duration = time::Duration::seconds(5);

/// What a step is doing now: for what it waits, since when, and when the next look is, where that takes a while.
fn status_line(step: StepId, status: &Status, now: OffsetDateTime) -> String {
    let doing = doing_words(status.doing, &status.what);
    let mut line = format!("{}  {:<14}  {doing}", clock(now), step.name());
    if now - status.since > SOON {
        line = format!("{line}, since {}", clock(status.since));
    }
    if let Some(said) = status.said.as_deref().filter(|said| !said.is_empty()) {
        line = format!("{line} ({said})");
    }
    if let Some(next) = status.next_look.filter(|next| *next - now > SOON) {
        line = format!("{line}; next look {}", clock(next));
    }
    clean(&line)
}

/// Which waits were told, so that each is told once when it begins, and again only when its answer has changed and some
/// time has passed. A step may wait for several things at once, and its status shows one of them at a time.
#[derive(Debug, Default)]
struct Told(HashMap<(StepId, Doing, String), (OffsetDateTime, Option<String>)>);

/// The least time between two lines of one wait.
const QUIET: time::Duration = time::Duration::seconds(20);

/// The longest, while it is looked again and again: pipelines end what says nothing.
const SILENCE: time::Duration = time::Duration::minutes(5);

impl Told {
    /// Whether this is worth a line now; if so, it counts as told.
    fn worth_telling(&mut self, step: StepId, status: &Status, now: OffsetDateTime) -> bool {
        if status.doing == Doing::Running {
            return false;
        }
        let wait = (step, status.doing, status.what.clone());
        let worth = self.0.get(&wait).is_none_or(|(at, said)| {
            let least = if *said == status.said { SILENCE } else { QUIET };
            now - *at >= least
        });
        if worth {
            self.0.insert(wait, (now, status.said.clone()));
        }
        worth
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn waiting(said: &str) -> Status {
        Status {
            doing: Doing::Person,
            what: "an admin of Fabrikam to accept the app".to_owned(),
            said: Some(said.to_owned()),
            since: sample::BEGIN,
            next_look: Some(sample::BEGIN + time::Duration::seconds(4)),
        }
    }

    #[test]
    fn a_wait_says_for_what_since_when_and_when_it_looks_again() {
        let mut status = waiting("AADSTS700016");
        insta::assert_snapshot!(status_line(StepId::Consent, &status, sample::BEGIN), @"13:02:11  consent         waits for a person: an admin of Fabrikam to accept the app (AADSTS700016)");
        let later = sample::BEGIN + time::Duration::minutes(3);
        status.next_look = Some(later + time::Duration::seconds(40));
        insta::assert_snapshot!(status_line(StepId::Consent, &status, later), @"13:05:11  consent         waits for a person: an admin of Fabrikam to accept the app, since 13:02:11 (AADSTS700016); next look 13:05:51");
    }

    #[test]
    fn a_wait_is_told_once_until_its_answer_changes() {
        let (mut told, at) = (Told::default(), sample::BEGIN);
        let seconds = time::Duration::seconds;
        assert!(told.worth_telling(StepId::Consent, &waiting("not there"), at));
        assert!(!told.worth_telling(StepId::Consent, &waiting("not there"), at + seconds(290)), "nothing is new");
        assert!(!told.worth_telling(StepId::Consent, &waiting("no answer"), at + seconds(2)), "too soon");
        assert!(told.worth_telling(StepId::Consent, &waiting("no answer"), at + seconds(30)));
        assert!(told.worth_telling(StepId::RegistryRole, &waiting("no answer"), at + seconds(30)), "another step");
        let other = Status { what: "Graph".to_owned(), ..waiting("not there") };
        assert!(told.worth_telling(StepId::Consent, &other, at), "another wait");
        assert!(!told.worth_telling(StepId::Consent, &waiting("no answer"), at + seconds(31)), "and back");
        assert!(told.worth_telling(StepId::Consent, &waiting("no answer"), at + seconds(330)), "still there");
        let running = Status { doing: Doing::Running, ..other };
        assert!(!told.worth_telling(StepId::Consent, &running, at + seconds(90)));
    }
}

//! Faults on demand: rules that make an operation fail on its nth call.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::service::Service;

/// One rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Rule {
    /// An operation's name, a part of it up to a dot (`graph.application`), or `*`.
    pub operation: String,
    /// Only from this call on, counted from when the rule was set, the first being 1.
    #[serde(default)]
    pub nth: Option<u32>,
    /// How often it strikes.
    #[serde(default = "once")]
    pub times: u32,
    #[serde(flatten)]
    pub action: Action,
}

/// What happens instead of the answer, or to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// Closes the connection; nothing is done.
    DropBefore,
    /// Does the work and closes the connection without an answer.
    DropAfter,
    /// Closes the connection, and does the work so much later: a request that outlives who sent it.
    Late { delay_ms: u64 },
    /// Waits, then answers as usual.
    Delay { delay_ms: u64 },
    /// Closes the connection, and does so with the next requests to the service and with whoever connects to it anew, so many
    /// times: it cannot be reached. Nothing is done.
    Refuse { times_more: u32 },
    /// Does the work, and waits before it answers.
    DelayAfter { delay_ms: u64 },
    /// Answers with a status; nothing is done.
    Status(StatusFault),
    /// Does the work, and answers with a status all the same, as a gateway does that has lost patience.
    StatusAfter(StatusFault),
    /// Refuses what carries a certain field, and quotes it; nothing is done.
    Quote(QuoteFault),
    /// Does the work and sends half the body.
    TruncateBody,
    /// Does the work and sends half the body as if it were the whole.
    HalfBody,
    /// Does the work and sends no body.
    EmptyBody,
    /// Does the work; where it can be watched is said to be at another address.
    MoveOperation { to: String },
    /// Answers 307; nothing is done.
    RedirectTo { redirect_to: String },
}

impl Action {
    /// Whether the answer is not the one that Azure would give.
    pub(super) fn answers_otherwise(&self) -> bool {
        matches!(
            self,
            Self::Status(_)
                | Self::RedirectTo { .. }
                | Self::StatusAfter(_)
                | Self::HalfBody
                | Self::EmptyBody
                | Self::MoveOperation { .. }
        )
    }
}

/// The answer of a rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StatusFault {
    pub status: u16,
    /// The error's code; the service's own form is built around it.
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    /// `Retry-After`, as sent.
    #[serde(default)]
    pub retry_after: Option<String>,
    /// A whole body, instead of code and message.
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub content_type: Option<String>,
}

/// What a refusal quotes, as careless services do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QuoteFault {
    /// The field: of the form, of the body's JSON, or a header.
    pub field: String,
    /// In the title of a page instead of the service's own words.
    #[serde(default)]
    pub page: bool,
}

fn once() -> u32 {
    1
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    seen: u32,
    struck: u32,
}

/// The rules in force, shared.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Armed>>>,
    /// Services that cannot be reached, with how often that is still so.
    unreachable: Arc<Mutex<HashMap<Service, u32>>>,
}

impl Faults {
    /// Sets a rule; calls are counted from now.
    pub fn add(&self, rule: Rule) {
        self.lock().push(Armed { rule, seen: 0, struck: 0 });
    }

    /// Takes all rules back.
    pub fn clear(&self) {
        self.lock().clear();
        self.unreachable().clear();
    }

    /// The rules, with how often each has struck.
    pub fn list(&self) -> Vec<(Rule, u32)> {
        self.lock().iter().map(|armed| (armed.rule.clone(), armed.struck)).collect()
    }

    /// Counts a call of an operation, and says what befalls it: the first rule set that strikes wins.
    pub(super) fn next(&self, operation: &str) -> Option<Action> {
        let mut rules = self.lock();
        let mut action = None;
        for armed in rules.iter_mut().filter(|armed| armed.rule.names(operation)) {
            armed.seen += 1;
            if action.is_none() && armed.seen >= armed.rule.nth.unwrap_or(1) && armed.struck < armed.rule.times {
                armed.struck += 1;
                action = Some(armed.rule.action.clone());
            }
        }
        action
    }

    /// A service cannot be reached, so many times.
    pub(super) fn shut(&self, service: Service, times: u32) {
        self.unreachable().insert(service, times);
    }

    /// Somebody tries to reach a service: whether that fails.
    pub(super) fn refuses(&self, service: Service) -> bool {
        match self.unreachable().get_mut(&service) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    fn unreachable(&self) -> MutexGuard<'_, HashMap<Service, u32>> {
        self.unreachable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    /// A rule that strikes once, at the first call.
    pub fn new(operation: impl Into<String>, action: Action) -> Self {
        Self { operation: operation.into(), nth: None, times: 1, action }
    }

    /// Strikes from the nth call on.
    #[must_use]
    pub fn nth(mut self, nth: u32) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Strikes that often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn names(&self, operation: &str) -> bool {
        self.operation == "*"
            || operation
                .strip_prefix(self.operation.trim_end_matches(['.', '*']))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || self.operation.ends_with(['.', '*']))
    }
}

/// How often each operation was called, by name: for tests that look for the nth.
pub fn counts<'a>(operations: impl Iterator<Item = &'a str>) -> HashMap<&'a str, u32> {
    operations.fold(HashMap::new(), |mut counts, operation| {
        *counts.entry(operation).or_default() += 1;
        counts
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strikes_on_the_nth_call_and_as_often_as_told() {
        let faults = Faults::default();
        faults.add(Rule::new("graph.application", Action::DropAfter).nth(2).times(2));
        let struck: Vec<bool> = (0..5).map(|_| faults.next("graph.application.create").is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(faults.next("graph.applications.list").is_none(), "another thing whose name begins alike");
    }

    #[test]
    fn a_rule_is_read_from_json() {
        let rule: Rule = serde_json::from_str(
            r#"{"operation":"login.token","nth":3,"action":"status","status":429,"retry_after":"7"}"#,
        )
        .unwrap();
        let Action::Status(fault) = rule.action else { panic!("a status") };
        assert_eq!((rule.nth, rule.times, fault.status, fault.retry_after.as_deref()), (Some(3), 1, 429, Some("7")));
    }
}

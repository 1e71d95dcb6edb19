//! What the preflight looks at, and how far it is: findings show as they arrive.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Finding;

/// What is looked at together; its findings are there at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// The two tenants themselves.
    Tenants,
    /// The cluster, its pools, and what the operator may do on it.
    Cluster,
    /// The app that the cluster has now, and the way back to it.
    PresentApp,
    /// The rights of that app.
    CarryOver,
    /// Quota and addresses for the nodes that stand in while others are replaced.
    Room,
    /// What a tenant allows apps, and whom.
    Rules,
    /// The registry, and what the operator may do on it.
    Registry,
    /// Whether the cluster's addresses come through the registry's firewall.
    Reach,
}

impl Subject {
    /// Each of them, in reading order.
    pub const ALL: [Self; 8] = [
        Self::Tenants,
        Self::Cluster,
        Self::PresentApp,
        Self::CarryOver,
        Self::Room,
        Self::Rules,
        Self::Registry,
        Self::Reach,
    ];
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tenants => "both tenants",
            Self::Cluster => "the cluster and your rights on it",
            Self::PresentApp => "the app that the cluster has now",
            Self::CarryOver => "the roles of that app",
            Self::Room => "room to replace the nodes",
            Self::Rules => "the tenants' rules for apps",
            Self::Registry => "the registry and your rights on it",
            Self::Reach => "the way from the cluster to the registry",
        })
    }
}

/// How far the look is: what has been found where, and what is still looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looking {
    seen: Vec<(Subject, Vec<Finding>)>,
    /// The subjects that nobody here can look at: the other company's admin does that part.
    left_out: Vec<Subject>,
}

impl Looking {
    /// A subject has been looked at.
    pub fn seen(&mut self, subject: Subject, findings: Vec<Finding>) {
        self.seen.push((subject, findings));
    }

    /// A subject is not looked at from here; what is known of it all the same was found elsewhere.
    pub fn left_out(&mut self, subject: Subject) {
        self.left_out.push(subject);
    }

    /// Whether a subject was looked at from here.
    pub fn looked_at(&self, subject: Subject) -> bool {
        !self.left_out.contains(&subject)
    }

    /// What was found of a subject; `None` while it is still looked at.
    pub fn of(&self, subject: Subject) -> Option<&[Finding]> {
        self.seen.iter().find(|(seen, _)| *seen == subject).map(|(_, findings)| findings.as_slice())
    }

    /// The subjects that have been looked at, in the order in which they were.
    pub fn done(&self) -> impl Iterator<Item = (Subject, &[Finding])> {
        self.seen.iter().map(|(subject, findings)| (*subject, findings.as_slice()))
    }

    /// What is still looked at, in reading order.
    pub fn waiting(&self) -> impl Iterator<Item = Subject> {
        Subject::ALL.into_iter().filter(|subject| self.of(*subject).is_none())
    }

    /// Everything that was found: stops first, else in reading order.
    pub fn findings(&self) -> Vec<Finding> {
        let found = Subject::ALL.into_iter().filter_map(|subject| self.of(subject));
        let mut all: Vec<Finding> = found.flatten().cloned().collect();
        all.sort_by_key(|finding| finding.severity);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    fn finding(severity: Severity, code: &str) -> Finding {
        Finding { severity, code: code.to_owned(), found: String::new(), means: String::new(), advice: String::new() }
    }

    #[test]
    fn what_is_left_to_others_was_not_looked_at() {
        let mut looking = Looking::default();
        looking.left_out(Subject::Registry);
        looking.seen(Subject::Registry, Vec::new());
        looking.seen(Subject::Cluster, Vec::new());
        assert!(!looking.looked_at(Subject::Registry) && looking.looked_at(Subject::Cluster));
    }

    #[test]
    fn the_order_of_findings_is_not_that_in_which_they_came() {
        let mut looking = Looking::default();
        assert_eq!(looking.waiting().count(), Subject::ALL.len());
        looking.seen(Subject::Registry, vec![finding(Severity::Note, "c"), finding(Severity::Stop, "b")]);
        looking.seen(Subject::Tenants, vec![finding(Severity::Stop, "a")]);
        let codes: Vec<String> = looking.findings().into_iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["a", "b", "c"]);
        assert_eq!(looking.done().next().map(|(subject, _)| subject), Some(Subject::Registry));
        assert!(!looking.waiting().any(|subject| subject == Subject::Tenants));
        assert_eq!(looking.of(Subject::Cluster), None);
    }
}

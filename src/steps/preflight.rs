//! The preflight: refuses what cannot work, with the reason and the way out, and warns of what may not. One file a subject:
//! each asks the look for what it needs, and puts what it finds in the catalogue's words. They run side by side, and each
//! one's findings are told as soon as they are there.

mod carry_over;
mod cluster;
mod limits;
mod present_app;
mod reach;
mod registry;
mod room;
mod rules;
mod tenants;

use futures::future::join_all;
use tokio::sync::watch;

pub(super) use cluster::run_command;
pub use cluster::{Unusable, unusable};
pub(super) use rules::secret_days;

use super::look::Look;
use crate::{
    catalogue,
    domain::{Finding, Looking, Severity, Subject},
};

/// Everything that is found: stops first.
pub async fn findings(look: &Look<'_>, told: &watch::Sender<Looking>) -> Vec<Finding> {
    let each = Subject::ALL.into_iter().map(|subject| async move {
        let found = of(subject, look).await;
        told.send_modify(|looking| looking.seen(subject, found));
    });
    join_all(each).await;
    told.borrow().findings()
}

/// What is found of one subject. Boxed: they are joined, and each is large.
async fn of(subject: Subject, look: &Look<'_>) -> Vec<Finding> {
    match subject {
        Subject::Tenants => Box::pin(tenants::findings(look)).await,
        Subject::Cluster => Box::pin(cluster::findings(look)).await,
        Subject::PresentApp => Box::pin(present_app::findings(look)).await,
        Subject::CarryOver => Box::pin(carry_over::findings(look)).await,
        Subject::Room => Box::pin(room::findings(look)).await,
        Subject::Rules => Box::pin(rules::findings(look)).await,
        Subject::Registry => Box::pin(registry::findings(look)).await,
        Subject::Reach => Box::pin(reach::findings(look)).await,
    }
}

/// A finding in the catalogue's words. A code that the catalogue lacks still stops or warns: a test holds that none is.
fn finding(severity: Severity, code: &str, found: impl Into<String>, values: &[(&str, &str)]) -> Finding {
    let found = found.into();
    match catalogue::entry(code) {
        Some(entry) => entry.finding(severity, found, values),
        None => Finding { severity, code: code.to_owned(), found, means: String::new(), advice: String::new() },
    }
}

fn stop(code: &str, found: impl Into<String>, values: &[(&str, &str)]) -> Finding {
    finding(Severity::Stop, code, found, values)
}

fn warning(code: &str, found: impl Into<String>, values: &[(&str, &str)]) -> Finding {
    finding(Severity::Warning, code, found, values)
}

fn note(code: &str, found: impl Into<String>, values: &[(&str, &str)]) -> Finding {
    finding(Severity::Note, code, found, values)
}

#[cfg(test)]
mod tests;

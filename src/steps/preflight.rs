//! The preflight: refuses what cannot work, with the reason and the way out, and warns of what may not. One file a subject:
//! each asks the look for what it needs, and puts what it finds in the catalogue's words. They run side by side, and each
//! one's findings are told as soon as they are there.

mod carry_over;
mod cluster;
mod image;
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
    azure::{Error, error::clean},
    catalogue,
    domain::{Finding, Looking, Severity, Subject},
};

/// Everything that is found: stops first.
pub async fn findings(look: &Look<'_>, told: &watch::Sender<Looking>) -> Vec<Finding> {
    let each = Subject::ALL.into_iter().map(|subject| async move {
        let found = worded(of(subject, look).await, subject, look).await;
        let out_of_sight = matches!(subject, Subject::Registry | Subject::Reach) && look.abroad().is_none();
        told.send_modify(|looking| {
            if out_of_sight {
                looking.left_out(subject);
            }
            looking.seen(subject, found);
        });
    });
    join_all(each).await;
    told.borrow().findings()
}

/// What is found of one subject. Boxed: they are joined, and each is large.
async fn of(subject: Subject, look: &Look<'_>) -> Vec<Draft> {
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

/// A finding before the catalogue's words are put to it.
#[derive(Debug)]
struct Draft {
    severity: Severity,
    code: &'static str,
    /// What was found here, with the names of this setup.
    found: String,
    values: Vec<(&'static str, String)>,
}

impl Draft {
    fn speaks_of(&self, placeholder: &str) -> bool {
        catalogue::entry(self.code).is_some_and(|entry| entry.speaks_of(placeholder))
    }

    /// A code that the catalogue lacks still stops or warns: a test holds that none is.
    fn worded(self, operator: Option<&str>) -> Finding {
        let Self { severity, code, found, values } = self;
        let own = values.iter().map(|(name, value)| (*name, value.as_str()));
        let values: Vec<(&str, &str)> = own.chain(operator.map(|operator| ("operator", operator))).collect();
        match catalogue::entry(code) {
            Some(entry) => entry.finding(severity, found, &values),
            None => Finding { severity, code: code.to_owned(), found, means: String::new(), advice: String::new() },
        }
    }
}

/// In the catalogue's words, with the account's own name where they speak of it.
async fn worded(drafts: Vec<Draft>, subject: Subject, look: &Look<'_>) -> Vec<Finding> {
    let tenant = match subject {
        Subject::Registry | Subject::Reach => look.steps.registry.as_ref(),
        _ => Some(&look.steps.cluster),
    };
    let who = match tenant.filter(|_| drafts.iter().any(|draft| draft.speaks_of("operator"))) {
        Some(tenant) => tenant.operator().await.ok().map(|claims| clean(&claims.who())),
        None => None,
    };
    drafts.into_iter().map(|draft| draft.worded(who.as_deref())).collect()
}

fn finding(severity: Severity, code: &'static str, found: impl Into<String>, values: &[(&'static str, &str)]) -> Draft {
    let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Draft { severity, code, found: found.into(), values }
}

fn stop(code: &'static str, found: impl Into<String>, values: &[(&'static str, &str)]) -> Draft {
    finding(Severity::Stop, code, found, values)
}

fn warning(code: &'static str, found: impl Into<String>, values: &[(&'static str, &str)]) -> Draft {
    finding(Severity::Warning, code, found, values)
}

fn note(code: &'static str, found: impl Into<String>, values: &[(&'static str, &str)]) -> Draft {
    finding(Severity::Note, code, found, values)
}

/// What is found where Azure did not tell the operator's rights: that they are not known, never that they are missing.
fn unread_rights(name: &str, error: &Error) -> String {
    format!("What this account may do on {name} could not be read: {}", why(error))
}

/// Azure's words alone, behind a sentence that says what was tried.
fn why(error: &Error) -> String {
    match &error.code {
        Some(code) => format!("{code}: {}", error.message),
        None => error.message.clone(),
    }
}

#[cfg(test)]
mod tests;

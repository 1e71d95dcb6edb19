//! The preflight: refuses what cannot work, with the reason and the way out, and warns of what may not. Pure functions
//! over what was read, one file a subject; the words are the catalogue's.

mod carry_over;
mod cluster;
mod policy;
mod registry;
mod tenants;

pub(super) use cluster::run_command;
pub use cluster::{Unusable, unusable};
pub(super) use policy::secret_days;

use super::{Tenants, look::Seen};
use crate::{
    catalogue,
    domain::{Answers, Cloud, Finding, Severity, answers::Route},
};

/// Everything that was found, stops first.
pub fn findings(seen: &Seen, answers: &Answers, tenants: &Tenants, cloud: &Cloud, route: Route) -> Vec<Finding> {
    let mut found = tenants::findings(answers, tenants, cloud);
    found.extend(cluster::findings(seen, route));
    found.extend(policy::findings(seen, answers, route));
    found.extend(registry::findings(seen, answers, tenants));
    if route == Route::NewApp {
        found.extend(carry_over::findings(seen, answers));
    }
    found.sort_by_key(|finding| finding.severity);
    found
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

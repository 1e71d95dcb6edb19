//! The rights that the cluster has now, and would lose.

use super::{
    Draft,
    limits::{MayGive, may_give},
    note, stop, warning, why,
};
use crate::{
    azure::{Error, graph::ServicePrincipal},
    domain::{
        Severity,
        answers::{CarryOver, Route},
        plan::CarryLine,
    },
    steps::look::{Assignments, Look},
};

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    if look.route().await.0 != Route::NewApp {
        return Vec::new();
    }
    let (principal, assignments) = tokio::join!(look.principal(), look.assignments());
    // Only an explicit "none" accepts that rights nobody could read are not carried over.
    let unread = if look.answers.options.carry_over == CarryOver::None { Severity::Warning } else { Severity::Stop };
    let mut found = refused(principal, assignments, unread);
    let takes = |line: &&CarryLine| look.answers.options.carry_over.takes(&line.id, &line.scope);
    found.extend(rights(assignments, takes));
    let left_out = assignments.lines.iter().filter(|line| !takes(line));
    let left_out: Vec<String> = left_out.map(|line| format!("{} at {}", line.role_name, line.scope)).collect();
    if !left_out.is_empty() {
        found.push(warning("CP-147", format!("Left out: {}", left_out.join("; ")), &[]));
    }
    found.extend(through_groups(assignments));
    if assignments.subscriptions > 0 {
        let places = match assignments.subscriptions {
            1 => "the one subscription".to_owned(),
            more => format!("the {more} subscriptions"),
        };
        let what = format!("Role assignments were looked for in {places} that this account can see");
        found.push(note("CP-144", what, &[]));
    }
    found
}

fn refused(
    principal: Option<&Result<Option<ServicePrincipal>, Error>>,
    assignments: &Assignments,
    severity: Severity,
) -> Vec<Draft> {
    let unread = |what: String, error: &Error| {
        if error.hidden() {
            super::finding(severity, "CP-112", what, &[])
        } else {
            super::finding(severity, "CP-153", what, &[])
        }
    };
    let principal = match principal {
        Some(Ok(Some(_))) | None => None,
        Some(Ok(None)) => {
            let what = "The app that the cluster has now is not in the cluster tenant any more";
            Some(super::finding(severity, "CP-112", what, &[]))
        }
        Some(Err(error)) => {
            Some(unread(format!("The app that the cluster has now could not be read: {}", why(error)), error))
        }
    };
    let lists = assignments.refused.iter().map(|(scope, error)| {
        unread(format!("Its role assignments could not be listed at {scope}: {}", why(error)), error)
    });
    principal.into_iter().chain(lists).collect()
}

/// Nobody but a person can put the new app into a group: what comes through one is never more than a warning.
fn through_groups(assignments: &Assignments) -> Vec<Draft> {
    let unread = assignments.groups_refused.iter().map(|(scope, error)| {
        let what = format!("Its roles through groups could not be listed at {scope}: {}", why(error));
        if error.hidden() { warning("CP-112", what, &[]) } else { warning("CP-153", what, &[]) }
    });
    let there = assignments.through_groups.iter().map(|(role, scope)| {
        let what = format!("{role} at {scope} comes through a group: put the new app into that group");
        warning("CP-144", what, &[])
    });
    unread.chain(there).collect()
}

/// Where the operator may not give what is to be carried over, each scope once.
fn rights(assignments: &Assignments, takes: impl Fn(&&CarryLine) -> bool) -> Vec<Draft> {
    let mut found = Vec::new();
    for (scope, rights) in &assignments.rights {
        let wanted = assignments.lines.iter().filter(|line| line.scope.eq_ignore_ascii_case(scope));
        let wanted: Vec<&CarryLine> = wanted.filter(&takes).collect();
        // The id is said once; further down its last name is enough.
        let name = scope.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(scope);
        let rights = match rights {
            Ok(rights) => rights,
            Err(_) if wanted.is_empty() => continue,
            Err(error) => {
                let what = format!("Whether this account may give roles at {scope} could not be read: {}", why(error));
                found.push(stop("CP-151", what, &[("scope", name)]));
                continue;
            }
        };
        let lines: Vec<(&CarryLine, MayGive)> =
            wanted.into_iter().map(|line| (line, may_give(rights, line.role))).collect();
        if lines.iter().any(|(_, may)| *may == MayGive::No) {
            found.push(stop("CP-111", format!("This account may not give roles at {scope}"), &[("scope", name)]));
            continue;
        }
        for (line, _) in lines.iter().filter(|(_, may)| *may == MayGive::Limited) {
            let values = [("role", line.role_name.as_str())];
            let what = format!("This account may give only some roles at {scope}, and not {}", line.role_name);
            found.push(warning("CP-406", what, &values));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::azure::{ErrorKind, arm::Permissions};

    const SCOPE: &str = "/subscriptions/s/resourceGroups/net";

    fn unread() -> Error {
        Error::new(ErrorKind::Unanswered, "arm.permissions", "read what may be done", "no answer came")
    }

    fn with(rights: Result<Permissions, Error>) -> Assignments {
        let line = CarryLine {
            role_name: "Network Contributor".to_owned(),
            id: "/assignment".to_owned(),
            scope: SCOPE.to_owned(),
            role_definition: String::new(),
            role: Uuid::nil(),
            condition: None,
            condition_version: None,
            carry: true,
        };
        let rights = [(SCOPE.to_owned(), rights)].into();
        Assignments { lines: vec![line], rights, ..Assignments::default() }
    }

    #[test]
    fn rights_that_are_not_known_are_not_missing() {
        let codes = |found: &[Draft]| found.iter().map(|one| (one.severity, one.code)).collect::<Vec<_>>();
        assert_eq!(codes(&rights(&with(Ok(Permissions::default())), |_| true)), [(Severity::Stop, "CP-111")]);
        let found = rights(&with(Err(unread())), |_| true);
        assert_eq!(codes(&found), [(Severity::Stop, "CP-151")]);
        assert!(found[0].found.ends_with("could not be read: no answer came"));
        assert!(rights(&with(Err(unread())), |_| false).is_empty(), "what is left out takes no right");
    }

    #[test]
    fn a_list_of_groups_that_could_not_be_read_is_not_empty() {
        let refused = Assignments { groups_refused: vec![(SCOPE.to_owned(), unread())], ..Assignments::default() };
        let found = through_groups(&refused);
        assert_eq!((found[0].severity, found[0].code), (Severity::Warning, "CP-153"), "nobody refused it");
        let closed =
            Error::new(ErrorKind::Service, "arm.roles", "list roles", "no").with(|details| details.status = Some(403));
        let refused = Assignments { groups_refused: vec![(SCOPE.to_owned(), closed)], ..Assignments::default() };
        assert_eq!(
            (through_groups(&refused)[0].severity, through_groups(&refused)[0].code),
            (Severity::Warning, "CP-112")
        );
        assert!(through_groups(&Assignments::default()).is_empty());
    }
}

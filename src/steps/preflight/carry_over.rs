//! The rights that the cluster has now, and would lose.

use super::{
    limits::{MayGive, may_give},
    note, stop, warning,
};
use crate::{
    azure::{Error, graph::ServicePrincipal},
    domain::{
        Finding, Severity,
        answers::{CarryOver, Route},
        plan::CarryLine,
    },
    steps::look::{Assignments, Look},
};

pub(super) async fn findings(look: &Look<'_>) -> Vec<Finding> {
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
    for (role, scope) in &assignments.through_groups {
        found.push(warning(
            "CP-144",
            format!("{role} at {scope} comes through a group: put the new app into that group"),
            &[],
        ));
    }
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
) -> Vec<Finding> {
    let unread = |what: String| super::finding(severity, "CP-112", what, &[]);
    let principal = match principal {
        Some(Ok(Some(_))) | None => None,
        Some(Ok(None)) => Some("The cluster's present principal is not in the cluster tenant any more".to_owned()),
        Some(Err(error)) => Some(format!("The cluster's present principal could not be read: {error}")),
    };
    let lists = assignments.refused.iter();
    let lists = lists.map(|(scope, error)| format!("Its role assignments could not be listed at {scope}: {error}"));
    principal.into_iter().chain(lists).map(unread).collect()
}

/// Where the operator may not give what is to be carried over, each scope once.
fn rights(assignments: &Assignments, takes: impl Fn(&&CarryLine) -> bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for (scope, rights) in &assignments.rights {
        let wanted = assignments.lines.iter().filter(|line| line.scope.eq_ignore_ascii_case(scope)).filter(&takes);
        let may = |line: &CarryLine| rights.as_ref().map_or(MayGive::No, |rights| may_give(rights, line.role));
        let lines: Vec<(&CarryLine, MayGive)> = wanted.map(|line| (line, may(line))).collect();
        if lines.iter().any(|(_, may)| *may == MayGive::No) {
            // The id is said once; further down its last name is enough.
            let name = scope.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(scope);
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

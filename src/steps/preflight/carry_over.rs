//! The rights that the cluster has now, and would lose.

use super::{note, stop, warning};
use crate::{
    domain::{Answers, Finding, answers::CarryOver},
    steps::look::Seen,
};

pub(super) fn findings(seen: &Seen, answers: &Answers) -> Vec<Finding> {
    let mut found = Vec::new();
    let present = &seen.present;
    // Only an explicit "none" accepts that rights nobody could read are not carried over.
    let accepted = answers.options.carry_over == CarryOver::None;
    let severe = |code: &str, what: String| if accepted { warning(code, what, &[]) } else { stop(code, what, &[]) };
    match &present.principal {
        Some(Ok(Some(_))) | None => {}
        Some(Ok(None)) => found
            .push(severe("CP-112", "The cluster's present principal is not in the cluster tenant any more".to_owned())),
        Some(Err(error)) => {
            found.push(severe("CP-112", format!("The cluster's present principal could not be read: {error}")));
        }
    }
    for (scope, error) in &present.assignments.refused {
        found.push(severe("CP-112", format!("Its role assignments could not be listed at {scope}: {error}")));
    }
    let wanted = |scope: &&String| {
        present.assignments.lines.iter().any(|line| {
            line.scope.eq_ignore_ascii_case(scope) && answers.options.carry_over.takes(&line.id, &line.scope)
        })
    };
    for scope in present.assignments.may_not_give.iter().filter(wanted) {
        found.push(stop("CP-111", format!("This account may not give roles at {scope}"), &[("scope", scope)]));
    }
    let left_out = present.assignments.lines.iter();
    let left_out: Vec<String> = left_out
        .filter(|line| !answers.options.carry_over.takes(&line.id, &line.scope))
        .map(|line| format!("{} at {}", line.role_name, line.scope))
        .collect();
    if !left_out.is_empty() {
        found.push(warning("CP-147", format!("Left out: {}", left_out.join("; ")), &[]));
    }
    for (role, scope) in &present.assignments.through_groups {
        found.push(warning(
            "CP-144",
            format!("{role} at {scope} comes through a group: put the new app into that group"),
            &[],
        ));
    }
    if present.assignments.subscriptions > 0 {
        found.push(note(
            "CP-144",
            format!(
                "Role assignments were looked for in {} subscription(s) that this account can see",
                present.assignments.subscriptions
            ),
            &[],
        ));
    }
    found
}

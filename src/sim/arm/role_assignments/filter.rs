//! The `$filter` of assignment lists: the few forms that Azure takes.

use uuid::Uuid;

use crate::sim::{estate::RoleAssignment, rbac};

/// What a list asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filter {
    /// Nothing below the scope.
    at_scope: bool,
    /// This principal's only. There are no groups here, so that `assignedTo` finds what `principalId eq` finds.
    principal: Option<Uuid>,
}

pub(super) fn parsed(text: &str) -> Option<Filter> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Filter { at_scope: false, principal: None });
    }
    if let Some(id) = text.strip_prefix("principalId eq ") {
        let id = id.trim().trim_matches('\'');
        return Some(Filter { at_scope: false, principal: Some(Uuid::try_parse(id).ok()?) });
    }
    let Some(rest) = strip_word(text, "atScope()") else {
        return Some(Filter { at_scope: false, principal: Some(assigned_to(text)?) });
    };
    let principal = match strip_word(rest.trim_start(), "and ") {
        Some(rest) => Some(assigned_to(rest.trim())?),
        None if rest.is_empty() => None,
        None => return None,
    };
    Some(Filter { at_scope: true, principal })
}

/// `assignedTo('…')`
fn assigned_to(text: &str) -> Option<Uuid> {
    let inner = strip_word(text, "assignedTo(")?.strip_suffix(')')?;
    Uuid::try_parse(inner.trim().trim_matches('\'')).ok()
}

fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    if head.eq_ignore_ascii_case(word) { text.get(word.len()..) } else { None }
}

impl Filter {
    pub(super) fn fits(self, assignment: &RoleAssignment, scope: &str) -> bool {
        let placed =
            rbac::covers(&assignment.scope, scope) || (!self.at_scope && rbac::covers(scope, &assignment.scope));
        placed && self.principal.is_none_or(|principal| assignment.principal.0 == principal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_forms_are_read_and_no_others() {
        let id = Uuid::from_u128(7);
        let of = |at_scope, principal| Some(Filter { at_scope, principal });
        assert_eq!(parsed(""), of(false, None));
        assert_eq!(parsed("atScope()"), of(true, None));
        assert_eq!(parsed(&format!("principalId eq '{id}'")), of(false, Some(id)));
        assert_eq!(parsed(&format!("assignedTo('{id}')")), of(false, Some(id)));
        assert_eq!(parsed(&format!("atScope() and assignedTo('{id}')")), of(true, Some(id)));
        for bad in ["atScope() or x", "roleName eq 'x'", "principalId eq 'x'", "assignedTo('')"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}

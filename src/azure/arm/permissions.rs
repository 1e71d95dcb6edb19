//! What a set of role assignments lets the operator do.

use serde::Deserialize;

use crate::azure::api::nullable;

/// What one role assignment gives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    #[serde(default, deserialize_with = "nullable")]
    pub actions: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub not_actions: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub data_actions: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub not_data_actions: Vec<String>,
}

/// What all role assignments at a scope give together.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Permissions(Vec<Permission>);

impl Permissions {
    /// From one entry an assignment.
    pub fn new(entries: Vec<Permission>) -> Self {
        Self(entries)
    }

    /// One entry an assignment.
    pub fn entries(&self) -> &[Permission] {
        &self.0
    }

    /// Whether one assignment allows an action. What another subtracts does not matter: `notActions` is no denial.
    pub fn allows(&self, action: &str) -> bool {
        self.0.iter().any(|entry| any(&entry.actions, action) && !any(&entry.not_actions, action))
    }

    /// Whether these hold at least what a role gives: each of its entries stands here, or all its actions are allowed.
    pub fn covers(&self, role: &Self) -> bool {
        role.0.iter().all(|entry| {
            self.0.contains(entry)
                || (entry.actions.iter().all(|action| self.allows(action))
                    && entry.data_actions.iter().all(|action| self.allows_data(action)))
        })
    }

    /// The same for a data action.
    pub fn allows_data(&self, action: &str) -> bool {
        self.0.iter().any(|entry| any(&entry.data_actions, action) && !any(&entry.not_data_actions, action))
    }
}

fn any(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| matches(pattern, action))
}

/// Whether `action` fits a pattern in which `*` stands for any text, slashes too.
fn matches(pattern: &str, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == action };
    let Some(mut left) = action.strip_prefix(head) else { return false };
    let parts: Vec<&str> = rest.split('*').collect();
    let Some((tail, middle)) = parts.split_last() else { return true };
    for part in middle {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(actions: &[&str], not_actions: &[&str]) -> Permission {
        let owned = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Permission { actions: owned(actions), not_actions: owned(not_actions), ..Permission::default() }
    }

    #[test]
    fn wildcards_match_in_any_case_and_across_slashes() {
        let write = "Microsoft.Authorization/roleAssignments/write";
        for pattern in
            ["*", "*/write", "microsoft.authorization/*", "Microsoft.Authorization/*/Write", write, "M*s/write"]
        {
            assert!(matches(pattern, write), "{pattern}");
        }
        for pattern in
            ["", "*/read", "Microsoft.Authorization/roleAssignments/write/*", "Microsoft.Compute/*", "*/writ"]
        {
            assert!(!matches(pattern, write), "{pattern}");
        }
        assert!(!matches("a*a", "a"));
    }

    #[test]
    fn what_one_assignment_subtracts_another_may_give() {
        let write = "Microsoft.Authorization/roleAssignments/write";
        let contributor = entry(&["*"], &["Microsoft.Authorization/*/Write"]);
        assert!(!Permissions::new(vec![contributor.clone()]).allows(write));
        let administrator = entry(&["Microsoft.Authorization/roleAssignments/*"], &[]);
        assert!(Permissions::new(vec![contributor, administrator.clone()]).allows(write));
        assert!(!Permissions::new(vec![administrator]).allows_data(write));
        assert!(!Permissions::default().allows(write));
    }
}

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
    /// Under which condition the assignment gives this. Only the newest versions of the list tell.
    #[serde(default)]
    pub condition: Option<String>,
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

    /// The conditions under which alone an action is allowed; none where it is not allowed at all, or some assignment
    /// allows it without one.
    pub fn conditions(&self, action: &str) -> Vec<&str> {
        let allowing = self.0.iter().filter(|entry| any(&entry.actions, action) && !any(&entry.not_actions, action));
        let conditions: Option<Vec<&str>> = allowing.map(|entry| entry.condition.as_deref()).collect();
        conditions.unwrap_or_default()
    }

    /// Whether these hold at least what a role gives: each of its entries stands here, or all its actions are allowed.
    pub fn covers(&self, role: &Self) -> bool {
        role.0.iter().all(|entry| {
            self.0.iter().any(|own| Permission { condition: None, ..own.clone() } == *entry)
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

    #[test]
    fn data_actions_and_actions_are_two_worlds() {
        let pull = "Microsoft.ContainerRegistry/registries/repositories/content/read";
        let data = |pattern: &str, not: &[&str]| {
            Permissions::new(vec![Permission {
                data_actions: vec![pattern.to_owned()],
                not_data_actions: not.iter().map(|&text| text.to_owned()).collect(),
                ..Permission::default()
            }])
        };
        assert!(data("microsoft.containerregistry/REGISTRIES/*/read", &[]).allows_data(pull));
        assert!(!data("*", &["Microsoft.ContainerRegistry/*/content/read"]).allows_data(pull));
        assert!(!data("*", &[]).allows(pull) && !Permissions::new(vec![entry(&["*"], &[])]).allows_data(pull));
        let run = "Microsoft.ContainerService/managedClusters/runCommand/action";
        for pattern in ["Microsoft.ContainerService/*/action", "*/runcommand/*", "Microsoft.ContainerService/*"] {
            assert!(Permissions::new(vec![entry(&[pattern], &[])]).allows(run), "{pattern}");
        }
        assert!(!Permissions::new(vec![entry(&["*/read"], &[]), entry(&["*"], &["*/ACTION"])]).allows(run));
    }

    #[test]
    fn a_condition_counts_only_where_nothing_allows_the_action_without_one() {
        let write = "Microsoft.Authorization/roleAssignments/write";
        let limited = Permission { condition: Some("only AcrPull".to_owned()), ..entry(&["*/write"], &[]) };
        let reader = entry(&["*/read"], &[]);
        let only = Permissions::new(vec![reader.clone(), limited.clone()]);
        assert!(only.allows(write));
        assert_eq!(only.conditions(write), ["only AcrPull"]);
        assert!(Permissions::new(vec![limited.clone(), entry(&["*"], &[])]).conditions(write).is_empty());
        assert!(Permissions::new(vec![reader]).conditions(write).is_empty());
        let role = Permissions::new(vec![entry(&["*/write"], &[])]);
        assert!(Permissions::new(vec![limited]).covers(&role), "a condition is no part of a role");
    }
}

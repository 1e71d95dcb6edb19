//! Whether somebody may give a role: rights to give roles can be limited by a condition, and a lock stands above all.

use uuid::Uuid;

use super::{Draft, note, why};
use crate::{
    azure::{
        Error,
        arm::{Level, Lock, Permissions, ResourceManager},
    },
    steps::patience::Patience,
};

const ASSIGN: &str = "Microsoft.Authorization/roleAssignments/write";

/// Whether a role may be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayGive {
    Yes,
    /// Only under a condition that does not seem to name this role.
    Limited,
    No,
}

/// What rights say of giving a role. A condition is read for the role's id alone, so that "limited" is no certainty.
pub(super) fn may_give(rights: &Permissions, role: Uuid) -> MayGive {
    if !rights.allows(ASSIGN) {
        return MayGive::No;
    }
    let conditions = rights.conditions(ASSIGN);
    if conditions.is_empty() || conditions.iter().any(|condition| names(condition, role)) {
        MayGive::Yes
    } else {
        MayGive::Limited
    }
}

/// Whether a condition lets a role be given, as far as its text shows: those that it lists, or all but those.
fn names(condition: &str, role: Uuid) -> bool {
    let condition = condition.to_ascii_lowercase();
    let listed = condition.contains(&role.to_string());
    if condition.contains("guidnotequals") {
        return !listed;
    }
    listed || !condition.contains("guidequals")
}

/// The locks that hold at a resource.
pub(super) async fn locks(patience: &Patience, arm: &ResourceManager, resource: &str) -> Result<Vec<Lock>, Error> {
    let all = patience.read(|| arm.locks(resource).all(1_000)).await?;
    Ok(all.into_iter().filter(|lock| lock.holds_at(resource)).collect())
}

/// What is said where they could not be read, which many may not.
pub(super) fn unread(locks: &Result<Vec<Lock>, Error>, name: &str) -> Option<Draft> {
    let error = locks.as_ref().err()?;
    Some(note("CP-150", format!("The locks on {name} could not be read: {}", why(error)), &[]))
}

/// The first lock of a level, in words. A resource inherits those of its group and its subscription.
pub(super) fn locked(locks: &Result<Vec<Lock>, Error>, level: Level, resource: &str) -> Option<String> {
    let lock = locks.iter().flatten().find(|lock| lock.level == level)?;
    let scope = lock.scope();
    let above = if scope.eq_ignore_ascii_case(resource) { String::new() } else { format!(" at {scope}") };
    Some(format!("the lock \"{}\"{above}", lock.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{azure::arm::Permission, domain::role::ACR_PULL};

    fn rights(condition: Option<&str>) -> Permissions {
        Permissions::new(vec![Permission {
            actions: vec!["Microsoft.Authorization/*".to_owned()],
            condition: condition.map(str::to_owned),
            ..Permission::default()
        }])
    }

    #[test]
    fn a_condition_is_read_for_the_roles_id() {
        let only = |id: Uuid| {
            format!(
                "((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/write'}})) OR \
                 (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{id}}}))"
            )
        };
        let but = |id: Uuid| only(id).replace("ForAnyOfAnyValues:GuidEquals", "ForAnyOfAllValues:GuidNotEquals");
        let other = Uuid::from_u128(9);
        let give = |condition: Option<&str>| may_give(&rights(condition), ACR_PULL.id);
        assert_eq!(give(None), MayGive::Yes);
        assert_eq!(give(Some(&only(ACR_PULL.id))), MayGive::Yes);
        assert_eq!(give(Some(&only(other))), MayGive::Limited);
        assert_eq!(give(Some(&but(other))), MayGive::Yes);
        assert_eq!(give(Some(&but(ACR_PULL.id))), MayGive::Limited);
        let kinds =
            "@Request[Microsoft.Authorization/roleAssignments:PrincipalType] StringEqualsIgnoreCase 'ServicePrincipal'";
        assert_eq!(give(Some(kinds)), MayGive::Yes, "nothing is said of roles");
        assert_eq!(may_give(&Permissions::default(), other), MayGive::No);
    }
}

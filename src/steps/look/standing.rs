//! What an operator may do in a directory, as far as the directory tells: a person by roles, a program by roles and by
//! permissions of its own. Custom roles do not show, so that "no" can be wrong where somebody made one.

use uuid::{Uuid, uuid};

use crate::{
    azure::{TenantClients, entra::Claims},
    domain::ObjectId,
    steps::patience::Patience,
};

const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
const APPLICATION_ADMINISTRATOR: &str = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3";
const CLOUD_APPLICATION_ADMINISTRATOR: &str = "158c047a-c907-4556-b7ef-446551a6b5f7";
const APPLICATION_DEVELOPER: &str = "cf1c38e5-3621-4004-a7cb-879624dced7c";

/// Graph's `Application.ReadWrite.All`.
const EVERY_APP: Uuid = uuid!("1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9");
/// Graph's `Application.ReadWrite.OwnedBy`.
const OWN_APPS: Uuid = uuid!("18a4783c-866b-4cc7-a460-3d5e5662c884");

/// Something that takes a role in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Register apps where users may not.
    RegisterApps,
    /// Make secrets on an app of somebody else.
    EditAnyApp,
    /// The same on an app of one's own.
    EditOwnApp,
    /// Make an app of another tenant known.
    AddForeignApp,
}

impl Deed {
    fn roles(self) -> &'static [&'static str] {
        const ADMINS: &[&str] = &[GLOBAL_ADMINISTRATOR, APPLICATION_ADMINISTRATOR, CLOUD_APPLICATION_ADMINISTRATOR];
        match self {
            Self::RegisterApps => &[
                GLOBAL_ADMINISTRATOR,
                APPLICATION_ADMINISTRATOR,
                CLOUD_APPLICATION_ADMINISTRATOR,
                APPLICATION_DEVELOPER,
            ],
            Self::EditAnyApp | Self::EditOwnApp | Self::AddForeignApp => ADMINS,
        }
    }

    fn permissions(self) -> &'static [Uuid] {
        match self {
            Self::RegisterApps | Self::EditOwnApp => &[EVERY_APP, OWN_APPS],
            Self::EditAnyApp | Self::AddForeignApp => &[EVERY_APP],
        }
    }
}

/// How an operator stands in a directory.
#[derive(Debug, Default)]
pub struct Standing {
    /// Who it is; nothing where nobody could sign in.
    pub who: Option<Claims>,
    /// Template ids of the directory roles; nothing where they could not be read.
    pub roles: Option<Vec<String>>,
    /// The permissions of a program; nothing where they could not be read, or nobody asked.
    pub permissions: Option<Vec<Uuid>>,
}

impl Standing {
    /// Asks the directory. A program's permissions are asked for only where its roles do not say enough.
    pub(in crate::steps) async fn of(patience: &Patience, tenant: &TenantClients) -> Self {
        let Ok(who) = patience.read(|| tenant.operator()).await else { return Self::default() };
        let graph = &tenant.graph;
        let (roles, permissions) = if who.app_only {
            let Some(id) = who.oid else { return Self { who: Some(who), ..Self::default() } };
            let roles = patience.read(|| graph.directory_roles_of(id).all(1_000)).await;
            let admin = roles.as_ref().is_ok_and(|roles| {
                roles.iter().any(|role| Deed::EditAnyApp.roles().contains(&role.role_template_id.as_str()))
            });
            let permissions = if admin { None } else { patience.read(|| graph.app_roles_of(id).all(1_000)).await.ok() };
            (roles, permissions)
        } else {
            (patience.read(|| graph.my_directory_roles().all(1_000)).await, None)
        };
        Self {
            who: Some(who),
            roles: roles.ok().map(|roles| roles.into_iter().map(|role| role.role_template_id).collect()),
            permissions: permissions.map(|all| all.into_iter().map(|one| one.app_role_id).collect()),
        }
    }

    /// Whether a role or a permission allows it; `None` where that is not known.
    pub fn may(&self, deed: Deed) -> Option<bool> {
        let holds = |roles: &Vec<String>| roles.iter().any(|role| deed.roles().contains(&role.as_str()));
        if self.roles.as_ref().is_some_and(holds) {
            return Some(true);
        }
        if self.permissions.iter().flatten().any(|permission| deed.permissions().contains(permission)) {
            return Some(true);
        }
        let known = self.roles.is_some() && (!self.program() || self.permissions.is_some());
        known.then_some(false)
    }

    /// A program is signed in, and no person.
    pub fn program(&self) -> bool {
        self.who.as_ref().is_some_and(|who| who.app_only)
    }

    /// A person who is at home in another tenant.
    pub fn guest(&self) -> bool {
        self.who.as_ref().is_some_and(|who| !who.app_only && who.idp.is_some())
    }

    /// The operator's object in this directory.
    pub fn object(&self) -> Option<ObjectId> {
        self.who.as_ref().and_then(|who| who.oid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::TenantId;

    fn standing(program: bool, roles: Option<&[&str]>, permissions: Option<&[Uuid]>) -> Standing {
        let who = Claims {
            tid: TenantId(Uuid::nil()),
            oid: None,
            aud: None,
            upn: None,
            name: None,
            appid: None,
            idp: None,
            exp: None,
            app_only: program,
        };
        Standing {
            who: Some(who),
            roles: roles.map(|roles| roles.iter().map(|&role| role.to_owned()).collect()),
            permissions: permissions.map(<[Uuid]>::to_vec),
        }
    }

    #[test]
    fn a_person_is_known_by_roles_alone() {
        let developer = standing(false, Some(&[APPLICATION_DEVELOPER]), None);
        assert_eq!(developer.may(Deed::RegisterApps), Some(true));
        assert_eq!(developer.may(Deed::EditAnyApp), Some(false));
        assert_eq!(standing(false, None, None).may(Deed::EditAnyApp), None);
    }

    #[test]
    fn a_program_is_known_by_permissions_too() {
        let owned = standing(true, Some(&[]), Some(&[OWN_APPS]));
        assert_eq!((owned.may(Deed::RegisterApps), owned.may(Deed::EditOwnApp)), (Some(true), Some(true)));
        assert_eq!((owned.may(Deed::EditAnyApp), owned.may(Deed::AddForeignApp)), (Some(false), Some(false)));
        assert_eq!(standing(true, Some(&[]), None).may(Deed::EditAnyApp), None, "they could not be read");
        assert_eq!(standing(true, None, Some(&[EVERY_APP])).may(Deed::AddForeignApp), Some(true));
        assert_eq!(standing(true, Some(&[CLOUD_APPLICATION_ADMINISTRATOR]), None).may(Deed::AddForeignApp), Some(true));
    }
}

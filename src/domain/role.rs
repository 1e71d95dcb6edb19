//! Built-in role ids: the same in every cloud and tenant (Azure built-in roles reference).

use uuid::{Uuid, uuid};

/// A built-in role that crosspull gives or looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltInRole {
    /// The name that people see.
    pub name: &'static str,
    /// The role definition's GUID.
    pub id: Uuid,
}

/// Pull, on a registry in `LegacyRegistryPermissions` mode.
pub const ACR_PULL: BuiltInRole = BuiltInRole { name: "AcrPull", id: uuid!("7f951dda-4ed3-4680-a7ca-43fe172d538d") };

/// Pull, on a registry in `AbacRepositoryPermissions` mode.
pub const REPOSITORY_READER: BuiltInRole =
    BuiltInRole { name: "Container Registry Repository Reader", id: uuid!("b93aa761-3e63-49ed-ac28-beffa264f7ac") };

//! The person or program that is signed in to a tenant.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ObjectId;

/// Who is signed in to a tenant, as their token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Their object in that tenant: a guest has one of its own there.
    pub object_id: ObjectId,
    /// A person's user name, or an app's id.
    pub name: String,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

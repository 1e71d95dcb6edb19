//! Identifiers that are UUIDs, each its own type so that an object id of one tenant cannot stand for an app id.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ParseError;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                Uuid::try_parse(text.trim()).map(Self).map_err(|_| ParseError::new(text, $expected))
            }
        }
    };
}

uuid_id!(
    /// A Microsoft Entra tenant.
    TenantId,
    "a tenant id (a UUID, as the portal's tenant overview shows it)"
);
uuid_id!(
    /// An Azure subscription.
    SubscriptionId,
    "a subscription id (a UUID)"
);
uuid_id!(
    /// An application's client id: the same in every tenant.
    AppId,
    "an application (client) id (a UUID)"
);
uuid_id!(
    /// The object id of a directory object: another one in each tenant, even for the same application.
    ObjectId,
    "an object id (a UUID)"
);
uuid_id!(
    /// The `keyId` of one password credential of an application. Not its text.
    KeyId,
    "a key id (a UUID)"
);
uuid_id!(
    /// One setup of crosspull; names its folder, its app's `uniqueName` and the label of its keys.
    SetupId,
    "a setup id (a UUID)"
);

impl SetupId {
    /// A fresh, random id.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

//! Guards against another person's tokens in the middle of somebody's work.

use std::sync::OnceLock;

use crate::{
    azure::{
        entra::Claims,
        error::{Error, ErrorKind, Result},
    },
    domain::Operator,
};

/// The account that a client was first signed in with.
#[derive(Debug, Default)]
pub(super) struct SameAccount(OnceLock<Operator>);

impl SameAccount {
    /// Whose token came first; `None` before that.
    pub(super) fn first(&self) -> Option<Operator> {
        self.0.get().cloned()
    }

    /// Refuses the token of another account than the first one's. The Azure CLI can be signed in as somebody else at any
    /// moment, and a browser offers whoever it knows.
    pub(super) fn expect(&self, tried: &str, claims: &Claims) -> Result<()> {
        let Some(oid) = claims.oid else { return Ok(()) };
        let first = self.0.get_or_init(|| Operator { object_id: oid, name: claims.who() });
        if first.object_id == oid {
            return Ok(());
        }
        let message = format!("the token is of {}, and this was begun as {first}; it was not used", claims.who());
        Err(Error::new(ErrorKind::SignIn, "sign_in.account", tried, message)
            .with(|details| details.code = Some("OtherAccount".to_owned())))
    }
}

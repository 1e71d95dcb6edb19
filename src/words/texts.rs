//! What becomes of a key's text in the keychain.

use super::layout::clean;

/// The keychain did not take it.
pub fn text_refused(why: &str) -> String {
    format!("{}. The secret is in memory only, and ends with this process", clean(why))
}

/// The keychain does not let it go.
pub fn text_stays(why: &str) -> String {
    format!("{}. The secret is still there: remove the entry of crosspull with this id", clean(why))
}

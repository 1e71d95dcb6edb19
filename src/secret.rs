//! A string that cannot be printed or serialised, and is wiped when dropped.

mod guard;
mod variables;

use std::fmt;

pub use guard::guard_memory;
pub use variables::{OF_THE_MACHINE, hide_variable, secret_variables};
use zeroize::Zeroizing;

/// A key's text, a token, a code. Has neither `Display` nor `Serialize`, and its `Debug` says nothing.
///
/// Wiping is best effort: an HTTP client keeps its own copies of a request's body for as long as it is sent.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text, for the one place that sends it. Search for this name to see where secrets go.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}

//! What the preflight found, before anything is changed.

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It cannot work like this.
    Stop,
    /// It may not work, or costs something.
    Warning,
    /// Good to know.
    Note,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Stop => "stop",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One finding. Its code is that of the catalogue entry with the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// The catalogue's code, such as `CP-101`.
    pub code: String,
    /// What was found here, with the names of this setup.
    pub found: String,
    /// What it means.
    pub means: String,
    /// What to do, and who can.
    pub advice: String,
}

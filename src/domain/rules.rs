//! What names and numbers may be, whoever asks for them.

use std::ops::RangeInclusive;

use super::{LoginServer, Repository, ResourceId};

/// Where the consent page sends the browser when nothing else is said: the address that Microsoft's own guide uses.
pub const REDIRECT_URI: &str = "https://www.microsoft.com";

/// How long a key of the cluster may live, in days.
pub const SECRET_DAYS: RangeInclusive<u16> = 1..=730;

/// Characters of a setup's name.
pub const LONGEST_NAME: usize = 64;

/// Entra takes display names of up to 120 characters.
pub const LONGEST_DISPLAY_NAME: usize = 120;

/// Whether a right that is limited to these repositories leaves this one out, so that no pull from it could prove anything. No
/// limit leaves out nothing.
pub fn leaves_out(limited_to: &[Repository], repository: &Repository) -> bool {
    !limited_to.is_empty() && !limited_to.contains(repository)
}

/// Whether a text may be a setup's name: something that can be typed after a command.
pub fn is_setup_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.chars().count())
        && name.trim() == name
        && !name.starts_with('-')
        && !name.chars().any(char::is_control)
}

/// Whether a text may be an app's name.
pub fn is_display_name(name: &str) -> bool {
    (1..=LONGEST_DISPLAY_NAME).contains(&name.chars().count())
        && !name.trim().is_empty()
        && !name.chars().any(char::is_control)
}

/// Whether a text may name an environment variable that holds a secret, and is not the secret itself: answers are kept.
pub fn is_secret_variable(name: &str) -> bool {
    is_variable(name) && !looks_like_a_secret(name)
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A long run of letters of both cases with digits in its midst is no name that a person gives to a variable.
fn looks_like_a_secret(name: &str) -> bool {
    let body = name.trim_end_matches(|c: char| c.is_ascii_digit());
    name.len() >= 32
        && body.chars().any(|c| c.is_ascii_digit())
        && body.chars().any(|c| c.is_ascii_lowercase())
        && body.chars().any(|c| c.is_ascii_uppercase())
}

/// The name of a setup that nobody has named: what it connects.
pub fn default_name(cluster: &ResourceId, registry: Option<&ResourceId>, login_server: Option<&LoginServer>) -> String {
    let registry = match (registry, login_server) {
        (Some(id), _) => id.name(),
        (None, Some(server)) => server.as_str().split(['.', ':']).next().unwrap_or_default(),
        (None, None) => "registry",
    };
    format!("{}-to-{registry}", cluster.name())
}

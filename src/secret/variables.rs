//! Environment variables that hold secrets. This process cannot take them out of its own environment, but no child process
//! inherits them: whoever starts one removes these.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// What the name of a variable with a secret holds, as people and pipelines name them.
const WORDS: [&str; 6] = ["SECRET", "PASSWORD", "PASSWD", "TOKEN", "CREDENTIAL", "PRIVATE_KEY"];

/// And does not end with where it names but the place of one.
const PLACES: [&str; 3] = ["_FILE", "_PATH", "_DIR"];

/// By these a program shows that it runs on a machine in Azure; such a machine's tokens are given for them.
pub const OF_THE_MACHINE: [&str; 2] = ["IDENTITY_HEADER", "MSI_SECRET"];

static NAMED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes that a variable holds a secret.
pub fn hide_variable(name: &str) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
}

/// The variables that no child process may see: those that were named, and those whose names say so.
pub fn secret_variables() -> Vec<String> {
    let own = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| says_secret(name));
    NAMED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .iter()
        .cloned()
        .chain(own)
        .chain(OF_THE_MACHINE.map(str::to_owned))
        .collect()
}

fn says_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word)) && !PLACES.iter().any(|place| name.ends_with(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whether_it_holds_a_secret_or_where_one_is() {
        for name in ["FABRIKAM_SECRET", "AZURE_CLIENT_SECRET", "ARM_OIDC_TOKEN", "SYSTEM_ACCESSTOKEN", "db_password"] {
            assert!(says_secret(name), "{name}");
        }
        for name in ["PATH", "HOME", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_CONFIG_DIR"] {
            assert!(!says_secret(name), "{name}");
        }
    }
}

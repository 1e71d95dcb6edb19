//! Environment variables that hold secrets. This process cannot take them out of its own environment, but no child process
//! inherits them: whoever starts one removes these.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Those of the Azure SDKs and of Terraform.
const WELL_KNOWN: [&str; 4] =
    ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD", "AZURE_PASSWORD", "ARM_CLIENT_SECRET"];

/// By these a program shows that it runs on a machine in Azure; such a machine's tokens are given for them.
pub const OF_THE_MACHINE: [&str; 2] = ["IDENTITY_HEADER", "MSI_SECRET"];

static NAMED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Notes that a variable holds a secret.
pub fn hide_variable(name: &str) {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
}

/// The variables that no child process may see.
pub fn secret_variables() -> Vec<String> {
    let named = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    WELL_KNOWN.iter().chain(&OF_THE_MACHINE).map(|name| (*name).to_owned()).chain(named.iter().cloned()).collect()
}

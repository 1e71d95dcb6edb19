//! The two tenants themselves.

use super::{note, stop};
use crate::{
    domain::{Answers, Cloud, Finding},
    steps::Tenants,
};

pub(super) fn findings(answers: &Answers, tenants: &Tenants, cloud: &Cloud) -> Vec<Finding> {
    let mut found = Vec::new();
    if tenants.cluster.id == tenants.registry.id {
        found.push(stop("CP-140", format!("Both are {} ({})", tenants.cluster.label(), tenants.cluster.id), &[]));
    }
    if answers.registry.handed_over() {
        let label = tenants.registry.label();
        found.push(note("CP-145", format!("Nobody is signed in to {label}"), &[("tenant", &label)]));
    }
    // Where the registry can be read, Azure says where it answers.
    let server = answers.registry.login_server.as_ref().filter(|server| !cloud.owns_login_server(server));
    if let Some(server) = server.filter(|_| answers.registry.handed_over()) {
        let values = [("login_server", server.as_str()), ("suffix", cloud.registry_suffix.as_str())];
        found.push(stop("CP-146", format!("{server} is not under {}", cloud.registry_suffix), &values));
    }
    found
}

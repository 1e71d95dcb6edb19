//! The two tenants themselves.

use super::{Draft, note, stop};
use crate::{domain::TenantId, steps::look::Look};

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let mut found = Vec::new();
    let tenants = look.tenants().await;
    let ids: [TenantId; 2] = [tenants.cluster.id, tenants.registry.id];
    if ids[0] == ids[1] {
        found.push(stop("CP-140", format!("Both are {} ({})", tenants.cluster.label(), ids[0]), &[]));
    }
    let answers = &look.answers.registry;
    if answers.handed_over() {
        let label = tenants.registry.label();
        found.push(note("CP-145", format!("Nobody is signed in to {label}"), &[("tenant", &label)]));
    }
    // Where the registry can be read, Azure says where it answers.
    let cloud = &look.steps.cloud;
    let server = answers.login_server.as_ref().filter(|server| !cloud.owns_login_server(server));
    if let Some(server) = server.filter(|_| answers.handed_over()) {
        let values = [("login_server", server.as_str()), ("suffix", cloud.registry_suffix.as_str())];
        found.push(stop("CP-146", format!("{server} is not under {}", cloud.registry_suffix), &values));
    }
    found
}

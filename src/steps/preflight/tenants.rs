//! The two tenants themselves.

use super::{note, stop};
use crate::{
    domain::{Answers, Finding},
    steps::Tenants,
};

pub(super) fn findings(answers: &Answers, tenants: &Tenants) -> Vec<Finding> {
    let mut found = Vec::new();
    if tenants.cluster.id == tenants.registry.id {
        found.push(stop("CP-140", format!("Both are {} ({})", tenants.cluster.label(), tenants.cluster.id), &[]));
    }
    if answers.registry.handed_over() {
        let label = tenants.registry.label();
        found.push(note("CP-145", format!("Nobody is signed in to {label}"), &[("tenant", &label)]));
    }
    found
}

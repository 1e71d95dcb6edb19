//! What is left once a setup has been taken back.

use super::layout::clean;
use crate::{domain::StepId, engine::Progress};

/// Where nothing of it is left, in a sentence without its stop.
pub fn taken_back(progress: &Progress) -> String {
    let home = progress.plan().filter(|_| left_to_others(progress).is_some()).map(|plan| plan.cluster_tenant.label());
    clean(&format!("nothing of it is left in {}", home.unwrap_or_else(|| "either tenant".to_owned())))
}

/// What the other company's admin may have made, and how they find it. `None` where they were never asked to.
pub fn left_to_others(progress: &Progress) -> Option<String> {
    let (plan, facts) = (progress.plan()?, progress.facts());
    let app = facts.last_app()?;
    progress.begun_at(StepId::Consent).filter(|_| progress.is_theirs(StepId::Consent))?;
    Some(clean(&format!(
        "{} may still have the app, as an enterprise application with the client id {}, and its role on {}. Their admin can \
         remove both.",
        plan.registry_tenant.label(),
        app.app_id,
        plan.registry.login_server
    )))
}

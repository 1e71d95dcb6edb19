//! The one place where the route decides which steps a setup takes. The steps themselves do not know it.

use crate::domain::{Purpose, StepId, answers::Route};

/// A step of a route, with the steps that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteStep {
    /// The step.
    pub step: StepId,
    /// What has to be done before.
    pub needs: Vec<StepId>,
}

/// The steps of a route, in reading order. A handed-over registry tenant is watched with a key of its own; otherwise
/// the key is made as late as it can be, when a step needs its text.
pub fn steps(route: Route, handed_over: bool) -> Vec<RouteStep> {
    use StepId::{
        Adoption, CarryOver, ClusterUpdate, Consent, Identity, Probe, Proof, Registration, RegistryRole, Secret, Sweep,
        WatchKey,
    };
    let step = |step: StepId, needs: &[StepId]| RouteStep { step, needs: needs.to_vec() };
    let (mut steps, open) = match route {
        Route::NewApp => {
            (vec![step(Registration, &[]), step(Identity, &[Registration]), step(CarryOver, &[Identity])], Identity)
        }
        Route::KeepApp => (vec![step(Adoption, &[])], Adoption),
    };
    if handed_over {
        steps.push(step(WatchKey, &[open]));
        steps.push(step(Consent, &[WatchKey]));
        // Both are watched with that key, and it is made anew by every run: consent alone may be done by then.
        steps.push(step(RegistryRole, &[WatchKey, Consent]));
    } else {
        steps.push(step(Consent, &[open]));
        steps.push(step(RegistryRole, &[Consent]));
    }
    steps.push(step(Secret, &[RegistryRole]));
    steps.push(step(Probe, &[Secret]));
    match route {
        Route::NewApp => {
            steps.push(step(ClusterUpdate, &[CarryOver, Probe]));
            steps.push(step(Proof, &[ClusterUpdate]));
        }
        Route::KeepApp => steps.push(step(Proof, &[Probe])),
    }
    steps.push(step(Sweep, &[Proof]));
    steps
}

/// What the key of the secret step is for: the cluster's nodes, or the pull test alone.
pub fn key_purpose(route: Route) -> Purpose {
    match route {
        Route::NewApp => Purpose::Cluster,
        Route::KeepApp => Purpose::Probe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_need_comes_before_its_step() {
        for route in [Route::NewApp, Route::KeepApp] {
            for handed_over in [false, true] {
                let steps = steps(route, handed_over);
                for (at, step) in steps.iter().enumerate() {
                    for need in &step.needs {
                        assert!(steps[..at].iter().any(|earlier| earlier.step == *need), "{step:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn whatever_is_watched_from_outside_needs_the_key_to_watch_with() {
        for route in [Route::NewApp, Route::KeepApp] {
            let steps = steps(route, true);
            for step in [StepId::Consent, StepId::RegistryRole] {
                let line = steps.iter().find(|line| line.step == step).unwrap();
                assert!(line.needs.contains(&StepId::WatchKey), "{line:?}");
            }
        }
    }

    #[test]
    fn only_a_new_app_touches_the_cluster() {
        let has = |route, step| steps(route, false).iter().any(|line| line.step == step);
        assert!(has(Route::NewApp, StepId::ClusterUpdate));
        assert!(!has(Route::KeepApp, StepId::ClusterUpdate));
        assert!(!has(Route::KeepApp, StepId::CarryOver));
    }
}

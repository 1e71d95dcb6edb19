//! Azure Resource Manager.

use super::service::State;

/// Resource Manager's routes, AKS among them.
pub fn router(state: State) -> axum::Router {
    axum::Router::new().with_state(state)
}

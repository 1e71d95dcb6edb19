//! A registry's own endpoints.

use super::service::State;

/// The routes of one registry.
pub fn router(state: State, _registry_index: usize) -> axum::Router {
    axum::Router::new().with_state(state)
}

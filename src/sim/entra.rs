//! The entra service.

use super::service::State;

/// The routes.
pub fn router(state: State) -> axum::Router {
    axum::Router::new().with_state(state)
}

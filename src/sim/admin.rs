//! The simulator's own endpoint, under \`/_sim\`.

use super::service::State;

/// What one node holds.
#[derive(Debug, Clone)]
pub struct NodeReport {}

pub(super) fn nodes(_state: &State) -> Vec<NodeReport> {
    Vec::new()
}

/// The routes.
pub fn router(state: State) -> axum::Router {
    axum::Router::new().with_state(state)
}

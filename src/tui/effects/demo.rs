//! The demo's acts.

use std::sync::Arc;

use super::Shared;
use crate::{
    domain::{AppId, Plan, StepId, problem::ProblemKind},
    engine::Command,
    error::Error,
    tui::msg::Msg,
};

impl Shared {
    /// Ends the world that was, and makes another.
    pub(super) async fn start_world(self: &Arc<Self>, id: &str) {
        let Some(training) = &self.training else { return };
        self.stop_run().await;
        let came = match training.start(id).await {
            Ok((session, suggested)) => {
                self.put(&mut *self.session.lock().await, session);
                Ok(suggested)
            }
            Err(error) => Err(error.into()),
        };
        self.send(Msg::World(came)).await;
    }

    pub(super) fn other_admin(&self, step: StepId, app: AppId, plan: &Plan) -> Option<Msg> {
        let Some(training) = &self.training else {
            let error = Error::new(ProblemKind::Internal, "play the other admin outside the demo");
            return Some(Msg::Failed(error.into()));
        };
        training.other_admin(step, app, plan);
        if let Some(commands) = self.commands() {
            // A full queue means that the engine looks soon anyway.
            let _ = commands.try_send(Command::LookNow);
        }
        None
    }
}

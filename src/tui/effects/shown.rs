//! What is given to a person: a key's text, once, and the report.

use std::sync::Arc;

use super::Shared;
use crate::{
    domain::{KeyId, problem::ProblemKind},
    engine::journal,
    error::{Error, chain},
    report::{self, Report},
    secret::Secret,
    tui::{
        clipboard::{Copied, Text},
        msg::Msg,
    },
};

impl Shared {
    pub(super) async fn copy_secret(self: &Arc<Self>, key: KeyId) {
        let how = match self.text_for_a_person(key).await {
            Ok(text) => self.clipboard.copy(Text::Secret(text)).await,
            Err(error) => Copied::Nowhere(chain(&error)),
        };
        self.send(Msg::Copied { what: "the secret", how }).await;
    }

    pub(super) async fn reveal(self: &Arc<Self>, key: KeyId) {
        let text = self.text_for_a_person(key).await;
        self.send(Msg::Revealed(text.map_err(Into::into))).await;
    }

    /// A key's text, once it is journalled that a person has it. The journal is the engine's while it runs.
    async fn text_for_a_person(self: &Arc<Self>, key: KeyId) -> Result<Secret, Error> {
        let session = self.session().await?;
        match self.journal() {
            Some((open, false)) => session.deliver(&mut *open.lock().await, key),
            Some((_, true)) => Err(Error::new(ProblemKind::Answers, "give the secret out before the run is over")),
            None => Err(Error::new(ProblemKind::Internal, "find the setup's journal")),
        }
    }

    /// Saves the report beside the person; a demo's is only shown, since nothing of a demo is kept.
    pub(super) async fn save_report(self: &Arc<Self>) {
        let demo = self.training.is_some();
        let saved = match self.journal() {
            Some((open, _)) => {
                let folder = open.lock().await.journal.folder().to_owned();
                tokio::task::spawn_blocking(move || {
                    let reading = journal::read(&folder)?;
                    if demo {
                        let text = Report::of(&reading.progress, &reading.entries).to_markdown();
                        return Ok(Msg::Report(text));
                    }
                    let here = std::env::current_dir()
                        .map_err(|error| Error::new(ProblemKind::Local, "find the present folder").because(error))?;
                    let (text, json) = report::save(&reading.progress, &reading.entries, &here)?;
                    Ok(Msg::Saved(text, json))
                })
                .await
                .unwrap_or_else(|error| Err(Error::new(ProblemKind::Internal, "save the report").because(error)))
            }
            None => Err(Error::new(ProblemKind::Internal, "find the setup's journal")),
        };
        self.send(saved.unwrap_or_else(|error| Msg::Failed(error.into()))).await;
    }
}

//! Texts of keys in the keychain of the operating system: only where the operator asks for it, or has asked for it when the
//! setup was begun.

use super::Session;
use crate::{
    domain::{Problem, problem::ProblemKind},
    engine::{Journal, Progress, Record, wait},
    error::Error,
    keychain::{Entry, Keychain, Refused},
    steps::Steps,
};

/// What the operator says of the keychain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: it is asked only for what the journal says to be there.
    #[default]
    Unsaid,
    /// Texts of keys for the nodes are kept there.
    InKeychain,
    /// It is not asked, whatever the journal says: texts that are there count as lost.
    InMemory,
}

/// The keychain, and what the operator says of it.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    keep: Keep,
    keychain: Keychain,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { keep: Keep::default(), keychain: Keychain::of_system() }
    }
}

impl Session {
    /// With what the operator says of the keychain.
    #[must_use]
    pub fn keeping_texts(self, keep: Keep, keychain: Keychain) -> Self {
        Self { keeping: Keeping { keep, keychain }, ..self }
    }

    /// Refuses where the operator asks for a keychain that cannot be used. Nothing is touched where nobody asks.
    pub async fn expect_keychain(&self) -> Result<(), Error> {
        match self.keeping.keep {
            Keep::InKeychain => self.keeping.keychain.ready().await.map_err(|refused| refusal(&refused)),
            Keep::Unsaid | Keep::InMemory => Ok(()),
        }
    }

    /// The steps of a new setup, with the keychain where it was asked for.
    pub(super) fn with_keychain(&self, steps: Steps) -> Steps {
        match self.keeping.keep {
            Keep::InKeychain => steps.keeping_texts_in(self.keeping.keychain.clone()),
            Keep::Unsaid | Keep::InMemory => steps,
        }
    }

    /// The keychain of a setup that is taken up again: where it is asked for, or was when its text was put there.
    pub(super) async fn keychain_of(&self, progress: &Progress) -> Result<Option<Keychain>, Error> {
        let kept = progress.facts().keys().any(|record| record.kept);
        match self.keeping.keep {
            Keep::InKeychain => {}
            Keep::Unsaid if kept => {}
            Keep::Unsaid | Keep::InMemory => return Ok(None),
        }
        self.keeping.keychain.ready().await.map_err(|refused| refusal(&refused))?;
        Ok(Some(self.keeping.keychain.clone()))
    }

    /// The steps with the texts that the keychain has kept.
    pub(super) async fn recalling(steps: Steps, keychain: Keychain, progress: &Progress) -> Result<Steps, Error> {
        let steps = steps.keeping_texts_in(keychain);
        steps.recall_texts(progress).await.map_err(|refused| refusal(&refused))?;
        Ok(steps)
    }

    /// Takes what a setup that has ended has left in the keychain out of it.
    pub async fn drop_texts(&self, journal: &mut Journal) -> Result<(), Error> {
        let setup = journal.progress().setup();
        let kept: Vec<_> = journal.progress().facts().keys().filter(|record| record.kept).map(|r| r.key.id).collect();
        if kept.is_empty() || self.keeping.keep == Keep::InMemory {
            return Ok(());
        }
        for key in kept {
            self.keeping.keychain.remove(Entry { setup, key }).await.map_err(|refused| refusal(&refused))?;
            journal.append(Record::TextDropped { key })?;
        }
        Ok(())
    }
}

/// A keychain that cannot be used, as people hear of it.
fn refusal(refused: &Refused) -> Error {
    let code = match refused {
        Refused::Locked => "KeychainLocked",
        Refused::Missing(_) | Refused::Silent | Refused::Failed(_) => "KeychainUnusable",
    };
    let message = refused.to_string();
    let mut problem = Problem::new(ProblemKind::Local, "use the keychain of this machine", message, wait::now());
    problem.code = Some(code.to_owned());
    problem.into()
}

//! Answers so far, kept on this machine: one private file a setup that has no journal yet.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{
    domain::{Draft, SetupId, problem::ProblemKind},
    engine::wait::now,
    error::Error,
    paths,
};

/// What a newer program writes is left to it.
const SCHEMA: u32 = 1;

/// The folder of all drafts.
#[derive(Debug, Clone)]
pub struct Drafts {
    folder: PathBuf,
    /// Where setups are: what was begun is no draft any more.
    setups: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    schema: u32,
    #[serde(with = "time::serde::rfc3339")]
    changed: OffsetDateTime,
    draft: Draft,
}

impl Drafts {
    /// The drafts below `data_dir`.
    pub fn new(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("drafts"), setups: data_dir.join("setups") }
    }

    /// Every draft with the time of its last answer. One that cannot be read is left out: it holds nothing but typing.
    pub fn all(&self) -> Result<Vec<(Draft, OffsetDateTime)>, Error> {
        let failed = |error: io::Error| {
            Error::new(ProblemKind::Local, format!("list the answers kept in {}", self.folder.display())).because(error)
        };
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut drafts = Vec::new();
        for file in files {
            let path = file.map_err(failed)?.path();
            if path.extension().is_none_or(|end| end != "json") {
                continue;
            }
            match read(&path) {
                Ok(Envelope { schema: SCHEMA, changed, draft }) => drafts.push((draft, changed)),
                Ok(_) => tracing::warn!(path = %path.display(), "a newer crosspull wrote these answers"),
                Err(error) => tracing::warn!(path = %path.display(), %error, "these answers cannot be read"),
            }
        }
        Ok(drafts)
    }

    /// Writes a draft, so that either the old or the new one is there after a crash.
    pub fn save(&self, draft: &Draft) -> Result<(), Error> {
        let path = self.path(draft.setup);
        let failed = |error: io::Error| {
            Error::new(ProblemKind::Local, format!("keep the answers in {}", path.display())).because(error)
        };
        if self.setups.join(draft.setup.to_string()).exists() {
            let doing = "keep these answers: another crosspull has begun the setup with earlier ones meanwhile";
            return Err(Error::new(ProblemKind::Answers, doing));
        }
        let envelope = Envelope { schema: SCHEMA, changed: now(), draft: draft.clone() };
        let text = serde_json::to_vec_pretty(&envelope).map_err(|error| failed(error.into()))?;
        paths::create_private_dir(&self.folder).map_err(failed)?;
        paths::write_private(&path, &text).map_err(failed)
    }

    /// Removes a draft; one that is gone is removed already.
    pub fn remove(&self, setup: SetupId) -> Result<(), Error> {
        let path = self.path(setup);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::new(ProblemKind::Local, format!("remove {}", path.display())).because(error))
            }
            _ => Ok(()),
        }
    }

    fn path(&self, setup: SetupId) -> PathBuf {
        self.folder.join(format!("{setup}.json"))
    }
}

fn read(path: &Path) -> io::Result<Envelope> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_there_again_and_goes() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(folder.path());
        assert!(drafts.all().unwrap().is_empty());
        let mut draft = Draft::new(SetupId::random());
        drafts.save(&draft).unwrap();
        draft.name = Some("shop".to_owned());
        drafts.save(&draft).unwrap();
        let kept: Vec<Draft> = drafts.all().unwrap().into_iter().map(|(draft, _)| draft).collect();
        assert_eq!(kept, [draft.clone()]);
        drafts.remove(draft.setup).unwrap();
        drafts.remove(draft.setup).unwrap();
        assert!(drafts.all().unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_read_does_not_hide_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(folder.path());
        let draft = Draft::new(SetupId::random());
        drafts.save(&draft).unwrap();
        let text = fs::read_to_string(drafts.path(draft.setup)).unwrap();
        for (at, other) in [text.replace("\"schema\": 1", "\"schema\": 9"), "{".to_owned()].iter().enumerate() {
            fs::write(drafts.folder.join(format!("{at}.json")), other).unwrap();
        }
        assert_eq!(drafts.all().unwrap().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::new(folder.path());
        let draft = Draft::new(SetupId::random());
        drafts.save(&draft).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&drafts.folder), mode(&drafts.path(draft.setup))), (0o700, 0o600));
    }
}

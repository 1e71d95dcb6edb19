//! What lies where a setup's folder, journal and lock should: the right kind of thing, and nobody else's to write.
//!
//! A journal decides which keys are removed and where a key's text is sent. So one that somebody else could have written is
//! not acted upon; and a pipe would be waited for.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{JournalError, io_error};
use crate::paths::{self, Others};

/// No journal comes near it.
const LARGEST: u64 = 64 << 20;

/// Refuses a folder, or a file in it, that others could have written.
fn expect_own(path: &Path, metadata: &fs::Metadata) -> Result<Others, JournalError> {
    match paths::others(metadata) {
        Others::Write => Err(JournalError::Exposed { path: path.to_owned() }),
        others => Ok(others),
    }
}

/// The setup's folder. What others may read of it is said.
pub(super) fn folder(path: &Path) -> Result<Others, JournalError> {
    let metadata = fs::metadata(path).map_err(|source| io_error("look at", path, source))?;
    expect_own(path, &metadata)
}

/// A file of the folder, where there is one. What others may read of it is said.
pub(super) fn file(path: &Path) -> Result<Option<Others>, JournalError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(io_error("look at", path, source)),
    };
    if !metadata.is_file() {
        return Err(JournalError::NotAFile { path: path.to_owned() });
    }
    if metadata.len() > LARGEST {
        let what = format!("it is larger than {} MiB, which no journal is", LARGEST >> 20);
        return Err(JournalError::Damaged { path: path.to_owned(), line: 1, what });
    }
    expect_own(path, &metadata).map(Some)
}

/// What others may read is closed to them.
pub(super) fn make_private(folder: (&Path, Others), files: &[(PathBuf, Option<Others>)]) {
    let files = files.iter().filter(|(_, others)| *others == Some(Others::Read));
    let paths =
        files.map(|(path, _)| (path.as_path(), 0o600)).chain((folder.1 == Others::Read).then_some((folder.0, 0o700)));
    for (path, mode) in paths {
        // Where a file system knows no modes there is nothing to be closed; no secret is in it.
        if let Err(error) = paths::set_mode(path, mode) {
            tracing::warn!(path = %path.display(), %error, "others may read a setup's journal");
        }
    }
}

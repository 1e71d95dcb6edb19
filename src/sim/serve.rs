//! `crosspull simulate`: serves a world until it is told to stop.

use std::{io, path::Path};

use super::{Options, Ready, SimError, Simulator};
use crate::paths;

/// Why serving ended other than by a signal.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The simulator did not start.
    #[error("could not start the simulator")]
    Start(#[from] SimError),
    /// A file could not be written.
    #[error("could not write {path}")]
    Write {
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
}

/// Starts a simulator whose CA and ready file lie where other programs find them. `ready_file` is written last, when
/// everything answers; the CA stands beside it, or in `folder` where no ready file is wanted.
pub async fn start(options: Options, ready_file: Option<&Path>, folder: &Path) -> Result<Simulator, ServeError> {
    let failed = |path: &Path, source| ServeError::Write { path: path.display().to_string(), source };
    let mut simulator = Simulator::start(options).await?;
    let ca_file = match ready_file {
        Some(ready) => ready.with_extension("ca.pem"),
        None => folder.join("simulator-ca.pem"),
    };
    if let Some(parent) = ca_file.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        paths::create_private_dir(parent).map_err(|source| failed(parent, source))?;
    }
    let ca_file = std::path::absolute(&ca_file).map_err(|source| failed(&ca_file, source))?;
    simulator.write_ca(&ca_file).map_err(|source| failed(&ca_file, source))?;
    if let Some(path) = ready_file {
        paths::write_private(path, line(simulator.ready()).as_bytes()).map_err(|source| failed(path, source))?;
    }
    Ok(simulator)
}

/// The ready file's content, on one line.
pub fn line(ready: &Ready) -> String {
    // Strings, ids and lists: there is nothing in it that cannot be written as JSON.
    serde_json::to_string(ready).unwrap_or_default()
}

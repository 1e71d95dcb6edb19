//! The requests of a run, shown as they are made (`--verbose`) or logged (`--log`). Never bodies, never headers.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};
use tracing_subscriber::{Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{azure::RequestLog, domain::problem::ProblemKind, error::Error, paths, plain::out::Out};

/// How long the last requests may take to be printed once the work is over.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The requests that are being shown, and the log that is being written.
#[derive(Debug, Default)]
pub(super) struct Shown {
    printing: Option<JoinHandle<()>>,
    log: Option<(PathBuf, Arc<OnceLock<io::Error>>)>,
}

impl Shown {
    /// Prints each request on standard error once it is over.
    pub(super) fn show(&mut self, log: &RequestLog) {
        let mut feed = log.subscribe();
        self.printing = Some(tokio::spawn(async move {
            loop {
                match feed.recv().await {
                    Ok(record) => Out::aside(&format!("  {record}")),
                    Err(RecvError::Lagged(missed)) => Out::aside(&format!("  … {missed} requests not shown")),
                    Err(RecvError::Closed) => return,
                }
            }
        }));
    }

    /// Writes the program's own log to a private file. Other crates' logs may hold what ours never do, and are left out.
    pub(super) fn log_to(&mut self, path: Option<&Path>) -> Result<(), Error> {
        let Some(path) = path else { return Ok(()) };
        let file: File = paths::private_file().append(true).create(true).open(path).map_err(|error| {
            Error::new(ProblemKind::Local, format!("write the log {}", path.display())).because(error)
        })?;
        let ours = Targets::new().with_target("crosspull", tracing::Level::TRACE);
        let failed = Arc::new(OnceLock::new());
        self.log = Some((path.to_owned(), Arc::clone(&failed)));
        let layer =
            tracing_subscriber::fmt::layer().json().with_writer(Mutex::new(LogFile { file, failed })).with_filter(ours);
        // A second subscriber in one process is a test's doing, and no reason to fail.
        let _ = tracing_subscriber::registry().with(layer).try_init();
        Ok(())
    }

    /// Waits until the last one is printed: the log ends with the session that it is of. Says where not all could be logged.
    pub(super) async fn all(self) {
        if let Some(printing) = self.printing {
            // What a request that was given up still holds open is not waited for.
            let _ = tokio::time::timeout(LAST_LINES, printing).await;
        }
        if let Some((path, error)) = self.log.as_ref().and_then(|(path, failed)| Some((path, failed.get()?))) {
            let what = format!("The log {} could not be written: {error}.", path.display());
            Out::aside(&format!("crosspull: {what} It is not whole; the work itself went on without it."));
        }
    }
}

/// A log that cannot be written holds nothing up, and is told of once all is over: a wizard has the screen until then.
#[derive(Debug)]
struct LogFile {
    file: File,
    failed: Arc<OnceLock<io::Error>>,
}

impl io::Write for LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if let Err(error) = self.file.write_all(line) {
            let _ = self.failed.set(error);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! The requests of a run, shown as they are made (`--verbose`) or logged (`--log`). Never bodies, never headers.

use std::{fs::File, path::Path, sync::Mutex, time::Duration};

use tokio::{sync::broadcast::error::RecvError, task::JoinHandle};
use tracing_subscriber::{Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::{azure::RequestLog, domain::problem::ProblemKind, error::Error, paths, plain::out::Out};

/// How long the last requests may take to be printed once the work is over.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The requests that are being shown.
#[derive(Debug, Default)]
pub(super) struct Shown(Option<JoinHandle<()>>);

impl Shown {
    /// Waits until the last one is printed: the log ends with the session that it is of.
    pub(super) async fn all(self) {
        if let Some(printing) = self.0 {
            // What a request that was given up still holds open is not waited for.
            let _ = tokio::time::timeout(LAST_LINES, printing).await;
        }
    }
}

/// Prints each request on standard error once it is over.
pub(super) fn show(log: &RequestLog) -> Shown {
    let mut feed = log.subscribe();
    Shown(Some(tokio::spawn(async move {
        loop {
            match feed.recv().await {
                Ok(record) => Out::aside(&format!("  {record}")),
                Err(RecvError::Lagged(missed)) => Out::aside(&format!("  … {missed} requests not shown")),
                Err(RecvError::Closed) => return,
            }
        }
    })))
}

/// Writes the program's own log to a private file. Other crates' logs may hold what ours never do, and are left out.
pub(super) fn log_to(path: Option<&Path>) -> Result<(), Error> {
    let Some(path) = path else { return Ok(()) };
    let file: File =
        paths::private_file().append(true).create(true).open(path).map_err(|error| {
            Error::new(ProblemKind::Local, format!("write the log {}", path.display())).because(error)
        })?;
    let ours = Targets::new().with_target("crosspull", tracing::Level::TRACE);
    let layer = tracing_subscriber::fmt::layer().json().with_writer(Mutex::new(file)).with_filter(ours);
    // A second subscriber in one process is a test's doing, and no reason to fail.
    let _ = tracing_subscriber::registry().with(layer).try_init();
    Ok(())
}

//! A defect: the terminal is given back, a report is written, and its place is said.

use std::{
    backtrace::Backtrace,
    io::{self, Write as _},
    panic::{self, PanicHookInfo},
    path::{Path, PathBuf},
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
    },
};

use time::macros::format_description;
use tokio::sync::Notify;

use crate::{engine::wait::now, paths};

static PANICKED: Notify = Notify::const_new();
static HAS_PANICKED: AtomicBool = AtomicBool::new(false);
static WATCHED: Once = Once::new();

/// Returns once something has panicked, wherever: the wizard must not go on drawing.
pub(super) async fn happened() {
    PANICKED.notified().await;
}

/// Whether something has panicked since the terminal was taken.
pub fn panicked() -> bool {
    HAS_PANICKED.load(Ordering::SeqCst)
}

/// From now on a panic anywhere gives the terminal back before anything is printed.
pub(super) fn watch(data_dir: PathBuf) {
    WATCHED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            super::give_back();
            let saved = save(&data_dir.join("crashes"), info);
            before(info);
            // A terminal that is gone hears nothing.
            let mut out = io::stderr();
            let _ = match saved {
                Ok(path) => writeln!(
                    out,
                    "\ncrosspull has a defect, and stopped. What was done stays done; `crosspull` goes on with it.\n\
                     A report without secrets is in {}",
                    path.display()
                ),
                Err(error) => {
                    writeln!(out, "\ncrosspull has a defect, and stopped. No report could be written: {error}")
                }
            };
            HAS_PANICKED.store(true, Ordering::SeqCst);
            PANICKED.notify_one();
        }));
    });
}

fn save(folder: &Path, info: &PanicHookInfo<'_>) -> io::Result<PathBuf> {
    paths::create_private_dir(folder)?;
    let at = now();
    let stamp = at.format(format_description!("[year]-[month]-[day]T[hour]-[minute]-[second]")).unwrap_or_default();
    let path = folder.join(format!("{stamp}.txt"));
    paths::write_private(&path, report(info, at).as_bytes())?;
    Ok(path)
}

/// What a developer needs. Secrets have a type of their own that prints nothing, so that no message can hold one.
fn report(info: &PanicHookInfo<'_>, at: time::OffsetDateTime) -> String {
    let message = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    format!(
        "crosspull {} on {} {}\nat       {at}\nplace    {place}\nmessage  {message}\n\n{}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
        Backtrace::force_capture()
    )
}

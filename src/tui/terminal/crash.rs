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

use time::{OffsetDateTime, macros::format_description};
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
            let at = now();
            let saved = save(&data_dir.join("crashes"), at, &report(info, at));
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

fn save(folder: &Path, at: OffsetDateTime, report: &str) -> io::Result<PathBuf> {
    paths::create_private_dir(folder)?;
    let stamp = at.format(format_description!("[year]-[month]-[day]T[hour]-[minute]-[second]")).unwrap_or_default();
    // One defect often brings another about within the second, and the first one tells most.
    let names = std::iter::once(stamp.clone()).chain((2..).map(|number| format!("{stamp}-{number}")));
    for path in names.map(|name| folder.join(format!("{name}.txt"))) {
        match paths::private_file().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(report.as_bytes())?;
                file.sync_all()?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What a developer needs. Secrets have a type of their own that prints nothing, so that no message can hold one.
fn report(info: &PanicHookInfo<'_>, at: OffsetDateTime) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_defects_within_a_second_have_a_report_each() {
        let folder = tempfile::tempdir().unwrap();
        let saved = |text| save(folder.path(), OffsetDateTime::UNIX_EPOCH, text).unwrap();
        let paths = [saved("one"), saved("two"), saved("three")];
        let texts = paths.each_ref().map(|path| std::fs::read_to_string(path).unwrap());
        assert_eq!(texts, ["one", "two", "three"]);
        assert!(!paths::open_to_others(&paths[2]).unwrap());
    }
}

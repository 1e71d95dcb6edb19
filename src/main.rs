//! Arguments, and the exit code. All else is the library's.

use std::{process::ExitCode, time::Duration};

use clap::Parser as _;
use crosspull::{cli::Cli, error, plain::out::Out, program};

/// How long a prompt that nobody answers may hold the exit up.
const LAST_WORDS: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    // Clap exits with 2 on wrong usage, as the documentation promises.
    let cli = Cli::parse();
    if let Err(report) = color_eyre::install() {
        Out::aside(&format!("crosspull: {report}"));
        return error::ExitCode::Internal.into();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(failure) => {
            Out::aside(&format!("crosspull: could not start: {failure}"));
            return error::ExitCode::Internal.into();
        }
    };
    let code = runtime.block_on(program::run(cli));
    runtime.shutdown_timeout(LAST_WORDS);
    code.into()
}

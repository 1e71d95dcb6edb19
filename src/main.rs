//! Arguments, and the exit code. All else is the library's.

use std::{alloc::System, process::ExitCode, time::Duration};

use clap::Parser as _;
use crosspull::{cli::Cli, error, plain::out::Out, program, secret::guard_memory};
use zeroizing_alloc::ZeroAlloc;

/// Whatever is given back to the system is wiped first: an HTTP client, a TLS session or a JSON reader copies the secrets that go
/// through it, and wipes none.
#[global_allocator]
static WIPING: ZeroAlloc<System> = ZeroAlloc(System);

/// How long a prompt that nobody answers may hold the exit up.
const LAST_WORDS: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    guard_memory();
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

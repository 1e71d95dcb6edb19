//! What the system says to a program in a terminal.

use std::io;

use super::crash;

/// A word of the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The program is to end: SIGTERM, SIGINT, or the terminal is gone.
    End,
    /// The program is to sleep: SIGTSTP from elsewhere.
    Sleep,
    /// The program was woken.
    Woken,
    /// Something has panicked: the terminal is given back already.
    Panicked,
}

impl Signal {
    /// Whether the program is to end.
    pub fn ends(self) -> bool {
        matches!(self, Self::End | Self::Panicked)
    }
}

#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    go_on: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(signal_hook::consts::SIGTSTP))?,
            go_on: signal(SignalKind::from_raw(signal_hook::consts::SIGCONT))?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.hang_up.recv() => Signal::End,
            _ = self.stop.recv() => Signal::Sleep,
            _ = self.go_on.recv() => Signal::Woken,
            () = crash::happened() => Signal::Panicked,
        }
    }
}

/// Sleeps until somebody wakes the program.
#[cfg(unix)]
pub(super) fn sleep() -> io::Result<()> {
    // SIGTSTP itself is listened for: this one cannot be.
    signal_hook::low_level::raise(signal_hook::consts::SIGSTOP)
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            ended = tokio::signal::ctrl_c() => match ended {
                Ok(()) => Signal::End,
                Err(_) => std::future::pending().await,
            },
            () = crash::happened() => Signal::Panicked,
        }
    }
}

/// There is no sleep of this kind here.
#[cfg(not(unix))]
pub(super) fn sleep() -> io::Result<()> {
    Ok(())
}

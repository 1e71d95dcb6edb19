//! What the system says to a program in a terminal.

use std::io;
#[cfg(unix)]
use std::{os::fd::AsFd, sync::Arc};

#[cfg(unix)]
use tokio::sync::Notify;

use super::crash;

/// A word of the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// The program is to end: SIGTERM, SIGINT, SIGQUIT.
    End,
    /// The terminal is gone, and told so once or several times: by the system, by the shell, by its silence.
    HungUp,
    /// The program is to sleep: SIGTSTP from elsewhere.
    Sleep,
    /// The program was woken.
    Woken,
    /// Something has panicked: the terminal is given back already.
    Panicked,
}

#[cfg(unix)]
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    stop: tokio::signal::unix::Signal,
    go_on: tokio::signal::unix::Signal,
    gone: Arc<Notify>,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            // Unheard, it would leave a picture of the memory behind, with secrets in it.
            quit: signal(SignalKind::quit())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(Signal::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            gone: watch(io::stdin())?,
        })
    }

    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::End,
            _ = self.interrupt.recv() => Signal::End,
            _ = self.quit.recv() => Signal::End,
            _ = self.hang_up.recv() => Signal::HungUp,
            () = self.gone.notified() => Signal::HungUp,
            _ = self.stop.recv() => Signal::Sleep,
            _ = self.go_on.recv() => Signal::Woken,
            () = crash::happened() => Signal::Panicked,
        }
    }
}

/// Tells once the terminal is gone. SIGHUP may have been ignored before the program began (`nohup`), and whoever reads from a
/// terminal that is gone is told of no end, but is told nothing at once, for ever.
#[cfg(unix)]
fn watch(terminal: impl AsFd + Send + 'static) -> io::Result<Arc<Notify>> {
    use rustix::event::{PollFd, PollFlags, poll};
    let gone = Arc::new(Notify::new());
    let tell = Arc::clone(&gone);
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        // Nothing is asked for: what is left is the end, which is told unasked.
        let mut watched = [PollFd::new(&terminal, PollFlags::empty())];
        while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
        if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
            tell.notify_one();
        }
    })?;
    Ok(gone)
}

/// Sleeps until somebody wakes the program, which [`Signal::Woken`] tells. Returns whether there is anybody to do so.
#[cfg(unix)]
pub(super) fn sleep() -> io::Result<bool> {
    use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
    // A shell that wakes programs has put them into a group of their own. In the session's first group nobody would: that
    // is a container, a window, or `ssh -t host crosspull`, and they would hang.
    if getsid(None)? == getpgrp() {
        return Ok(false);
    }
    // The whole group, as the terminal itself does it: the shell waits for a script around the program, not for us. SIGTSTP
    // is listened for; this one cannot be.
    kill_current_process_group(Signal::STOP)?;
    Ok(true)
}

/// Whether the terminal is ours at present, and not the shell's or another program's.
#[cfg(unix)]
pub(super) fn in_front() -> bool {
    // A terminal that knows no groups is nobody else's.
    rustix::termios::tcgetpgrp(io::stdin()).map_or(true, |front| front == rustix::process::getpgrp())
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
pub(super) fn sleep() -> io::Result<bool> {
    Ok(false)
}

/// There is nobody else here.
#[cfg(not(unix))]
pub(super) fn in_front() -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn the_end_is_told_although_something_is_left_to_read() {
        let (terminal, mut somebody) = io::pipe().unwrap();
        let gone = watch(terminal).unwrap();
        somebody.write_all(b"q").unwrap();
        drop(somebody);
        tokio::time::timeout(std::time::Duration::from_mins(1), gone.notified()).await.expect("to be told");
    }
}

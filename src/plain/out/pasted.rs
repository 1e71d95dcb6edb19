//! A text of several lines from standard input.

use std::io::{self, BufRead as _, Read as _};

/// All that comes.
pub(super) fn all(longest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(longest).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Lines that are pasted or typed at a terminal, up to an empty one behind which nothing waits.
pub(super) fn lines(longest: u64) -> io::Result<String> {
    let mut input = io::stdin().lock().take(longest);
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        let ended = input.read_until(b'\n', &mut bytes)? == 0;
        let blank = bytes[before..].trim_ascii().is_empty();
        // A paste can hold empty lines, and what follows them must not be left for the shell to run.
        if ended || blank && before > 0 && !more_waits() {
            discard();
            return Ok(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

/// Whether the terminal has more lines, or gets some in the next moment.
#[cfg(unix)]
fn more_waits() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let moment = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
    let input = io::stdin();
    poll(&mut [PollFd::new(&input, PollFlags::IN)], Some(&moment)).is_ok_and(|ready| ready > 0)
}

#[cfg(not(unix))]
fn more_waits() -> bool {
    false
}

/// Whatever is still on its way goes to nobody.
#[cfg(unix)]
fn discard() {
    // A terminal that is gone has nothing that could reach a shell.
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
}

#[cfg(not(unix))]
fn discard() {}

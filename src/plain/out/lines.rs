//! The one writer of lines. While somebody is asked, other lines wait: they would tear apart what is being typed.

use std::{
    io::{self, Write as _},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Where a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// Lines that wait, and how many have them wait.
#[derive(Debug)]
struct Waiting {
    holders: usize,
    lines: Vec<(Stream, String)>,
}

impl Waiting {
    const NONE: Self = Self { holders: 0, lines: Vec::new() };

    /// Passes a line on, or keeps it for later.
    fn say(&mut self, stream: Stream, line: &str, write: impl FnOnce(Stream, &str)) {
        if self.holders == 0 {
            write(stream, line);
        } else {
            self.lines.push((stream, line.to_owned()));
        }
    }

    /// One holder less. After the last one, what was kept comes in the order in which it was said.
    fn release(&mut self, mut write: impl FnMut(Stream, &str)) {
        self.holders = self.holders.saturating_sub(1);
        if self.holders == 0 {
            for (stream, line) in self.lines.drain(..) {
                write(stream, &line);
            }
        }
    }
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting::NONE);

fn waiting() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps other lines back.
#[derive(Debug)]
#[must_use = "lines come again once this is dropped"]
pub struct Held(());

impl Drop for Held {
    fn drop(&mut self) {
        waiting().release(write);
    }
}

pub(super) fn hold() -> Held {
    waiting().holders += 1;
    Held(())
}

pub(super) fn is_held() -> bool {
    waiting().holders > 0
}

/// Nobody is asked any more: the program ends.
pub(super) fn let_go() {
    let mut waiting = waiting();
    waiting.holders = 0;
    waiting.release(write);
}

/// A line, once nobody is being asked.
pub(super) fn say(stream: Stream, line: &str) {
    waiting().say(stream, line, write);
}

/// A line that does not wait.
pub(super) fn say_now(stream: Stream, line: &str) {
    let _one_at_a_time = waiting();
    write(stream, line);
}

/// A question; the answer is typed behind it.
pub(super) fn prompt(question: &str) {
    let _one_at_a_time = waiting();
    let mut out = io::stdout().lock();
    let _ = write!(out, "{question} ").and_then(|()| out.flush());
}

fn write(stream: Stream, line: &str) {
    // One write, or lines of both outputs mix in a file that takes both. Who closed an output does not want to read this; that
    // ends no work.
    let line = format!("{line}\n");
    let _ = match stream {
        Stream::Out => io::stdout().lock().write_all(line.as_bytes()),
        Stream::Error => io::stderr().lock().write_all(line.as_bytes()),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_come_while_somebody_is_asked_come_after_the_answer_in_their_order() {
        let (mut waiting, mut shown) = (Waiting::NONE, Vec::new());
        waiting.say(Stream::Out, "before", |_, line| shown.push(line.to_owned()));
        waiting.holders += 2;
        waiting.say(Stream::Out, "first", |_, line| shown.push(line.to_owned()));
        waiting.say(Stream::Error, "second", |_, line| shown.push(line.to_owned()));
        waiting.release(|_, line| shown.push(line.to_owned()));
        assert_eq!(shown, ["before"], "another question still waits");
        waiting.release(|_, line| shown.push(line.to_owned()));
        waiting.say(Stream::Out, "after", |_, line| shown.push(line.to_owned()));
        assert_eq!(shown, ["before", "first", "second", "after"]);
    }
}

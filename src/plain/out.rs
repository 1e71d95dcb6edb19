//! Where the plain front end writes: lines for people, or one JSON object a line, on standard output.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use serde_json::Value;

/// The plain front end's output.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Out {
    /// A text for people. Nothing where JSON is wanted.
    pub fn text(self, text: &str) {
        if !self.json {
            write(text);
        }
    }

    /// An object for programs. Nothing where text is wanted.
    pub fn object(self, object: &Value) {
        if self.json {
            write(&object.to_string());
        }
    }

    /// A line on standard error, whatever is wanted on standard output.
    pub fn aside(text: &str) {
        // One write, or lines of both outputs mix in a file that takes both. Who closed standard error does not want to
        // read this.
        let _ = io::stderr().lock().write_all(format!("{}\n", text.trim_end_matches('\n')).as_bytes());
    }

    /// Whether a person can be asked.
    pub fn can_ask(self) -> bool {
        !self.json && io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    /// Whether a person watches, who wants to know how far it is.
    pub fn watched(self) -> bool {
        !self.json && io::stdout().is_terminal()
    }

    /// Asks, and waits for a line. `None` where the input has ended.
    pub async fn ask(self, question: &str) -> Option<String> {
        let mut out = io::stdout().lock();
        let _ = write!(out, "{question} ").and_then(|()| out.flush());
        drop(out);
        tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            match io::stdin().lock().read_line(&mut line) {
                Ok(0) | Err(_) => None,
                Ok(_) => Some(line.trim().to_owned()),
            }
        })
        .await
        .ok()
        .flatten()
    }
}

fn write(text: &str) {
    // A closed pipe ends the reader's interest, not the work.
    let _ = writeln!(io::stdout().lock(), "{}", text.strip_suffix('\n').unwrap_or(text));
}

//! A failure outside the steps, as a screen shows it.

use crate::{
    catalogue,
    domain::Problem,
    error::{Error, ExitCode, chain},
    session::names_an_error,
    tui::widgets::capital,
};

/// What went wrong when something was looked up, signed in, opened or saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In words, with its causes.
    pub said: String,
    /// What Azure said, where it did.
    pub problem: Option<Problem>,
    /// What the program exits with, where this is the last word.
    pub code: ExitCode,
}

impl Trouble {
    /// An entry of a list that cannot be taken, with what the catalogue has to say on that.
    pub fn unusable(label: &str, why: &str, code: Option<&'static str>) -> Self {
        let more = code.and_then(catalogue::entry).map(|entry| {
            let values = [("cluster", label)];
            format!(" {} {} ({})", entry.means(&values), entry.advice(&values), entry.code)
        });
        Self {
            said: format!("{label} cannot be used: {why}.{}", more.unwrap_or_default()),
            problem: None,
            code: ExitCode::Usage,
        }
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self {
            said: sentence(&chain(&error).replace("\n  because: ", ": ")),
            problem: error.problem.as_deref().cloned(),
            code: error.exit_code(),
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self { said: sentence(&problem.to_string()), code: problem.kind.into(), problem: Some(problem) }
    }
}

/// What an error means that was given where something else belongs: people paste what they have at hand. `None` where it is no
/// error; `is_not` says what it was taken for.
pub fn error_words(text: &str, is_not: &str) -> Option<String> {
    let own = catalogue::code_in(text);
    if own.is_none() && !names_an_error(text) {
        return None;
    }
    let known = own.or_else(|| catalogue::read(text).found.first().map(|found| found.entry));
    Some(match known {
        Some(entry) => format!(
            "That is an error, and {is_not}. {}: {}. {} {} ({}) More of it: crosspull explain {}",
            entry.code,
            entry.title,
            entry.means(&[]),
            entry.advice(&[]),
            entry.who,
            entry.code
        ),
        None => format!(
            "That is an error of a sign-in, and {is_not}. crosspull has no words for it. Microsoft's own are under its number at \
             https://login.microsoftonline.com/error"
        ),
    })
}

/// With a capital, and an end.
fn sentence(text: &str) -> String {
    let text = capital(text.trim());
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{text}{end}")
}

//! A failure outside the steps, as a screen shows it.

use crate::{
    catalogue::{self, Entry},
    domain::Problem,
    error::{Error, chain},
};

/// What went wrong when something was looked up, signed in, opened or saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// In words, with its causes.
    pub said: String,
    /// What Azure said, where it did.
    pub problem: Option<Problem>,
}

impl Trouble {
    /// The catalogue's words on it, where it has any.
    pub fn entry(&self) -> Option<&'static Entry> {
        self.problem.as_ref().and_then(|problem| catalogue::explain(problem, None))
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self {
            said: sentence(&chain(&error).replace("\n  because: ", ": ")),
            problem: error.problem.as_deref().cloned(),
        }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self { said: sentence(&problem.to_string()), problem: Some(problem) }
    }
}

/// With a capital, and an end.
fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let rest = letters.as_str();
    let end = if rest.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{rest}{end}")
}

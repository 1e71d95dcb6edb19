//! The setup file: TOML in, [`Answers`] out. Every mistake is found at once, with its line, what is wrong and what would
//! be right.
//!
//! The file never holds a secret, but a person may have pasted one into it: values that stand where a sign-in is
//! described are never repeated in a message.

mod section;
mod sign_in;
mod tables;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use toml::de::DeTable;

use self::section::{Mistakes, line_of};
use crate::{domain::Answers, domain::problem::ProblemKind, error::Error};

/// One thing that is wrong with a setup file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, counted from 1; where a whole table is missing there is none.
    pub line: Option<usize>,
    /// The key with its table, such as `cluster.id`.
    pub key: Option<String>,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// Why a setup file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SetupFileError {
    /// It could not be read.
    #[error("could not read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It does not say what it should.
    #[error("{}", Listed { origin, mistakes })]
    Wrong {
        /// The file.
        origin: PathBuf,
        /// All that is wrong with it, from top to bottom.
        mistakes: Vec<Mistake>,
    },
}

struct Listed<'a> {
    origin: &'a Path,
    mistakes: &'a [Mistake],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.mistakes.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}", self.origin.display())?;
            if let Some(line) = mistake.line {
                write!(f, ", line {line}")?;
            }
            if let Some(key) = &mistake.key {
                write!(f, ", {key}")?;
            }
            write!(f, ": {}", mistake.what)?;
        }
        Ok(())
    }
}

impl From<SetupFileError> for Error {
    fn from(error: SetupFileError) -> Self {
        Self::new(ProblemKind::Answers, "use the setup file").because(error)
    }
}

/// Reads a setup file.
pub fn read(path: &Path) -> Result<Answers, SetupFileError> {
    let text =
        fs::read_to_string(path).map_err(|source| SetupFileError::Unreadable { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Parses the text of a setup file; `origin` is what errors call it.
pub fn parse(text: &str, origin: &Path) -> Result<Answers, SetupFileError> {
    let wrong = |mistakes: Vec<Mistake>| SetupFileError::Wrong { origin: origin.to_owned(), mistakes };
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What follows a torn line is often read into the wrong table: nothing more is said before the form is right.
        let mistake = |error: &toml::de::Error| Mistake {
            line: error.span().map(|span| line_of(text, span.start)),
            key: None,
            // The parser's message and not its rendering, which repeats the line: a secret may stand on it.
            what: format!("this is not TOML: {}", error.message()),
        };
        return Err(wrong(errors.iter().map(mistake).collect()));
    }
    let mut mistakes = Mistakes::new(text);
    let answers = tables::answers(root.get_ref(), &mut mistakes);
    match (answers, mistakes.into_list()) {
        (Some(answers), list) if list.is_empty() => Ok(answers),
        (_, list) => Err(wrong(list)),
    }
}

#[cfg(test)]
mod tests;

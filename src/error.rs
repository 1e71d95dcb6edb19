//! The program's error, and what it exits with.

use std::{error::Error as StdError, fmt, fmt::Write as _};

use time::OffsetDateTime;

use crate::{
    domain::{Problem, problem::ProblemKind},
    engine::{Fault, JournalError, run::RunError},
};

/// What the program exits with. Scripts rely on the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum ExitCode {
    /// What was asked for is done.
    Done = 0,
    /// A defect of crosspull, or something wrong with this machine.
    Internal = 1,
    /// Wrong usage, or answers that do not fit.
    Usage = 2,
    /// The preflight found something that cannot work; nothing was changed.
    Refused = 3,
    /// A person has to act first; resume later.
    Waiting = 4,
    /// Azure refused, or could not be reached, or the sign-in failed.
    Azure = 5,
    /// Stopped by the operator; resume later.
    Interrupted = 6,
    /// Another process holds the setup.
    Busy = 7,
}

impl From<ProblemKind> for ExitCode {
    fn from(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::Answers => Self::Usage,
            ProblemKind::Preflight => Self::Refused,
            ProblemKind::Azure | ProblemKind::Network | ProblemKind::SignIn => Self::Azure,
            ProblemKind::Waiting => Self::Waiting,
            ProblemKind::Interrupted => Self::Interrupted,
            ProblemKind::Busy => Self::Busy,
            ProblemKind::Local | ProblemKind::Internal => Self::Internal,
        }
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// What went wrong, and in the middle of what. `Display` never includes the source: [`chain`] shows the whole.
#[derive(Debug)]
pub struct Error {
    /// Who or what has to move.
    pub kind: ProblemKind,
    /// What was being tried, as it ends the sentence "could not …".
    pub doing: String,
    /// What made it fail.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
    /// The failure as the journal keeps it, where there is one: it has Azure's words and ids.
    pub problem: Option<Box<Problem>>,
}

impl Error {
    /// An error without a source.
    pub fn new(kind: ProblemKind, doing: impl Into<String>) -> Self {
        Self { kind, doing: doing.into(), source: None, problem: None }
    }

    /// With what made it fail.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The failure as screens and journals keep it.
    pub fn to_problem(&self, at: OffsetDateTime) -> Problem {
        if let Some(problem) = &self.problem {
            return (**problem).clone();
        }
        let causes = chain(self).lines().skip(1).map(str::trim).collect::<Vec<_>>().join(", ");
        Problem::new(self.kind, self.doing.clone(), causes, at)
    }

    /// What the program exits with.
    pub fn exit_code(&self) -> ExitCode {
        self.kind.into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "could not {}", self.doing)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match (&self.source, &self.problem) {
            (Some(source), _) => Some(&**source),
            (None, Some(problem)) => Some(&**problem),
            (None, None) => None,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { kind: problem.kind, doing: problem.tried.clone(), source: None, problem: Some(Box::new(problem)) }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        (*fault.problem).into()
    }
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        let kind = match &error {
            JournalError::Busy { .. } => ProblemKind::Busy,
            JournalError::Illegal(_) => ProblemKind::Internal,
            JournalError::Io { .. }
            | JournalError::Newer { .. }
            | JournalError::Damaged { .. }
            | JournalError::Gone { .. }
            | JournalError::NotAFile { .. }
            | JournalError::Exposed { .. }
            | JournalError::Broken { .. } => ProblemKind::Local,
        };
        Self::new(kind, "use the setup's journal").because(error)
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Journal(error) => error.into(),
            RunError::Fault(fault) => fault.into(),
        }
    }
}

/// An error with all that made it fail, a line each. A cause that the line above already says in full is left out, and so is
/// its beginning where that is the line above.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut last = text.clone();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if words != last {
            // What the line above has said is not said again before the cause's own words.
            let own = words.strip_prefix(last.as_str()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&words);
            // Writing to a String cannot fail.
            let _ = write!(text, "\n  because: {}", own.replace('\n', "\n           "));
        }
        last = words;
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::{io, path::PathBuf};

    use time::macros::datetime;

    use super::*;

    #[test]
    fn every_kind_has_its_exit_code() {
        for (kind, code) in [
            (ProblemKind::Answers, 2),
            (ProblemKind::Preflight, 3),
            (ProblemKind::Azure, 5),
            (ProblemKind::Network, 5),
            (ProblemKind::SignIn, 5),
            (ProblemKind::Waiting, 4),
            (ProblemKind::Interrupted, 6),
            (ProblemKind::Busy, 7),
            (ProblemKind::Local, 1),
            (ProblemKind::Internal, 1),
        ] {
            assert_eq!(ExitCode::from(kind) as u8, code, "{kind:?}");
        }
        assert_eq!(ExitCode::Done as u8, 0);
    }

    #[test]
    fn the_chain_shows_each_cause_once_and_display_none() {
        let io = io::Error::new(io::ErrorKind::PermissionDenied, "permission denied");
        let error: Error =
            JournalError::Io { doing: "read", path: PathBuf::from("/setups/a/journal.jsonl"), source: io }.into();
        assert_eq!(error.to_string(), "could not use the setup's journal");
        assert_eq!(error.exit_code(), ExitCode::Internal);
        insta::assert_snapshot!(chain(&error), @"
        could not use the setup's journal
          because: could not read /setups/a/journal.jsonl
          because: permission denied
        ");
    }

    #[test]
    fn a_problem_keeps_its_words_and_ids() {
        let at = datetime!(2026-11-23 13:31:07 UTC);
        let error: Error = Problem::new(ProblemKind::SignIn, "sign in to Contoso", "AADSTS50020: no", at).into();
        assert_eq!((error.to_string().as_str(), error.exit_code()), ("could not sign in to Contoso", ExitCode::Azure));
        assert_eq!(chain(&error), "could not sign in to Contoso\n  because: AADSTS50020: no");
        assert!(error.problem.is_some());
    }

    #[test]
    fn a_setup_that_somebody_holds_is_busy() {
        let error: Error = JournalError::Busy { path: PathBuf::from("/setups/a") }.into();
        assert_eq!(error.exit_code(), ExitCode::Busy);
    }
}

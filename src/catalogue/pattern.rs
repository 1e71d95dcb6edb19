//! What a failure has to be for an entry to fit it, and how well it then fits.

use serde::Deserialize;

use super::word;
use crate::domain::{Problem, StepId, problem::ProblemKind};

/// What a failure has to be; all that is named has to fit.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pattern {
    pub(super) codes: Vec<String>,
    pub(super) message: Parts,
    pub(super) steps: Vec<StepId>,
    pub(super) status: Option<u16>,
    pub(super) kinds: Vec<ProblemKind>,
}

/// Parts of a message: one, or several that all have to be there.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "OneOrMore")]
pub(super) struct Parts(pub(super) Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Parts {
    fn from(parts: OneOrMore) -> Self {
        Self(match parts {
            OneOrMore::One(part) => vec![part],
            OneOrMore::More(parts) => parts,
        })
    }
}

/// What is known of a failure.
pub(super) trait Signs {
    /// Whether the code is there, and whether as the failure's own rather than in its words.
    fn code(&self, code: &str) -> Option<Own>;
    /// Whether the message has this part, in any case.
    fn says(&self, part: &str) -> bool;
    /// Whether the HTTP status is this one.
    fn status(&self, status: u16) -> bool;
    /// Whether it is of one of these steps; `None` where nobody knows.
    fn step(&self, steps: &[StepId]) -> Option<bool>;
    /// Whether it is of one of these kinds; `None` where nobody knows.
    fn kind(&self, kinds: &[ProblemKind]) -> Option<bool>;
}

/// How a pattern fits.
#[derive(Debug)]
pub(super) struct Fit {
    /// Whether all that the pattern names is known to be so. Else the step or the kind is not known.
    pub(super) sure: bool,
    /// How specific it is, and then how long the parts of the message are.
    pub(super) weight: (u32, usize),
    /// The code, the parts of the message and the status by which it fits.
    pub(super) evidence: Vec<String>,
}

impl Pattern {
    /// How the pattern fits; `None` where it does not. A part of the message says most (the longer, the more), since Azure
    /// uses one code for many things.
    pub(super) fn fit(&self, signs: &impl Signs) -> Option<Fit> {
        let mut fit = Fit { sure: true, weight: (0, 0), evidence: Vec::new() };
        if !self.codes.is_empty() {
            // The first of equals, so that a list can be read from its beginning.
            let seen = self.codes.iter().rev().filter_map(|code| Some((signs.code(code)?, code)));
            let (own, code) = seen.max_by_key(|(own, _)| *own)?;
            // Between two codes the failure's own counts, and no more than that.
            fit.weight = (4, usize::from(own));
            fit.evidence.push(code.clone());
        }
        if !self.message.0.is_empty() {
            self.message.0.iter().all(|part| signs.says(part)).then_some(())?;
            fit.weight.0 += 8;
            fit.weight.1 += self.message.0.iter().map(String::len).sum::<usize>();
            fit.evidence.extend(self.message.0.iter().cloned());
        }
        if !self.steps.is_empty() {
            match signs.step(&self.steps) {
                Some(true) => fit.weight.0 += 3,
                Some(false) => return None,
                None => fit.sure = false,
            }
        }
        if let Some(status) = self.status {
            signs.status(status).then_some(())?;
            fit.weight.0 += 2;
            fit.evidence.push(status.to_string());
        }
        if !self.kinds.is_empty() {
            match signs.kind(&self.kinds) {
                Some(true) => fit.weight.0 += 1,
                Some(false) => return None,
                None => fit.sure = false,
            }
        }
        (fit.weight.0 > 0).then_some(fit)
    }
}

/// Whether a code is a failure's own.
pub(super) type Own = bool;

/// A problem, and the step that met it. Before any step there is none.
pub(super) struct Met<'a> {
    pub(super) problem: &'a Problem,
    pub(super) step: Option<StepId>,
}

impl Signs for Met<'_> {
    /// The problem's own code, or one below it, or one in its message: services wrap each other's answers in their own. An
    /// AADSTS number counts as much wherever it stands.
    fn code(&self, code: &str) -> Option<Own> {
        let problem = self.problem;
        let number = code.strip_prefix("AADSTS");
        let is = |own: &String| own.eq_ignore_ascii_case(code) || number == Some(own.as_str());
        if problem.code.iter().chain(&problem.inner_codes).any(is) {
            return Some(true);
        }
        word::mentioned(&problem.message, code).then_some(number.is_some())
    }

    fn says(&self, part: &str) -> bool {
        self.problem.message.to_ascii_lowercase().contains(&part.to_ascii_lowercase())
    }

    fn status(&self, status: u16) -> bool {
        self.problem.status == Some(status)
    }

    fn step(&self, steps: &[StepId]) -> Option<bool> {
        Some(self.step.is_some_and(|step| steps.contains(&step)))
    }

    fn kind(&self, kinds: &[ProblemKind]) -> Option<bool> {
        Some(kinds.contains(&self.problem.kind))
    }
}

//! Known failures and findings: what they mean, who can do something, and what. The words are data, in
//! `assets/catalogue.toml`; a code such as `CP-405` can be said on a phone.

mod pasted;
mod pattern;
mod word;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};

pub use self::pasted::{Found, Reading, code_in, read};
use self::pattern::{Met, Pattern};
use crate::domain::{Finding, Problem, Severity, StepId};

const SOURCE: &str = include_str!("../assets/catalogue.toml");

/// What is shown instead of a broken asset: nothing. A test reads the asset, so that a broken one is never shipped.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| asset().unwrap_or_default());

fn asset() -> Result<Catalogue, toml::de::Error> {
    toml::from_str(SOURCE)
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    /// The general words that stand for a placeholder without a value.
    placeholders: BTreeMap<String, String>,
    #[serde(rename = "entry")]
    entries: Vec<Entry>,
}

/// One known failure or finding.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `CP-` and three digits.
    pub code: String,
    /// What it is, as a heading.
    pub title: String,
    /// Where people meet it.
    #[serde(rename = "where")]
    pub place: Place,
    #[serde(rename = "match", default)]
    matches: Vec<Pattern>,
    /// It says less than any other that fits a text.
    #[serde(default)]
    general: bool,
    means: String,
    /// Who can do something about it.
    pub who: String,
    #[serde(rename = "do")]
    advice: String,
    /// Public documentation.
    pub link: String,
}

/// Where people meet a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Before anything is changed.
    Preflight,
    /// While signing in to a tenant.
    SignIn,
    /// In a step's work.
    Steps,
    /// Between this machine and a service, or on this machine.
    Network,
    /// In the cluster: what its nodes and its controllers report.
    Cluster,
    /// In the commands of the Azure CLI that people run themselves.
    AzureCli,
}

impl Place {
    /// Every place, in the order of the codes.
    pub const ALL: [Self; 6] =
        [Self::Preflight, Self::SignIn, Self::Steps, Self::Network, Self::Cluster, Self::AzureCli];

    /// Where that is, as a heading.
    pub fn words(self) -> &'static str {
        match self {
            Self::Preflight => "Before anything is changed",
            Self::SignIn => "Signing in",
            Self::Steps => "In a step's work",
            Self::Network => "The network, and this machine",
            Self::Cluster => "In the cluster",
            Self::AzureCli => "Commands of the Azure CLI",
        }
    }
}

/// Whether a code is about a tenant's rules for apps, which its admins can change.
pub fn is_a_rule(code: &str) -> bool {
    matches!(code, "CP-120" | "CP-121" | "CP-122")
}

/// A registry's firewall keeps this machine out: what it holds has to be taken on somebody's word, or the address let in.
pub const FIREWALL: &str = "CP-504";

impl Entry {
    /// What it means, with the placeholders filled.
    pub fn means(&self, values: &[(&str, &str)]) -> String {
        fill(&self.means, values)
    }

    /// What to do, with the placeholders filled.
    pub fn advice(&self, values: &[(&str, &str)]) -> String {
        fill(&self.advice, values)
    }

    /// Whether its words have this placeholder.
    pub fn speaks_of(&self, placeholder: &str) -> bool {
        let placeholder = format!("{{{placeholder}}}");
        [&self.means, &self.advice].into_iter().any(|words| words.contains(&placeholder))
    }

    /// A finding of the preflight in these words. `found` says what was found here, with the names of this setup.
    pub fn finding(&self, severity: Severity, found: String, values: &[(&str, &str)]) -> Finding {
        Finding { severity, code: self.code.clone(), found, means: self.means(values), advice: self.advice(values) }
    }
}

/// Fills `{placeholders}`: with the value given, else with the catalogue's general words. A sentence that begins with
/// a placeholder begins with a capital letter where words stand for it; a name of one word stays as it is.
fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else { break };
        filled.push_str(before);
        let given = values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let words = given.unwrap_or_else(|| CATALOGUE.placeholders.get(name).map_or("it", String::as_str));
        let starts = filled.is_empty() || filled.ends_with(". ") || filled.ends_with(": ");
        let mut letters = words.chars();
        match letters.next() {
            Some(first) if starts && (given.is_none() || words.contains(' ')) => {
                filled.extend(first.to_uppercase().chain(letters));
            }
            _ => filled.push_str(words),
        }
        rest = after;
    }
    filled + rest
}

/// The entry with this code.
pub fn entry(code: &str) -> Option<&'static Entry> {
    CATALOGUE.entries.iter().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// Every entry, in the order of the codes.
pub fn all() -> &'static [Entry] {
    &CATALOGUE.entries
}

/// The entry that fits a problem best. A problem whose own code is a catalogue code is that entry's.
pub fn explain(problem: &Problem, step: Option<StepId>) -> Option<&'static Entry> {
    if let Some(named) = problem.code.as_deref().and_then(entry) {
        return Some(named);
    }
    let met = Met { problem, step };
    let mut best: Option<((u32, usize), &'static Entry)> = None;
    for entry in all() {
        let weight = entry.matches.iter().filter_map(|pattern| Some(pattern.fit(&met)?.weight)).max();
        // The first of equals wins, so that a file that is read from top to bottom says what happens.
        if let Some(weight) = weight
            && best.is_none_or(|(heaviest, _)| weight > heaviest)
        {
            best = Some((weight, entry));
        }
    }
    best.map(|(_, entry)| entry)
}

#[cfg(test)]
mod tests;

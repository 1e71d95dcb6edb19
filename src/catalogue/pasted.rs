//! Reads what people paste: a tool's output, a service's answer, an event of a pod, an address with an error in it.
//!
//! Any text can be read. What is told of it are the catalogue's own words, and codes: nothing else of the text, which can
//! hold secrets.

use url::form_urlencoded;

use super::{
    Entry, all, entry,
    pattern::{Fit, Own, Signs},
    word,
};
use crate::domain::{StepId, problem::ProblemKind};

/// What a text says that the catalogue knows.
#[derive(Debug, Default)]
pub struct Reading {
    /// What fits, the best first.
    pub found: Vec<Found>,
    /// What would fit as well, depending on where it happened, which the text does not tell.
    pub perhaps: Vec<Found>,
    /// Codes in the text that nothing is known of.
    pub unknown: Vec<String>,
    /// A known code that is spelt nearly like the text.
    pub meant: Option<&'static str>,
}

/// An entry that fits a text.
#[derive(Debug)]
pub struct Found {
    pub entry: &'static Entry,
    /// The codes and parts of messages by which it was recognised.
    pub recognised: Vec<String>,
    weight: (u32, usize),
}

/// The first entry that a text names by its code.
pub fn code_in(text: &str) -> Option<&'static Entry> {
    Text::of(text).named().iter().find_map(|code| entry(code))
}

/// Reads a text.
pub fn read(text: &str) -> Reading {
    let text = Text::of(text);
    let named = text.named();
    if !named.is_empty() {
        // A crosspull that knew more than the text has said so.
        return named_codes(&named);
    }
    let mut fits: Vec<(&'static Entry, Fit)> =
        all().iter().filter_map(|entry| Some((entry, best(entry, &text)?))).collect();
    // Sorting is stable: the first of equals stays the first.
    fits.sort_by_key(|(_, fit)| std::cmp::Reverse((fit.sure, fit.weight)));
    let mut reading = Reading::default();
    for (entry, fit) in fits {
        let found = Found { entry, recognised: fit.evidence, weight: fit.weight };
        let (list, told) = if fit.sure {
            let told = reading.found.iter().any(|other| other.says_all_of(&found));
            (&mut reading.found, told)
        } else {
            // Less specific than what is known for sure.
            let told = reading.found.iter().any(|other| other.says_all_of(&found) && other.weight > found.weight);
            (&mut reading.perhaps, told)
        };
        if !told {
            list.push(found);
        }
    }
    if reading.found.iter().any(|found| !found.entry.general) {
        reading.found.retain(|found| !found.entry.general);
    }
    reading.unknown = unknown(&text, &reading);
    if reading.found.is_empty() && reading.perhaps.is_empty() && reading.unknown.is_empty() {
        reading.meant = nearest(&text.said);
    }
    reading
}

impl Found {
    /// Whether all by which the other was recognised has been seen here as well.
    fn says_all_of(&self, other: &Self) -> bool {
        let lower: Vec<String> = self.recognised.iter().map(|one| one.to_ascii_lowercase()).collect();
        other.recognised.iter().all(|one| {
            let one = one.to_ascii_lowercase();
            lower.iter().any(|own| own.contains(&one))
        })
    }
}

fn best(entry: &Entry, text: &Text) -> Option<Fit> {
    let fits = entry.matches.iter().filter_map(|pattern| pattern.fit(text));
    fits.max_by_key(|fit| (fit.sure, fit.weight)).filter(|fit| !fit.evidence.is_empty())
}

fn named_codes(named: &[String]) -> Reading {
    let mut reading = Reading::default();
    for code in named {
        match entry(code) {
            Some(entry) => {
                reading.found.push(Found { entry, recognised: vec![entry.code.clone()], weight: (4, 0) });
            }
            None => reading.unknown.push(code.clone()),
        }
    }
    reading
}

/// Codes that no entry which fits was recognised by.
fn unknown(text: &Text, reading: &Reading) -> Vec<String> {
    let known =
        |code: &str| all().iter().flat_map(|entry| &entry.matches).any(|one| one.codes.iter().any(|c| c == code));
    let mut unknown: Vec<String> = text.aadsts().into_iter().filter(|code| !known(code)).collect();
    if unknown.is_empty() && reading.found.is_empty() && reading.perhaps.is_empty() {
        unknown.extend(word::in_code_position(&text.said).map(str::to_owned));
    }
    unknown
}

/// A known code that somebody may have misspelt.
fn nearest(word: &str) -> Option<&'static str> {
    const NEAR: f64 = 0.9;
    // A number that is off by one digit means something else altogether.
    let codes = all().iter().flat_map(|entry| &entry.matches).flat_map(|pattern| &pattern.codes);
    let codes = codes.filter(|code| code.len() > 5 && !code.starts_with("AADSTS"));
    let near = |code: &String| strsim::jaro_winkler(&code.to_ascii_lowercase(), &word.to_ascii_lowercase());
    if word.len() > 64 {
        return None;
    }
    let best = codes.map(|code| (near(code), code)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(near, _)| *near >= NEAR).map(|(_, code)| code.as_str())
}

/// A text, made ready to look for codes and words.
struct Text {
    /// Without colours, escapes and line breaks; with what addresses in it say in plain words.
    said: String,
    lower: String,
    /// The whole text is one word: a code, in whatever case it was typed.
    one_word: bool,
    /// It has a number of Entra.
    numbered: bool,
}

impl Text {
    fn of(text: &str) -> Self {
        let mut said = flat(text);
        let told = addresses(&said);
        said.push_str(&told);
        let one_word = !said.is_empty() && !said.contains(' ');
        let lower = said.to_ascii_lowercase();
        let numbered = lower
            .match_indices("aadsts")
            .any(|(at, mark)| lower[at + mark.len()..].starts_with(|c: char| c.is_ascii_digit()));
        Self { said, lower, one_word, numbered }
    }

    /// Codes of the catalogue, `CP-` and three digits, each once. Alone they may be written as they are said.
    fn named(&self) -> Vec<String> {
        let spoken = self.lower.replace([' ', '-'], "");
        if let Some(digits) = spoken.strip_prefix("cp").filter(|rest| three_digits(rest)) {
            return vec![format!("CP-{digits}")];
        }
        let mut named = Vec::new();
        for (at, mark) in self.lower.match_indices("cp-") {
            let digits: String =
                self.lower[at + mark.len()..].chars().take_while(char::is_ascii_alphanumeric).collect();
            let begins = !self.lower[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            let code = format!("CP-{digits}");
            if begins && three_digits(&digits) && !named.contains(&code) {
                named.push(code);
            }
        }
        named
    }

    /// Entra's numbers, each once.
    fn aadsts(&self) -> Vec<String> {
        let mut found = Vec::new();
        let alone =
            self.one_word && (5..=8).contains(&self.said.len()) && self.said.chars().all(|c| c.is_ascii_digit());
        if alone {
            found.push(format!("AADSTS{}", self.said));
        }
        for (at, mark) in self.lower.match_indices("aadsts") {
            let digits: String = self.lower[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
            let code = format!("AADSTS{digits}");
            if (5..=8).contains(&digits.len()) && !found.contains(&code) {
                found.push(code);
            }
        }
        found
    }
}

fn three_digits(text: &str) -> bool {
    text.len() == 3 && text.chars().all(|c| c.is_ascii_digit())
}

impl Signs for Text {
    fn code(&self, code: &str) -> Option<Own> {
        // Entra's number says more than the word of the protocol that stands beside it.
        if code.starts_with(|c: char| c.is_ascii_lowercase()) && self.numbered {
            return None;
        }
        let alone = self.one_word
            && (self.said.eq_ignore_ascii_case(code) || code.strip_prefix("AADSTS") == Some(self.said.as_str()));
        (alone || word::mentioned(&self.said, code)).then_some(true)
    }

    fn says(&self, part: &str) -> bool {
        self.lower.contains(&part.to_ascii_lowercase())
    }

    fn status(&self, status: u16) -> bool {
        let number = status.to_string();
        let digit = |c: char| c.is_ascii_alphanumeric();
        self.lower.match_indices(&number).any(|(at, _)| {
            let (before, after) = (&self.lower[..at], &self.lower[at + number.len()..]);
            if before.ends_with(digit) || after.starts_with(digit) {
                return false;
            }
            let reasons = [
                " too many requests",
                " internal server error",
                " bad gateway",
                " service unavailable",
                " gateway time",
            ];
            let label = before.trim_end_matches([' ', ':', '=', '"', '\'', '(']);
            let labels = ["status", "statuscode", "status code", "http", "http/1.1", "http/2"];
            reasons.iter().any(|reason| after.starts_with(reason)) || labels.iter().any(|one| label.ends_with(one))
        })
    }

    fn step(&self, _: &[StepId]) -> Option<bool> {
        None
    }

    fn kind(&self, _: &[ProblemKind]) -> Option<bool> {
        None
    }
}

/// One line: without a terminal's colours, without JSON's escapes, one blank where there were several.
fn flat(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(1 << 16));
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let shown = match letter {
            '\u{1b}' => {
                if letters.next_if_eq(&'[').is_some() {
                    while letters.next_if(|c| !('\u{40}'..='\u{7e}').contains(c)).is_some() {}
                    letters.next();
                }
                continue;
            }
            '\\' => match letters.peek() {
                Some('"' | '\'' | '/' | '\\') => letters.next().unwrap_or(' '),
                Some('n' | 'r' | 't') => {
                    letters.next();
                    ' '
                }
                Some('u') => {
                    let hex: String = letters.clone().skip(1).take(4).collect();
                    match u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32).filter(|_| hex.len() == 4) {
                        Some(meant) => {
                            letters.nth(4);
                            meant
                        }
                        None => letter,
                    }
                }
                _ => letter,
            },
            _ => letter,
        };
        if !shown.is_whitespace() && !shown.is_control() {
            out.push(shown);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// What addresses in a text say of an error, in plain words. All else in them, codes of sign-ins among it, is left.
fn addresses(text: &str) -> String {
    let mut told = String::new();
    for word in text.split(' ').filter(|word| word.contains("error=") || word.contains("error_description=")) {
        let word = word.trim_matches(|c: char| matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | ','));
        let query = word.split_once(['?', '#']).map_or(word, |(_, query)| query);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if matches!(&*name, "error" | "error_description" | "error_subcode") {
                told.push(' ');
                told.push_str(&flat(&format!("{name}={value}")));
            }
        }
    }
    told
}

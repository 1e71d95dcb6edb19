//! One table of a setup file, read key by key.

use std::{fmt::Display, ops::Range, str::FromStr};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Mistake;

/// A name this close to a known one is taken for a slip (Jaro-Winkler; 1 is equality).
const CLOSE: f64 = 0.82;

/// The mistakes found so far.
#[derive(Debug)]
pub(super) struct Mistakes<'t> {
    text: &'t str,
    list: Vec<Mistake>,
}

impl<'t> Mistakes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, list: Vec::new() }
    }

    pub(super) fn add(&mut self, at: Option<usize>, key: &str, what: impl Into<String>) {
        let line = at.map(|at| line_of(self.text, at));
        self.list.push(Mistake { line, key: (!key.is_empty()).then(|| key.to_owned()), what: what.into() });
    }

    /// From top to bottom; what has no line comes last.
    pub(super) fn into_list(mut self) -> Vec<Mistake> {
        self.list.sort_by_key(|mistake| mistake.line.unwrap_or(usize::MAX));
        self.list
    }
}

/// The line that a byte stands on, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// The known name that is most like `name`, if one is like it at all.
pub(super) fn closest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&name.to_lowercase(), candidate), candidate))
        .filter(|(likeness, _)| *likeness >= CLOSE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

/// A table with its name and where it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a, 't> {
    name: &'static str,
    begins: Option<usize>,
    table: Option<&'a DeTable<'t>>,
}

impl<'a, 't> Section<'a, 't> {
    /// The whole file.
    pub(super) fn root(table: &'a DeTable<'t>) -> Self {
        Self { name: "", begins: None, table: Some(table) }
    }

    /// The table `name` of the file; an empty one where it is left out.
    pub(super) fn table(self, name: &'static str, mistakes: &mut Mistakes<'_>) -> Self {
        let missing = Self { name, begins: None, table: None };
        let Some((key, value)) = self.entry(name) else { return missing };
        match value.get_ref() {
            DeValue::Table(table) => Self { name, begins: Some(key.start), table: Some(table) },
            other => {
                let what = format!("is {} where a table belongs: write [{name}]", kind(other));
                mistakes.add(Some(key.start), name, what);
                missing
            }
        }
    }

    /// An inline table under `name`, called so in messages.
    pub(super) fn inline(name: &'static str, begins: usize, table: &'a DeTable<'t>) -> Self {
        Self { name, begins: Some(begins), table: Some(table) }
    }

    /// A key with the name of its table.
    pub(super) fn path(self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// Adds a mistake with this key; it stands where the key does, or else where the table begins.
    pub(super) fn mistake(self, key: &str, what: impl Into<String>, mistakes: &mut Mistakes<'_>) {
        let at = self.entry(key).map(|(span, _)| span.start).or(self.begins);
        mistakes.add(at, &self.path(key), what);
    }

    /// The value of a key with where the key stands.
    pub(super) fn entry(self, key: &str) -> Option<(Range<usize>, &'a Spanned<DeValue<'t>>)> {
        self.table?.iter().find(|(name, _)| name.get_ref() == key).map(|(name, value)| (name.span(), value))
    }

    /// Refuses every key that is not among `known`; `elsewhere` are the keys of the other tables, each with its table.
    pub(super) fn refuse_unknown(self, known: &[&str], elsewhere: &[(&str, &str)], mistakes: &mut Mistakes<'_>) {
        for name in self.table.into_iter().flatten().map(|(name, _)| name) {
            let key: &str = name.get_ref();
            if known.contains(&key) {
                continue;
            }
            let hint = if let Some((table, _)) = elsewhere.iter().find(|(_, other)| *other == key) {
                if table.is_empty() {
                    "it belongs above the first [table]".to_owned()
                } else {
                    format!("it belongs in [{table}]")
                }
            } else if let Some(close) = closest(key, known.iter().copied()) {
                format!("did you mean `{close}`?")
            } else if let Some((table, close)) = closest(key, elsewhere.iter().map(|(_, key)| *key))
                .and_then(|close| elsewhere.iter().copied().find(|(_, key)| *key == close))
            {
                let place = if table.is_empty() { "the top".to_owned() } else { format!("[{table}]") };
                format!("did you mean `{close}` in {place}?")
            } else {
                format!("known here: {}", known.join(", "))
            };
            let secret = if is_secret(key) && key != "secret_days" && !hint.contains("secret_days") {
                ", and a secret does not belong in this file (client_secret_env names the environment variable that \
                 holds it)"
            } else {
                ""
            };
            let what = format!("this key is not known{secret}; {hint}");
            mistakes.add(Some(name.span().start), &self.path(key), what);
        }
    }

    /// The text of a key, if it is there and is a text.
    pub(super) fn text(self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<&'a str> {
        let (_, value) = self.entry(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.mistake(key, format!("is {} where a text in quotes belongs", kind(value.get_ref())), mistakes);
        }
        text
    }

    /// The parsed text of a key.
    pub(super) fn parsed<T>(self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let parsed = self.text(key, mistakes)?.parse::<T>();
        parsed.map_err(|error| self.mistake(key, error.to_string(), mistakes)).ok()
    }

    /// A whole number within `range`.
    pub(super) fn number(
        self,
        key: &str,
        range: std::ops::RangeInclusive<u16>,
        mistakes: &mut Mistakes<'_>,
    ) -> Option<u16> {
        let (_, value) = self.entry(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| u16::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok())
            .filter(|number| range.contains(number));
        if number.is_none() {
            let what = format!("a whole number from {} to {} belongs here", range.start(), range.end());
            self.mistake(key, what, mistakes);
        }
        number
    }

    /// `true` or `false`; `false` where it is left out.
    pub(super) fn flag(self, key: &str, mistakes: &mut Mistakes<'_>) -> bool {
        let Some((_, value)) = self.entry(key) else { return false };
        value.get_ref().as_bool().unwrap_or_else(|| {
            let what = format!("is {} where true or false belongs (without quotes)", kind(value.get_ref()));
            self.mistake(key, what, mistakes);
            false
        })
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(self, key: &str, words: &[(&str, T)], mistakes: &mut Mistakes<'_>) -> Option<T> {
        let text = self.text(key, mistakes)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice);
        if found.is_none() {
            self.mistake(key, not_one_of(text, words.iter().map(|(word, _)| *word)), mistakes);
        }
        found
    }

    /// A list of texts, each with where it stands.
    pub(super) fn list(self, key: &str, mistakes: &mut Mistakes<'_>) -> Vec<(usize, &'a str)> {
        let Some((_, value)) = self.entry(key) else { return Vec::new() };
        let Some(array) = value.get_ref().as_array() else {
            let what = format!("is {} where a list belongs: [\"a\", \"b\"]", kind(value.get_ref()));
            self.mistake(key, what, mistakes);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in array {
            if let Some(text) = item.get_ref().as_str() {
                texts.push((item.span().start, text));
            } else {
                let what = format!("holds {} where a text in quotes belongs", kind(item.get_ref()));
                mistakes.add(Some(item.span().start), &self.path(key), what);
            }
        }
        texts
    }
}

/// The words that are allowed, and the one that may have been meant. What stands there is not repeated.
pub(super) fn not_one_of<'k>(text: &str, words: impl Iterator<Item = &'k str> + Clone) -> String {
    let allowed: Vec<String> = words.clone().map(|word| format!("\"{word}\"")).collect();
    let close = closest(text, words).map(|word| format!("; did you mean `{word}`?")).unwrap_or_default();
    format!("one of {} belongs here{close}", allowed.join(", "))
}

/// Whether the value of a key of this name may be a secret that somebody pasted.
fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    ["secret", "password", "passwd", "token", "credential"].iter().any(|word| key.contains(word))
}

/// A value's type, with its article.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

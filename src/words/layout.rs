//! Lines of a fixed width.

use std::fmt::Write as _;

use time::{OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

/// What fits a terminal of 80 columns without touching its edge.
pub(super) const WIDTH: usize = 79;

const CLOCK: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
const MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]");
const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");

fn formatted(at: OffsetDateTime, format: &[BorrowedFormatItem<'_>]) -> String {
    // Only a component that a date lacks makes formatting fail, and these formats name none.
    at.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}

/// `14:02:11`
pub fn clock(at: OffsetDateTime) -> String {
    formatted(at, CLOCK)
}

/// `2026-11-23 14:02`
pub(crate) fn minute(at: OffsetDateTime) -> String {
    formatted(at, MINUTE)
}

/// `2026-11-23 14:02:11`
pub(crate) fn second(at: OffsetDateTime) -> String {
    formatted(at, SECOND)
}

/// `2026-11-23`
pub fn day(at: OffsetDateTime) -> String {
    formatted(at, DAY)
}

/// Whether a terminal would obey the character instead of showing it: control characters, and those that turn the
/// direction of what follows, so that a name could pass for another.
pub(crate) fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || turns
}

/// The text with blanks for what a terminal would obey: names and messages come from outside.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_obeyed(c) { ' ' } else { c }).collect()
}

/// Adds `text` behind `first`, broken at spaces; further lines begin with spaces of the same width. Words that are
/// longer than a line stay whole: a link or an id has to be copied.
pub(crate) fn paragraph(out: &mut String, first: &str, text: &str) {
    let indent = " ".repeat(first.chars().count());
    let mut line = first.to_owned();
    let mut empty = true;
    for word in clean(text).split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            push_line(out, &line);
            line.clone_from(&indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    push_line(out, &line);
}

/// A line whose words begin at a column, broken at blanks there.
pub(crate) fn wrapped(line: &str, indent: usize) -> String {
    let at = line.char_indices().nth(indent).map_or(line.len(), |(at, _)| at);
    let (first, rest) = line.split_at(at);
    if rest.trim().is_empty() {
        return line.to_owned();
    }
    let mut out = String::new();
    paragraph(&mut out, first, rest);
    out
}

/// Adds a label and its text.
pub(crate) fn field(out: &mut String, label: &str, width: usize, text: &str) {
    paragraph(out, &format!("{label:<width$}"), text);
}

/// Adds a line as it is, without spaces at its end.
pub(crate) fn push_line(out: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", line.trim_end());
}

/// `1 node`, `9 nodes`.
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_break_at_spaces_and_never_within_a_word() {
        let mut out = String::new();
        paragraph(&mut out, "Means  ", &"word ".repeat(30));
        assert!(out.lines().count() > 1 && out.lines().all(|line| line.chars().count() <= WIDTH), "{out}");
        assert!(out.lines().skip(1).all(|line| line.starts_with("       word")), "{out}");
        let link = "x".repeat(200);
        out.clear();
        paragraph(&mut out, "  ", &format!("see {link} there"));
        assert_eq!(out, format!("  see\n  {link}\n  there\n"));
    }

    #[test]
    fn a_line_of_an_account_goes_on_below_its_words() {
        let line = format!("13:02:11  consent         waits for a person: {}", "an admin of Fabrikam ".repeat(4));
        let lines: Vec<String> = wrapped(&line, 26).lines().map(str::to_owned).collect();
        assert!(lines.len() > 1, "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert!(lines[1].starts_with(&" ".repeat(26)) && lines[1].contains("Fabrikam"), "{lines:?}");
        assert_eq!(wrapped("13:02:11  setup", 26), "13:02:11  setup");
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        let mut out = String::new();
        field(&mut out, "Azure", 9, "no\u{1b}[2Jthing\r\nhere\u{9b}m");
        assert_eq!(out, "Azure    no [2Jthing here m\n");
        // Marks that turn the direction of what follows, each of them.
        assert_eq!(clean("a\u{61c}b\u{200e}c\u{200f}d\u{202e}e\u{2066}f"), "a b c d e f");
    }
}

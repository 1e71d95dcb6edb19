//! What people are shown of a foreign text: the catalogue's words, and texts that are safe in a terminal.

use super::{assert_harmless, assert_harmless_lines, text};
use crate::{
    azure::error::{aadsts_number, clean},
    catalogue,
    plain::{reading_json, reading_text, unknown_text},
    secret::Secret,
    tui::clipboard,
    words::{again::Started, layout},
};

/// What `explain` says of a text are the catalogue's words and codes, and nothing else of it.
pub(super) fn explain(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let reading = catalogue::read(text);
    let mut seen = Vec::new();
    for found in reading.found.iter().chain(&reading.perhaps) {
        assert!(catalogue::entry(&found.entry.code).is_some(), "{}", found.entry.code);
        assert!(!found.recognised.is_empty() && !seen.contains(&&found.entry.code), "{} twice", found.entry.code);
        seen.push(&found.entry.code);
    }
    for code in &reading.unknown {
        assert!(code.len() <= 80 && code.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c)), "{code:?}");
    }
    for shown in [reading_text(&reading), unknown_text(&reading)] {
        assert_harmless_lines("an explanation", &shown);
    }
    for line in reading_json(&reading) {
        assert_harmless("a line of JSON", &line.to_string());
    }
    // A code of crosspull's own says it for sure.
    if let Some(named) = catalogue::all().iter().find(|entry| text.trim() == entry.code) {
        assert_eq!(reading.found.first().map(|found| &found.entry.code), Some(&named.code));
    }
}

/// Nothing that a terminal obeys comes out, whichever way a text is made fit for one; what is cleaned stays as it is.
pub(super) fn terminal(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let line = clean(&text);
    assert_harmless("a foreign text", &line);
    assert!(line.len() <= 1210, "{} bytes", line.len());
    assert_harmless("a text that is cleaned twice", &clean(&line));
    assert!(!line.split(' ').any(|word| word.len() > 40 && word.contains("eyJ")), "a token: {line}");
    assert!(aadsts_number(&line).is_none() || line.contains("AADSTS"));
    let shown = layout::clean(&text);
    assert_harmless("a text", &shown);
    assert_eq!(shown.chars().count(), text.chars().count());
    let mut out = String::new();
    layout::paragraph(&mut out, "  ", &text);
    assert_harmless_lines("a paragraph", &out);
    // What asks the terminal to copy has nothing of the text between its ends but base64.
    let sequence = clipboard::sequence(&clipboard::Text::Secret(Secret::new(text.as_ref())));
    let inner = sequence.expose().strip_prefix("\u{1b}]52;c;").and_then(|rest| rest.strip_suffix("\u{1b}\\"));
    assert!(inner.expect("its own ends").chars().all(|c| c.is_ascii_alphanumeric() || "+/=".contains(c)));
    assert_harmless("a name in a command", &Started::default().resume(&text, ""));
}

//! Codes in the middle of a text.

/// Whether a text mentions a code: whole, and not merely as a word that people use as well.
pub(super) fn mentioned(text: &str, code: &str) -> bool {
    text.match_indices(code).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + code.len()..]);
        if let Some(first) = code.strip_prefix("AADSTS").and_then(|number| number.chars().next()) {
            // What stands before it can be the rest of an escape.
            return first.is_ascii_digit() && !after.starts_with(|next: char| next.is_ascii_digit());
        }
        whole(before, after) && (!is_a_word(code) || as_a_code(before))
    })
}

/// Nothing that could belong to a name stands beside it.
fn whole(before: &str, after: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !before.ends_with(part) && !after.starts_with(part)
}

/// `Forbidden`, `Conflict`, `DENIED`: a code that stands in many a sentence.
fn is_a_word(code: &str) -> bool {
    let rest = code.get(1..).unwrap_or_default();
    let all = |case: fn(&char) -> bool| rest.chars().all(|c| case(&c));
    all(char::is_ascii_lowercase) || all(char::is_ascii_uppercase)
}

/// Whether what follows is where tools and services put a code: in quotes, in parentheses, behind "Code:".
fn as_a_code(before: &str) -> bool {
    let before = before.trim_end_matches(' ');
    if before.ends_with(['"', '\'', '(']) {
        return true;
    }
    let lower = before.to_ascii_lowercase();
    ["code:", "code=", "error="].iter().any(|label| lower.ends_with(label))
}

/// What stands where a code stands, and could be one: for saying that it is not known. Letters only, so that nothing that
/// was pasted along with the error can pass for one.
pub(super) fn in_code_position(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let labels = ["\"code\":", "code=", "code:", "error: (", "\"error\":", "error="];
    let mut places: Vec<usize> =
        labels.iter().flat_map(|label| lower.match_indices(label).map(|(at, _)| at + label.len())).collect();
    places.extend(text.starts_with('(').then_some(1));
    places.sort_unstable();
    places.into_iter().find_map(|at| {
        let rest = text[at..].trim_start_matches([' ', '"', '\'', '\\']);
        let end = rest.find(|c: char| !c.is_ascii_alphabetic() && c != '_').unwrap_or(rest.len());
        let ended = rest[end..].starts_with(['"', '\'', ' ', ')', ',', '&', '\\']) || end == rest.len();
        let code = &rest[..end];
        let fits = (4..=48).contains(&end) && ended && !code.starts_with("eyJ");
        let looks = code.contains('_') || code.starts_with(|c: char| c.is_ascii_uppercase());
        (fits && looks).then_some(code)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_whole_and_words_only_where_codes_stand() {
        assert!(mentioned("ERROR: (AuthorizationFailed) The client", "AuthorizationFailed"));
        assert!(mentioned("Code=\"LinkedAuthorizationFailed\" Message", "LinkedAuthorizationFailed"));
        assert!(!mentioned("LinkedAuthorizationFailed", "AuthorizationFailed"));
        assert!(mentioned("nAADSTS50020: User", "AADSTS50020") && !mentioned("AADSTS500201", "AADSTS50020"));
        for (text, found) in [
            ("unexpected status: 403 Forbidden", false),
            ("(Forbidden) no", true),
            ("{\"code\":\"Forbidden\"}", true),
            ("Code: Forbidden", true),
            ("A Conflict of interests", false),
        ] {
            let code = if text.contains("Conflict") { "Conflict" } else { "Forbidden" };
            assert_eq!(mentioned(text, code), found, "{text}");
        }
        assert!(!mentioned("access DENIED", "DENIED") && mentioned("\"code\":\"DENIED\"", "DENIED"));
    }

    #[test]
    fn what_could_be_a_code_is_named_and_nothing_else() {
        for (text, code) in [
            ("{\"error\":{\"code\":\"SomethingNew\",\"message\":\"no\"}}", Some("SomethingNew")),
            ("(SomethingNew) it failed\nCode: SomethingNew", Some("SomethingNew")),
            ("ERROR: (SomethingNew) it failed", Some("SomethingNew")),
            ("{\"error\":\"some_grant\"}", Some("some_grant")),
            ("https://www.microsoft.com/?code=0.AXoA7m8Q~secret", None),
            ("code=eyJhbGciOi", None),
            ("exit code: 1", None),
            ("the code: whatever", None),
            ("(see the page)", None),
        ] {
            assert_eq!(in_code_position(text), code, "{text}");
        }
    }
}

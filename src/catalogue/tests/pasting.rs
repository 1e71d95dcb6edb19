//! Whatever people paste.

use proptest::prelude::*;

use super::super::read;
use crate::plain::{reading_json, reading_text, unknown_text};

fn codes(text: &str) -> Vec<&'static str> {
    read(text).found.iter().map(|found| found.entry.code.as_str()).collect()
}

/// All that is ever told of a text.
fn told(text: &str) -> String {
    let reading = read(text);
    let lines: Vec<String> = reading_json(&reading).iter().map(ToString::to_string).collect();
    format!("{}{}{}", reading_text(&reading), unknown_text(&reading), lines.join("\n"))
}

#[test]
fn codes_can_be_typed_in_many_ways() {
    for text in ["CP-405", "cp-405", "cp405", "CP 405", " CP-405\n", "FAILED 13:31:07 UTC  CP-405  No right"] {
        assert_eq!(codes(text), ["CP-405"], "{text}");
    }
    for text in [
        "AADSTS50020",
        "aadsts50020",
        "50020",
        "ERROR: AADSTS50020: User account",
        "\"error_codes\":[50020], AADSTS50020",
    ] {
        assert_eq!(codes(text), ["CP-201"], "{text}");
    }
    assert_eq!(codes("authorizationfailed"), ["CP-213"]);
    assert_eq!(codes("429"), Vec::<&str>::new());
    assert_eq!(codes("HTTP 429"), ["CP-705"]);
    assert_eq!(codes("StatusCode=503"), ["CP-706"]);
    assert!(codes("port 50020").is_empty(), "a number in a sentence is no code");
}

#[test]
fn a_terminals_colours_and_line_breaks_do_not_matter() {
    let text = "\u{1b}[31mERROR: (AuthorizationFailed) The client 'ben' does not have authorization to perform action \
                'Microsoft.Authorization/roleAssignments/write'\u{1b}[0m\r\n   Code: AuthorizationFailed";
    assert_eq!(codes(text), ["CP-405"]);
    assert_eq!(codes("Could not create a\n   role assignment for ACR."), ["CP-901"]);
    assert_eq!(codes(r#"{"error":"{\"code\":\"ScopeLocked\",\"message\":\"no\"}"}"#), ["CP-414"]);
}

#[test]
fn the_more_specific_one_stands_alone_and_different_ones_side_by_side() {
    let write =
        "(AuthorizationFailed) no authorization to perform action 'Microsoft.Authorization/roleAssignments/write'";
    assert_eq!(codes(write), ["CP-405"], "what the code alone would mean is not told");
    let two = format!("{write}\n(ScopeLocked) The scope is locked.");
    assert_eq!(codes(&two), ["CP-405", "CP-414"]);
    let perhaps: Vec<&str> = read(write).perhaps.iter().map(|found| found.entry.code.as_str()).collect();
    assert_eq!(perhaps, ["CP-307"], "the same in another step");
    assert_eq!(codes("ImagePullBackOff: failed to fetch oauth token: 401 Unauthorized"), ["CP-802"]);
}

#[test]
fn where_crosspull_has_said_its_word_that_is_taken() {
    let text = "carry over  FAILED 13:31:07 UTC  CP-307  A role could not be carried over\nAzure 403 AuthorizationFailed: \
                'Microsoft.Authorization/roleAssignments/write'";
    assert_eq!(codes(text), ["CP-307"]);
    assert_eq!(read("CP-999").unknown, ["CP-999"]);
}

#[test]
fn what_is_not_known_is_named_where_it_is_a_code() {
    assert_eq!(read("AADSTS900999: what").unknown, ["AADSTS900999"]);
    assert_eq!(read("{\"error\":{\"code\":\"SomethingNew\"}}").unknown, ["SomethingNew"]);
    assert!(read("hunter2").unknown.is_empty());
    assert_eq!(read("AuthorizationFaild").meant, Some("AuthorizationFailed"));
    assert_eq!(read("hello").meant, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_text_can_be_read(text in "\\PC{0,200}|(\\\\[nu\"\\\\]|\u{1b}\\[|AADSTS|CP-|error=|%|[0-9]{0,6}|\"code\":|[({]|é| ){0,40}") {
        told(&text);
    }

    #[test]
    fn a_secret_that_was_pasted_along_is_not_told(
        secret in "[A-Za-z0-9~._-]{3}8Q~[A-Za-z0-9~._-]{31,34}|eyJ[A-Za-z0-9_-]{20,60}\\.eyJ[A-Za-z0-9_-]{20,60}\\.[A-Za-z0-9_-]{20,40}|0\\.A[A-Za-z0-9_-]{3}9[A-Za-z0-9_-]{30,80}",
        before in "|password: |\"code\":\"|Code: |https://www.microsoft.com/\\?code=|error=|https://x.example/\\?error=|AADSTS|CP-|ERROR: \\(|Bearer ",
        after in "|\"|\\)|&state=1| AADSTS50020: User",
    ) {
        let shown = told(&format!("{before}{secret}{after}"));
        // Parts that are shorter cannot be told from words.
        let letters: Vec<char> = secret.chars().collect();
        for part in letters.windows(12).map(|part| part.iter().collect::<String>()) {
            prop_assert!(!shown.contains(&part), "{part} of {secret} in {shown}");
        }
    }
}

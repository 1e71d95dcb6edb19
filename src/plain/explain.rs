//! What an error means, in lines: the entries of the catalogue that fit it, and all of them as a list.

use serde_json::{Value, json};

use super::json::entry_json;
use crate::{
    catalogue::{self, Entry, Found, Place, Reading},
    words::{
        layout::{field, paragraph, push_line},
        problem::LABEL,
    },
};

/// How many entries are told in full. What fits less well is named.
const IN_FULL: usize = 3;

/// What is known of a text, the best first.
pub fn reading_text(reading: &Reading) -> String {
    let mut out = String::new();
    // Where nothing is sure, what is likely has to do.
    let sure = !reading.found.is_empty();
    let (told, named) = if sure { (&reading.found, &reading.perhaps) } else { (&reading.perhaps, &reading.found) };
    for (at, found) in told.iter().take(IN_FULL).enumerate() {
        if at > 0 {
            push_line(&mut out, "");
        }
        entry_text(&mut out, found);
    }
    let rest: Vec<&Found> = told.iter().skip(IN_FULL).chain(named).collect();
    if !rest.is_empty() {
        push_line(&mut out, "");
        paragraph(&mut out, "", "Depending on where it happened, it can also be (crosspull explain CODE):");
        for found in rest {
            push_line(&mut out, &line(found.entry));
        }
    }
    if !reading.unknown.is_empty() {
        push_line(&mut out, "");
        not_known(&mut out, &reading.unknown);
    }
    out
}

fn entry_text(out: &mut String, found: &Found) {
    let entry = found.entry;
    push_line(out, &format!("{}  {}", entry.code, entry.title));
    let seen: Vec<&str> = found.recognised.iter().map(String::as_str).filter(|seen| *seen != entry.code).collect();
    if !seen.is_empty() {
        field(out, "Seen", LABEL, &seen.join(", "));
    }
    field(out, "Where", LABEL, entry.place.words());
    field(out, "Means", LABEL, &entry.means(&[]));
    field(out, "Who", LABEL, &entry.who);
    field(out, "Do", LABEL, &entry.advice(&[]));
    field(out, "Read", LABEL, &entry.link);
}

/// What to say where nothing in a text is known.
pub fn unknown_text(reading: &Reading) -> String {
    let mut out = String::new();
    match (reading.unknown.as_slice(), reading.meant) {
        ([], Some(meant)) => {
            paragraph(&mut out, "", &format!("crosspull does not know this code. {meant} is spelt nearly like it."));
        }
        ([], None) => paragraph(
            &mut out,
            "",
            "Nothing in this is known to crosspull. Give it the whole text, with the code and the message: crosspull explain \
             < error.txt. All codes it knows: crosspull explain --list",
        ),
        (unknown, _) => not_known(&mut out, unknown),
    }
    out
}

fn not_known(out: &mut String, codes: &[String]) {
    for code in codes {
        match code.strip_prefix("AADSTS") {
            Some(number) => {
                paragraph(out, "", &format!("crosspull knows nothing of {code}. Microsoft Entra's own page on it:"));
                push_line(out, &format!("https://login.microsoftonline.com/error?code={number}"));
            }
            None => paragraph(out, "", &format!("crosspull knows nothing of the code {code}.")),
        }
    }
}

/// The same for programs: an object for each entry, and one for each code that is not known.
pub fn reading_json(reading: &Reading) -> Vec<Value> {
    let told = |found: &Found, sure: bool| {
        let mut line = with_place(found.entry, "explained");
        line["recognised"] = json!(found.recognised);
        line["sure"] = json!(sure);
        line
    };
    let found = reading.found.iter().map(|found| told(found, true));
    let perhaps = reading.perhaps.iter().map(|found| told(found, false));
    let unknown = reading.unknown.iter().map(|code| json!({ "event": "unknown", "code": code }));
    let mut lines: Vec<Value> = found.chain(perhaps).chain(unknown).collect();
    if lines.is_empty() {
        lines.push(json!({ "event": "unknown", "code": null, "meant": reading.meant }));
    }
    lines
}

fn with_place(entry: &Entry, event: &str) -> Value {
    let mut line = entry_json(entry);
    line["event"] = json!(event);
    line["where"] = json!(entry.place);
    line
}

/// All codes with their titles, by where people meet them.
pub fn codes_text() -> String {
    let mut out = String::new();
    for place in Place::ALL {
        if !out.is_empty() {
            push_line(&mut out, "");
        }
        push_line(&mut out, place.words());
        for entry in catalogue::all().iter().filter(|entry| entry.place == place) {
            push_line(&mut out, &line(entry));
        }
    }
    out
}

/// The same for programs, an object each.
pub fn codes_json() -> Vec<Value> {
    catalogue::all().iter().map(|entry| with_place(entry, "code")).collect()
}

fn line(entry: &Entry) -> String {
    format!("  {}  {}", entry.code, entry.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(text: &str) -> String {
        reading_text(&catalogue::read(text))
    }

    #[test]
    fn an_entry_fits_80_columns_but_for_its_link() {
        insta::assert_snapshot!(explained("cp-202"), @"
        CP-202  A second factor is asked for
        Where    Signing in
        Means    The tenant wants a second proof of who you are. Each tenant asks for
                 its own, also from guests.
        Who      You
        Do       Sign in again and give it: in the browser here, or with az login
                 --tenant and its id. Then try again.
        Read     https://learn.microsoft.com/entra/identity/authentication/concept-mfa-howitworks
        ");
        for entry in catalogue::all() {
            let text = explained(&entry.code);
            let wide = |line: &&str| line.chars().count() > 79 && !line.starts_with("Read ");
            assert_eq!(text.lines().find(wide), None);
        }
    }

    #[test]
    fn several_that_fit_are_told_and_what_depends_is_named() {
        insta::assert_snapshot!(explained("ERROR: AADSTS7000215: Invalid client secret provided."), @"
        CP-306  The key is not taken yet
        Seen     AADSTS7000215
        Where    In a step's work
        Means    Microsoft Entra does not take the app's secret: it is so new that not
                 every place knows it, or somebody has removed it.
        Who      Nobody at first: it takes time
        Do       Try again in some minutes. If it stays, look whether the key is still
                 listed at the app: az ad app credential reset without --append removes
                 all others. crosspull makes another.
        Read     https://learn.microsoft.com/entra/identity-platform/reference-error-codes

        Depending on where it happened, it can also be (crosspull explain CODE):
          CP-212  The app that signs in is refused
        ");
    }

    #[test]
    fn what_is_not_known_is_said() {
        let unknown = |text: &str| unknown_text(&catalogue::read(text));
        let texts = ["what now", "AADSTS900999", "{\"code\":\"SomethingNew\"}", "AuthorizationFaild", "CP-999"];
        insta::assert_snapshot!(texts.map(unknown).join("\n"), @"
        Nothing in this is known to crosspull. Give it the whole text, with the code
        and the message: crosspull explain < error.txt. All codes it knows: crosspull
        explain --list

        crosspull knows nothing of AADSTS900999. Microsoft Entra's own page on it:
        https://login.microsoftonline.com/error?code=900999

        crosspull knows nothing of the code SomethingNew.

        crosspull does not know this code. AuthorizationFailed is spelt nearly like it.

        crosspull knows nothing of the code CP-999.
        ");
    }

    #[test]
    fn every_code_is_listed_once() {
        let list = codes_text();
        for entry in catalogue::all() {
            assert_eq!(list.matches(&entry.code).count(), 1, "{}", entry.code);
        }
        assert!(list.lines().all(|line| line.chars().count() < 80), "{list}");
        assert_eq!(codes_json().len(), catalogue::all().len());
    }
}

//! Every error that the services' documents hold is explained, or left out for a reason.
//!
//! The documents are not part of this repository; see `tests/it/contracts.rs`.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use serde_json::Value;

use super::super::{all, explain, read};
use crate::azure::testing;

/// Codes without an entry, and why.
const LEFT_OUT: &[(&str, &str)] =
    &[("HostNameNotOnVerifiedDomain", "about identifierUris, which crosspull never sets")];

/// Numbers of Entra in the notes beside the documents that have no entry, and why.
const NUMBERS_LEFT_OUT: &[(&str, &str)] = &[
    ("AADSTS54005", "a code of a sign-in that was redeemed twice, which a new sign-in cures by itself"),
    ("AADSTS700022", "about requests for two services at once, which crosspull never sends"),
    ("AADSTS9001023", "about requests that name no tenant, which crosspull never sends"),
];

fn contracts() -> Option<PathBuf> {
    let named = env::var_os("CROSSPULL_CONTRACTS").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/contracts").into());
    if folder.join("common/errors.json").is_file() {
        return Some(folder);
    }
    eprintln!("contracts: the errors are not checked, since {} is not there", folder.display());
    None
}

#[test]
fn each_error_of_the_documents_is_explained() {
    let Some(folder) = contracts() else { return };
    let errors: Value = serde_json::from_slice(&fs::read(folder.join("common/errors.json")).unwrap()).unwrap();
    let mut left_out = BTreeSet::new();
    for (service, errors) in errors.as_object().unwrap() {
        for error in errors.as_array().into_iter().flatten() {
            // An answer without a body is no error: a token that holds no right. The probe has its own words for that.
            let (Some(status), body @ Value::Object(_)) = (error["status"].as_u64(), &error["body"]) else { continue };
            let text = body.to_string();
            let problem = match (service.as_str(), status) {
                (_, 200) => *crate::steps::not_succeeded(testing::operation(&text)).problem,
                (service, status) => {
                    let operation = if service == "acr" { "registry.call" } else { "arm.call" };
                    testing::refused(operation, u16::try_from(status).unwrap(), &text).problem()
                }
            };
            let code = problem.code.clone().unwrap_or_default();
            if LEFT_OUT.iter().any(|(out, _)| *out == code) {
                left_out.insert(code);
                continue;
            }
            assert!(explain(&problem, None).is_some(), "{service}: nothing explains {problem:?}");
            let reading = read(&text);
            assert!(!reading.found.is_empty() || !reading.perhaps.is_empty(), "{service}: nothing explains {text}");
        }
    }
    assert_eq!(left_out.len(), LEFT_OUT.len(), "what is left out is not there any more");
}

#[test]
fn each_number_in_the_notes_is_explained() {
    let Some(folder) = contracts() else { return };
    let mut numbers = BTreeSet::new();
    for name in ["CONTRACTS.md", "PITFALLS.md", "SIGN-IN.md"] {
        // The notes may lie elsewhere.
        let Ok(text) = fs::read_to_string(folder.join("..").join(name)) else { continue };
        for (at, mark) in text.match_indices("AADSTS") {
            let digits: String = text[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
            if digits.len() >= 5 {
                numbers.insert(format!("AADSTS{digits}"));
            }
        }
    }
    let known = |number: &String| {
        all().iter().flat_map(|entry| &entry.matches).any(|pattern| pattern.codes.contains(number))
            || NUMBERS_LEFT_OUT.iter().any(|(out, _)| out == number)
    };
    let unknown: Vec<&String> = numbers.iter().filter(|number| !known(number)).collect();
    assert!(unknown.is_empty(), "nothing explains {unknown:?}");
}

use std::collections::BTreeSet;

use time::macros::datetime;

use super::*;

fn problem(code: &str, message: &str) -> Problem {
    let at = datetime!(2026-11-23 13:31:07 UTC);
    let mut problem = Problem::new(ProblemKind::Azure, "do it", message, at);
    problem.code = (!code.is_empty()).then(|| code.to_owned());
    problem
}

#[test]
fn the_asset_can_be_read_and_is_whole() {
    let catalogue = read().unwrap();
    let codes: Vec<&str> = catalogue.entries.iter().map(|entry| entry.code.as_str()).collect();
    assert!(codes.is_sorted(), "in the order of the codes");
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), codes.len(), "each code once");
    for entry in &catalogue.entries {
        let digits = entry.code.strip_prefix("CP-").unwrap();
        assert!(digits.len() == 3 && digits.chars().all(|c| c.is_ascii_digit()), "{}", entry.code);
        assert_eq!(digits.starts_with('1'), entry.place == Place::Preflight, "{}", entry.code);
        for text in [&entry.title, &entry.means, &entry.who, &entry.advice] {
            assert!(!text.is_empty() && text.is_ascii(), "{}: {text}", entry.code);
        }
        for text in [&entry.means, &entry.advice] {
            assert!(text.ends_with('.'), "{}: {text}", entry.code);
            for part in text.split('{').skip(1) {
                let (name, _) = part.split_once('}').unwrap();
                assert!(catalogue.placeholders.contains_key(name), "{}: {{{name}}}", entry.code);
            }
        }
        assert!(entry.link.starts_with("https://"), "{}", entry.code);
        for pattern in &entry.matches {
            let empty = pattern.codes.is_empty()
                && pattern.message.is_none()
                && pattern.steps.is_empty()
                && pattern.status.is_none()
                && pattern.kinds.is_empty();
            assert!(!empty, "{} would match nothing", entry.code);
            assert_ne!(pattern.message.as_deref(), Some(""), "{} would match everything", entry.code);
        }
    }
}

#[test]
fn every_finding_of_the_preflight_has_its_words() {
    for code in (101..=116).chain(120..=124).chain(130..=138).chain(140..=145) {
        assert!(entry(&format!("CP-{code}")).is_some(), "CP-{code}");
    }
}

#[test]
fn placeholders_are_filled_with_values_or_with_general_words() {
    let entry = entry("CP-102").unwrap();
    let finding = entry.finding(Severity::Stop, "shop-prod is stopped".to_owned(), &[("cluster", "shop-prod")]);
    assert_eq!(finding.code, "CP-102");
    assert!(finding.means.contains("While shop-prod is stopped"), "{}", finding.means);
    assert!(entry.means(&[]).contains("While the cluster is stopped"));
    assert!(super::entry("CP-112").unwrap().means(&[]).contains("is closed to the account"), "or the list");
    assert!(super::entry("CP-131").unwrap().means(&[]).starts_with("The account that is signed in may see"));
    for entry in all() {
        assert!(!entry.means(&[]).contains('{') && !entry.advice(&[]).contains('{'), "{}", entry.code);
    }
}

#[test]
fn an_aadsts_number_is_found_whole_wherever_it_stands() {
    for (code, message) in [
        ("AADSTS90002", "Tenant 'x' not found."),
        ("90002", "Tenant 'x' not found."),
        ("invalid_request", "AADSTS90002: Tenant 'x' not found."),
    ] {
        assert_eq!(explain(&problem(code, message), None).unwrap().code, "CP-143", "{code} {message}");
    }
    assert!(
        explain(&problem("invalid_request", "AADSTS900021: something else"), None).is_none_or(|e| e.code != "CP-143")
    );
}

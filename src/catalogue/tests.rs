mod contracts;
mod pasting;
mod recorded;
mod wording;

use std::collections::BTreeSet;

use time::macros::datetime;

use super::*;
use crate::domain::problem::ProblemKind;

fn problem(code: &str, message: &str) -> Problem {
    let at = datetime!(2026-11-23 13:31:07 UTC);
    let mut problem = Problem::new(ProblemKind::Azure, "do it", message, at);
    problem.code = (!code.is_empty()).then(|| code.to_owned());
    problem
}

#[test]
fn the_asset_can_be_read_and_is_whole() {
    let catalogue = asset().unwrap();
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
                && pattern.message.0.is_empty()
                && pattern.steps.is_empty()
                && pattern.status.is_none()
                && pattern.kinds.is_empty();
            assert!(!empty, "{} would match nothing", entry.code);
            assert!(!pattern.message.0.iter().any(String::is_empty), "{} would match everything", entry.code);
        }
    }
}

#[test]
fn every_finding_of_the_preflight_has_its_words() {
    for code in (101..=119).chain(120..=128).chain(130..=149) {
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
    assert!(super::entry("CP-405").unwrap().means(&[]).starts_with("The account that is signed in may see"));
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

/// Answers as services give them, with the step that meets them, and the code that people should hear.
#[test]
fn answers_of_azure_are_recognised() {
    use StepId::{Adoption, CarryOver, ClusterUpdate, Consent, Identity, Probe, Registration, RegistryRole, Secret};
    const INVALID: &str = "The credentials in ServicePrincipalProfile were invalid. Please see https://aka.ms/aks-sp-help \
                           for more details. (Details: adal: Refresh request failed. Status Code = '401'. Response body: \
                           {\"error\":\"invalid_client\",\"error_description\":\"AADSTS7000215: Invalid client secret\"})";
    const DENIED: &str = "Insufficient privileges to complete the operation.";
    const WRITE: &str = "The client 'a' with object id 'b' does not have authorization or an ABAC condition not \
                         fulfilled to perform action 'Microsoft.Authorization/roleAssignments/write' over scope 'c'";
    const LIMITED: &str = "The client 'a' has an authorization with ABAC condition that is not fulfilled to perform \
                           action 'Microsoft.Authorization/roleAssignments/write' over scope 'c'";
    const BUSY: &str = "Operation is not allowed: Another operation (Updating) is in progress, please wait for it to \
                        finish before starting a new operation.";
    for (code, message, step, expected) in [
        ("Authorization_RequestDenied", DENIED, Some(Registration), "CP-301"),
        ("Authorization_RequestDenied", DENIED, Some(Identity), "CP-302"),
        ("Authorization_RequestDenied", DENIED, Some(Adoption), "CP-303"),
        ("Authorization_RequestDenied", DENIED, Some(Secret), "CP-303"),
        ("Authorization_RequestDenied", DENIED, Some(Consent), "CP-413"),
        ("Authorization_RequestDenied", DENIED, None, "CP-213"),
        (
            "Authorization_RequestDenied",
            "When using this permission, the backing application of the service principal being created must in the \
             local tenant",
            Some(Consent),
            "CP-138",
        ),
        ("Request_ResourceNotFound", "Resource 'x' does not exist", Some(Secret), "CP-305"),
        (
            "Request_BadRequest",
            "Another object with the same value for property uniqueName already exists.",
            Some(Registration),
            "CP-304",
        ),
        ("CredentialTypeNotAllowedAsPerAppPolicy", "Credential type not allowed", Some(Secret), "CP-120"),
        ("CredentialInvalidLifetimeAsPerAppPolicy", "Credential lifetime exceeds", Some(Secret), "CP-121"),
        ("SignInAudienceNotAllowedAsPerAppPolicy", "Sign in audience not allowed", Some(Identity), "CP-122"),
        ("AuthorizationFailed", WRITE, Some(RegistryRole), "CP-405"),
        ("AuthorizationFailed", WRITE, Some(CarryOver), "CP-307"),
        ("AuthorizationFailed", LIMITED, Some(RegistryRole), "CP-406"),
        ("AuthorizationFailed", LIMITED, Some(CarryOver), "CP-406"),
        ("AuthorizationFailed", "no right to 'managedClusters/resetServicePrincipalProfile/action'", None, "CP-108"),
        ("AuthorizationFailed", "no right", Some(ClusterUpdate), "CP-108"),
        ("AuthorizationFailed", "no right", None, "CP-213"),
        ("PrincipalNotFound", "Principal 1 does not exist in the directory 2.", Some(RegistryRole), "CP-407"),
        ("AADSTS700016", "AADSTS700016: Application was not found", Some(Consent), "CP-401"),
        ("AADSTS700016", "AADSTS700016: Application was not found", Some(ClusterUpdate), "CP-603"),
        ("AADSTS7000215", INVALID, Some(ClusterUpdate), "CP-602"),
        ("AADSTS7000215", "AADSTS7000215: Invalid client secret provided.", Some(Probe), "CP-306"),
        (
            "BadRequest",
            "Service principal clientID: x not found in Active Directory tenant y",
            Some(ClusterUpdate),
            "CP-603",
        ),
        ("OperationNotAllowed", BUSY, Some(ClusterUpdate), "CP-601"),
        (
            "OperationNotAllowed",
            "Operation could not be completed as it results in exceeding approved quota",
            Some(ClusterUpdate),
            "CP-606",
        ),
        ("UnsatisfiablePDB", "1 error occurred", Some(ClusterUpdate), "CP-605"),
        ("CreateRoleAssignmentError", "", Some(ClusterUpdate), "CP-608"),
        ("SomethingNew", "it failed", Some(ClusterUpdate), "CP-611"),
        ("InvalidAuthenticationTokenTenant", "The access token is from the wrong issuer", None, "CP-141"),
        ("UNAUTHORIZED", "Application not registered with AAD.", Some(Probe), "CP-501"),
        ("UNAUTHORIZED", "Invalid clientid or client secret.", Some(Probe), "CP-502"),
        ("UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization", Some(Probe), "CP-503"),
        ("DENIED", "requested access to the resource is denied", Some(Probe), "CP-503"),
        (
            "DENIED",
            "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access.",
            Some(Probe),
            "CP-504",
        ),
        ("MANIFEST_UNKNOWN", "manifest tagged by \"nope\" is not found", Some(Probe), "CP-505"),
        ("NAME_UNKNOWN", "repository name not known to registry", Some(Probe), "CP-506"),
        ("", "`login.example` could not be trusted: invalid peer certificate", None, "CP-702"),
        ("CP-110", "anything at all", None, "CP-110"),
    ] {
        let explained = explain(&problem(code, message), step).map(|entry| entry.code.as_str());
        assert_eq!(explained, Some(expected), "{code} {message} {step:?}");
    }
}

#[test]
fn an_operator_that_is_refused_is_told_apart_from_the_app() {
    let mut refused = problem("AADSTS7000215", "AADSTS7000215: Invalid client secret provided.");
    refused.kind = ProblemKind::SignIn;
    assert_eq!(explain(&refused, None).unwrap().code, "CP-212");
    assert_eq!(explain(&refused, Some(StepId::Registration)).unwrap().code, "CP-212");
    assert_eq!(explain(&refused, Some(StepId::Probe)).unwrap().code, "CP-306");
}

#[test]
fn status_and_kind_are_enough_where_nothing_else_is_known() {
    let mut unclear = problem("", "");
    assert!(explain(&unclear, None).is_none());
    unclear.status = Some(503);
    assert_eq!(explain(&unclear, None).unwrap().code, "CP-706");
    unclear.status = Some(429);
    assert_eq!(explain(&unclear, None).unwrap().code, "CP-705");
    (unclear.status, unclear.kind) = (None, ProblemKind::Local);
    assert_eq!(explain(&unclear, None).unwrap().code, "CP-707");
}

//! The credentials of `azure_identity` fail with texts; this makes errors of them that can be acted upon.

use azure_core::error::ErrorKind as CoreKind;

use crate::azure::error::{Error, ErrorKind, aadsts_number, clean};

const OPERATION: &str = "sign_in.token";

pub(crate) fn classify(tried: &str, error: &azure_core::Error) -> Error {
    if let Some(own) = own(error) {
        // Entra's answer to a sign-in is a matter of signing in; a network without Entra stays one of the network.
        let kind = if own.kind == ErrorKind::Service { ErrorKind::SignIn } else { own.kind };
        return own.clone().with(|details| {
            details.kind = kind;
            tried.clone_into(&mut details.tried);
        });
    }
    let failed = |code: &str, message: String| {
        Error::new(ErrorKind::SignIn, OPERATION, tried, message)
            .with(|details| details.code = Some(code.to_owned()).filter(|code| !code.is_empty()))
    };
    let text = error.to_string();
    if text.contains("2.54.0") {
        return failed("AzureCliTooOld", "the Azure CLI is older than 2.54; update it".to_owned());
    }
    if chain(error).any(|inner| matches!(inner.kind(), CoreKind::DataConversion)) {
        // The words of a failed conversion can quote what was to be converted.
        return failed("", "what was to be a token could not be read".to_owned());
    }
    let words = words(&text);
    let code = if words.contains("azd auth login") {
        "AzureDeveloperCliNotSignedIn"
    } else if words.contains("azd not found") || words.contains("azd wasn't found") {
        "AzureDeveloperCliNotFound"
    } else if words.contains("no managed identity endpoint") || words.contains("managed identity isn't supported") {
        "ManagedIdentityMissing"
    } else if words.contains("federated token") || words.contains("no token file specified") {
        "FederatedTokenMissing"
    } else if words.contains("no client ID specified") || words.contains("no client id specified") {
        "ClientIdMissing"
    } else if words.contains("not found on PATH") || words.contains("wasn't found on PATH") {
        "AzureCliNotFound"
    } else if words.contains("Please run 'az login'")
        || accounts_unread(&words)
        || words.contains("az login --tenant") && !words.contains("AADSTS")
    {
        "AzureCliNotSignedIn"
    } else if words.contains("timed out") {
        if text.contains("AzureDeveloperCliCredential") { "AzureDeveloperCliTimeout" } else { "AzureCliTimeout" }
    } else if subscription_unknown(&words) {
        "AzureCliSubscriptionNotFound"
    } else {
        ""
    };
    failed(code, words.clone()).with(|details| details.aadsts = aadsts_number(&words))
}

/// Whether the Azure CLI says that it keeps no account for a subscription.
pub(super) fn subscription_unknown(text: &str) -> bool {
    text.contains("Subscription '") && text.contains("not found")
}

/// Whether the Azure CLI does not find the account that it keeps: it has none any more, or another one was writing them.
pub(super) fn accounts_unread(text: &str) -> bool {
    text.contains("does not exist in MSAL token cache")
}

/// An error of ours that the credential's transport met.
fn own(error: &azure_core::Error) -> Option<&Error> {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = inner {
        if let Some(own) = current.downcast_ref::<Error>() {
            return Some(own);
        }
        inner = current.source();
    }
    None
}

fn chain(error: &azure_core::Error) -> impl Iterator<Item = &azure_core::Error> {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| error.source()).filter_map(|error| error.downcast_ref())
}

/// What matters of a credential's text.
fn words(text: &str) -> String {
    let text = text.split_once("authentication failed.").map_or(text, |(_, rest)| rest);
    // `az logout`, which follows, would sign the person out of everything.
    let ends = ["To troubleshoot, visit", "Run the command below", "Interactive authentication is needed", " Trace ID"];
    // Only when it is clean: a terminal may have broken the line anywhere.
    let text = clean(text);
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let text = text[..end].trim_end();
    let text = text.strip_prefix("ERROR: ").unwrap_or(text);
    let words = if text.is_empty() { "it failed without saying why" } else { text };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classified(stderr: &str) -> Error {
        let text = format!(
            "AzureCliCredential authentication failed. {stderr}\nTo troubleshoot, visit https://aka.ms/azsdk/rust/identity/troubleshoot#azure-cli"
        );
        classify("sign in to tenant T", &azure_core::Error::with_message(CoreKind::Credential, text))
    }

    #[test]
    fn what_az_says_becomes_a_code_and_a_number() {
        assert_eq!(classified("az not found on PATH").code.as_deref(), Some("AzureCliNotFound"));
        assert_eq!(
            classified("ERROR: Please run 'az login' to setup account.").code.as_deref(),
            Some("AzureCliNotSignedIn")
        );
        assert_eq!(
            classified("ERROR: User 'ana' does not exist in MSAL token cache. Run `az login`.").code.as_deref(),
            Some("AzureCliNotSignedIn")
        );
        let refused = classified(
            "ERROR: AADSTS50076: Due to a configuration change you must use multi-factor authentication. Trace ID: 1 \
             Correlation ID: 2\nRun the command below to authenticate interactively; additional arguments may be added as \
             needed:\naz logout\naz login --tenant \"T\" --scope \"S\"",
        );
        assert_eq!(refused.aadsts, Some(50_076));
        assert!(refused.needs_interaction());
        assert!(!refused.message.contains("az logout") && refused.message.ends_with("authentication."), "{refused}");
        let broken = classified("ERROR: Sign in again. Run  the\ncommand below to authenticate:\naz logout");
        assert_eq!(broken.message, "Sign in again.");
        assert!(classified("ERROR: AADSTS50020: User account does not exist in tenant").user_not_in_tenant());
    }

    #[test]
    fn it_is_said_which_program_gave_no_answer() {
        let timed_out = |credential: &str| {
            let text = format!("{credential} authentication failed. the program timed out: it gave no answer in time");
            classify("sign in", &azure_core::Error::with_message(CoreKind::Credential, text)).code.clone()
        };
        assert_eq!(timed_out("AzureCliCredential").as_deref(), Some("AzureCliTimeout"));
        assert_eq!(timed_out("AzureDeveloperCliCredential").as_deref(), Some("AzureDeveloperCliTimeout"));
    }

    #[test]
    fn nothing_like_a_token_gets_through() {
        let token = format!("eyJ{}", "a".repeat(80));
        assert!(!format!("{:?}", classified(&format!("unexpected {token} here"))).contains(&token));
        let quoting =
            azure_core::Error::with_message(CoreKind::DataConversion, format!("invalid type: string \"{token}\""));
        let wrapped =
            azure_core::Error::with_error(CoreKind::Credential, quoting, "AzureCliCredential authentication failed. x");
        assert!(!format!("{:?}", classify("sign in", &wrapped)).contains(&token));
    }
}

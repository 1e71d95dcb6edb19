//! Why somebody is asked to sign in.

use crate::domain::sign_in::Reason;

/// One or two sentences; `tenant` is what people know the tenant by.
pub fn sign_in_reason(reason: Reason, tenant: &str, account: Option<&str>) -> String {
    let who = account.map(|account| format!(" as {account}")).unwrap_or_default();
    match reason {
        Reason::First => format!("Sign in to {tenant}{who}."),
        Reason::Again => format!("The session at {tenant} has ended. Sign in again{who}."),
        Reason::MoreProof => format!(
            "{} wants one more proof of who you are, such as a code from your phone. Sign in again{who}.",
            capital(tenant)
        ),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

//! Why somebody is asked to sign in, and why what they bring from the page cannot be used.

use crate::domain::sign_in::{Reason, Useless};

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

/// What was brought instead of what is wanted.
pub fn sign_in_useless(useless: &Useless) -> String {
    match useless {
        Useless::NoError => "There is no AADSTS number in that.".to_owned(),
        Useless::OtherSignIn => {
            "That address belongs to another sign-in. Open the link that stands here now, and take its address."
                .to_owned()
        }
        Useless::PageItself => "That is the address of the page itself. The one that it ends on is wanted.".to_owned(),
        Useless::Neither { begins } => {
            format!("That is neither. The whole address begins with {begins}/?code= and is long.")
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

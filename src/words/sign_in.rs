//! Why somebody is asked to sign in, what name the page shows, and why what they bring from the page cannot be used.

use crate::domain::{
    AppId,
    sign_in::{Reason, Useless},
};

/// One or two sentences; `tenant` is what people know the tenant by.
pub fn sign_in_reason(reason: Reason, tenant: &str, account: Option<&str>) -> String {
    let who = account.map(|account| format!(" as {account}")).unwrap_or_default();
    match reason {
        Reason::First => format!("Sign in to {tenant}{who}."),
        Reason::Again => format!("The session at {tenant} has ended. Sign in again{who}."),
        // The sign-in before it was good, and nothing went wrong: somebody who is asked twice in a row wonders about that.
        Reason::MoreProof => format!(
            "Your sign-in holds. Before it changes anything in {tenant}, Azure asks for one more proof of who you are, such as \
             a code from your phone. Sign in once more{who}."
        ),
    }
}

/// What was brought instead of what is wanted.
pub fn sign_in_useless(useless: &Useless) -> String {
    match useless {
        Useless::NoError => {
            "There is no AADSTS number in that. Copy the page's own text, with the number in it.".to_owned()
        }
        Useless::OtherSignIn => {
            "That address belongs to another sign-in, perhaps an earlier one. Open the link that is shown now, sign in, and \
             take the address that it ends on."
                .to_owned()
        }
        Useless::PageItself => {
            "That is the address at which the sign-in begins. Sign in there first, then copy the address that it ends on."
                .to_owned()
        }
        Useless::ConsentLink => {
            "That is the link with which an admin accepts the app. This sign-in has a link of its own.".to_owned()
        }
        Useless::OwnCode { code } => {
            format!("{code} is a code of crosspull's own: crosspull explain {code} says what it means.")
        }
        Useless::Neither { begins } => format!(
            "That is neither the address that the sign-in ends on nor an error. The address begins with {begins}/?code= and \
             is long: copy all of it."
        ),
    }
}

/// What name the page shows, so that nobody is surprised by it; and what to do with nobody else's code, where one is typed.
pub fn sign_in_page(client: Option<AppId>, code: bool) -> String {
    let name = match client {
        None => "The page names the app Microsoft Azure CLI: that is right.".to_owned(),
        Some(client) => format!("The page names the app {client} as its owner has named it."),
    };
    if code { format!("{name} Type only a code that your own crosspull shows.") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_sign_in_in_a_row_says_why_it_comes() {
        let said = sign_in_reason(Reason::MoreProof, "Contoso", Some("ana@contoso.example"));
        for words in ["Your sign-in holds", "before it changes anything in Contoso", "once more as ana@contoso.example"]
        {
            assert!(said.to_lowercase().contains(&words.to_lowercase()), "{said}");
        }
    }

    #[test]
    fn each_wrong_thing_is_called_by_its_name_and_the_right_one_is_said() {
        let neither = Useless::Neither { begins: "http://localhost:4711".to_owned() };
        for (useless, words) in [
            (Useless::NoError, "with the number in it"),
            (Useless::OtherSignIn, "another sign-in"),
            (Useless::PageItself, "the address that it ends on"),
            (Useless::ConsentLink, "an admin accepts the app"),
            (Useless::OwnCode { code: "CP-405" }, "crosspull explain CP-405"),
            (neither, "http://localhost:4711/?code="),
        ] {
            assert!(sign_in_useless(&useless).contains(words), "{useless:?}");
        }
    }

    #[test]
    fn the_page_is_said_to_name_the_app_that_signs_in() {
        let own = AppId(uuid::Uuid::from_u128(7));
        assert!(sign_in_page(None, false).contains("Microsoft Azure CLI"));
        let named = sign_in_page(Some(own), true);
        assert!(named.contains(&own.to_string()) && !named.contains("Azure CLI"), "{named}");
        assert!(named.ends_with("Type only a code that your own crosspull shows."));
    }
}

//! Why somebody is asked to sign in, what name the page shows, and why what they bring from the page cannot be used.

use crate::domain::{
    AppId, Operator, Side,
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

/// Somebody goes on with what another began.
pub fn other_operator(side: Side, now: &Operator, before: &Operator) -> String {
    // Two objects may bear one name: an account that was deleted and made anew, two apps.
    let alike = now.name == before.name;
    let whose = |operator: &Operator| {
        if alike { format!("{operator} ({})", operator.object_id) } else { operator.to_string() }
    };
    format!("{} is signed in to the {side} tenant now; before it was {}.", whose(now), whose(before))
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
    use crate::domain::ObjectId;

    #[test]
    fn two_who_bear_one_name_are_told_apart() {
        let of = |id, name: &str| Operator { object_id: ObjectId(uuid::Uuid::from_u128(id)), name: name.to_owned() };
        let said = other_operator(Side::Cluster, &of(2, "carl@contoso.example"), &of(1, "ana@contoso.example"));
        let plain = "carl@contoso.example is signed in to the cluster tenant now; before it was ana@contoso.example.";
        assert_eq!(said, plain);
        let said = other_operator(Side::Cluster, &of(2, "ana@contoso.example"), &of(1, "ana@contoso.example"));
        assert!(said.contains("000000000002)") && said.contains("000000000001)"), "{said}");
    }

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

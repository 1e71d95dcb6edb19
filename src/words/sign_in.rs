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
        Reason::MoreProof => format!(
            "{} wants one more proof of who you are, such as a code from your phone. Sign in again{who}.",
            capital(tenant)
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

/// What name the page shows, so that nobody is surprised by it; and what to do with nobody else's code, where one is typed.
pub fn sign_in_page(client: Option<AppId>, code: bool) -> String {
    let name = match client {
        None => "The page names the app Microsoft Azure CLI: that is right.".to_owned(),
        Some(client) => format!("The page names the app {client} as its owner has named it."),
    };
    if code { format!("{name} Type only a code that your own crosspull shows.") } else { name }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
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
    fn the_page_is_said_to_name_the_app_that_signs_in() {
        let own = AppId(uuid::Uuid::from_u128(7));
        assert!(sign_in_page(None, false).contains("Microsoft Azure CLI"));
        let named = sign_in_page(Some(own), true);
        assert!(named.contains(&own.to_string()) && !named.contains("Azure CLI"), "{named}");
        assert!(named.ends_with("Type only a code that your own crosspull shows."));
    }
}

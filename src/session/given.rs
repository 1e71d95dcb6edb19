//! What a person brings from a sign-in's page: the address that it ended on, or the error that it shows.

use url::Url;

use super::Way;
use crate::{
    azure::sign_in::{Returned, names_an_error},
    catalogue,
    domain::sign_in::Useless,
};

/// Whether a text belongs to this sign-in, or names an error of Entra's.
pub fn useful(way: &Way, text: &str) -> Result<(), Useless> {
    let own_code = || catalogue::code_in(text).map(|entry| Useless::OwnCode { code: &entry.code });
    let Way::Browser { here, elsewhere } = way else {
        return if names_an_error(text) { Ok(()) } else { Err(own_code().unwrap_or(Useless::NoError)) };
    };
    let returned = Returned::read(text);
    let own: Vec<String> = [here, elsewhere].into_iter().filter_map(|link| parameter(link, "state")).collect();
    let known = returned.is_of(own.iter().map(String::as_str));
    if known && returned.said.is_some() {
        return Ok(());
    }
    if returned.names_a_sign_in() && !known {
        return Err(Useless::OtherSignIn);
    }
    if names_an_error(text) {
        return Ok(());
    }
    if known {
        return Err(Useless::PageItself);
    }
    if is_consent(text) {
        return Err(Useless::ConsentLink);
    }
    let begins = lands_on(way).unwrap_or_else(|| "http://localhost".to_owned());
    Err(own_code().unwrap_or(Useless::Neither { begins }))
}

/// Whether it is the link that an admin accepts an app with.
fn is_consent(text: &str) -> bool {
    let Ok(url) = text.trim().parse::<Url>() else { return false };
    url.path().ends_with("/adminconsent") || parameter(&url, "prompt").as_deref() == Some("admin_consent")
}

/// Where the page ends, if it ends on an address.
pub fn lands_on(way: &Way) -> Option<String> {
    match way {
        Way::Browser { elsewhere, .. } => parameter(elsewhere, "redirect_uri"),
        Way::Code { .. } => None,
    }
}

fn parameter(link: &Url, name: &str) -> Option<String> {
    link.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser() -> Way {
        let link = |state: &str| {
            let text = format!(
                "https://login.example/authorize?redirect_uri=http%3A%2F%2Flocalhost%3A4711&state={state}&nonce=n"
            );
            text.parse().unwrap()
        };
        Way::Browser { here: link("one"), elsewhere: link("two") }
    }

    #[test]
    fn only_what_this_sign_in_can_use_is_taken() {
        let read = |text: &str| useful(&browser(), text);
        for text in [
            "http://localhost:4711/?code=c&state=two",
            " code=c&state=one ",
            "http://localhost:4711/?error=access_denied&error_description=x&state=two",
            "Sorry, but we're having trouble signing you in. AADSTS50020: User account does not exist",
        ] {
            assert_eq!(read(text), Ok(()), "{text}");
        }
        let neither = Err(Useless::Neither { begins: "http://localhost:4711".to_owned() });
        assert_eq!(read("http://localhost:4711/?code=c&state=three"), Err(Useless::OtherSignIn));
        assert_eq!(read("https://login.example/authorize?state=two"), Err(Useless::PageItself));
        assert_eq!(read("http://localhost:4711/"), neither);
        assert_eq!(read("AADSTS"), neither);
        assert_eq!(read("see CP-405"), Err(Useless::OwnCode { code: "CP-405" }));
        let consent = "https://login.example/t/oauth2/v2.0/authorize?client_id=a&redirect_uri=b&prompt=admin_consent";
        assert_eq!(read(consent), Err(Useless::ConsentLink));
    }

    #[test]
    fn a_code_takes_nothing_but_an_error() {
        let page = "https://login.example/device".parse().unwrap();
        let way = Way::Code { code: "ABCD1234".to_owned(), page, ends: time::OffsetDateTime::UNIX_EPOCH };
        assert_eq!(useful(&way, "AADSTS53003: blocked"), Ok(()));
        assert_eq!(useful(&way, "http://localhost/?code=c&state=s"), Err(Useless::NoError));
        assert_eq!(useful(&way, "CP-203"), Err(Useless::OwnCode { code: "CP-203" }));
    }
}

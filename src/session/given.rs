//! What a person brings from a sign-in's page: the address that it ended on, or the error that it shows.

use url::{Url, form_urlencoded};

use super::Way;
use crate::domain::sign_in::Useless;

/// Whether a text belongs to this sign-in, or names an error of Entra's.
pub fn useful(way: &Way, text: &str) -> Result<(), Useless> {
    let Way::Browser { here, elsewhere } = way else {
        return if names_an_error(text) { Ok(()) } else { Err(Useless::NoError) };
    };
    let fields = fields(text);
    let state = fields.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str());
    let own = [here, elsewhere].into_iter().filter_map(|link| parameter(link, "state"));
    let known = state.is_some_and(|state| own.into_iter().any(|own| own == state));
    let says = |name: &str| fields.iter().any(|(key, value)| key == name && !value.is_empty());
    match state {
        Some(_) if known && (says("code") || says("error")) => Ok(()),
        Some(_) if !known => Err(Useless::OtherSignIn),
        _ if names_an_error(text) => Ok(()),
        Some(_) => Err(Useless::PageItself),
        None => Err(Useless::Neither { begins: lands_on(way).unwrap_or_else(|| "http://localhost".to_owned()) }),
    }
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

/// The fields of an address, or of what stands behind its question mark.
fn fields(text: &str) -> Vec<(String, String)> {
    let text = text.trim();
    let query = text.split_once(['?', '#']).map_or(text, |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn names_an_error(text: &str) -> bool {
    text.split("AADSTS").skip(1).any(|rest| rest.starts_with(|next: char| next.is_ascii_digit()))
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
    }

    #[test]
    fn a_code_takes_nothing_but_an_error() {
        let page = "https://login.example/device".parse().unwrap();
        let way = Way::Code { code: "ABCD1234".to_owned(), page, ends: time::OffsetDateTime::UNIX_EPOCH };
        assert_eq!(useful(&way, "AADSTS53003: blocked"), Ok(()));
        assert_eq!(useful(&way, "http://localhost/?code=c&state=s"), Err(Useless::NoError));
    }
}

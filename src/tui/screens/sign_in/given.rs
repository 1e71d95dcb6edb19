//! What a person brings from a sign-in's page: the address that it ended on, or the error that it shows.

use url::{Url, form_urlencoded};

use crate::session::Way;

/// Whether a text can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// It belongs to this sign-in, or names an error of Entra's.
    Useful,
    /// It is something else, and what it would have to be.
    Useless(String),
}

impl Given {
    /// Looks at a text.
    pub(super) fn read(way: &Way, text: &str) -> Self {
        let useless = |why: &str| Self::Useless(why.to_owned());
        let Way::Browser { here, elsewhere } = way else {
            return if names_an_error(text) { Self::Useful } else { useless("There is no AADSTS number in that.") };
        };
        let fields = fields(text);
        let state = fields.iter().find(|(name, _)| name == "state").map(|(_, value)| value.as_str());
        let own = [here, elsewhere].into_iter().filter_map(|link| parameter(link, "state"));
        let known = state.is_some_and(|state| own.into_iter().any(|own| own == state));
        let says = |name: &str| fields.iter().any(|(key, value)| key == name && !value.is_empty());
        match state {
            Some(_) if known && (says("code") || says("error")) => Self::Useful,
            Some(_) if !known => useless(
                "That address belongs to another sign-in. Open the link that stands here now, and take its address.",
            ),
            _ if names_an_error(text) => Self::Useful,
            Some(_) => useless("That is the address of the page itself. The one that it ends on is wanted."),
            None => Self::Useless(format!(
                "That is neither. The whole address begins with {}/?code= and is long.",
                lands_on(way).unwrap_or_else(|| "http://localhost".to_owned())
            )),
        }
    }
}

/// Where the page ends.
pub(super) fn lands_on(way: &Way) -> Option<String> {
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
        let read = |text: &str| Given::read(&browser(), text);
        for useful in [
            "http://localhost:4711/?code=c&state=two",
            " code=c&state=one ",
            "http://localhost:4711/?error=access_denied&error_description=x&state=two",
            "Sorry, but we're having trouble signing you in. AADSTS50020: User account does not exist",
        ] {
            assert_eq!(read(useful), Given::Useful, "{useful}");
        }
        let why = |text: &str| match read(text) {
            Given::Useless(why) => why,
            Given::Useful => panic!("{text} would be sent"),
        };
        assert!(why("http://localhost:4711/?code=c&state=three").starts_with("That address belongs to another"));
        assert!(why("https://login.example/authorize?state=two").starts_with("That is the address of the page itself"));
        assert!(why("http://localhost:4711/").contains("begins with http://localhost:4711/?code="));
        assert!(why("AADSTS").starts_with("That is neither"));
    }

    #[test]
    fn a_code_takes_nothing_but_an_error() {
        let page = "https://login.example/device".parse().unwrap();
        let way = Way::Code { code: "ABCD1234".to_owned(), page, ends: time::OffsetDateTime::UNIX_EPOCH };
        assert_eq!(Given::read(&way, "AADSTS53003: blocked"), Given::Useful);
        assert!(matches!(Given::read(&way, "http://localhost/?code=c&state=s"), Given::Useless(_)));
    }
}

//! What a sign-in's page sends back: in a form that it posts, or in the address that it ends on, which people paste.

use url::form_urlencoded;

use crate::{azure::error::aadsts_number, secret::Secret};

/// What the page says.
#[derive(Debug, Clone)]
pub enum Said {
    /// Somebody has signed in: the code for it.
    Code(Secret),
    /// Entra, or the person, refused.
    Refused {
        /// Entra's word, such as `access_denied`.
        error: String,
        /// Entra's sentence.
        description: String,
    },
}

/// An answer of a sign-in's page, or a text that was taken for one.
#[derive(Debug, Clone)]
pub struct Returned {
    /// Names the sign-in that it belongs to.
    state: Option<Secret>,
    /// What it says; `None` where that is nothing of a sign-in's end.
    pub said: Option<Said>,
}

impl Returned {
    /// Reads what somebody has pasted: the whole address that the page ended on, or what stands behind its question mark.
    /// Quotation marks around it and line breaks within it come from copying, and do not count.
    pub fn read(text: &str) -> Self {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'));
        let query = match text.split_once('?') {
            Some((_, query)) => query.split('#').next().unwrap_or_default(),
            None => text.split_once('#').map_or(text, |(_, fragment)| fragment),
        };
        Self::of(query.as_bytes())
    }

    /// Reads the fields of a form or of an address. The first one of a name counts, and an empty one does not.
    pub(super) fn of(fields: &[u8]) -> Self {
        let fields: Vec<(String, Secret)> = form_urlencoded::parse(fields)
            .map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned())))
            .collect();
        let get = |name: &str| {
            let found = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
            found.filter(|value| !value.expose().is_empty())
        };
        let said = match (get("error"), get("code")) {
            (Some(error), _) => Some(Said::Refused {
                error: error.expose().to_owned(),
                description: get("error_description").map(|text| text.expose().to_owned()).unwrap_or_default(),
            }),
            (None, code) => code.map(Said::Code),
        };
        Self { state: get("state"), said }
    }

    /// Whether it names a sign-in at all.
    pub fn names_a_sign_in(&self) -> bool {
        self.state.is_some()
    }

    /// Whether it belongs to a sign-in with one of these states.
    pub fn is_of<'a>(&self, states: impl IntoIterator<Item = &'a str>) -> bool {
        self.state.as_ref().is_some_and(|state| states.into_iter().any(|own| own == state.expose()))
    }
}

/// Whether a text names one of Entra's errors, as its pages show them.
pub fn names_an_error(text: &str) -> bool {
    aadsts_number(text).is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Option<String> {
        match Returned::read(text).said {
            Some(Said::Code(code)) => Some(code.expose().to_owned()),
            _ => None,
        }
    }

    #[test]
    fn an_address_is_read_however_it_was_copied() {
        for text in [
            "http://localhost:4711/?code=c&state=one",
            " <http://localhost:4711/?code=c&state=one#> ",
            "http://localhost:4711/#code=c&state=one",
            "\"code=c&state=one\"",
            "?code=c&state=one",
            "http://localhost:4711/?code=c&sta\r\nte=one\n",
        ] {
            assert_eq!(code(text).as_deref(), Some("c"), "{text:?}");
            assert!(Returned::read(text).is_of(["two", "one"]), "{text:?}");
        }
    }

    #[test]
    fn a_refusal_counts_before_a_code_and_nothing_is_made_of_nothing() {
        let both =
            Returned::read("http://localhost/?code=c&error=access_denied&error_description=AADSTS65004%3A+no&state=s");
        let Some(Said::Refused { error, description }) = both.said else { panic!("not refused") };
        assert_eq!((error.as_str(), description.as_str()), ("access_denied", "AADSTS65004: no"));
        for text in ["", "http://localhost:4711/", "code=&state=s", "https://login.example/authorize?state=s#code=c"] {
            assert!(Returned::read(text).said.is_none(), "{text}");
        }
        assert!(!Returned::read("state=").names_a_sign_in() && !Returned::read("code=c").is_of([""]));
    }

    #[test]
    fn neither_code_nor_state_is_told() {
        let told = format!("{:?}", Returned::read("http://localhost/?code=hunter2&state=hunter3"));
        assert!(!told.contains("hunter"), "{told}");
    }

    proptest! {
        #[test]
        fn nothing_that_is_pasted_makes_it_fail(text in "\\PC{0,120}", query in "[a-z_=&%+0-9#?\r\n]{0,80}") {
            Returned::read(&text);
            Returned::read(&format!("http://localhost:1/?{query}"));
        }

        #[test]
        fn what_a_page_sends_is_read_as_it_was_meant(
            code in "\\PC{1,40}", state in "[A-Za-z0-9._-]{1,40}", before in "[ \"'<\n]{0,3}", after in "[ \"'>\n]{0,3}",
        ) {
            let fields = form_urlencoded::Serializer::new(String::new())
                .append_pair("code", &code).append_pair("state", &state).append_pair("session_state", "x").finish();
            for text in [
                format!("{before}http://localhost:4711/?{fields}{after}"),
                format!("{before}http://localhost:4711/#{fields}{after}"),
                format!("{before}{fields}{after}"),
            ] {
                let read = Returned::read(&text);
                prop_assert!(read.is_of([state.as_str()]), "{text:?}");
                let Some(Said::Code(read)) = read.said else { panic!("no code in {text:?}") };
                prop_assert_eq!(read.expose(), code.as_str());
            }
        }
    }
}

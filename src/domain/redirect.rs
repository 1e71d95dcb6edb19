//! Where an admin's browser landed after the consent page: the address says how it went.

use std::fmt;

use url::Url;

use super::TenantId;

/// What the address says.
#[derive(Clone, PartialEq, Eq)]
pub enum Landed {
    /// The admin accepted.
    Accepted {
        /// In this tenant, where the address names it.
        tenant: Option<TenantId>,
    },
    /// The page refused, or the admin did.
    Refused {
        /// Entra's word, such as `access_denied`.
        error: String,
        /// The `AADSTS` number, where there is one.
        code: Option<String>,
        /// Entra's sentence.
        description: String,
    },
    /// The browser is where it was sent to, and the address says nothing: so it does after a success.
    Silent,
    /// It is the consent page's own address, or another one.
    NotIt,
}

impl fmt::Debug for Landed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted { .. } => "Accepted",
            Self::Refused { .. } => "Refused",
            Self::Silent => "Silent",
            Self::NotIt => "NotIt",
        })
    }
}

impl Landed {
    /// Reads a pasted address; `redirect` is where the page sends the browser. A code in it is not kept.
    pub fn read(text: &str, redirect: &Url) -> Self {
        let text = text.trim().trim_matches(|c: char| matches!(c, '"' | '\'' | '<' | '>'));
        let Ok(url) = Url::parse(text) else { return Self::NotIt };
        if url.host_str().map(bare) != redirect.host_str().map(bare) {
            return Self::NotIt;
        }
        // Some flows answer behind the hash.
        let answer = url.query().or_else(|| url.fragment()).unwrap_or_default();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(answer.as_bytes()).into_owned().collect();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let tenant = value("tenant").and_then(|tenant| tenant.parse().ok());
        // After a refusal `admin_consent=True` can stand there too: the error counts first.
        if let Some(error) = value("error") {
            let description = value("error_description").unwrap_or_default();
            return Self::Refused { code: code_in(&description), error, description };
        }
        let accepted = value("admin_consent").is_some_and(|said| said.eq_ignore_ascii_case("true"));
        if accepted || value("code").is_some() { Self::Accepted { tenant } } else { Self::Silent }
    }
}

/// `microsoft.com` sends browsers to `www.microsoft.com` and back.
fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

fn code_in(description: &str) -> Option<String> {
    let at = description.find("AADSTS")?;
    let code: String = description[at..].chars().take_while(char::is_ascii_alphanumeric).collect();
    (code.len() > "AADSTS".len()).then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Landed {
        Landed::read(text, &"https://www.microsoft.com".parse().unwrap())
    }

    #[test]
    fn a_success_is_told_by_its_words_or_by_none() {
        let id = "77777777-7777-4777-8777-777777777777";
        assert_eq!(
            read(&format!("https://www.microsoft.com/?admin_consent=True&tenant={id}")),
            Landed::Accepted { tenant: id.parse().ok() }
        );
        assert_eq!(read("https://www.microsoft.com/?code=0.AX&session_state=1"), Landed::Accepted { tenant: None });
        assert_eq!(read("https://www.microsoft.com/de-de/"), Landed::Silent);
    }

    #[test]
    fn a_refusal_counts_before_what_else_stands_there() {
        let refused = read(
            "https://www.microsoft.com/?error=access_denied&admin_consent=True&error_description=AADSTS65004%3A+User+declined+to+consent.",
        );
        let Landed::Refused { error, code, description } = refused else { panic!("not refused") };
        assert_eq!((error.as_str(), code.as_deref()), ("access_denied", Some("AADSTS65004")));
        assert_eq!(description, "AADSTS65004: User declined to consent.");
    }

    #[test]
    fn another_address_is_not_it_and_no_code_is_told() {
        assert_eq!(read("https://login.microsoftonline.com/x/oauth2/authorize?error=x"), Landed::NotIt);
        assert_eq!(read("accepted"), Landed::NotIt);
        assert!(!format!("{:?}", read("https://www.microsoft.com/?code=hunter2")).contains("hunter2"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_fail(text in "\\PC{0,80}", query in "[a-z_=&%+0-9]{0,60}") {
            read(&text);
            read(&format!("https://www.microsoft.com/?{query}"));
        }
    }
}

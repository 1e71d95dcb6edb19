//! Names on the registry's side: login server, repository, image, digest.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::ParseError;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseError;

            fn from_str(text: &str) -> Result<Self, ParseError> {
                let trimmed = text.trim();
                let valid: fn(&str) -> bool = $valid;
                if valid(trimmed) { Ok(Self(trimmed.to_owned())) } else { Err(ParseError::new(text, $expected)) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseError;

            fn try_from(text: String) -> Result<Self, ParseError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

text_type!(
    /// The host (and port) that a registry answers on. Taken from ARM or given by a person, never made from a name:
    /// registries with a domain name label have a hash in it.
    LoginServer,
    "a login server, such as fabrikamimages.azurecr.io",
    is_host
);
text_type!(
    /// A repository of a registry, such as `shop/web`.
    Repository,
    "a repository name (lower-case letters, digits, `.`, `_`, `-` and `/`)",
    is_repository
);
text_type!(
    /// A content digest, such as `sha256:…`.
    Digest,
    "a digest, such as sha256:…",
    is_digest
);

impl LoginServer {
    /// The host without its port.
    pub fn host(&self) -> &str {
        self.0.rsplit_once(':').map_or(self.0.as_str(), |(host, _)| host)
    }
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.rsplit_once(':').unwrap_or((text, "443"));
    !host.is_empty()
        && host.len() <= 253
        && port.chars().all(|c| c.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port != 0)
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
        && names_itself(host)
}

/// Whether an address with this host leads there: numbers in other forms become an IP address, and some names none at all.
fn names_itself(host: &str) -> bool {
    url::Url::parse(&format!("https://{host}/"))
        .is_ok_and(|url| url.host_str().is_some_and(|read| read.eq_ignore_ascii_case(host)))
}

fn is_repository(text: &str) -> bool {
    text.len() <= 256
        && text.split('/').all(|part| {
            let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
            edge(part.chars().next())
                && edge(part.chars().last())
                && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
        })
}

fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        matches!((algorithm, hex.len()), ("sha256", 64) | ("sha512", 128)) && hex.chars().all(|c| c.is_ascii_hexdigit())
    })
}

/// An image on the setup's registry: `repository:tag` or `repository@digest`, without a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageReference {
    /// The repository.
    pub repository: Repository,
    /// The tag or digest, as it goes into `/v2/{repository}/manifests/{reference}`.
    pub reference: String,
    by_digest: bool,
}

impl FromStr for ImageReference {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let wrong = || {
            ParseError::new(
                text,
                "an image name (repository and tag in small letters, without the registry's host), such as shop/web:1.4",
            )
        };
        let trimmed = text.trim();
        let (repository, reference, by_digest) = match trimmed.split_once('@') {
            Some((repository, digest)) => (repository, digest, true),
            None => match trimmed.rsplit_once(':') {
                Some((repository, tag)) => (repository, tag, false),
                None => (trimmed, "latest", false),
            },
        };
        let right = if by_digest { is_digest(reference) } else { is_tag(reference) };
        if !right {
            return Err(wrong());
        }
        Ok(Self { repository: repository.parse().map_err(|_| wrong())?, reference: reference.to_owned(), by_digest })
    }
}

impl TryFrom<String> for ImageReference {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<ImageReference> for String {
    fn from(image: ImageReference) -> Self {
        image.to_string()
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.repository, if self.by_digest { '@' } else { ':' }, self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_read_with_tag_digest_or_neither() {
        let tagged: ImageReference = "shop/web:1.4".parse().unwrap();
        assert_eq!((tagged.repository.as_str(), tagged.reference.as_str()), ("shop/web", "1.4"));
        let bare: ImageReference = "shop/web".parse().unwrap();
        assert_eq!(bare.reference, "latest");
        let digest = format!("shop/web@sha256:{}", "a".repeat(64));
        assert_eq!(digest.parse::<ImageReference>().unwrap().to_string(), digest);
        for bad in ["Shop/web:1", "shop//web", "shop/web:", "shop/web@sha256:1", "https://x.azurecr.io/shop", ""] {
            assert!(bad.parse::<ImageReference>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_login_server_is_a_host_and_nothing_more() {
        for good in ["fabrikamimages.azurecr.io", "localhost:5001", "name-hash1.azurecr.io"] {
            assert!(good.parse::<LoginServer>().is_ok(), "{good}");
        }
        for bad in ["https://x.azurecr.io", "x.azurecr.io/", "x..io", "u:p@x.io", "x:0", "x:+443", "x y", ""] {
            assert!(bad.parse::<LoginServer>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_login_server_is_the_host_that_an_address_with_it_leads_to() {
        for elsewhere in ["0x7f.1", "127.1", "registry.0x1", "1.2.3.4.5", "xn--a.azurecr.io"] {
            assert!(elsewhere.parse::<LoginServer>().is_err(), "{elsewhere}");
        }
        assert!("127.0.0.1:5000".parse::<LoginServer>().is_ok());
    }
}

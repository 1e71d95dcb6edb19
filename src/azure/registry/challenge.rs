//! Where a registry wants its callers to sign in.

use url::Url;

use crate::azure::http::Response;

/// A bearer challenge of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Where tokens are given.
    pub realm: Url,
    pub service: String,
    pub scope: Option<String>,
}

impl Challenge {
    pub(crate) fn of(response: &Response) -> Option<Self> {
        response.header_all("www-authenticate").find_map(Self::parse)
    }

    fn parse(header: &str) -> Option<Self> {
        let challenges = http_auth::parse_challenges(header).ok()?;
        let bearer = challenges.into_iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case("Bearer"))?;
        let param = |wanted: &str| {
            bearer
                .params
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted))
                .map(|(_, value)| value.to_unescaped())
        };
        Some(Self { realm: Url::parse(&param("realm")?).ok()?, service: param("service")?, scope: param("scope") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_inside_quotes_do_not_split() {
        let challenge = Challenge::parse(
            r#"Bearer realm="https://x.azurecr.io/oauth2/token",service="x.azurecr.io",scope="repository:shop/web:pull,push""#,
        )
        .unwrap();
        assert_eq!(challenge.realm.as_str(), "https://x.azurecr.io/oauth2/token");
        assert_eq!(challenge.scope.as_deref(), Some("repository:shop/web:pull,push"));
        for none in ["Basic realm=\"x\"", "Bearer realm=\"not an address\",service=\"x\"", "Bearer", ""] {
            assert_eq!(Challenge::parse(none), None, "{none}");
        }
    }
}

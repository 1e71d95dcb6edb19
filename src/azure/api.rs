//! What Resource Manager and Graph have in common: one base address, one audience, a token for each call.

use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use url::Url;

use super::{
    Error, ErrorKind, Result,
    http::{Call, Http, Response, authority, same_origin},
    sign_in::{Challenge, Tokens},
};

/// How often one call gets another token. A revoked session and a missing second factor can follow one another.
const RENEWALS: usize = 2;

/// One service, as one operator of one tenant.
#[derive(Clone, Debug)]
pub(crate) struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    http: Http,
    tokens: Tokens,
    base: Url,
    scope: String,
}

impl Api {
    pub(crate) fn new(http: Http, tokens: Tokens, base: Url, scope: String) -> Self {
        Self(Arc::new(Inner { http, tokens, base, scope }))
    }

    /// An address of the service, as [`address`] makes it.
    pub(crate) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>, query: &[(&str, &str)]) -> Url {
        address(&self.0.base, segments, query)
    }

    /// Sends a call with a token. The call's address must be the service's own.
    ///
    /// A service that refuses the token has done nothing, so that the call is sent again with another one: one that is not
    /// ended or revoked, or that proves what the service asks for. Where a person has to sign in for it, that is waited for.
    pub(crate) async fn send(&self, call: Call) -> Result<Response> {
        self.expect_own(&call)?;
        let mut token = self.0.tokens.token(&self.0.scope).await?;
        for _ in 0..RENEWALS {
            let refused = match self.0.http.send(call.clone().token(&token)).await {
                Err(error) if error.token_refused() => error,
                came => return came,
            };
            let challenge = refused.claims.clone().map(Challenge);
            match self.0.tokens.renewed(&self.0.scope, &token, challenge.as_ref()).await? {
                Some(other) => token = other,
                None => return Err(self.unrenewed(refused, challenge.as_ref())),
            }
        }
        self.0.http.send(call.token(&token)).await
    }

    /// The credential has no token that would do: somebody has to sign in outside.
    fn unrenewed(&self, refused: Error, challenge: Option<&Challenge>) -> Error {
        let command = challenge.and_then(|challenge| self.0.tokens.command(&self.0.scope, challenge));
        let Some(command) = command else { return refused };
        refused.with(|details| {
            details.kind = ErrorKind::SignIn;
            details.code = Some("ClaimsChallenge".to_owned());
            details.message = format!("{} Sign in again for it with: {command}", details.message);
        })
    }

    /// Gets a token, unless one is held.
    pub(crate) async fn sign_in(&self) -> Result<()> {
        self.0.tokens.token(&self.0.scope).await.map(|_| ())
    }

    pub(crate) fn expect_own(&self, call: &Call) -> Result<()> {
        if same_origin(&self.0.base, &call.url) {
            return Ok(());
        }
        let message = format!(
            "the address leads to `{}` and not to `{}`, so no token was sent there",
            authority(&call.url),
            authority(&self.0.base)
        );
        Err(call.error(ErrorKind::ForeignHost, message))
    }
}

/// Appends segments and a query to a base address. A segment that begins with a slash is a path of several; any other stays
/// one, whatever it holds.
pub(crate) fn address<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>, query: &[(&str, &str)]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty();
        for segment in segments {
            match segment.strip_prefix('/') {
                Some(several) => path.extend(several.split('/').filter(|segment| !segment.is_empty())),
                None => path.push(segment),
            };
        }
    }
    set_query(&mut url, query);
    url
}

/// Sets a query with `%20` for a blank: `OData` services do not all take `+`.
pub(crate) fn set_query(url: &mut Url, query: &[(&str, &str)]) {
    if query.is_empty() {
        return;
    }
    url.query_pairs_mut().clear().extend_pairs(query);
    // A plus sign of the text itself has become %2B.
    let spaced = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(spaced.as_deref());
}

/// An `OData` string literal.
pub(crate) fn odata(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `None` where the service says that it is not there.
pub(crate) fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads `null` as the type's default: Azure writes it for absent lists and texts.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads a time, and takes one in a form that nobody promised for absent: it is never decided upon.
pub(crate) fn lenient_time<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<time::OffsetDateTime>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| time::OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339).ok()))
}

/// The error of an answer that lacks what its contract promises.
pub(crate) fn lacks(response: &Response, what: &str) -> Error {
    response.error(ErrorKind::Malformed, format!("the answer holds no {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_inside_its_segment() {
        let base = Url::parse("https://graph.example/").unwrap();
        let url = address(&base, ["v1.0", &format!("applications(uniqueName={})", odata("it's/?#%"))], &[]);
        assert_eq!(url.as_str(), "https://graph.example/v1.0/applications(uniqueName='it''s%2F%3F%23%25')");
        let url = address(&base, ["/subscriptions/1/", "..", "x"], &[("$filter", "name eq 'a b+c&d'")]);
        assert_eq!(url.as_str(), "https://graph.example/subscriptions/1/x?%24filter=name%20eq%20%27a%20b%2Bc%26d%27");
        let below = Url::parse("https://localhost:8443/base/").unwrap();
        assert_eq!(address(&below, ["a"], &[]).as_str(), "https://localhost:8443/base/a");
    }
}

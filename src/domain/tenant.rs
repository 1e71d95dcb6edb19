//! How a person names a tenant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ParseError, TenantId};

/// A domain name of a tenant, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DomainName(String);

impl DomainName {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DomainName {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let domain = text.trim().to_ascii_lowercase();
        let labels = || domain.split('.');
        let valid = labels().count() >= 2
            && domain.len() <= 253
            && labels().all(|label| {
                !label.is_empty() && label.len() <= 63 && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            });
        if valid {
            Ok(Self(domain))
        } else {
            Err(ParseError::new(text, "a tenant's domain, such as contoso.onmicrosoft.com"))
        }
    }
}

impl TryFrom<String> for DomainName {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<DomainName> for String {
    fn from(domain: DomainName) -> Self {
        domain.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A tenant by id or by one of its domains. Which tenant a domain belongs to is asked of Entra, without a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TenantRef {
    /// By its id.
    Id(TenantId),
    /// By a domain.
    Domain(DomainName),
}

impl FromStr for TenantRef {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        text.parse().map(Self::Domain).map_err(|_| {
            ParseError::new(text, "a tenant: its id, or one of its domains such as contoso.onmicrosoft.com")
        })
    }
}

impl TryFrom<String> for TenantRef {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<TenantRef> for String {
    fn from(tenant: TenantRef) -> Self {
        tenant.to_string()
    }
}

impl fmt::Display for TenantRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Domain(domain) => domain.fmt(f),
        }
    }
}

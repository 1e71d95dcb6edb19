//! How an application proves itself without a secret: certificates, and identities that another issuer vouches for.

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::DecodingKey;

use crate::{domain::KeyId, sim::service::Hosts};

/// What a token that is exchanged for one of Entra's is for, unless the credential says otherwise.
pub const EXCHANGE_AUDIENCE: &str = "api://AzureADTokenExchange";

/// A certificate that an application may sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub key_id: KeyId,
    der: Vec<u8>,
}

impl Certificate {
    /// Reads PEM, or DER in base64; an RSA certificate only.
    pub fn read(key_id: KeyId, text: &str) -> Option<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("-----"));
        let der = STANDARD.decode(lines.collect::<String>()).ok()?;
        let certificate = Self { key_id, der };
        certificate.verifying_key().is_some().then_some(certificate)
    }

    /// The key that its signatures are held against.
    pub fn verifying_key(&self) -> Option<DecodingKey> {
        let body = STANDARD.encode(&self.der);
        let lines: Vec<&str> = body.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
        DecodingKey::from_rsa_pem(pem.as_bytes()).ok()
    }

    /// Its thumbprint by SHA-1, as `x5t` has it, and by SHA-256, as `x5t#S256` has it.
    pub fn thumbprints(&self) -> [Vec<u8>; 2] {
        [&digest::SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA256]
            .map(|algorithm| digest::digest(algorithm, &self.der).as_ref().to_vec())
    }
}

/// Bytes as portals write thumbprints.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// A federated identity credential: whose word counts for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FederatedCredential {
    pub issuer: Issuer,
    pub subject: String,
    pub audience: String,
}

/// Who vouches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// A cluster of the simulator, by name.
    Cluster(String),
    Url(String),
}

impl Issuer {
    /// The `iss` of its tokens.
    pub fn url(&self, hosts: &Hosts) -> String {
        match self {
            Self::Cluster(name) => format!("{}/oidc/{name}", hosts.login),
            Self::Url(url) => url.clone(),
        }
    }
}

//! An operator that is a service principal with a certificate.
//!
//! `azure_identity` has one too, which needs the system's OpenSSL. The proof that Entra wants is one signed token, and the
//! library that signs the simulator's signs it.

use std::{path::Path, sync::Arc};

use azure_core::{credentials::TokenCredential, error::ErrorKind as CoreKind, http::ClientMethodOptions};
use azure_identity::{ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use serde::Serialize;
use sha2::{Digest, Sha256};
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{classify::classify, transport::client_options};
use crate::{
    azure::{
        clock,
        error::{Error, ErrorKind, Result},
        http::Http,
    },
    domain::{AppId, Cloud, TenantId},
};

/// How long one proof counts.
const LIFE: Duration = Duration::minutes(10);

/// Signs in with the certificate and the private key in a PEM file, as `az ad sp create-for-rbac --create-cert` writes it.
pub fn certificate(
    http: &Http,
    cloud: &Cloud,
    tenant: TenantId,
    client: AppId,
    file: &Path,
) -> Result<Arc<dyn TokenCredential>> {
    let tried = format!("sign in as {client} with the certificate in {}", file.display());
    let failed = |message: &str| {
        Error::new(ErrorKind::SignIn, "sign_in.certificate", tried.clone(), message)
            .with(|details| details.code = Some("CertificateUnusable".to_owned()))
    };
    let pem = std::fs::read(file)
        .map(Zeroizing::new)
        .map_err(|source| failed("the file could not be read").with_source(source))?;
    let shown = CertificateDer::from_pem_slice(&pem).map_err(|_| {
        failed("there is no certificate in the file: a PEM file holds it between BEGIN CERTIFICATE and END CERTIFICATE")
    })?;
    // The library's words on a key are not passed on: they are about a secret.
    let unusable = || {
        failed(
            "there is no RSA private key in the file that can be read: a key with a password has to be saved without one",
        )
    };
    let key = private_key(&pem).and_then(|key| EncodingKey::from_rsa_pem(key).ok()).ok_or_else(unusable)?;
    let assertion = Signed {
        key,
        thumbprint: URL_SAFE_NO_PAD.encode(Sha256::digest(shown.as_ref())),
        client: client.to_string(),
        audience: format!("{}/{tenant}/oauth2/v2.0/token", cloud.login.as_str().trim_end_matches('/')),
    };
    // A key that cannot sign is found now.
    assertion.sign().map_err(|_| unusable())?;
    let options = ClientAssertionCredentialOptions { client_options: client_options(http, cloud) };
    ClientAssertionCredential::new(tenant.to_string(), client.to_string(), assertion, Some(options))
        .map(|credential| credential as Arc<dyn TokenCredential>)
        .map_err(|error| classify(&tried, &error))
}

/// The private key alone: whoever reads the whole file takes what stands first, and that may be the certificate.
fn private_key(pem: &[u8]) -> Option<&[u8]> {
    const BEGIN: &str = "-----BEGIN ";
    const END: &str = "-----END ";
    let text = std::str::from_utf8(pem).ok()?;
    text.match_indices(BEGIN).find_map(|(at, _)| {
        let label = text[at + BEGIN.len()..].split_once("-----")?.0;
        let end = at + text[at..].find(&format!("{END}{label}-----"))? + END.len() + label.len() + "-----".len();
        label.ends_with("PRIVATE KEY").then(|| &text.as_bytes()[at..end])
    })
}

struct Signed {
    key: EncodingKey,
    thumbprint: String,
    client: String,
    audience: String,
}

impl std::fmt::Debug for Signed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed").field("client", &self.client).finish_non_exhaustive()
    }
}

/// What Entra wants to be told (certificate credentials, assertion format).
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    iat: i64,
    exp: i64,
}

impl Signed {
    fn sign(&self) -> jsonwebtoken::errors::Result<String> {
        let now = clock::now();
        let mut header = Header::new(Algorithm::PS256);
        header.x5t_s256 = Some(self.thumbprint.clone());
        let claims = Claims {
            aud: &self.audience,
            iss: &self.client,
            sub: &self.client,
            jti: Uuid::new_v4().to_string(),
            // Clocks differ by a little.
            nbf: (now - Duration::minutes(1)).unix_timestamp(),
            iat: now.unix_timestamp(),
            exp: (now + LIFE).unix_timestamp(),
        };
        jsonwebtoken::encode(&header, &claims, &self.key)
    }
}

#[async_trait::async_trait]
impl ClientAssertion for Signed {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let words = "the private key could not sign";
        self.sign().map_err(|_| azure_core::Error::with_message(CoreKind::Credential, words))
    }
}

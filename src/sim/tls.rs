//! The simulator's own certificate authority. Its key lives in memory only and ends with the process.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use time::{Duration, OffsetDateTime};

use super::SimError;

/// What the listeners present, and what clients have to trust.
pub(super) struct Tls {
    pub(super) ca_pem: String,
    pub(super) config: Arc<ServerConfig>,
}

impl Tls {
    /// For this machine's own names, and for `host` with all names below it.
    pub(super) fn new(host: Option<&str>) -> Result<Self, SimError> {
        let (ca, issuer) = authority()?;
        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into_iter();
        let names = names.chain(host.into_iter().flat_map(|host| [host.to_owned(), format!("*.{host}")]));
        let mut params = dated(CertificateParams::new(names.collect::<Vec<_>>())?);
        params.distinguished_name.push(DnType::CommonName, "localhost");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let leaf = params.signed_by(&key, &issuer)?;

        let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // HTTP/1.1 only: a fault rule that drops a connection must drop one exchange, not all that share it.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { ca_pem: ca, config: Arc::new(config) })
    }
}

/// A certificate authority for this process, and its certificate in PEM.
fn authority() -> Result<(String, Issuer<'static, KeyPair>), SimError> {
    let mut params = dated(CertificateParams::new(Vec::new())?);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.distinguished_name.push(DnType::CommonName, "crosspull simulator, this run only");
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), Issuer::new(params, key)))
}

fn dated(mut params: CertificateParams) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::DAY;
    params.not_after = now + Duration::days(30);
    params
}

//! TLS, with the system's own judgement of certificates. What it refuses stays refused; it is only remembered whose
//! certificate that was: behind a proxy that opens connections nobody can tell otherwise.

mod issuer;

use std::{fmt, sync::Arc};

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, UnixTime, pem, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use time::OffsetDateTime;

/// Why there is no TLS to be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the file of further certificates could not be read")]
    Unreadable(#[source] pem::Error),
    #[error("the file of further certificates holds none")]
    Empty,
    #[error("the certificates to be trusted could not be used")]
    Certificates(#[from] rustls::Error),
}

/// Reads the certificates that are trusted beside the system's own.
pub(super) fn roots(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unusable> {
    let roots = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>().map_err(Unusable::Unreadable)?;
    if roots.is_empty() { Err(Unusable::Empty) } else { Ok(roots) }
}

/// What a client needs for TLS. Reads the system's certificates.
pub(super) fn config(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, Unusable> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let system = if roots.is_empty() {
        Verifier::new(Arc::clone(&provider))?
    } else {
        Verifier::new_with_extra_roots(roots, Arc::clone(&provider))?
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Witness(system)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A certificate that was refused.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) fault: Fault,
    /// Who signed it, as it says itself: a name that anybody can write.
    pub(super) issuer: Option<String>,
}

/// What is wrong with a certificate.
#[derive(Debug)]
pub(super) enum Fault {
    /// Nobody whom this machine trusts has signed it.
    UnknownIssuer,
    /// It has run out, at this time where that is known.
    Expired(Option<OffsetDateTime>),
    /// Its time has not come.
    NotYetValid(Option<OffsetDateTime>),
    /// It is for these names.
    OtherName(Vec<String>),
    /// Anything else, in the words of the library.
    Other(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate was refused")
    }
}

impl std::error::Error for Refused {}

/// Leaves every judgement to the system, and notes who had signed what it refused.
#[derive(Debug)]
struct Witness(Verifier);

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.0.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(|error| {
            let refused = Refused { fault: Fault::of(&error), issuer: issuer::of(end_entity) };
            rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(refused))))
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

impl Fault {
    fn of(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(error) = error else { return Self::Other(error.to_string()) };
        let at = |time: &UnixTime| {
            i64::try_from(time.as_secs()).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        };
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired => Self::Expired(None),
            CertificateError::ExpiredContext { not_after, .. } => Self::Expired(at(not_after)),
            CertificateError::NotValidYet => Self::NotYetValid(None),
            CertificateError::NotValidYetContext { not_before, .. } => Self::NotYetValid(at(not_before)),
            CertificateError::NotValidForName => Self::OtherName(Vec::new()),
            CertificateError::NotValidForNameContext { presented, .. } => Self::OtherName(presented.clone()),
            other => Self::Other(other.to_string()),
        }
    }
}

/// What the TLS library said, wherever in the causes of an error it stands.
pub(super) fn cause<'e>(error: &'e (dyn std::error::Error + 'static)) -> Option<&'e rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        // An I/O error's source is that of the error it holds, which would be passed over.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

/// The refused certificate, if that is what the library's error is about.
pub(super) fn refused(error: &rustls::Error) -> Option<&Refused> {
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = error else { return None };
    other.0.downcast_ref::<Refused>()
}

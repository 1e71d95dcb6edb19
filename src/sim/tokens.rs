//! Tokens: RS256, signed with one key a process, verified by the services that take them.

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// What a token for Resource Manager is for; the metadata endpoint names it.
pub const RESOURCE_MANAGER_AUDIENCE: &str = "https://management.core.sim.example/";
/// What a token for a registry's exchange is for, in every cloud.
pub const REGISTRY_AUDIENCE: &str = "https://containerregistry.azure.net";
/// Microsoft Graph's app id, the same in every tenant.
pub const GRAPH_APP: &str = "00000003-0000-0000-c000-000000000000";
/// The Azure CLI's public client.
pub const AZURE_CLI_APP: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";

/// The signing key with what verifiers need of it.
struct Signer {
    encoding: EncodingKey,
    decoding: DecodingKey,
    key_id: String,
    /// The key set's one entry.
    jwk: Value,
    certificate: String,
}

/// Making an RSA key takes long enough to be done once only; simulators of one process share it.
static SIGNER: OnceLock<Option<Signer>> = OnceLock::new();

fn signer() -> Option<&'static Signer> {
    SIGNER.get_or_init(made).as_ref()
}

fn made() -> Option<Signer> {
    let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).ok()?;
    let mut params = CertificateParams::new(Vec::new()).ok()?;
    params.distinguished_name.push(DnType::CommonName, "simulated token signing");
    let certificate = params.self_signed(&pair).ok()?;
    let key_id = format!("{:X}", Sha256::digest(certificate.der())).chars().take(40).collect::<String>();
    let encoding = EncodingKey::from_rsa_pem(pair.serialize_pem().as_bytes()).ok()?;
    let decoding = DecodingKey::from_rsa_pem(pair.public_key_pem().as_bytes()).ok()?;
    let certificate = STANDARD.encode(certificate.der());
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&encoding, Algorithm::RS256).ok()?).ok()?;
    jwk["kid"] = json!(key_id);
    jwk["x5t"] = json!(key_id);
    jwk["use"] = json!("sig");
    jwk["x5c"] = json!([certificate]);
    Some(Signer { encoding, decoding, key_id, jwk, certificate })
}

/// Makes the key now rather than at the first token.
pub(super) fn prepare() -> bool {
    signer().is_some()
}

/// Signs an Entra token.
pub fn signed(claims: &Value) -> String {
    let Some(signer) = signer() else { return String::new() };
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(signer.key_id.clone());
    header.x5t = Some(signer.key_id.clone());
    jsonwebtoken::encode(&header, claims, &signer.encoding).unwrap_or_default()
}

/// Signs a registry's token, which carries its certificate with it.
pub fn signed_with_certificate(claims: &Value) -> String {
    let Some(signer) = signer() else { return String::new() };
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(signer.key_id.clone());
    header.x5c = Some(vec![signer.certificate.clone()]);
    jsonwebtoken::encode(&header, claims, &signer.encoding).unwrap_or_default()
}

/// The claims of a token of ours. Only the signature is looked at: time is the simulated clock's matter, the audience
/// each service's.
pub fn verified(token: &str) -> Option<Value> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    Some(jsonwebtoken::decode::<Value>(token, &signer()?.decoding, &validation).ok()?.claims)
}

/// The key set that discovery points to.
pub fn key_set() -> Value {
    json!({"keys": signer().map(|signer| signer.jwk.clone()).into_iter().collect::<Vec<_>>()})
}

/// The signing certificate in base64 DER, as `x5c` has it.
pub fn certificate() -> Option<&'static str> {
    signer().map(|signer| signer.certificate.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_of_ours_is_known_and_a_changed_one_is_not() {
        let token = signed(&json!({"tid": "x"}));
        assert_eq!(verified(&token).unwrap()["tid"], "x");
        let mut parts: Vec<&str> = token.split('.').collect();
        let other = signed(&json!({"tid": "y"}));
        parts[1] = other.split('.').nth(1).unwrap();
        assert_eq!(verified(&parts.join(".")), None);
    }
}

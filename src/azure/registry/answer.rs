//! What a registry's refusal means.

use std::net::IpAddr;

use crate::azure::{Error, ErrorKind};

/// Why a registry refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryAnswer {
    /// The app has no principal in the registry's tenant.
    NotRegistered,
    /// The key is wrong, has ended, or has not arrived everywhere yet.
    BadCredential,
    /// The registry knows the app, and no role lets it pull: none, the wrong kind, or not in effect yet.
    NoRole,
    /// The firewall keeps this machine out. It says nothing about the nodes.
    Firewall {
        /// The address that the registry saw.
        ip: Option<IpAddr>,
    },
    /// There is no such repository or tag; signing in was fine.
    NotFound,
    /// Something else: see the error.
    Other,
}

/// Reads a registry's refusal.
pub fn answer(error: &Error) -> RegistryAnswer {
    if error.kind != ErrorKind::Service {
        return RegistryAnswer::Other;
    }
    let message = error.message.to_ascii_lowercase();
    let says = |words: &str| message.contains(words);
    match error.status {
        Some(403) if says("client with ip") || says("aka.ms/acr/firewall") => {
            RegistryAnswer::Firewall { ip: ip(&error.message) }
        }
        Some(401 | 403) if says("application not registered with aad") => RegistryAnswer::NotRegistered,
        Some(401 | 403) if says("invalid clientid or client secret") || says("client id must be guid") => {
            RegistryAnswer::BadCredential
        }
        Some(401 | 403)
            if says("authentication required")
                || says("aka.ms/acr/authorization")
                || error.is("DENIED")
                || error.operation == "registry.manifest" =>
        {
            RegistryAnswer::NoRole
        }
        Some(404) if error.is("MANIFEST_UNKNOWN") || error.is("NAME_UNKNOWN") => RegistryAnswer::NotFound,
        _ => RegistryAnswer::Other,
    }
}

/// The address in "client with IP '…' is not allowed access".
fn ip(message: &str) -> Option<IpAddr> {
    message.split('\'').nth(1)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, code: &str, message: &str) -> RegistryAnswer {
        answer(&Error::new(ErrorKind::Service, "registry.token", "sign in", message).with(|details| {
            details.status = Some(status);
            details.code = Some(code.to_owned());
        }))
    }

    #[test]
    fn each_refusal_means_something_else() {
        use RegistryAnswer::{BadCredential, Firewall, NoRole, NotFound, NotRegistered, Other};
        let unauthorized = |message| refusal(401, "UNAUTHORIZED", message);
        assert_eq!(unauthorized("Application not registered with AAD."), NotRegistered);
        assert_eq!(unauthorized("Invalid clientid or client secret."), BadCredential);
        assert_eq!(unauthorized("aad access token with sp failed client id must be guid"), BadCredential);
        assert_eq!(
            unauthorized("authentication required, visit https://aka.ms/acr/authorization for more information."),
            NoRole
        );
        assert_eq!(refusal(403, "DENIED", "requested access to the resource is denied"), NoRole);
        assert_eq!(
            refusal(
                403,
                "DENIED",
                "client with IP '203.0.113.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."
            ),
            Firewall { ip: Some("203.0.113.7".parse().unwrap()) }
        );
        assert_eq!(refusal(403, "DENIED", "client with IP 'x\u{1b}' is not allowed"), Firewall { ip: None });
        assert_eq!(refusal(404, "MANIFEST_UNKNOWN", "manifest tagged by \"nope\" is not found"), NotFound);
        assert_eq!(refusal(429, "TOOMANYREQUESTS", "too many requests"), Other);
        assert_eq!(unauthorized("something new"), Other);
    }
}

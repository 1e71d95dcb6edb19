//! How an operator signs in to a tenant. Never a secret: files and environment variables are named.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AppId;

/// How an operator signs in to a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum SignIn {
    /// The Azure CLI's account.
    AzureCli,
    /// The Azure Developer CLI's account.
    AzureDeveloperCli,
    /// A person, in a browser.
    Browser {
        /// The public client that signs in; the Azure CLI's where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<AppId>,
    },
    /// A person, with a code that is typed on another device.
    DeviceCode {
        /// The public client that signs in; the Azure CLI's where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<AppId>,
    },
    /// A service principal with a secret.
    ServicePrincipal {
        /// Its client id.
        client_id: AppId,
        /// The environment variable that holds its secret.
        client_secret_env: String,
    },
    /// A service principal with a certificate.
    Certificate {
        /// Its client id.
        client_id: AppId,
        /// A PEM file with the certificate and its private key.
        client_certificate: PathBuf,
    },
    /// A workload that another issuer vouches for, such as a pod or a pipeline.
    WorkloadIdentity {
        /// Its client id; `AZURE_CLIENT_ID` where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<AppId>,
        /// The file with the issuer's token; `AZURE_FEDERATED_TOKEN_FILE` where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_file: Option<PathBuf>,
    },
    /// The identity of the Azure machine that this runs on.
    ManagedIdentity {
        /// The client id of a user-assigned one; the machine's own where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_id: Option<AppId>,
    },
}

/// The kinds by the names that setup files and people use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInKind {
    /// See [`SignIn::AzureCli`].
    AzureCli,
    /// See [`SignIn::AzureDeveloperCli`].
    AzureDeveloperCli,
    /// See [`SignIn::Browser`].
    Browser,
    /// See [`SignIn::DeviceCode`].
    DeviceCode,
    /// See [`SignIn::ServicePrincipal`] and [`SignIn::Certificate`].
    ServicePrincipal,
    /// See [`SignIn::WorkloadIdentity`].
    WorkloadIdentity,
    /// See [`SignIn::ManagedIdentity`].
    ManagedIdentity,
}

impl SignInKind {
    /// All of them, the most usual first.
    pub const ALL: [Self; 7] = [
        Self::AzureCli,
        Self::Browser,
        Self::DeviceCode,
        Self::ServicePrincipal,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::AzureDeveloperCli,
    ];

    /// As a setup file has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::AzureCli => "azure-cli",
            Self::AzureDeveloperCli => "azure-developer-cli",
            Self::Browser => "browser",
            Self::DeviceCode => "device-code",
            Self::ServicePrincipal => "service-principal",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
        }
    }
}

impl SignIn {
    /// Which kind it is.
    pub fn kind(&self) -> SignInKind {
        match self {
            Self::AzureCli => SignInKind::AzureCli,
            Self::AzureDeveloperCli => SignInKind::AzureDeveloperCli,
            Self::Browser { .. } => SignInKind::Browser,
            Self::DeviceCode { .. } => SignInKind::DeviceCode,
            Self::ServicePrincipal { .. } | Self::Certificate { .. } => SignInKind::ServicePrincipal,
            Self::WorkloadIdentity { .. } => SignInKind::WorkloadIdentity,
            Self::ManagedIdentity { .. } => SignInKind::ManagedIdentity,
        }
    }

    /// The environment variable that holds a secret of this sign-in. No child process may inherit it.
    pub fn secret_variable(&self) -> Option<&str> {
        match self {
            Self::ServicePrincipal { client_secret_env, .. } => Some(client_secret_env),
            _ => None,
        }
    }

    /// In a few words, for a list or a heading.
    pub fn words(&self) -> String {
        match self {
            Self::AzureCli => "Azure CLI".to_owned(),
            Self::AzureDeveloperCli => "Azure Developer CLI".to_owned(),
            Self::Browser { .. } => "in the browser".to_owned(),
            Self::DeviceCode { .. } => "with a code".to_owned(),
            Self::ServicePrincipal { client_id, .. } | Self::Certificate { client_id, .. } => {
                format!("app {client_id}")
            }
            Self::WorkloadIdentity { client_id: Some(id), .. } => format!("workload {id}"),
            Self::WorkloadIdentity { client_id: None, .. } => "this workload".to_owned(),
            Self::ManagedIdentity { client_id: Some(id) } => format!("managed identity {id}"),
            Self::ManagedIdentity { client_id: None } => "this machine's identity".to_owned(),
        }
    }
}

/// Why somebody has to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nobody is signed in yet.
    First,
    /// The session has ended, or was ended.
    Again,
    /// The tenant wants another proof, such as a second factor.
    MoreProof,
}

/// Why what a person brings from a sign-in's page is nothing that this sign-in could use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Useless {
    /// Nothing but an error could be, and it names none.
    NoError,
    /// It is the address of another sign-in.
    OtherSignIn,
    /// It is the address of the page, and not the one that it ends on.
    PageItself,
    /// It is the link with which an admin accepts the app.
    ConsentLink,
    /// It is one of crosspull's own codes.
    OwnCode {
        /// Which one.
        code: &'static str,
    },
    /// It is neither an address that begins like this nor an error.
    Neither {
        /// The address without what follows it.
        begins: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journals_of_before_are_read_and_no_secret_is_written() {
        let old = r#"{"kind":"service-principal","client_id":"33333333-3333-4333-8333-333333333333","client_secret_env":"X"}"#;
        let read: SignIn = serde_json::from_str(old).unwrap();
        assert_eq!((serde_json::to_string(&read).unwrap().as_str(), read.secret_variable()), (old, Some("X")));
        let short: SignIn = serde_json::from_str(r#"{"kind":"browser"}"#).unwrap();
        assert_eq!(short, SignIn::Browser { client_id: None });
        assert_eq!(serde_json::to_string(&short).unwrap(), r#"{"kind":"browser"}"#);
    }

    #[test]
    fn each_kind_has_the_name_that_a_setup_file_takes() {
        for kind in SignInKind::ALL {
            assert!(kind.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'));
        }
        assert_eq!(SignIn::AzureCli.kind().name(), "azure-cli");
    }
}

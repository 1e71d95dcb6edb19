//! What a `scope` asks for: one resource, and whether more than an access token is wanted.

use super::{Refusal, State, entra_error};
use crate::sim::{service::audience_of, tokens};

/// A scope, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The `aud` of the access token, as the client wrote it; a slash at its end belongs to it.
    pub(super) resource: String,
    pub(super) all: bool,
    pub(super) open_id: bool,
    pub(super) offline: bool,
}

/// Reads a scope. Without any resource it is Graph's `User.Read`, as for a sign-in alone.
pub(super) fn wanted(state: &State, scope: &str) -> Result<Wanted, Refusal> {
    let mut wanted = Wanted { resource: String::new(), all: false, open_id: false, offline: false };
    for word in scope.split_whitespace() {
        match word {
            "openid" | "profile" | "email" => wanted.open_id = true,
            "offline_access" => wanted.offline = true,
            _ => {
                let (resource, name) = split(state, word);
                if !wanted.resource.is_empty() && wanted.resource != resource {
                    return Err(more_than_one(scope));
                }
                wanted.all |= name == ".default";
                wanted.resource = resource;
            }
        }
    }
    if wanted.resource.is_empty() {
        wanted.resource.clone_from(&state.hosts.graph);
    }
    Ok(wanted)
}

/// A resource and the name of a permission; a bare name is Graph's.
fn split(state: &State, word: &str) -> (String, String) {
    match word.rsplit_once('/') {
        Some((resource, name)) if word.contains("://") || audience_of(state, resource).is_some() => {
            (resource.to_owned(), name.to_owned())
        }
        // A client may name a resource alone where it means everything.
        None if audience_of(state, word).is_some() => (word.to_owned(), ".default".to_owned()),
        _ => (state.hosts.graph.clone(), word.to_owned()),
    }
}

fn more_than_one(scope: &str) -> Refusal {
    let message = format!(
        "Provided value for the input parameter scope is not valid because it contains more than one resource. Scope \
         {scope} is not valid."
    );
    Refusal::from(entra_error(400, "invalid_scope", 28_000, &message))
}

/// The answer for a resource that no tenant has.
pub(super) fn known(state: &State, wanted: &Wanted, directory: &str) -> Result<(), Refusal> {
    let aks = wanted.resource.trim_end_matches('/') == AKS_SERVER;
    if aks || audience_of(state, &wanted.resource).is_some() {
        return Ok(());
    }
    Err(no_such_resource(&wanted.resource, directory))
}

pub(super) fn no_such_resource(resource: &str, directory: &str) -> Refusal {
    let message = format!(
        "The resource principal named {resource} was not found in the tenant named {directory}. This can happen if the \
         application has not been installed by the administrator of the tenant or consented to by any user in the \
         tenant. You might have sent your authentication request to the wrong tenant."
    );
    Refusal::from(entra_error(400, "invalid_resource", 500_011, &message))
}

/// AKS's own server application, the same in every cloud: run command wants a token for it where Entra guards the
/// cluster.
const AKS_SERVER: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// The permissions that a token for a resource says it has, for a user.
pub(super) fn permissions(state: &State, resource: &str) -> &'static str {
    match audience_of(state, resource) {
        Some(crate::sim::service::Audience::Graph) => {
            "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All AuditLog.Read.All \
             DelegatedPermissionGrant.ReadWrite.All Directory.AccessAsUser.All email Group.ReadWrite.All openid \
             profile User.Read.All User.ReadWrite.All"
        }
        _ => "user_impersonation",
    }
}

/// Whether a client is one that everybody has.
pub(super) fn is_first_party(client: &str) -> bool {
    client.eq_ignore_ascii_case(tokens::AZURE_CLI_APP)
}

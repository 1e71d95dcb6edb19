//! What a node can pull with the credential that it holds: the same questions that the registry asks of a request.

use super::{
    estate::{Cluster, Node, Registry},
    image,
    registry::access::{self, Refusal, ScopeRequest},
    world::World,
};
use crate::domain::KeyId;

/// Why a node cannot pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullFailure {
    /// The registry's firewall does not let the cluster's address in.
    Firewall(String),
    /// The registry refuses the node's credential.
    Refused(Refusal),
    /// The credential is right, and may not pull.
    NoRight,
    /// No such repository or tag.
    NotFound,
}

impl PullFailure {
    /// As the kubelet tells it.
    pub fn message(&self) -> String {
        match self {
            Self::Firewall(address) => {
                format!("403 Forbidden: client with IP '{address}' is not allowed access.")
            }
            Self::Refused(refusal) => {
                format!("failed to fetch oauth token: unexpected status: 401 Unauthorized: {}", refusal.message())
            }
            Self::NoRight => "failed to authorize: unexpected status: 401 Unauthorized".to_owned(),
            Self::NotFound => "not found".to_owned(),
        }
    }
}

/// Whether this node of this cluster can pull an image by tag or digest; the digest if so. An operation that runs
/// changes what nodes hold: [`super::aks::advance`] first.
pub fn pull(
    world: &World,
    cluster: &Cluster,
    node: &Node,
    registry: &Registry,
    repository: &str,
    reference: &str,
) -> Result<String, PullFailure> {
    access::firewall(registry, &cluster.egress_ip).map_err(PullFailure::Firewall)?;
    let principal = if node.secret.is_empty() {
        None
    } else {
        let user = node.client_id.to_string();
        let principal = access::authenticate(world, registry, &user, &node.secret);
        Some(principal.map_err(PullFailure::Refused)?)
    };
    let scope =
        ScopeRequest { kind: "repository".into(), name: repository.to_owned(), actions: vec!["pull".to_owned()] };
    if access::granted(world, registry, principal, &scope).is_empty() {
        return Err(PullFailure::NoRight);
    }
    let tags = registry.repositories.get(repository).ok_or(PullFailure::NotFound)?;
    let found = tags.keys().find_map(|tag| {
        let image = image::image(repository, tag);
        let named = tag == reference || image.manifest(reference).is_some();
        named.then(|| if tag == reference { image.digest.clone() } else { reference.to_owned() })
    });
    found.ok_or(PullFailure::NotFound)
}

/// The key whose text a node holds, removed ones too: no key of the app says that its text was never one.
pub fn key_id(world: &World, node: &Node) -> Option<KeyId> {
    let mut applications = world.tenants.iter().flat_map(|tenant| tenant.applications.values());
    let application = applications.find(|application| application.app_id == node.client_id)?;
    application.passwords.iter().find(|password| password.text == node.secret).map(|password| password.key_id)
}

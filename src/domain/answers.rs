//! What a person chose. Never a secret: a service principal's secret is named by its environment variable.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ImageReference, LoginServer, Repository, ResourceId, TenantId, TenantRef};

pub use super::sign_in::SignIn;

/// Everything that a setup needs to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The setup's name, unique among the setups of this machine.
    pub name: String,
    /// The cluster's side.
    pub cluster: ClusterAnswers,
    /// The registry's side.
    pub registry: RegistryAnswers,
    /// The application.
    pub app: AppAnswers,
    /// Consents given in advance.
    pub options: Options,
}

impl Answers {
    /// The environment variables that hold secrets of whoever signs in. No child process may inherit them.
    pub fn secret_variables(&self) -> impl Iterator<Item = &str> {
        let registry = self.registry.sign_in.as_ref();
        [Some(&self.cluster.sign_in), registry].into_iter().flatten().filter_map(SignIn::secret_variable)
    }

    /// Whether two answers differ in nothing but who signs in. Handing a tenant over is another difference.
    pub fn same_but_for_who_signs_in(&self, other: &Self) -> bool {
        let mut same = other.clone();
        same.cluster.sign_in = self.cluster.sign_in.clone();
        if same.registry.sign_in.is_some() && self.registry.sign_in.is_some() {
            same.registry.sign_in.clone_from(&self.registry.sign_in);
        }
        *self == same
    }

    /// The same with another image for the proof.
    #[must_use]
    pub fn with_image(&self, image: ImageReference) -> Self {
        let mut other = self.clone();
        other.registry.image = image;
        other
    }
}

/// The cluster's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterAnswers {
    /// The tenant; found from the subscription in `id` where it is left out.
    pub tenant: Option<TenantRef>,
    /// The cluster.
    pub id: ResourceId,
    /// How to sign in there.
    pub sign_in: SignIn,
}

/// The registry's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryAnswers {
    /// The tenant; found from the subscription in `id` where it is left out.
    pub tenant: Option<TenantRef>,
    /// The registry. Needed unless the tenant is handed over.
    pub id: Option<ResourceId>,
    /// How to sign in there; `None` hands the tenant over to its own admin.
    pub sign_in: Option<SignIn>,
    /// The image that the proof pulls.
    pub image: ImageReference,
    /// Where not empty, and the registry knows repository permissions, the right is limited to these.
    pub repositories: Vec<Repository>,
    /// How the app's principal comes to the registry tenant.
    pub provision: Provision,
    /// The login server; must be given when nobody signs in there, since it is never guessed from a name.
    pub login_server: Option<LoginServer>,
}

impl RegistryAnswers {
    /// Whether somebody else does this tenant's steps, outside crosspull.
    pub fn handed_over(&self) -> bool {
        self.sign_in.is_none()
    }
}

/// How the app's principal comes to the registry tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provision {
    /// An admin there opens the consent link.
    #[default]
    Consent,
    /// The operator there makes it through Graph.
    Direct,
}

/// The application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppAnswers {
    /// The route, where a person chose one; otherwise the plan does.
    pub route: Option<Route>,
    /// The name that admins of both tenants will see.
    pub display_name: Option<String>,
    /// How long the cluster's key lives, in days; 365 where nothing is said, or less where a policy asks for it.
    pub secret_days: Option<u16>,
    /// Where the consent page sends the browser afterwards.
    pub redirect_uri: Url,
}

/// An address as it stands in a registration: Entra compares texts, and the how-to's `https://www.microsoft.com` has no
/// slash at its end, which a parsed address always has.
pub fn registered(redirect: &Url) -> &str {
    let text = redirect.as_str();
    let bare = redirect.path() == "/" && redirect.query().is_none() && redirect.fragment().is_none();
    if bare { text.trim_end_matches('/') } else { text }
}

/// Which steps a setup takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// A new app becomes the cluster's identity; every node is replaced.
    NewApp,
    /// The cluster's present app is opened to other tenants; nothing is reset.
    KeepApp,
}

/// Consents given in advance.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Options {
    /// Which role assignments of the present principal the new one gets.
    pub carry_over: CarryOver,
    /// Whether the replacement of every node is consented to before it is due.
    pub confirm_node_replacement: bool,
}

/// Which role assignments are carried over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarryOver {
    /// All that can be.
    #[default]
    All,
    /// None.
    None,
    /// Those whose assignment id or scope is listed (compared without regard to case).
    Only(Vec<String>),
}

impl CarryOver {
    /// Whether the assignment with this id, at this scope, is to be carried over.
    pub fn takes(&self, assignment_id: &str, scope: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(list) => list.iter().any(|entry| {
                let entry = entry.trim_end_matches('/');
                entry.eq_ignore_ascii_case(assignment_id) || entry.eq_ignore_ascii_case(scope.trim_end_matches('/'))
            }),
        }
    }
}

/// A tenant as it was resolved: shown with name, domain and id, so that nobody wonders where they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The id.
    pub id: TenantId,
    /// The default domain, where it could be read.
    pub domain: Option<String>,
    /// The display name, where it could be read.
    pub display_name: Option<String>,
}

impl Tenant {
    /// The shortest name that people know the tenant by.
    pub fn label(&self) -> String {
        self.display_name.clone().or_else(|| self.domain.clone()).unwrap_or_else(|| self.id.to_string())
    }

    /// With the names by which the same tenant was known before, where this knows none: what was read once is not given up
    /// since it could not be read again.
    #[must_use]
    pub fn or_as_known(self, known: Option<Self>) -> Self {
        let Some(known) = known.filter(|known| known.id == self.id) else { return self };
        Self {
            id: self.id,
            domain: self.domain.or(known.domain),
            display_name: self.display_name.or(known.display_name),
        }
    }
}

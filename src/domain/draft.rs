//! Answers so far, of a setup that has no journal yet: nothing has been confirmed, so nothing is lost but typing.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Answers, ImageReference, LoginServer, Repository, ResourceId, SetupId, SubscriptionId, TenantRef,
    answers::{AppAnswers, CarryOver, ClusterAnswers, Options, Provision, RegistryAnswers, Route, SignIn, Tenant},
    rules,
};

/// Answers so far. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The setup that will come of it.
    pub setup: SetupId,
    /// Its name, where a person gave it one.
    #[serde(default)]
    pub name: Option<String>,
    /// The cluster's side.
    #[serde(default)]
    pub cluster: SideDraft,
    /// The registry's side.
    #[serde(default)]
    pub registry: SideDraft,
    /// Somebody else does the registry's side.
    #[serde(default)]
    pub handed_over: bool,
    /// Where the registry answers.
    #[serde(default)]
    pub login_server: Option<LoginServer>,
    /// The repository that the proof pulls from.
    #[serde(default)]
    pub repository: Option<Repository>,
    /// The image that the proof pulls.
    #[serde(default)]
    pub image: Option<ImageReference>,
    /// Where not empty, the right is limited to these.
    #[serde(default)]
    pub repositories: Vec<Repository>,
    /// How the app comes to the registry tenant.
    #[serde(default)]
    pub provision: Provision,
    /// The route, where a person chose one.
    #[serde(default)]
    pub route: Option<Route>,
    /// The app's name, where a person gave it one.
    #[serde(default)]
    pub display_name: Option<String>,
    /// How long the cluster's key lives, in days, where a person said so.
    #[serde(default)]
    pub secret_days: Option<u16>,
    /// Which role assignments are carried over.
    #[serde(default)]
    pub carry_over: CarryOver,
}

/// Answers on one side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideDraft {
    /// What was typed for the tenant.
    #[serde(default)]
    pub typed: Option<String>,
    /// The tenant that it names.
    #[serde(default)]
    pub tenant: Option<Tenant>,
    /// How somebody signs in there.
    #[serde(default)]
    pub sign_in: Option<SignIn>,
    /// Who that is.
    #[serde(default)]
    pub account: Option<String>,
    /// The company that they are a guest from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest_of: Option<String>,
    /// The subscription with its name; `None` inside is all of them.
    #[serde(default)]
    pub subscription: Option<(Option<SubscriptionId>, String)>,
    /// The cluster, or the registry.
    #[serde(default)]
    pub resource: Option<ResourceId>,
}

impl Draft {
    /// Nothing is answered yet.
    pub fn new(setup: SetupId) -> Self {
        Self {
            setup,
            name: None,
            cluster: SideDraft::default(),
            registry: SideDraft::default(),
            handed_over: false,
            login_server: None,
            repository: None,
            image: None,
            repositories: Vec::new(),
            provision: Provision::default(),
            route: None,
            display_name: None,
            secret_days: None,
            carry_over: CarryOver::default(),
        }
    }

    /// The setup's name: given, or made of what it connects.
    pub fn setup_name(&self) -> Option<String> {
        self.name.clone().or_else(|| {
            let cluster = self.cluster.resource.as_ref()?;
            let registry = self.registry.resource.as_ref().filter(|_| !self.handed_over);
            self.login_server.as_ref().map(|server| rules::default_name(cluster, registry, Some(server)))
        })
    }

    /// Whether the app is not to pull from this repository.
    pub fn leaves_out(&self, repository: &Repository) -> bool {
        rules::leaves_out(&self.repositories, repository)
    }

    /// The answers, once everything is answered.
    pub fn answers(&self) -> Option<Answers> {
        let tenant = |side: &SideDraft| side.tenant.as_ref().map(|tenant| TenantRef::Id(tenant.id));
        let registry_sign_in = if self.handed_over { None } else { Some(self.registry.sign_in.clone()?) };
        Some(Answers {
            name: self.setup_name()?,
            cluster: ClusterAnswers {
                tenant: tenant(&self.cluster),
                id: self.cluster.resource.clone()?,
                sign_in: self.cluster.sign_in.clone()?,
            },
            registry: RegistryAnswers {
                tenant: Some(tenant(&self.registry)?),
                id: if self.handed_over {
                    self.registry.resource.clone()
                } else {
                    Some(self.registry.resource.clone()?)
                },
                sign_in: registry_sign_in,
                image: self.image.clone()?,
                repositories: self.repositories.clone(),
                provision: if self.handed_over { Provision::Consent } else { self.provision },
                login_server: self.handed_over.then(|| self.login_server.clone()).flatten(),
            },
            app: AppAnswers {
                route: self.route,
                display_name: self.display_name.clone(),
                secret_days: self.secret_days,
                redirect_uri: Url::parse(rules::REDIRECT_URI).ok()?,
            },
            options: Options { carry_over: self.carry_over.clone(), confirm_node_replacement: false },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_draft_is_read_and_an_unfinished_one_gives_no_answers() {
        let id = SetupId::random();
        let draft: Draft = serde_json::from_value(serde_json::json!({ "setup": id })).unwrap();
        assert_eq!(draft, Draft::new(id));
        assert_eq!(draft.answers(), None);
    }

    #[test]
    fn what_is_kept_is_what_was_answered() {
        let answers = crate::sample::answers();
        let mut draft = Draft::new(SetupId::random());
        let id = "66666666-6666-4666-8666-666666666666".parse().unwrap();
        let tenant = Some(Tenant { id, domain: None, display_name: None });
        draft.cluster = SideDraft {
            tenant: tenant.clone(),
            sign_in: Some(SignIn::AzureCli),
            resource: Some(answers.cluster.id.clone()),
            ..SideDraft::default()
        };
        draft.registry = SideDraft {
            tenant,
            sign_in: Some(SignIn::AzureCli),
            resource: answers.registry.id.clone(),
            ..SideDraft::default()
        };
        (draft.image, draft.login_server) = (Some(answers.registry.image.clone()), "x-1.azurecr.io".parse().ok());
        let text = serde_json::to_string(&draft).unwrap();
        let read: Draft = serde_json::from_str(&text).unwrap();
        assert_eq!(read, draft);
        let made = read.answers().unwrap();
        assert_eq!(made.name, format!("{}-to-fabrikamimages", answers.cluster.id.name()));
        assert_eq!(made.registry.login_server, None, "Resource Manager tells it where somebody is signed in");
        draft.handed_over = true;
        let made = draft.answers().unwrap();
        assert!(made.registry.handed_over() && made.registry.login_server.is_some());
    }
}

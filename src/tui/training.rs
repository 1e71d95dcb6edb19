//! The demo, as the wizard sees it: worlds to choose from, and somebody who plays the other company's admin.

use async_trait::async_trait;
use url::Url;

use crate::{
    domain::{AppId, ImageReference, LoginServer, Plan, StepId, Tenant},
    error::Error,
    session::Session,
};

/// One scenario, as the first screen of the demo lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its name, for [`Training::start`].
    pub id: String,
    /// In a few words.
    pub title: String,
    /// What one learns from it.
    pub about: String,
}

/// What a demo suggests, so that Enter is enough.
#[derive(Debug, Clone, Default)]
pub struct Suggested {
    /// The companies, whether or not anybody is signed in.
    pub tenants: Vec<Tenant>,
    /// The cluster's name.
    pub cluster: Option<String>,
    /// The registry's name.
    pub registry: Option<String>,
    /// Where the registry answers.
    pub login_server: Option<LoginServer>,
    /// An image that is there.
    pub image: Option<ImageReference>,
    /// The registry's tenant is to be handed over.
    pub handed_over: bool,
    /// Where the world's pages for people are, in plain http: a browser shows them without a word on certificates.
    pub pages: Option<Url>,
    /// Who may accept the app on such a page. It lets people of this world in without a password.
    pub admin: Option<String>,
}

/// Where worlds come from.
#[async_trait]
pub trait Training: Send + Sync {
    /// The scenarios, in the order in which they are offered.
    fn scenarios(&self) -> Vec<Scenario>;

    /// Makes the scenario's world, and a session in it. An earlier world ends.
    async fn start(&self, id: &str) -> Result<(Session, Suggested), Error>;

    /// Does what the other company's admin would do for this step.
    fn other_admin(&self, step: StepId, app: AppId, plan: &Plan);

    /// Does what an admin would do who lifts the rules that stand in the way.
    fn lift_policies(&self);
}

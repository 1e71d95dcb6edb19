//! The steps: one file a step, in the words of the procedure. Someone who knows the how-to finds each of its sentences
//! here.
//!
//! [`Steps`] is the work that the engine carries out. It holds the clients of both tenants and, in memory only, the texts
//! of the keys that this process made.

mod adoption;
mod carry_over;
mod cluster_update;
mod consent;
pub mod equivalent;
mod fault;
pub mod handover;
mod identity;
mod keys;
mod known;
pub mod look;
pub mod patience;
pub mod plan;
pub mod preflight;
mod probe;
mod proof;
mod registration;
mod registry_role;
mod review;
pub mod route;
mod secret;
mod sweep;
mod texts;
mod together;

use std::sync::Arc;

pub use consent::link as consent_link;
pub use registry_role::CANNOT_BE_SEEN;

#[cfg(test)]
pub(crate) use self::cluster_update::not_succeeded;

use crate::{
    azure::{Http, TenantClients, sign_in::Desk},
    domain::{AppId, Cloud, KeyId, ObjectId, Operator, Output, Plan, Side, StepId, answers::Tenant},
    engine::{
        Check, Fault, Progress, StepContext, Work,
        event::NodesReview,
        work::{Intent, Leaving, Repeat, Taken},
    },
    keychain::{Keychain, Refused},
    secret::Secret,
};
use known::Known;
use patience::Patience;
use texts::Texts;

/// The steps' work, for one setup.
#[derive(Debug)]
pub struct Steps {
    /// Sends requests that need no operator: the app's own sign-in, the registry.
    pub http: Http,
    /// The cloud of both tenants.
    pub cloud: Arc<Cloud>,
    /// The operator of the cluster tenant.
    pub cluster: TenantClients,
    /// The operator of the registry tenant; `None` where it is handed over.
    pub registry: Option<TenantClients>,
    /// Both tenants, as they were resolved.
    pub tenants: Tenants,
    /// For what is read outside a run.
    pub patience: Patience,
    /// Where the operators' sign-ins wait for a person.
    desk: Desk,
    texts: Texts,
    known: Known,
}

/// The two tenants of a setup.
#[derive(Debug, Clone)]
pub struct Tenants {
    /// The one that owns the cluster.
    pub cluster: Tenant,
    /// The one that owns the registry.
    pub registry: Tenant,
}

impl Steps {
    /// The work of a setup between these tenants.
    pub fn new(
        http: Http,
        cloud: Arc<Cloud>,
        cluster: TenantClients,
        registry: Option<TenantClients>,
        tenants: Tenants,
        patience: Patience,
        desk: Desk,
    ) -> Self {
        Self {
            http,
            cloud,
            cluster,
            registry,
            tenants,
            patience,
            desk,
            texts: Texts::default(),
            known: Known::default(),
        }
    }

    /// Keeps the text of the nodes' key in this keychain as well, so that it outlives the process.
    #[must_use]
    pub fn keeping_texts_in(mut self, keychain: Keychain) -> Self {
        self.texts.keep_in(keychain);
        self
    }

    /// Takes the texts that earlier processes put into the keychain into memory.
    pub async fn recall_texts(&self, progress: &Progress) -> Result<(), Refused> {
        for record in progress.facts().keys().filter(|record| record.kept && !record.removed && !record.text_lost) {
            self.texts.recall(progress.setup(), record.key.id).await?;
        }
        Ok(())
    }

    /// The registry tenant's operator, for steps that are only reached where there is one.
    fn registry(&self) -> Result<&TenantClients, Fault> {
        self.registry.as_ref().ok_or_else(|| crate::engine::context::missing("an account in the registry tenant"))
    }
}

impl Steps {
    /// A key's text, where this process made it. Whoever gives it to a person journals that first.
    pub fn text(&self, key: KeyId) -> Option<Secret> {
        self.texts.get(key)
    }
}

/// The app's client id, for steps behind the one that made or found it.
fn app_id(cx: &StepContext) -> Result<AppId, Fault> {
    app(cx).map(|(app_id, _)| app_id)
}

/// The app's client id and object id.
fn app(cx: &StepContext) -> Result<(AppId, ObjectId), Fault> {
    let facts = cx.facts();
    let app = facts.app().ok_or_else(|| crate::engine::context::missing("the app"))?;
    Ok((app.app_id, app.object_id))
}

impl Work for Steps {
    fn repeat(&self, step: StepId, cx: &StepContext) -> Repeat {
        match step {
            // Role assignments have names that this setup made; the app's settings are patched to what they should be.
            StepId::CarryOver | StepId::RegistryRole | StepId::Adoption => Repeat::Keyed,
            StepId::Registration | StepId::Identity | StepId::WatchKey | StepId::Secret => Repeat::AfterGraphWindow,
            StepId::Consent => consent::repeat(cx),
            StepId::ClusterUpdate => Repeat::AfterClusterWindow,
            StepId::Probe | StepId::Proof | StepId::Sweep => Repeat::ReadOnly,
        }
    }

    async fn intent(&self, step: StepId, cx: &StepContext) -> Result<Intent, Fault> {
        match step {
            StepId::ClusterUpdate => cluster_update::intent(self, cx).await,
            _ => Ok(Intent::default()),
        }
    }

    async fn check(&self, step: StepId, cx: &StepContext) -> Result<Check, Fault> {
        match step {
            StepId::Registration => registration::check(self, cx).await,
            StepId::Adoption => adoption::check(self, cx).await,
            StepId::Identity => identity::check(self, cx).await,
            StepId::CarryOver => carry_over::check(self, cx).await,
            StepId::Consent => consent::check(self, cx).await,
            StepId::RegistryRole => registry_role::check(self, cx).await,
            StepId::WatchKey | StepId::Secret => secret::check(self, step, cx).await,
            StepId::ClusterUpdate => cluster_update::check(self, cx).await,
            StepId::Probe | StepId::Proof | StepId::Sweep => Ok(Check::CannotTell),
        }
    }

    async fn apply(&self, step: StepId, cx: &StepContext) -> Result<Output, Fault> {
        match step {
            StepId::Registration => registration::apply(self, cx).await,
            StepId::Adoption => adoption::apply(self, cx).await,
            StepId::Identity => identity::apply(self, cx).await,
            StepId::CarryOver => carry_over::apply(self, cx).await,
            StepId::Consent => consent::apply(self, cx).await,
            StepId::RegistryRole => registry_role::apply(self, cx).await,
            StepId::WatchKey | StepId::Secret => secret::apply(self, step, cx).await,
            StepId::Probe => probe::apply(self, cx).await,
            StepId::ClusterUpdate => cluster_update::apply(self, cx).await,
            StepId::Proof => proof::apply(self, cx).await,
            StepId::Sweep => sweep::apply(self, cx).await,
        }
    }

    async fn verify(&self, step: StepId, cx: &StepContext, output: &Output) -> Result<Option<Output>, Fault> {
        match (step, output) {
            (StepId::Consent, Output::Consent(consented)) => consent::verify(self, cx, consented).await,
            (StepId::ClusterUpdate, Output::ClusterUpdate(update)) => {
                cluster_update::verify(self, cx, update).await.map(|update| Some(Output::ClusterUpdate(update)))
            }
            (StepId::Secret, Output::Key(key)) => secret::entrust(self, cx, key).await.map(|()| None),
            // What the others leave is waited for by the step that needs it, whose request shows whether it is there.
            _ => Ok(None),
        }
    }

    async fn undo(&self, step: StepId, cx: &StepContext, output: &Output) -> Result<Taken, Fault> {
        match (step, output) {
            (_, Output::Registration(app)) => registration::undo(self, app).await,
            (_, Output::Adoption(adopted)) => adoption::undo(self, cx, adopted).await,
            (_, Output::Identity(principal)) => identity::undo(self, principal).await,
            (_, Output::CarryOver { given }) => carry_over::undo(self, cx, given).await,
            (_, Output::Consent(consented)) => consent::undo(self, cx, consented).await,
            (_, Output::RegistryRole { given: Some(given) }) => registry_role::undo(self, given).await,
            (_, Output::Key(key)) => secret::remove(self, key.id, cx).await,
            (
                _,
                Output::RegistryRole { given: None }
                | Output::Probe(_)
                | Output::ClusterUpdate(_)
                | Output::Proof(_)
                | Output::Sweep(_),
            ) => Ok(Taken::Away),
        }
    }

    fn leave(&self) -> Leaving {
        Box::new(self.desk.close())
    }

    fn signed_in(&self) -> Vec<(Side, Operator)> {
        let sides = [(Side::Cluster, Some(&self.cluster)), (Side::Registry, self.registry.as_ref())];
        sides.into_iter().filter_map(|(side, clients)| Some((side, clients?.tokens().account()?))).collect()
    }

    async fn review_nodes(&self, cx: &StepContext) -> Result<NodesReview, Fault> {
        review::nodes(self, cx).await
    }

    async fn guard(&self, cx: &StepContext, undo: bool) -> Result<(), Fault> {
        cluster_update::guard(self, cx, undo).await
    }

    async fn plan(&self, cx: &StepContext) -> Result<Plan, Fault> {
        plan::again(&cx.progress())
    }

    fn holds_text(&self, key: KeyId) -> bool {
        self.texts.holds(key)
    }

    fn outlives(&self, key: KeyId) -> bool {
        self.texts.outlives(key)
    }

    async fn drop_text(&self, key: KeyId, cx: &StepContext) -> Result<bool, String> {
        self.texts.drop_kept(cx.setup(), key).await.map_err(|refused| refused.to_string())
    }

    async fn remove_key(&self, key: KeyId, cx: &StepContext) -> Result<Taken, Fault> {
        secret::remove_unused(self, key, cx).await
    }
}

//! What Azure answered: object ids, key ids, operation URLs. Never a secret.
//!
//! Each step's work yields one [`Output`]; [`Facts`] is what the journal's outputs come to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use super::{
    AppId, Digest, Key, KeyId, ObjectId, StepId,
    key::{Delivery, KeyRecord, Purpose},
};

/// What a step left behind, journalled once Azure has answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Output {
    /// Of [`StepId::Registration`].
    Registration(App),
    /// Of [`StepId::Adoption`].
    Adoption(Adopted),
    /// Of [`StepId::Identity`].
    Identity(Principal),
    /// Of [`StepId::CarryOver`].
    CarryOver {
        /// The assignments that the new principal has now.
        given: Vec<Given>,
    },
    /// Of [`StepId::Consent`].
    Consent(Consented),
    /// Of [`StepId::RegistryRole`]; `None` where the other company's admin gave it.
    RegistryRole {
        /// The assignment.
        given: Option<Given>,
    },
    /// Of [`StepId::WatchKey`] and [`StepId::Secret`].
    Key(Key),
    /// Of [`StepId::Probe`].
    Probe(Pulled),
    /// Of [`StepId::ClusterUpdate`].
    ClusterUpdate(Update),
    /// Of [`StepId::Proof`].
    Proof(Proven),
    /// Of [`StepId::Sweep`].
    Sweep(Swept),
}

/// An app registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its client id.
    pub app_id: AppId,
    /// Its object id in the cluster tenant.
    pub object_id: ObjectId,
    /// The name that admins see.
    pub display_name: String,
}

/// The cluster's present app, and what it was before it was opened to other tenants: undo puts that back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// The app.
    pub app: App,
    /// `signInAudience` before.
    pub audience_before: String,
    /// The web redirects before.
    pub redirect_uris_before: Vec<String>,
    /// `requiredResourceAccess` before, as Graph gave it.
    pub access_before: serde_json::Value,
}

/// A service principal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// Its object id in that tenant.
    pub object_id: ObjectId,
}

/// The app's principal in the registry tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consented {
    /// Its object id, from Graph or from the token's `oid`; unknown only where neither says.
    pub object_id: Option<ObjectId>,
    /// It was there before this setup: undo leaves it.
    pub was_there: bool,
    /// A person accepted, rather than this program through Graph.
    pub by_person: bool,
}

/// A role assignment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// Where it holds.
    pub scope: String,
    /// The role definition's GUID.
    pub role: Uuid,
    /// The role's name.
    pub role_name: String,
    /// The assignment's own name. Ours is made from setup, scope, principal and role.
    pub name: Uuid,
    /// An equal one was there under another name: undo leaves it.
    pub was_there: bool,
    /// Its condition, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
}

/// An image that could be pulled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pulled {
    /// `server/repository:tag`.
    pub image: String,
    /// The digest that the registry named. `None` where its firewall lets nobody in from here, and a person's word had to
    /// do: then only the sign-in of the app in both tenants is proven.
    pub digest: Option<Digest>,
    /// The key that was used.
    pub key: KeyId,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The image can be pulled without any credential, so that the pull proves nothing about the role.
    pub anonymous: bool,
}

/// A reset of the cluster's service principal profile that Azure has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The key that it carried.
    pub key: KeyId,
    /// The cluster's client id before.
    pub client_before: AppId,
    /// Where to ask how it goes; `None` where Azure was done at once, or the cluster itself told.
    pub operation: Option<Url>,
    /// Every pool was running with nodes when the reset was done: none kept an older key.
    #[serde(default)]
    pub every_pool: bool,
}

/// What the proof could and could not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proven {
    /// The pull with the nodes' credential, from this machine.
    pub pulled: Pulled,
    /// Pool by pool.
    pub pools: Vec<PoolProof>,
}

/// One pool of the cluster, at the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolProof {
    /// Its name.
    pub pool: String,
    /// How many nodes it has.
    pub nodes: u32,
    /// Whether a pull inside the cluster showed that its nodes can.
    pub nodes_proven: bool,
    /// Why not, where not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// What the sweep removed, and what it kept and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Swept {
    /// Keys that were removed.
    pub removed: Vec<KeyId>,
    /// Keys that were kept: `(key, why)`.
    pub kept: Vec<(KeyId, String)>,
}

/// The outputs of the steps so far, and the keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    outputs: BTreeMap<StepId, Output>,
    keys: BTreeMap<KeyId, KeyRecord>,
    former_app: Option<App>,
}

impl Facts {
    /// Takes a step's output in. A key's output also makes the key known.
    pub fn put(&mut self, step: StepId, output: Output) {
        if let Output::Key(key) = &output {
            self.keys.entry(key.id).or_insert_with(|| KeyRecord {
                key: key.clone(),
                delivered: None,
                kept: false,
                text_lost: false,
                removed: false,
            });
        }
        self.outputs.insert(step, output);
    }

    /// Forgets a step's output: it is gone. Keys stay known.
    pub fn drop_output(&mut self, step: StepId) {
        self.outputs.remove(&step);
    }

    /// Forgets a step's output: it was taken back. Which app it was about stays known.
    pub fn take_back(&mut self, step: StepId) {
        let app = self.app().cloned();
        self.drop_output(step);
        if self.app().is_none() {
            self.former_app = app.or(self.former_app.take());
        }
    }

    /// Marks a key as delivered.
    pub fn deliver(&mut self, key: KeyId, how: Delivery) {
        if let Some(record) = self.keys.get_mut(&key) {
            // A delivery to a person weighs more: such a key is removed only when they say so.
            record.delivered = Some(if record.delivered == Some(Delivery::Person) { Delivery::Person } else { how });
        }
    }

    /// Takes back that a key was sent to the cluster. What a person was given they have all the same.
    pub fn not_taken(&mut self, key: KeyId) {
        if let Some(record) = self.keys.get_mut(&key)
            && record.delivered == Some(Delivery::Cluster)
        {
            record.delivered = None;
        }
    }

    /// Marks a key's text as kept in the keychain of the operating system, or as kept there no more.
    pub fn keep_text(&mut self, key: KeyId, kept: bool) {
        if let Some(record) = self.keys.get_mut(&key) {
            record.kept = kept;
        }
    }

    /// Marks a key's text as gone.
    pub fn lose_text(&mut self, key: KeyId) {
        if let Some(record) = self.keys.get_mut(&key) {
            record.text_lost = true;
        }
    }

    /// Marks a key as removed from the app.
    pub fn remove_key(&mut self, key: KeyId) {
        if let Some(record) = self.keys.get_mut(&key) {
            record.removed = true;
        }
    }

    /// What a step left behind.
    pub fn output(&self, step: StepId) -> Option<&Output> {
        self.outputs.get(&step)
    }

    /// Every key that the journal knows.
    pub fn keys(&self) -> impl Iterator<Item = &KeyRecord> {
        self.keys.values()
    }

    /// One key.
    pub fn key(&self, id: KeyId) -> Option<&KeyRecord> {
        self.keys.get(&id)
    }

    /// The newest key that a step made, if it still counts.
    pub fn key_of(&self, step: StepId) -> Option<&Key> {
        match self.outputs.get(&step) {
            Some(Output::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The app: registered by this setup, or the cluster's own.
    pub fn app(&self) -> Option<&App> {
        match (self.outputs.get(&StepId::Registration), self.outputs.get(&StepId::Adoption)) {
            (Some(Output::Registration(app)), _) | (_, Some(Output::Adoption(Adopted { app, .. }))) => Some(app),
            _ => None,
        }
    }

    /// The app, or the one that was until it was taken back: what came of it elsewhere is found by its id.
    pub fn last_app(&self) -> Option<&App> {
        self.app().or(self.former_app.as_ref())
    }

    /// The cluster's present app as it was before this setup opened it.
    pub fn adopted(&self) -> Option<&Adopted> {
        match self.outputs.get(&StepId::Adoption) {
            Some(Output::Adoption(adopted)) => Some(adopted),
            _ => None,
        }
    }

    /// The app's principal in the cluster tenant.
    pub fn identity(&self) -> Option<&Principal> {
        match self.outputs.get(&StepId::Identity) {
            Some(Output::Identity(principal)) => Some(principal),
            _ => None,
        }
    }

    /// The app's principal in the registry tenant.
    pub fn consented(&self) -> Option<&Consented> {
        match self.outputs.get(&StepId::Consent) {
            Some(Output::Consent(consented)) => Some(consented),
            _ => None,
        }
    }

    /// The role assignments carried over.
    pub fn carried(&self) -> &[Given] {
        match self.outputs.get(&StepId::CarryOver) {
            Some(Output::CarryOver { given }) => given,
            _ => &[],
        }
    }

    /// The right on the registry, where this setup gave it.
    pub fn registry_role(&self) -> Option<&Given> {
        match self.outputs.get(&StepId::RegistryRole) {
            Some(Output::RegistryRole { given }) => given.as_ref(),
            _ => None,
        }
    }

    /// The pull test's result.
    pub fn probe(&self) -> Option<&Pulled> {
        match self.outputs.get(&StepId::Probe) {
            Some(Output::Probe(pulled)) => Some(pulled),
            _ => None,
        }
    }

    /// The reset that was sent.
    pub fn update(&self) -> Option<&Update> {
        match self.outputs.get(&StepId::ClusterUpdate) {
            Some(Output::ClusterUpdate(update)) => Some(update),
            _ => None,
        }
    }

    /// The proof.
    pub fn proof(&self) -> Option<&Proven> {
        match self.outputs.get(&StepId::Proof) {
            Some(Output::Proof(proven)) => Some(proven),
            _ => None,
        }
    }

    /// Whether the proof saw the image pulled. Where a firewall lets nobody in from here, it did not.
    pub fn pull_was_seen(&self) -> bool {
        self.proof().is_some_and(|proof| proof.pulled.digest.is_some())
    }

    /// Keys made for a cluster whose text was sent to it at some time.
    pub fn delivered_to_cluster(&self) -> impl Iterator<Item = &KeyRecord> {
        self.keys.values().filter(|record| record.key.purpose == Purpose::Cluster && record.delivered.is_some())
    }
}

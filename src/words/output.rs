//! What a step came to, in a few words.

use super::layout::{count, day};
use crate::domain::Output;

/// What a step came to, in a few words.
pub fn output_words(output: &Output) -> String {
    match output {
        Output::Registration(app) => format!("app {}", app.app_id),
        Output::Adoption(adopted) => format!("app {} is open to other tenants", adopted.app.app_id),
        Output::Identity(principal) => format!("the app's object {}", principal.object_id),
        Output::CarryOver { given } => match given.len() {
            1 => "1 role".to_owned(),
            number => format!("{number} roles"),
        },
        Output::Consent(consented) => {
            consented.object_id.map(|id| format!("the app's object {id}")).unwrap_or_default()
        }
        Output::RegistryRole { given } => given.as_ref().map(|given| given.role_name.clone()).unwrap_or_default(),
        Output::Key(key) => format!("key {} until {}", key.id, day(key.ends)),
        Output::Probe(pulled) if pulled.digest.is_none() => {
            format!("nothing from here: {} is taken on the word of the registry's admin", pulled.image)
        }
        Output::Probe(pulled) => {
            let anonymous = if pulled.anonymous { ", which anybody can pull" } else { "" };
            format!("{}{anonymous}", pulled.image)
        }
        Output::ClusterUpdate(_) => "every node has the new credential".to_owned(),
        Output::Proof(proven) => {
            let nodes = proven.pools.iter().filter(|pool| pool.nodes_proven).count();
            format!("{}; nodes of {nodes} of {} pools", proven.pulled.image, proven.pools.len())
        }
        Output::Sweep(swept) => {
            let removed = match swept.removed.len() {
                0 => "no key had to go".to_owned(),
                number => format!("{} removed", count(number, "key")),
            };
            format!("{removed}, {} kept", swept.kept.len())
        }
    }
}

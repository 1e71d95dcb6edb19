//! The image that is pulled for the proof: whether the registry has it, as far as this operator may pull.

use super::{Draft, note, stop, why};
use crate::{
    azure::{
        TenantClients,
        acr::Registry,
        registry::{RegistryAnswer, RegistryClient, answer},
    },
    steps::look::Look,
};

/// Only the registry's own word that it is not there stops anything. The probe looks again, with the app's rights.
pub(super) async fn there(look: &Look<'_>, tenant: &TenantClients, registry: &Registry) -> Option<Draft> {
    let (steps, image) = (look.steps, &look.answers.registry.image);
    let server = &registry.login_server;
    if !steps.cloud.owns_login_server(server) {
        return None;
    }
    let client = RegistryClient::new(steps.http.clone(), steps.cloud.clone(), server.clone());
    let error = steps.patience.read(|| client.look_for(tenant, image)).await.err()?;
    Some(match answer(&error) {
        RegistryAnswer::NotFound if error.is("NAME_UNKNOWN") => {
            stop("CP-506", format!("{} has no repository {}", registry.name, image.repository), &[])
        }
        RegistryAnswer::NotFound => stop("CP-505", format!("{} has no image {image}", registry.name), &[]),
        RegistryAnswer::NoRole => {
            let what =
                format!("Whether {image} is in {} is not known: this account may not pull from it", registry.name);
            note("CP-150", what, &[])
        }
        _ => {
            let what = format!("Whether {image} is in {} could not be seen: {}", registry.name, why(&error));
            note("CP-150", what, &[])
        }
    })
}

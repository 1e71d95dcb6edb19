//! Step 10: keys with this setup's label that nobody can be using are removed; the others are kept, with the reason.

use time::OffsetDateTime;

use super::{
    Steps, cluster_update,
    keys::{held, may_remove},
    registration, secret,
};
use crate::{
    azure::aks::ClusterClient,
    domain::{
        KeyId, Output,
        facts::Swept,
        key::{label, label_prefix},
    },
    engine::{Fault, Record, StepContext},
};

pub(super) async fn apply(steps: &Steps, cx: &StepContext) -> Result<Output, Fault> {
    let app_id = super::app_id(cx)?;
    let (app, cluster) = tokio::try_join!(registration::read(steps, cx), cluster_update::read(steps, cx))?;
    let every_pool = cx.facts().update().is_some_and(|update| update.every_pool);
    let has_app = cluster.client == ClusterClient::ServicePrincipal(app_id);
    let proven = held(&cx.progress(), has_app, !cluster.busy(), every_pool);
    let prefix = label_prefix(cx.setup());
    let labelled: Vec<(KeyId, String, Option<OffsetDateTime>)> = app
        .password_credentials
        .into_iter()
        .filter_map(|credential| Some((credential.key_id, credential.display_name?, credential.start)))
        .filter(|(_, label, _)| label.starts_with(&prefix))
        .collect();
    // A list may lag: what the journal knows to be there, and never delivered, is swept whether it shows or not.
    let facts = cx.facts();
    let unseen = facts
        .keys()
        .filter(|record| !record.removed && record.delivered.is_none())
        .filter(|record| !labelled.iter().any(|(key, ..)| *key == record.key.id))
        .map(|record| (record.key.id, label(cx.setup(), record.key.purpose), None))
        .collect::<Vec<_>>();
    let mut swept = Swept::default();
    for (key, label, made) in labelled.into_iter().chain(unseen) {
        match may_remove(&cx.progress(), key, &label, made, proven) {
            Ok(()) => {
                secret::take_away(steps, key, cx).await?;
                if cx.facts().key(key).is_some() {
                    cx.record(Record::KeyRemoved { key }).await?;
                }
                swept.removed.push(key);
            }
            Err(why) => swept.kept.push((key, why.to_owned())),
        }
    }
    Ok(Output::Sweep(swept))
}

//! Keys: password credentials of an app.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Graph;
use crate::{
    azure::{
        Error, ErrorKind, Result,
        api::{lacks, lenient_time},
        http::Call,
    },
    domain::{KeyId, ObjectId},
    secret::Secret,
};

/// A key of an app, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordCredential {
    pub key_id: KeyId,
    pub display_name: Option<String>,
    #[serde(rename = "startDateTime", default, deserialize_with = "lenient_time")]
    pub start: Option<OffsetDateTime>,
    #[serde(rename = "endDateTime", default, deserialize_with = "lenient_time")]
    pub end: Option<OffsetDateTime>,
    /// The first signs of its text.
    pub hint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireNew {
    secret_text: Option<Secret>,
    #[serde(flatten)]
    credential: PasswordCredential,
}

impl Graph {
    /// Makes a key. Each call makes one more, and its text is given this once. Left to itself Graph would let it live for two
    /// years, longer than many tenants allow.
    pub async fn add_password(
        &self,
        application: ObjectId,
        display_name: &str,
        end: OffsetDateTime,
    ) -> Result<(PasswordCredential, Secret)> {
        let operation = "graph.applications.addPassword";
        let tried = "make a key for the app";
        let end = end.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).unwrap_or(end).format(&Rfc3339).map_err(
            |source| Error::new(ErrorKind::Local, operation, tried, "the key's end is no date").with_source(source),
        )?;
        let url = self.url(["applications", &application.to_string(), "addPassword"], &[]);
        let body = json!({ "passwordCredential": { "displayName": display_name, "endDateTime": end } });
        let response = self.api.send(Call::new(operation, tried, Method::POST, url).json(&body)?).await?;
        let wire: WireNew = response.json()?;
        let text = wire.secret_text.filter(|text| !text.expose().is_empty());
        Ok((wire.credential, text.ok_or_else(|| lacks(&response, "text of the key"))?))
    }

    /// Removes a key; `false` where it was not there. Graph has no code of its own for a key that is gone.
    pub async fn remove_password(&self, application: ObjectId, key: KeyId) -> Result<bool> {
        let url = self.url(["applications", &application.to_string(), "removePassword"], &[]);
        let call = Call::new("graph.applications.removePassword", "remove a key of the app", Method::POST, url)
            .json(&json!({ "keyId": key }))?
            .idempotent();
        match self.api.send(call).await {
            Ok(_) => Ok(true),
            Err(error) if error.not_found() || no_such_credential(&error) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn no_such_credential(error: &Error) -> bool {
    let message = error.message.to_ascii_lowercase();
    let words = ["no credentials found to be removed", "no password credential found"];
    error.status == Some(400) && words.iter().any(|words| message.contains(words))
}

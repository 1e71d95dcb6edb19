//! Keys of an application: made with a text that is told once, removed by id.

use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use super::{
    Answer, Context, Refusal,
    application::change,
    application_body::{date, password as password_body, well_formed},
    bad, empty, object, refused,
};
use crate::{
    domain::KeyId,
    sim::{
        directory::{Password, TenantPolicy},
        scenario::random_secret,
        service::{graph_error_with_details, json as answer},
    },
};

/// What Graph gives where the client asks for no end.
const DEFAULT_LIFE: Duration = Duration::days(2 * 365);

/// Not idempotent: each call makes one more.
pub(super) fn add(context: &Context<'_>) -> Answer {
    let sent = object(context.call)?;
    let wanted = sent.get("passwordCredential").cloned().unwrap_or_else(|| json!({}));
    well_formed("passwordCredential", &wanted)?;
    let mut world = context.state.world.lock();
    let now = world.now();
    let usable_from = now + world.scaled(world.timing.key_lag);
    let start = given(&wanted, "startDateTime")?.unwrap_or(now);
    let end = given(&wanted, "endDateTime")?.unwrap_or(start + DEFAULT_LIFE);
    let password = Password {
        key_id: KeyId(Uuid::new_v4()),
        display_name: wanted["displayName"].as_str().map(str::to_owned),
        text: random_secret(),
        start,
        end,
        usable_from,
        removed: false,
    };
    let mut body = password_body(&password);
    body["@odata.context"] = json!(context.odata("microsoft.graph.passwordCredential"));
    body["secretText"] = json!(password.text);
    change(context, &mut world, |app, tenant| {
        allowed(&tenant.policy, start, end)?;
        app.passwords.push(password);
        Ok(())
    })?;
    Ok(answer(200, &body))
}

pub(super) fn remove(context: &Context<'_>) -> Answer {
    let sent = object(context.call)?;
    let id = sent.get("keyId").and_then(Value::as_str).unwrap_or_default();
    let id: KeyId = id.parse().map_err(|_| bad("Invalid value specified for property 'keyId'."))?;
    let mut world = context.state.world.lock();
    change(context, &mut world, |app, _| {
        let present = app.passwords.iter_mut().find(|password| password.key_id == id && !password.removed);
        let present = present.ok_or_else(|| bad("No credentials found to be removed."))?;
        present.removed = true;
        Ok(())
    })?;
    Ok(empty(204))
}

fn given(wanted: &Value, name: &str) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(text) = wanted[name].as_str() else { return Ok(None) };
    OffsetDateTime::parse(text, &Rfc3339)
        .map(Some)
        .map_err(|_| bad(&format!("Cannot convert the literal '{text}' to the expected type 'Edm.DateTimeOffset'.")))
}

fn allowed(policy: &TenantPolicy, start: OffsetDateTime, end: OffsetDateTime) -> Result<(), Refusal> {
    const POLICY: &str = "538f1913-366a-440a-95a0-e195cb55b282";
    if end <= start {
        return Err(bad(&format!("Key credential end date {} is invalid.", date(end))));
    }
    if policy.secrets_forbidden {
        let message = format!("Credential type not allowed as per assigned policy '{POLICY}'.");
        return Err(refused(400, "CredentialTypeNotAllowedAsPerAppPolicy", &message));
    }
    let longest = policy.secret_max_days.map(|days| Duration::days(i64::from(days)));
    // A little more than the limit is taken: clocks differ.
    if longest.is_some_and(|longest| end - start > longest + Duration::minutes(5)) {
        let message = format!("Credential lifetime exceeds the max value allowed as per assigned policy '{POLICY}'.");
        let details = json!([{"code": "InvalidKeyEndDate", "message": message, "target": "EndDate"}]);
        return Err(Refusal::from(graph_error_with_details(
            400,
            "CredentialInvalidLifetimeAsPerAppPolicy",
            &message,
            &details,
        )));
    }
    Ok(())
}

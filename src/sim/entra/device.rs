//! Sign-in with a code that is typed on another device.

use serde_json::json;
use time::Duration;
use uuid::Uuid;

use super::{
    Answer, Call, Refusal, State, authorize, claims, entra_error, is_shared, json as answer, pages,
    rules::{self, Way},
    tenant_named,
};
use crate::{
    domain::AppId,
    sim::{
        directory::{DeviceGrant, DeviceOutcome},
        service::value,
        tokens,
        world::World,
    },
};

/// How long a device code lives, in seconds.
const LIFE: i64 = 900;
/// How long a device shall wait before it asks again.
pub(super) const INTERVAL: std::time::Duration = std::time::Duration::from_secs(5);
/// Letters that are not mistaken for one another.
const LETTERS: &[u8; 24] = b"ABCDEFGHJKLMNPQRSTUVWXYZ";

pub(super) fn start(state: &State, call: &Call) -> Answer {
    let form = call.form();
    let name = call.param("tenant");
    let mut world = state.world.lock();
    let tenant = if is_shared(name) { None } else { Some(tenant_named(&world, name)?.id) };
    let id = value(&form, "client_id").unwrap_or_default();
    let client: Option<AppId> = id.parse().ok();
    let known = |client: &AppId| client.to_string() == tokens::AZURE_CLI_APP || world.application(*client).is_some();
    let Some(client) = client.filter(known) else {
        let message = format!("Application with identifier '{id}' was not found in the directory '{name}'.");
        return Err(Refusal::from(entra_error(400, "unauthorized_client", 700_016, &message)));
    };
    let claims = value(&form, "claims").filter(|text| !text.is_empty());
    claims::asked(claims)?;
    let bytes = Uuid::new_v4().into_bytes();
    let user_code: String =
        bytes.iter().take(9).map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect();
    let device_code = format!("D{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    // Whole seconds only, and never none.
    let interval = world.scaled(INTERVAL).as_secs().clamp(1, 60);
    let grant = DeviceGrant {
        user_code: user_code.clone(),
        client,
        tenant,
        scope: value(&form, "scope").unwrap_or_default().to_owned(),
        claims: claims.map(str::to_owned),
        expires: world.now() + Duration::seconds(LIFE),
        asked: None,
        outcome: DeviceOutcome::Pending,
    };
    world.grants.devices.insert(device_code.clone(), grant);
    let address = format!("{}/devicelogin", state.hosts.pages);
    Ok(answer(
        200,
        &json!({
            "user_code": user_code,
            "device_code": device_code,
            "verification_uri": address,
            "expires_in": LIFE,
            "interval": interval,
            "message": format!(
                "To sign in, use a web browser to open the page {address} and enter the code {user_code} to authenticate."
            ),
        }),
    ))
}

/// Code, then who, then the second factor where it is wanted, then yes or no: one address for all of them.
pub(super) fn page(state: &State, call: &Call) -> Answer {
    let form = call.form();
    let action = call.path.as_str();
    let code = value(&form, "user_code").or_else(|| call.query("otc")).unwrap_or_default().trim().to_uppercase();
    let empty = pages::Form { action, carried: &[] };
    if call.method == axum::http::Method::GET {
        return Ok(pages::device_code(&empty, &code, None));
    }
    let mut world = state.world.lock();
    let now = world.now();
    let waiting =
        |grant: &DeviceGrant| grant.user_code == code && grant.outcome == DeviceOutcome::Pending && grant.expires > now;
    let Some((key, grant)) = world.grants.devices.iter().find(|(_, grant)| waiting(grant)) else {
        return Ok(pages::device_code(&empty, "", Some("That code didn't work. Check the code and try again.")));
    };
    let (key, client, tenant, claims) = (key.clone(), grant.client, grant.tenant, grant.claims.clone());
    let mut carried = vec![("user_code".to_owned(), code.clone())];
    let decision = value(&form, "decision");
    let ask_who = |world, carried: &[(String, String)], wrong| {
        drop::<std::sync::MutexGuard<'_, World>>(world);
        let who = pages::Who { where_to: &format!("code {code}"), hint: None, wrong };
        Ok(pages::sign_in(state, &pages::Form { action, carried }, &who))
    };
    let remembered = value(&form, "signed_in").and_then(|note| authorize::remembered(note, client));
    let outcome = match (decision, remembered) {
        (Some("cancel"), _) => DeviceOutcome::Declined,
        (Some(_), Some(sign_in)) => DeviceOutcome::SignedIn(sign_in),
        (_, remembered) => {
            let sign_in = if let Some(sign_in) = remembered {
                sign_in
            } else {
                if !["quick", "username"].iter().any(|name| value(&form, name).is_some()) {
                    return ask_who(world, &carried, None);
                }
                let Some(at_home) = authorize::person(&world, &form, client) else {
                    let wrong = "AADSTS50126: Error validating credentials due to invalid username or password.";
                    return ask_who(world, &carried, Some(wrong));
                };
                let sign_in = match tenant {
                    Some(wanted) if wanted != at_home.tenant => authorize::member(&world, at_home, wanted)?,
                    _ => at_home,
                };
                if let Err(barred) = rules::admitted(&world, sign_in, Way::DeviceCode) {
                    // Only Conditional Access knows the device that waits; it hears of nothing else.
                    if let Some(grant) = world.grants.devices.get_mut(&key)
                        && barred.number == rules::BLOCKED
                    {
                        grant.outcome = DeviceOutcome::Blocked;
                    }
                    return Err(authorize::barred(&barred));
                }
                sign_in
            };
            let (answer, back) = (value(&form, "mfa"), (action, carried.clone()));
            let sign_in = match authorize::second_factor(&world, sign_in, answer, claims.as_deref(), back)? {
                Ok(sign_in) => sign_in,
                Err(page) => return Ok(page),
            };
            carried.push(("signed_in".into(), authorize::note(sign_in)));
            let who = authorize::upn(&world, sign_in);
            let form = pages::Form { action, carried: &carried };
            return Ok(pages::device_confirm(&form, &who, &name_of(&world, client)));
        }
    };
    if let Some(grant) = world.grants.devices.get_mut(&key) {
        grant.outcome = outcome;
    }
    drop(world);
    Ok(if outcome == DeviceOutcome::Declined {
        pages::told("You've canceled the sign-in", "You can close this window.")
    } else {
        pages::told("You have signed in", "You may now close this window.")
    })
}

/// What the client is called.
fn name_of(world: &World, client: AppId) -> String {
    world.application(client).map_or("Microsoft Azure CLI".to_owned(), |(_, app)| app.display_name.clone())
}

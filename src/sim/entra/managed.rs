//! Managed identity, as programs on a machine in Azure ask for it: App Service's form and the virtual machine's.
//!
//! Both are plain http on the machine itself, so they stand beside the pages. Their bodies are their own, not Entra's.

use serde_json::{Value, json};

use super::{
    Answer, Call, Refusal, State,
    issue::{self, Proof},
    json as answer, scope,
};
use crate::sim::{machine::Identity, service::audience_of, world::World};

/// App Service: whoever knows the header's secret runs there.
pub(super) fn app_service(state: &State, call: &Call) -> Answer {
    let refused = |status: u16, message: &str| {
        Err(Refusal::from(answer(status, &json!({"statusCode": status, "message": message}))))
    };
    let world = state.world.lock();
    let Some(machine) = &world.machine else { return refused(400, NO_IDENTITY) };
    if call.header("x-identity-header") != Some(machine.header.as_str()) {
        return refused(401, "The X-IDENTITY-HEADER header is missing or does not have the expected value.");
    }
    if call.query("api-version").is_none_or(|version| version != "2019-08-01") {
        return refused(400, "The api-version is missing or not supported.");
    }
    let Some(resource) = asked_for(call) else { return refused(400, "The resource is missing.") };
    let Some(identity) = machine.identity(|name| call.query(name).map(str::to_owned)) else {
        return refused(400, NO_IDENTITY);
    };
    let tokens = tokens(state, &world, identity, resource)?;
    Ok(answer(
        200,
        &json!({
            "access_token": tokens["access_token"],
            "client_id": identity.client_id.to_string(),
            "expires_on": expires_on(&world),
            "resource": resource,
            "token_type": "Bearer",
        }),
    ))
}

/// A virtual machine's metadata service: no request that a redirect or a form could make has its header.
pub(super) fn metadata(state: &State, call: &Call) -> Answer {
    let refused = |message: &str| {
        Err(Refusal::from(answer(400, &json!({"error": "invalid_request", "error_description": message}))))
    };
    if call.header("metadata").is_none_or(|text| !text.eq_ignore_ascii_case("true"))
        || call.header("x-forwarded-for").is_some()
    {
        return refused("Required metadata header not specified");
    }
    if call.query("api-version").is_none_or(|version| version < "2018-02-01") {
        return refused("Required query variable 'api-version' is missing or not supported");
    }
    let Some(resource) = asked_for(call) else { return refused("Required query variable 'resource' is missing") };
    let world = state.world.lock();
    let machine = world.machine.as_ref();
    let Some(identity) = machine.and_then(|machine| machine.identity(|name| call.query(name).map(str::to_owned)))
    else {
        return refused("Identity not found");
    };
    let tokens = tokens(state, &world, identity, resource)?;
    let life = world.token_life.to_string();
    Ok(answer(
        200,
        &json!({
            "access_token": tokens["access_token"],
            "client_id": identity.client_id.to_string(),
            "expires_in": life,
            "expires_on": expires_on(&world),
            "ext_expires_in": life,
            "not_before": (world.now().unix_timestamp() - 300).to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }),
    ))
}

const NO_IDENTITY: &str =
    "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";

fn asked_for(call: &Call) -> Option<&str> {
    call.query("resource").filter(|resource| !resource.is_empty())
}

/// Seconds since 1970, as text.
fn expires_on(world: &World) -> String {
    (world.now().unix_timestamp() + i64::from(world.token_life)).to_string()
}

fn tokens(state: &State, world: &World, identity: &Identity, resource: &str) -> Result<Value, Refusal> {
    let Some(machine) = world.machine.as_ref() else { return Ok(Value::Null) };
    if audience_of(state, resource).is_none() {
        let name = world.tenant(machine.tenant).map_or("", |tenant| tenant.display_name.as_str());
        return Err(scope::no_such_resource(resource, name));
    }
    let (app, principal) = (identity.client_id, identity.object_id);
    Ok(issue::for_app(world, machine.tenant, app, principal, resource, Proof::Signature))
}

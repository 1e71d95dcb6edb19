//! Whom a tenant lets in: cross-tenant access, the network's restrictions, Conditional Access, the second factor.

use axum::response::Response;
use serde_json::json;

use super::claims::{ClaimsAsked, mfa_claims};
use crate::sim::{
    directory::{SignIn, SignInPolicy},
    service::entra_error_with,
    world::World,
};

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Browser,
    DeviceCode,
    /// With a refresh token, where a person is not there.
    Renewal,
}

/// A refusal: the number after `AADSTS`, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Barred {
    pub(super) number: u32,
    pub(super) message: String,
}

/// Conditional Access says no.
pub(super) const BLOCKED: u32 = 53003;

/// Whether the person gets into the tenant that way.
pub(super) fn admitted(world: &World, sign_in: SignIn, way: Way) -> Result<(), Barred> {
    let barred = |number, message: String| Err(Barred { number, message });
    let Some(tenant) = world.tenant(sign_in.tenant) else { return Ok(()) };
    let policy = tenant.policy.sign_in;
    if policy.tenant_restrictions {
        return barred(500_021, format!("Access to '{}' tenant is denied.", tenant.display_name));
    }
    let user = tenant.users.iter().find(|user| user.id == sign_in.user);
    let abroad = user.and_then(|user| world.tenant(user.home_tenant?));
    if abroad.is_some_and(|home| home.policy.sign_in.outbound_forbidden) {
        let message = "The user's administrator has set an outbound access policy that does not allow access to the \
                       resource tenant.";
        return barred(500_212, message.into());
    }
    if abroad.is_some() && policy.inbound_forbidden {
        let message =
            "The resource tenant's cross-tenant access policy does not allow this user to access this tenant.";
        return barred(500_213, message.into());
    }
    // A block of one way in leaves the refresh tokens alone that came in another way.
    let blocked = match way {
        Way::Browser => policy.block_browser,
        Way::DeviceCode => policy.block_device_code,
        Way::Renewal => false,
    };
    if blocked {
        return barred(BLOCKED, blocked_message().into());
    }
    Ok(())
}

fn blocked_message() -> &'static str {
    "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."
}

/// Conditional Access as the token endpoint tells it.
pub(super) fn blocked() -> Response {
    let more = json!({
        "suberror": "message_only",
        "claims": json!({"access_token": {"capolids": {"essential": true, "values": [POLICY]}}}).to_string(),
    });
    entra_error_with(400, "invalid_grant", BLOCKED, blocked_message(), &more)
}

/// The id of the simulator's one Conditional Access policy.
const POLICY: &str = "c0ffee00-0000-4000-8000-000000000001";

/// Whether the person has to do more than was done.
pub(super) fn mfa_wanted(world: &World, sign_in: SignIn, claims: ClaimsAsked) -> bool {
    let policy = world.tenant(sign_in.tenant).map_or(SignInPolicy::default(), |tenant| tenant.policy.sign_in);
    !sign_in.mfa && (claims.mfa || policy.mfa_always)
}

/// The token endpoint cannot ask for a second factor: only a page can.
pub(super) fn mfa_missing(resource: &str) -> Response {
    let message = format!(
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must \
         use multi-factor authentication to access '{resource}'."
    );
    let more = json!({"suberror": "basic_action", "claims": mfa_claims()});
    entra_error_with(400, "interaction_required", 50076, &message, &more)
}

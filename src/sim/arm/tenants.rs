//! Tenants and subscriptions.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Answer, Asked, list::paged};
use crate::sim::{
    directory::Tenant,
    estate::Subscription,
    rbac::Rights,
    service::{Who, arm_error, json},
    world::World,
};

const READ: &str = "Microsoft.Resources/subscriptions/read";

/// The caller's own tenant, and those where a person is a guest.
pub(super) fn tenants(asked: &Asked<'_>, world: &World) -> Response {
    let known = |tenant: &&Tenant| match &asked.caller.who {
        _ if tenant.id == asked.caller.tenant => true,
        Who::User { upn } => tenant.users.iter().any(|user| user.upn.eq_ignore_ascii_case(upn)),
        Who::App { .. } => false,
    };
    paged(asked, world, world.tenants.iter().filter(known), |tenant| {
        json!({
            "id": format!("/tenants/{}", tenant.id),
            "tenantId": tenant.id,
            "tenantCategory": "Home",
            "countryCode": "NL",
            "displayName": tenant.display_name,
            "defaultDomain": tenant.domain,
            "domains": [tenant.domain],
            "tenantType": "AAD",
        })
    })
}

/// The subscriptions of the token's tenant in which the caller has any role.
pub(super) fn subscriptions(asked: &Asked<'_>, world: &World) -> Response {
    let rights = asked.rights(world);
    let seen = world.subscriptions.iter().filter(|subscription| sees(asked, &rights, subscription));
    paged(asked, world, seen, face)
}

pub(super) fn subscription(asked: &Asked<'_>, world: &World) -> Answer {
    let id = asked.scope.subscription_id();
    let found = world.subscriptions.iter().find(|subscription| Some(subscription.id) == id);
    let rights = asked.rights(world);
    match found {
        Some(subscription) if sees(asked, &rights, subscription) => Ok(json(200, &face(subscription))),
        Some(_) => asked.require(world, &asked.scope.text, READ).map(|()| super::empty(404)),
        None => Err(not_found(asked).into()),
    }
}

fn sees(asked: &Asked<'_>, rights: &Rights<'_>, subscription: &Subscription) -> bool {
    subscription.tenant == asked.caller.tenant && rights.touch(&format!("/subscriptions/{}", subscription.id))
}

fn not_found(asked: &Asked<'_>) -> Response {
    let id = asked.scope.subscription.as_deref().unwrap_or_default();
    arm_error(404, "SubscriptionNotFound", &format!("The subscription '{id}' could not be found."))
}

fn face(subscription: &Subscription) -> Value {
    json!({
        "id": format!("/subscriptions/{}", subscription.id),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": subscription.id,
        "tenantId": subscription.tenant,
        "displayName": subscription.name,
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    })
}

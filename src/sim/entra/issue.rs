//! Tokens for people and applications, with the claims that Entra gives them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    AUTHENTICATION_CONTEXT, State,
    scope::{self, Wanted},
};
use crate::{
    domain::{AppId, ObjectId, TenantId},
    sim::{
        directory::{RefreshGrant, SignIn, Tenant, User},
        tokens,
        world::World,
    },
};

fn common(world: &World, tenant: TenantId, resource: &str) -> Value {
    let exact = world.now();
    let now = exact.unix_timestamp();
    json!({
        // Opaque to clients. Revocation has to tell tokens of one second apart.
        "aio": exact.unix_timestamp_nanos().to_string(),
        "aud": resource,
        "iss": format!("https://sts.windows.net/{tenant}/"),
        "iat": now,
        // Clocks differ by a little.
        "nbf": now - 300,
        "exp": now + i64::from(world.token_life),
        "idp": format!("https://sts.windows.net/{tenant}/"),
        "tid": tenant.to_string(),
        "uti": Uuid::new_v4().simple().to_string(),
        "ver": "1.0",
    })
}

/// How an application proved itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Secret,
    /// A certificate, or the platform that the application runs on.
    Signature,
}

/// The token of an application in a tenant.
pub(super) fn for_app(
    world: &World,
    tenant: TenantId,
    app: AppId,
    principal: ObjectId,
    resource: &str,
    proof: Proof,
) -> Value {
    let mut claims = common(world, tenant, resource);
    claims["appid"] = json!(app.to_string());
    claims["appidacr"] = match proof {
        Proof::Secret => json!("1"),
        Proof::Signature => json!("2"),
    };
    claims["idtyp"] = json!("app");
    claims["oid"] = json!(principal.to_string());
    claims["sub"] = json!(principal.to_string());
    json!({
        "token_type": "Bearer",
        "expires_in": world.token_life,
        "ext_expires_in": world.token_life,
        "access_token": tokens::signed(&claims),
    })
}

/// What a sign-in gives: an access token, and what else the scope asked for.
pub(super) struct ForUser<'a> {
    pub(super) sign_in: SignIn,
    pub(super) wanted: &'a Wanted,
    pub(super) scope: &'a str,
    pub(super) nonce: Option<&'a str>,
    pub(super) client_info: bool,
    /// The client understands claims challenges.
    pub(super) client_capable: bool,
}

/// The tokens of a person; a refresh token is remembered in the world.
pub(super) fn for_user(state: &State, world: &mut World, what: &ForUser<'_>) -> Option<Value> {
    let now = world.now();
    let tenant = world.tenant(what.sign_in.tenant)?;
    let user = tenant.users.iter().find(|user| user.id == what.sign_in.user)?;
    let client = what.sign_in.client.to_string();
    let mut claims = common(world, tenant.id, &what.wanted.resource);
    claims["amr"] = if what.sign_in.mfa { json!(["pwd", "mfa"]) } else { json!(["pwd"]) };
    if what.sign_in.mfa {
        claims["acrs"] = json!([AUTHENTICATION_CONTEXT]);
    }
    if what.client_capable {
        claims["xms_cc"] = json!(["CP1"]);
    }
    claims["appid"] = json!(client);
    claims["appidacr"] = json!("0");
    claims["idtyp"] = json!("user");
    claims["name"] = json!(user.name);
    claims["oid"] = json!(user.id.to_string());
    claims["scp"] = json!(scope::permissions(state, &what.wanted.resource));
    claims["sub"] = json!(user.id.0.simple().to_string());
    claims["unique_name"] = json!(user.upn);
    claims["upn"] = json!(user.upn);
    let (home, home_user) = at_home(world, tenant, user);
    if home.id != tenant.id {
        claims["idp"] = json!(format!("https://sts.windows.net/{}/", home.id));
    }
    let granted = if what.wanted.all {
        format!("{}/.default", what.wanted.resource)
    } else {
        what.scope.split_whitespace().filter(|word| *word != "offline_access").collect::<Vec<_>>().join(" ")
    };
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": granted,
        "expires_in": world.token_life,
        "ext_expires_in": world.token_life,
        "access_token": tokens::signed(&claims),
    });
    if scope::is_first_party(&client) {
        answer["foci"] = json!("1");
    }
    if what.client_info {
        // MSAL keys its accounts by the home tenant, whatever tenant the token is of.
        let info = json!({"uid": home_user.id.to_string(), "utid": home.id.to_string()});
        answer["client_info"] = json!(URL_SAFE_NO_PAD.encode(info.to_string()));
    }
    if what.wanted.open_id {
        answer["id_token"] = json!(tokens::signed(&json!({
            "aud": client,
            "iss": format!("{}/{}/v2.0", state.hosts.login, tenant.id),
            "iat": now.unix_timestamp(),
            "nbf": now.unix_timestamp() - 300,
            "exp": now.unix_timestamp() + i64::from(world.token_life),
            "name": user.name,
            "nonce": what.nonce,
            "oid": user.id.to_string(),
            "preferred_username": user.upn,
            "sub": user.id.0.simple().to_string(),
            "tid": tenant.id.to_string(),
            "ver": "2.0",
        })));
    }
    if what.wanted.offline {
        let text = format!("1.A{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        answer["refresh_token"] = json!(text);
        let grant = RefreshGrant {
            sign_in: what.sign_in,
            scope: what.scope.to_owned(),
            expires: now + time::Duration::days(90),
        };
        world.grants.refresh.insert(text, grant);
    }
    Some(answer)
}

/// The tenant and the user object that a guest comes from.
fn at_home<'w>(world: &'w World, tenant: &'w Tenant, user: &'w User) -> (&'w Tenant, &'w User) {
    let home = user.home_tenant.and_then(|home| world.tenant(home));
    home.and_then(|home| home.users.iter().find(|known| known.upn == user.upn).map(|known| (home, known)))
        .unwrap_or((tenant, user))
}

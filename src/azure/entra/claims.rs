//! What a token says of itself, read without verifying it: only its addressee can, and only a mistake is guarded against.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::{
    azure::error::clean,
    domain::{AppId, ObjectId, TenantId},
    secret::Secret,
};

/// Who a token is for, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// The tenant that it is of. For a guest not the tenant at home.
    pub tid: TenantId,
    pub oid: Option<ObjectId>,
    pub aud: Option<String>,
    /// The account's name, where a person is signed in.
    pub upn: Option<String>,
    pub name: Option<String>,
    /// The app that the token was given to.
    pub appid: Option<AppId>,
    /// The tenant at home, for a guest.
    pub idp: Option<String>,
    pub exp: Option<OffsetDateTime>,
    /// The token is an app's own, not a person's.
    pub app_only: bool,
}

impl Claims {
    /// The operator in a few characters: an account's name, or an app's id.
    pub fn who(&self) -> String {
        let app = || self.appid.map(|app| format!("app {app}"));
        self.upn.clone().or_else(|| self.name.clone()).or_else(app).unwrap_or_else(|| "unknown".to_owned())
    }
}

#[derive(Deserialize)]
struct Wire {
    tid: TenantId,
    oid: Option<ObjectId>,
    aud: Option<Value>,
    upn: Option<String>,
    unique_name: Option<String>,
    preferred_username: Option<String>,
    name: Option<String>,
    appid: Option<AppId>,
    azp: Option<AppId>,
    app_displayname: Option<String>,
    idp: Option<String>,
    idtyp: Option<String>,
    scp: Option<String>,
    exp: Option<i64>,
}

/// The middle part of a JSON web token.
pub(crate) fn payload(token: &Secret) -> Option<Vec<u8>> {
    let mut parts = token.expose().split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()
}

/// Reads a token's claims; `None` where it is not a token of a tenant.
pub fn decode_claims(token: &Secret) -> Option<Claims> {
    let wire: Wire = serde_json::from_slice(&payload(token)?).ok()?;
    let account = wire.upn.or(wire.preferred_username).or(wire.unique_name);
    Some(Claims {
        tid: wire.tid,
        oid: wire.oid,
        aud: wire.aud.and_then(|aud| aud.as_str().or_else(|| aud[0].as_str()).map(str::to_owned)),
        app_only: wire.idtyp.as_deref() == Some("app") || account.is_none() && wire.scp.is_none(),
        // A foreign text, that is shown.
        upn: account.map(|account| clean(&account)).filter(|account| !account.is_empty()),
        name: wire.name.or(wire.app_displayname).map(|name| clean(&name)).filter(|name| !name.is_empty()),
        appid: wire.appid.or(wire.azp),
        idp: wire.idp,
        exp: wire.exp.and_then(|exp| OffsetDateTime::from_unix_timestamp(exp).ok()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::entra::tests::jwt;

    #[test]
    fn a_persons_and_an_apps_token() {
        let tid = "11111111-1111-4111-8111-111111111111";
        let person = jwt(
            &json!({"tid": tid, "oid": tid, "aud": "https://x/", "unique_name": "ana@contoso.example", "scp": "user_impersonation", "exp": 1_800_000_000}),
        );
        let person = decode_claims(&Secret::new(person)).unwrap();
        assert_eq!((person.who().as_str(), person.app_only), ("ana@contoso.example", false));
        let app = decode_claims(&Secret::new(jwt(&json!({"tid": tid, "appid": tid, "idtyp": "app"})))).unwrap();
        assert!(app.app_only && app.who().starts_with("app 1111"));
    }

    #[test]
    fn an_account_without_a_name_is_told_by_another() {
        let tid = "11111111-1111-4111-8111-111111111111";
        let who = |claims| decode_claims(&Secret::new(jwt(&claims))).unwrap().who();
        assert_eq!(who(json!({"tid": tid, "upn": " ", "name": "Ana"})), "Ana");
        assert_eq!(who(json!({"tid": tid, "upn": "\u{202e}", "name": ""})), "unknown");
    }

    #[test]
    fn what_is_no_token_gives_nothing() {
        for text in ["", "a.b.c", "opaque", "a.b", &jwt(&json!({"oid": "x"})), &format!("{}.x", jwt(&json!({})))] {
            assert!(decode_claims(&Secret::new(text)).is_none(), "{text}");
        }
    }
}

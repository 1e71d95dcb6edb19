//! Microsoft Entra: tenants, tokens for an app with its own key, and the links by which an admin consents.

mod claims;
mod consent;
mod home;

use reqwest::Method;
use serde::Deserialize;
use time::{Duration, OffsetDateTime};
use url::Url;

pub(crate) use claims::payload;
pub use claims::{Claims, decode_claims};
pub use consent::{admin_consent_url, consent_url};
pub use home::{at_home_elsewhere, elsewhere};

use super::{
    ErrorKind, Result,
    api::{address, lacks},
    clock,
    http::{Call, Http, Response},
};
use crate::{
    domain::{AppId, Cloud, ObjectId, TenantId, TenantRef},
    secret::Secret,
};

/// What Entra publishes of a tenant, to anyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenId {
    pub tenant_id: TenantId,
    pub token_endpoint: Url,
    pub authorization_endpoint: Url,
    /// The cloud that the tenant is in, such as `microsoftonline.com`.
    pub cloud_instance_name: Option<String>,
    pub tenant_region_scope: Option<String>,
}

#[derive(Deserialize)]
struct WireOpenId {
    issuer: String,
    token_endpoint: Url,
    authorization_endpoint: Url,
    cloud_instance_name: Option<String>,
    tenant_region_scope: Option<String>,
}

/// A tenant by its id or one of its domains, without signing in. `None` where there is no such tenant.
pub async fn openid(http: &Http, cloud: &Cloud, tenant: &TenantRef) -> Result<Option<OpenId>> {
    let url = address(&cloud.login, [tenant.to_string().as_str(), "/v2.0/.well-known/openid-configuration"], &[]);
    let call = Call::get("entra.openid", format!("find tenant {tenant}"), url);
    let response = match http.send(call).await {
        Ok(response) => response,
        // Entra says with a 400 that it does not know a tenant; which of its numbers stands in it differs.
        Err(error) if error.kind == ErrorKind::Service && matches!(error.status, Some(400 | 404)) => return Ok(None),
        Err(error) => return Err(error),
    };
    read_openid(&response).map(Some)
}

/// Reads what Entra publishes of a tenant.
pub(crate) fn read_openid(response: &Response) -> Result<OpenId> {
    let wire: WireOpenId = response.json()?;
    let tenant_id = [wire.issuer.as_str(), wire.token_endpoint.as_str()]
        .into_iter()
        .find_map(|text| text.split('/').find_map(|segment| segment.parse().ok()))
        // No tenant has this one.
        .filter(|id: &TenantId| !id.0.is_nil())
        .ok_or_else(|| lacks(response, "tenant id"))?;
    Ok(OpenId {
        tenant_id,
        token_endpoint: wire.token_endpoint,
        authorization_endpoint: wire.authorization_endpoint,
        cloud_instance_name: wire.cloud_instance_name,
        tenant_region_scope: wire.tenant_region_scope,
    })
}

/// A token of the app itself.
#[derive(Debug, Clone)]
pub struct AppToken {
    pub token: Secret,
    /// The object id of the app's principal in that tenant.
    pub object_id: Option<ObjectId>,
    pub tenant_id: TenantId,
    pub expires: OffsetDateTime,
}

#[derive(Deserialize)]
struct WireToken {
    access_token: Secret,
    #[serde(default)]
    expires_in: i64,
}

/// Asks for a token with the app's own key: proves that the key is good and that the app has a principal in the tenant.
/// Nothing is cached, since what is wanted is Entra's answer of now. See the `AADSTS` helpers of [`super::Error`].
pub async fn client_credentials(
    http: &Http,
    cloud: &Cloud,
    tenant: TenantId,
    app: AppId,
    key: &Secret,
    scope: &str,
) -> Result<AppToken> {
    let url = address(&cloud.login, [tenant.to_string().as_str(), "/oauth2/v2.0/token"], &[]);
    let plain = |text: &str| Secret::new(text);
    let form = vec![
        ("grant_type".into(), plain("client_credentials")),
        ("client_id".into(), plain(&app.to_string())),
        ("client_secret".into(), key.clone()),
        ("scope".into(), plain(scope)),
    ];
    let tried = format!("sign in as the app in tenant {tenant}");
    let call = Call::new("entra.token", tried, Method::POST, url).read().form(form).hide(key);
    let response = http.send(call).await?;
    let wire: WireToken = response.json()?;
    let claims = decode_claims(&wire.access_token).ok_or_else(|| lacks(&response, "readable token"))?;
    if claims.tid != tenant {
        let message = format!("the token is of tenant {}, and not of tenant {tenant}", claims.tid);
        return Err(response.error(ErrorKind::WrongTenant, message));
    }
    Ok(AppToken {
        token: wire.access_token,
        object_id: claims.oid,
        tenant_id: claims.tid,
        expires: clock::now() + Duration::seconds(wire.expires_in.clamp(0, 86_400)),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    use reqwest::header::HeaderMap;

    use super::*;

    #[test]
    fn a_tenant_has_an_id_that_can_be_one() {
        let read = |id: &str| {
            let address = format!("https://login.example/{id}/v2.0");
            let document = serde_json::json!({
                "issuer": address, "token_endpoint": address, "authorization_endpoint": address,
                "cloud_instance_name": "microsoftonline.com",
            });
            let call = Call::get("entra.openid", "find", Url::parse("https://login.example/").unwrap());
            read_openid(&Response::new(200, HeaderMap::new(), document.to_string().into_bytes(), &call))
        };
        let id = "11111111-aaaa-4000-8000-000000000001";
        assert_eq!(read(id).unwrap().tenant_id.to_string(), id);
        for none in ["00000000-0000-0000-0000-000000000000", "common"] {
            assert!(read(none).unwrap_err().message.contains("tenant id"), "{none}");
        }
    }

    /// A token that nobody signed.
    pub(crate) fn jwt(claims: &serde_json::Value) -> String {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmF0dXJl", part(&serde_json::json!({"alg": "none"})), part(claims))
    }
}

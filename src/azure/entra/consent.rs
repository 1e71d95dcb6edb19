//! The links by which an admin of another tenant lets the app in.

use url::Url;

use crate::{
    azure::api::{address, set_query},
    domain::{AppId, Cloud, TenantId, answers::registered},
};

/// The link of the how-to: a sign-in to the app at the v1 endpoint, whose consent page makes the principal. With
/// `prompt_admin` the page asks for the whole tenant at once.
pub fn consent_url(
    cloud: &Cloud,
    tenant: TenantId,
    app: AppId,
    redirect: &Url,
    prompt_admin: bool,
    state: Option<&str>,
) -> Url {
    let app = app.to_string();
    let mut query =
        vec![("client_id", app.as_str()), ("response_type", "code"), ("redirect_uri", registered(redirect))];
    if prompt_admin {
        query.push(("prompt", "admin_consent"));
    }
    link(cloud, tenant, "/oauth2/authorize", query, state)
}

/// The admin consent page of the v2 endpoint. In what comes back `error` counts first: `admin_consent=True` stands there
/// after a refusal too.
pub fn admin_consent_url(cloud: &Cloud, tenant: TenantId, app: AppId, redirect: &Url, state: Option<&str>) -> Url {
    let (app, scope) = (app.to_string(), cloud.graph_scope());
    let query = vec![("client_id", app.as_str()), ("scope", scope.as_str()), ("redirect_uri", registered(redirect))];
    link(cloud, tenant, "/v2.0/adminconsent", query, state)
}

fn link<'a>(
    cloud: &Cloud,
    tenant: TenantId,
    path: &str,
    mut query: Vec<(&'a str, &'a str)>,
    state: Option<&'a str>,
) -> Url {
    query.extend(state.map(|state| ("state", state)));
    let mut url = address(&cloud.login, [tenant.to_string().as_str(), path], &[]);
    set_query(&mut url, &query);
    url
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::cloud::KnownCloud;

    #[test]
    fn the_how_tos_link_to_the_letter() {
        let cloud = Cloud::known(KnownCloud::Public);
        let (tenant, app) = (TenantId(Uuid::from_u128(2)), AppId(Uuid::from_u128(1)));
        let redirect = Url::parse("https://www.microsoft.com").unwrap();
        let base = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000002";
        let rest = "client_id=00000000-0000-0000-0000-000000000001&response_type=code&redirect_uri=https%3A%2F%2Fwww.microsoft.com";
        assert_eq!(
            consent_url(&cloud, tenant, app, &redirect, false, None).as_str(),
            format!("{base}/oauth2/authorize?{rest}")
        );
        assert_eq!(
            consent_url(&cloud, tenant, app, &redirect, true, Some("a b&c")).as_str(),
            format!("{base}/oauth2/authorize?{rest}&prompt=admin_consent&state=a%20b%26c")
        );
        let local = Url::parse("http://localhost:8400/back").unwrap();
        assert_eq!(
            admin_consent_url(&cloud, tenant, app, &local, None).as_str(),
            format!(
                "{base}/v2.0/adminconsent?client_id=00000000-0000-0000-0000-000000000001&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&redirect_uri=http%3A%2F%2Flocalhost%3A8400%2Fback"
            )
        );
    }
}

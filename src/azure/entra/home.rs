//! Which cloud a tenant is at home in. What Entra publishes of it is a hint; two clouds that agree are an answer.

use std::time::Duration;

use futures::future::join_all;
use url::Url;

use super::{OpenId, openid};
use crate::{
    azure::http::{Http, is_loopback},
    domain::{Cloud, TenantRef, cloud::KnownCloud},
};

/// How long another cloud is waited for: it is asked to be helpful, and may be out of reach.
const PATIENCE: Duration = Duration::from_secs(5);

/// Another of the known clouds that says of a tenant that it is its own. `None` where none does, or none can be asked.
pub async fn elsewhere(http: &Http, cloud: &Cloud, tenant: &TenantRef) -> Option<KnownCloud> {
    // What is on this machine is a world of its own.
    if is_loopback(&cloud.login) {
        return None;
    }
    let own = known(&cloud.login);
    let others = KnownCloud::ALL.into_iter().filter(|other| Some(*other) != own);
    let asked = others.map(|other| async move {
        let answer = tokio::time::timeout(PATIENCE, openid(http, &Cloud::known(other), tenant)).await;
        let found = answer.ok()?.ok()??;
        found.home().is_none_or(|home| home == other).then_some(other)
    });
    join_all(asked).await.into_iter().flatten().next()
}

/// Another cloud that a tenant is at home in, although this one knows it: the worldwide sign-in service also answers for
/// tenants of the US Government. `None` unless that other cloud says the same.
pub async fn at_home_elsewhere(http: &Http, cloud: &Cloud, tenant: &TenantRef, found: &OpenId) -> Option<KnownCloud> {
    let own = known(&cloud.login)?;
    let home = found.home().filter(|home| *home != own)?;
    (elsewhere(http, cloud, tenant).await == Some(home)).then_some(home)
}

impl OpenId {
    /// The cloud that the tenant is in, by what is published of it.
    fn home(&self) -> Option<KnownCloud> {
        let instance = self.cloud_instance_name.as_deref();
        let by_name = instance.and_then(|name| known(&Url::parse(&format!("https://login.{name}")).ok()?));
        let government = self.tenant_region_scope.as_deref().is_some_and(|scope| scope.eq_ignore_ascii_case("USGov"));
        by_name.or_else(|| government.then_some(KnownCloud::UsGov)).or_else(|| known(&self.token_endpoint))
    }
}

/// The cloud whose sign-in service is at this host.
fn known(login: &Url) -> Option<KnownCloud> {
    KnownCloud::ALL.into_iter().find(|cloud| cloud.login_hosts().iter().any(|host| login.host_str() == Some(host)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(instance: Option<&str>, scope: Option<&str>, login: &str) -> OpenId {
        let url = Url::parse(&format!("https://{login}/x/oauth2/v2.0/token")).unwrap();
        OpenId {
            tenant_id: "11111111-1111-4111-8111-111111111111".parse().unwrap(),
            token_endpoint: url.clone(),
            authorization_endpoint: url,
            cloud_instance_name: instance.map(str::to_owned),
            tenant_region_scope: scope.map(str::to_owned),
        }
    }

    #[test]
    fn a_tenants_home_is_read_from_what_is_there() {
        use KnownCloud::{China, Public, UsGov};
        const WORLD: &str = "login.microsoftonline.com";
        for (instance, scope, login, home) in [
            (Some("microsoftonline.com"), Some("EU"), WORLD, Some(Public)),
            (Some("microsoftonline.us"), Some("USGov"), WORLD, Some(UsGov)),
            (Some("partner.microsoftonline.cn"), None, WORLD, Some(China)),
            (Some("chinacloudapi.cn"), None, WORLD, Some(China)),
            // The instance's name says more than a region.
            (Some("microsoftonline.com"), Some("USGov"), WORLD, Some(Public)),
            (None, Some("usgov"), WORLD, Some(UsGov)),
            (Some("something.new"), Some("NA"), WORLD, Some(Public)),
            (None, None, "login.microsoftonline.us", Some(UsGov)),
            (Some("localhost"), Some("EU"), "localhost", None),
            (Some("a b/c"), None, "login.example", None),
        ] {
            assert_eq!(document(instance, scope, login).home(), home, "{instance:?} {scope:?} {login}");
        }
    }
}

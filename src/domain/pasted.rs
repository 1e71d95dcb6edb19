//! What people paste to say where something is: a resource id, a portal's address, a tenant, somebody's user name.

use url::Url;

use super::{LoginServer, ParseError, ResourceId, TenantRef};

/// What a pasted text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pasted {
    /// The tenant, where the text names one.
    pub tenant: Option<TenantRef>,
    /// The cluster or registry, where it names one.
    pub resource: Option<ResourceId>,
}

impl Pasted {
    /// Reads it. The error says what belongs here.
    pub fn read(text: &str) -> Result<Self, ParseError> {
        let text = text.trim().trim_matches(|c: char| matches!(c, '"' | '\'' | '<' | '>' | '`' | ',' | ';')).trim();
        let wrong = || {
            ParseError::new(text, "a tenant's id, one of its domains, a resource id, or an address in the Azure portal")
        };
        if text.starts_with('/') {
            let resource = resource(text).ok_or_else(wrong)?;
            return Ok(Self { tenant: None, resource: Some(resource) });
        }
        if text.contains("://") {
            return portal(text).ok_or_else(wrong);
        }
        // A user's name ends with a domain of the tenant. A guest's name at home does, too.
        let tenant = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
        Ok(Self { tenant: Some(tenant.parse().map_err(|_| wrong())?), resource: None })
    }

    /// A registry's own address is often at hand; it does not tell the tenant.
    pub fn is_login_server(text: &str) -> bool {
        let host = text.trim().trim_start_matches("https://").trim_end_matches('/');
        host.parse::<LoginServer>().is_ok()
            && [".azurecr.io", ".azurecr.us", ".azurecr.cn"].iter().any(|end| host.ends_with(end))
    }
}

/// The resource at the beginning of a path; pages of the portal hang further words behind it.
fn resource(path: &str) -> Option<ResourceId> {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    // subscriptions/{}/resourceGroups/{}/providers/{}/{}/{}
    let id = segments.get(..8)?.join("/");
    format!("/{id}").parse().ok()
}

/// `https://portal.azure.com/#@contoso.onmicrosoft.com/resource/subscriptions/…/overview` and its like.
fn portal(text: &str) -> Option<Pasted> {
    let url = Url::parse(text).ok()?;
    let fragment = percent(url.fragment().unwrap_or_default());
    let (head, rest) = fragment.split_once('/').unwrap_or((fragment.as_str(), ""));
    let tenant = head.strip_prefix('@').and_then(|tenant| tenant.parse().ok());
    let whole = format!("{}/{rest}", percent(url.path()));
    let at = whole.to_ascii_lowercase().find("/subscriptions/");
    let resource = at.and_then(|at| resource(&whole[at..]));
    // Some pages name the tenant in their path instead.
    let in_path = || url.path_segments()?.find_map(|segment| segment.parse::<super::TenantId>().ok());
    let tenant = tenant.or_else(|| in_path().filter(|_| resource.is_none()).map(TenantRef::Id));
    (tenant.is_some() || resource.is_some()).then_some(Pasted { tenant, resource })
}

/// The text without its percent signs; what is no text stays as it was.
fn percent(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().map_or_else(|_| text.to_owned(), Into::into)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLUSTER: &str = "/subscriptions/11111111-aaaa-4000-8000-0000000000a1/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod";

    fn read(text: &str) -> (Option<String>, Option<String>) {
        let pasted = Pasted::read(text).unwrap();
        (pasted.tenant.map(|tenant| tenant.to_string()), pasted.resource.map(|resource| resource.name().to_owned()))
    }

    #[test]
    fn tenants_are_named_in_many_ways() {
        let id = "66666666-6666-4666-8666-666666666666";
        let tenant = |text: &str| Some(text.to_owned());
        assert_eq!(read(&format!(" \"{id}\" ")), (tenant(id), None));
        assert_eq!(read("Contoso.OnMicrosoft.com"), (tenant("contoso.onmicrosoft.com"), None));
        assert_eq!(read("<ana@contoso.example>"), (tenant("contoso.example"), None));
        assert_eq!(read("https://portal.azure.com/#@contoso.example/dashboard"), (tenant("contoso.example"), None));
        assert_eq!(read(&format!("https://portal.azure.com/{id}#home")), (tenant(id), None));
    }

    #[test]
    fn a_resource_is_found_in_its_id_and_in_the_portals_addresses() {
        let cluster = Some("shop-prod".to_owned());
        assert_eq!(read(CLUSTER), (None, cluster.clone()));
        assert_eq!(read(&format!("{CLUSTER}/agentPools/web")), (None, cluster.clone()));
        let address = format!("https://portal.azure.com/#@contoso.example/resource{CLUSTER}/overview?x=1");
        assert_eq!(read(&address), (Some("contoso.example".to_owned()), cluster.clone()));
        let blade = format!(
            "https://portal.azure.com/#view/HubsExtension/ResourceMenuBlade/id/{}/",
            CLUSTER.replace('/', "%2F")
        );
        assert_eq!(read(&blade), (None, cluster));
    }

    #[test]
    fn what_names_nothing_is_said_to() {
        for text in ["", "shop-prod", "/subscriptions/x", "https://example.com/", "a b.example"] {
            assert!(Pasted::read(text).is_err(), "{text}");
        }
        assert!(Pasted::is_login_server("https://fabrikamimages.azurecr.io/"));
        assert!(!Pasted::is_login_server("contoso.example"));
    }

    proptest! {
        #[test]
        fn nothing_that_is_pasted_makes_it_fail(text in "\\PC{0,80}", url in "https://[a-z/#@%0-9]{0,60}") {
            let _ = Pasted::read(&text);
            let _ = Pasted::read(&url);
        }
    }
}

//! Where a cloud's services answer.

use serde::{Deserialize, Serialize};
use url::Url;

use super::LoginServer;

/// The endpoints of one Azure cloud. The national clouds are constants (as the Azure CLI knows them); a custom one is
/// discovered from `/metadata/endpoints`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cloud {
    /// The cloud's name as Azure gives it: `AzureCloud`, `AzureUSGovernment`, …
    pub name: String,
    /// The sign-in service, without a path.
    pub login: Url,
    /// Azure Resource Manager.
    pub resource_manager: Url,
    /// The audience of Resource Manager tokens; its `.default` is the scope asked for.
    pub resource_manager_audience: String,
    /// Microsoft Graph, without the version segment.
    pub graph: Url,
    /// The audience of Graph tokens.
    pub graph_audience: String,
    /// What a registry's login server ends with, without a leading dot.
    pub registry_suffix: String,
    /// The Azure portal.
    pub portal: Url,
    /// Whether the endpoints came from a custom Resource Manager address.
    pub custom: bool,
}

/// The clouds that crosspull knows without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownCloud {
    /// Azure, worldwide.
    #[default]
    Public,
    /// Azure US Government.
    UsGov,
    /// Azure operated by 21Vianet.
    China,
}

impl KnownCloud {
    /// All of them, the largest first.
    pub const ALL: [Self; 3] = [Self::Public, Self::UsGov, Self::China];

    /// How the cloud is named to crosspull, after `--cloud`.
    pub fn option(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::UsGov => "usgov",
            Self::China => "china",
        }
    }

    /// Where people and programs sign in: the host that is used, and others that are the same service.
    pub fn login_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Public => &["login.microsoftonline.com", "login.windows.net"],
            Self::UsGov => &["login.microsoftonline.us"],
            Self::China => &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        }
    }
}

impl Cloud {
    /// The endpoints of a known cloud.
    #[expect(clippy::missing_panics_doc, reason = "it parses addresses that are written here, and a test reads each")]
    pub fn known(cloud: KnownCloud) -> Self {
        let (name, login, resource_manager, audience, graph, suffix, portal) = match cloud {
            KnownCloud::Public => (
                "AzureCloud",
                "https://login.microsoftonline.com",
                "https://management.azure.com",
                "https://management.core.windows.net/",
                "https://graph.microsoft.com",
                "azurecr.io",
                "https://portal.azure.com",
            ),
            KnownCloud::UsGov => (
                "AzureUSGovernment",
                "https://login.microsoftonline.us",
                "https://management.usgovcloudapi.net",
                "https://management.core.usgovcloudapi.net/",
                "https://graph.microsoft.us",
                "azurecr.us",
                "https://portal.azure.us",
            ),
            KnownCloud::China => (
                "AzureChinaCloud",
                "https://login.partner.microsoftonline.cn",
                "https://management.chinacloudapi.cn",
                "https://management.core.chinacloudapi.cn/",
                "https://microsoftgraph.chinacloudapi.cn",
                "azurecr.cn",
                "https://portal.azure.cn",
            ),
        };
        #[expect(clippy::expect_used, reason = "constants, read by a test")]
        let url = |text: &str| Url::parse(text).expect("a constant address");
        Self {
            name: name.to_owned(),
            login: url(login),
            resource_manager: url(resource_manager),
            resource_manager_audience: audience.to_owned(),
            graph: url(graph),
            graph_audience: graph.to_owned(),
            registry_suffix: suffix.to_owned(),
            portal: url(portal),
            custom: false,
        }
    }

    /// The scope of a Resource Manager token.
    pub fn resource_manager_scope(&self) -> String {
        format!("{}/.default", self.resource_manager_audience.trim_end_matches('/'))
    }

    /// The scope of a Graph token.
    pub fn graph_scope(&self) -> String {
        format!("{}/.default", self.graph_audience.trim_end_matches('/'))
    }

    /// Whether `server` lies under this cloud's registry suffix: only there may a key's text go.
    pub fn owns_login_server(&self, server: &LoginServer) -> bool {
        let host = server.host().to_ascii_lowercase();
        let suffix = self.registry_suffix.to_ascii_lowercase();
        let (suffix, port) = suffix.split_once(':').map_or((suffix.as_str(), None), |(s, p)| (s, Some(p)));
        if port.is_some_and(|port| !server.as_str().ends_with(&format!(":{port}"))) {
            return false;
        }
        // The bare suffix is a registry only in a custom cloud on loopback, where every registry is a port of one host.
        (self.custom && suffix == "localhost" && host == suffix)
            || (server.host() == server.as_str() || self.custom) && host.ends_with(&format!(".{suffix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_clouds_answer_where_the_azure_cli_looks_for_them() {
        let shown = KnownCloud::ALL.map(|known| {
            let cloud = Cloud::known(known);
            assert_eq!(cloud.login.host_str(), Some(known.login_hosts()[0]));
            for url in [&cloud.login, &cloud.resource_manager, &cloud.graph, &cloud.portal] {
                assert!(url.scheme() == "https" && url.path() == "/", "{url}");
            }
            [known.option().to_owned(), cloud.name.clone(), cloud.resource_manager_scope(), cloud.graph_scope()]
        });
        let arm = |host: &str| format!("https://management.core.{host}/.default");
        let graph = |host: &str| format!("https://{host}/.default");
        assert_eq!(
            shown,
            [
                ["public".into(), "AzureCloud".into(), arm("windows.net"), graph("graph.microsoft.com")],
                ["usgov".into(), "AzureUSGovernment".into(), arm("usgovcloudapi.net"), graph("graph.microsoft.us")],
                [
                    "china".into(),
                    "AzureChinaCloud".into(),
                    arm("chinacloudapi.cn"),
                    graph("microsoftgraph.chinacloudapi.cn")
                ],
            ]
        );
    }

    #[test]
    fn only_login_servers_of_the_cloud_are_owned() {
        let cloud = Cloud::known(KnownCloud::Public);
        let owns = |text: &str| cloud.owns_login_server(&text.parse().unwrap());
        assert!(owns("fabrikamimages.azurecr.io"));
        assert!(owns("Fabrikamimages-ab12.AzureCR.io"));
        for foreign in
            ["azurecr.io", "evil-azurecr.io", "x.azurecr.io.evil.example", "x.azurecr.cn", "x.azurecr.io:8443"]
        {
            assert!(!owns(foreign), "{foreign}");
        }
    }
}

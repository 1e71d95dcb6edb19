//! Whether the nodes reach the registry: its firewall, held against the addresses that the cluster goes out by.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Draft, note, warning};
use crate::{
    azure::{acr::Registry, aks::Cluster},
    steps::{look::Look, together},
};

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let Some(Ok(registry)) = look.registry().await else { return Vec::new() };
    let name = registry.name.as_str();
    if !registry.public_network {
        let endpoints = match registry.private_endpoints {
            0 => "and has no private endpoint".to_owned(),
            1 => "and has 1 private endpoint".to_owned(),
            more => format!("and has {more} private endpoints"),
        };
        let what = format!("{name} cannot be reached from public networks, {endpoints}");
        return vec![warning("CP-133", what, &[("registry", name)])];
    }
    if !registry.default_deny {
        return Vec::new();
    }
    let Ok(cluster) = look.cluster().await else { return Vec::new() };
    let (arm, patience) = (&look.steps.cluster.arm, &look.steps.patience);
    let reads = cluster.egress_ips.iter().map(|id| async move { patience.read(|| arm.public_address(id)).await });
    let read = together::all(reads).await;
    let addresses: Option<Vec<String>> = read.into_iter().map(|address| address.ok().flatten()).collect();
    vec![firewall(registry, cluster, addresses.filter(|addresses| !addresses.is_empty()).as_deref())]
}

/// `addresses` is nothing where they could not be read, or Azure does not know them.
fn firewall(registry: &Registry, cluster: &Cluster, addresses: Option<&[String]>) -> Draft {
    let (name, out) = (registry.name.as_str(), cluster.name.as_str());
    let values = [("registry", name), ("cluster", out)];
    let allowed = if registry.ip_rules.is_empty() { "nobody".to_owned() } else { registry.ip_rules.join(", ") };
    let rules = format!("The firewall of {name} lets in {allowed}");
    let Some(addresses) = addresses else {
        let routed = cluster.outbound_type.as_deref().filter(|kind| kind.eq_ignore_ascii_case("userDefinedRouting"));
        let why = match routed {
            Some(_) => format!("{out} goes out by a route of its owner's, whose address Azure does not tell"),
            None => format!("the addresses of {out} could not be read"),
        };
        return warning("CP-132", format!("{rules}; {why}"), &values);
    };
    let kept_out: Vec<&str> =
        addresses.iter().map(String::as_str).filter(|address| !lets_in(&registry.ip_rules, address)).collect();
    if kept_out.is_empty() {
        return note("CP-132", format!("{rules}: {out} among them ({})", addresses.join(", ")), &values);
    }
    warning("CP-132", format!("{rules}, and not {out}, which goes out by {}", kept_out.join(", ")), &values)
}

/// Whether one of the rules, addresses or ranges, holds the whole of an address or a range.
fn lets_in(rules: &[String], address: &str) -> bool {
    let net = |text: &str| {
        let text = text.trim();
        text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
    };
    net(address).is_some_and(|address| rules.iter().filter_map(|rule| net(rule)).any(|rule| rule.contains(&address)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_held_against_addresses_and_ranges() {
        let rules = ["203.0.113.7".to_owned(), "198.51.100.0/28".to_owned(), "nonsense".to_owned()];
        for (address, inside) in [
            ("203.0.113.7", true),
            ("203.0.113.8", false),
            ("198.51.100.15", true),
            ("198.51.100.16", false),
            ("198.51.100.8/29", true),
            ("198.51.100.0/27", false),
            ("fd00::1", false),
            ("", false),
        ] {
            assert_eq!(lets_in(&rules, address), inside, "{address}");
        }
        assert!(!lets_in(&[], "203.0.113.7"));
    }
}

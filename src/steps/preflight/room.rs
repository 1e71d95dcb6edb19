//! Room for the nodes that stand in while others are replaced: quota for machines, addresses in subnets. Only told
//! where there is certainly too little: nobody else's use of it can be foreseen.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::{Draft, note, warning};
use crate::{
    azure::{
        Error,
        aks::{AgentPool, Cluster},
        arm::{Subnet, Usage},
    },
    domain::answers::Route,
    steps::{look::Look, together},
};

/// Azure keeps so many addresses of each subnet for itself.
const KEPT: u64 = 5;

pub(super) async fn findings(look: &Look<'_>) -> Vec<Draft> {
    let Ok(cluster) = look.cluster().await else { return Vec::new() };
    // Without a reset no node is replaced.
    if cluster.client.app().is_none() || cluster.stopped() || look.route().await.0 != Route::NewApp {
        return Vec::new();
    }
    let (arm, patience) = (&look.steps.cluster.arm, &look.steps.patience);
    let subscription = cluster.id.subscription();
    let usages = patience.read(|| arm.compute_usages(subscription, &cluster.location).all(10_000));
    let needed = addresses_needed(cluster);
    let subnets = together::all(needed.into_iter().map(|(id, need)| async move {
        let subnet = patience.read(|| arm.subnet(&id)).await;
        (id, need, subnet)
    }));
    let (usages, subnets) = tokio::join!(usages, subnets);
    let mut found = quota(cluster, &usages);
    found.extend(subnets.iter().filter_map(|(id, need, subnet)| addresses(cluster, id, *need, subnet)));
    found
}

fn replaced(cluster: &Cluster) -> impl Iterator<Item = &AgentPool> {
    cluster.pools.iter().filter(|pool| pool.running() && pool.count > 0 && pool.surge() > 0)
}

fn quota(cluster: &Cluster, usages: &Result<Vec<Usage>, Error>) -> Vec<Draft> {
    let values = [("cluster", cluster.name.as_str())];
    let usages = match usages {
        Ok(usages) => usages,
        Err(error) => {
            let what = format!("The quota for machines in {} could not be read: {error}", cluster.location);
            return vec![note("CP-119", what, &values)];
        }
    };
    let short = replaced(cluster).filter_map(|pool| {
        let size = Size::of(&pool.vm_size)?;
        let need = i64::from(pool.surge()) * i64::from(size.cores);
        let limits = usages
            .iter()
            .filter(|usage| usage.name.eq_ignore_ascii_case("cores") || usage.name.eq_ignore_ascii_case(&size.family));
        let free = limits.map(Usage::free).min().filter(|free| *free < need)?;
        Some(warning(
            "CP-119",
            format!(
                "Pool {} needs {need} cores more for a while, and the quota in {} has {} left",
                pool.name,
                cluster.location,
                free.max(0)
            ),
            &values,
        ))
    });
    short.collect()
}

/// A size of machines, as far as its name tells: the cores stand in it, and the quota's family follows from it. Sizes
/// before the third version count otherwise, and are left alone.
#[derive(Debug, PartialEq, Eq)]
struct Size {
    cores: u32,
    family: String,
}

impl Size {
    fn of(name: &str) -> Option<Self> {
        let rest = name.strip_prefix("Standard_")?;
        let (size, version) = rest.rsplit_once("_v")?;
        version.parse::<u32>().ok().filter(|version| *version >= 3)?;
        let digits = size.find(|letter: char| letter.is_ascii_digit())?;
        let (series, tail) = size.split_at(digits);
        let end = tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len());
        let cores = tail[..end].parse().ok()?;
        // Behind the cores stand those that are in use of them (`-4`), features in small letters, and an accelerator.
        let features: String = tail[end..].chars().take_while(|letter| *letter != '_').collect();
        let features = features.trim_start_matches(|letter: char| letter == '-' || letter.is_ascii_digit());
        Some(Self { cores, family: format!("standard{series}{features}v{version}Family") })
    }
}

/// By subnet, what the hungriest pool in it needs.
fn addresses_needed(cluster: &Cluster) -> BTreeMap<String, u64> {
    let mut needed: BTreeMap<String, u64> = BTreeMap::new();
    for pool in replaced(cluster) {
        let Some(subnet) = &pool.subnet else { continue };
        let pods = if cluster.pods_in_subnet && pool.pod_subnet.is_none() { pool.max_pods.unwrap_or(30) } else { 0 };
        let need = u64::from(pool.surge()) * (1 + u64::from(pods));
        let most = needed.entry(subnet.clone()).or_default();
        *most = need.max(*most);
    }
    needed
}

fn addresses(cluster: &Cluster, id: &str, need: u64, subnet: &Result<Subnet, Error>) -> Option<Draft> {
    let name = id.rsplit('/').next().unwrap_or(id);
    let values = [("cluster", cluster.name.as_str())];
    let subnet = match subnet {
        Ok(subnet) => subnet,
        Err(error) => return Some(note("CP-119", format!("The subnet {name} could not be read: {error}"), &values)),
    };
    let free = free(subnet)?;
    (free < need).then(|| {
        let what =
            format!("Too few free addresses in the subnet {name}: {free}, where replacing the nodes takes {need}");
        warning("CP-119", what, &values)
    })
}

/// How many addresses of the fourth version are left; `None` where the subnet has none.
fn free(subnet: &Subnet) -> Option<u64> {
    let sizes = subnet.prefixes.iter().filter_map(|prefix| match prefix.parse().ok()? {
        IpNet::V4(net) => Some((1_u64 << (32 - net.prefix_len())).saturating_sub(KEPT)),
        IpNet::V6(_) => None,
    });
    let all = sizes.fold(None, |sum: Option<u64>, size| Some(sum.unwrap_or(0) + size))?;
    Some(all.saturating_sub(subnet.taken.try_into().unwrap_or(u64::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_size_tells_cores_and_family() {
        let size = |name: &str| Size::of(name).map(|size| (size.cores, size.family));
        assert_eq!(size("Standard_D4s_v5"), Some((4, "standardDsv5Family".to_owned())));
        assert_eq!(size("Standard_D16ads_v5"), Some((16, "standardDadsv5Family".to_owned())));
        assert_eq!(size("Standard_E8-4s_v5"), Some((8, "standardEsv5Family".to_owned())));
        assert_eq!(size("Standard_F8_v6"), Some((8, "standardFv6Family".to_owned())));
        for other in ["Standard_DS2_v2", "Standard_B2ms", "Basic_A1", "", "Standard__v5", "Standard_NC_v4"] {
            assert_eq!(size(other), None, "{other}");
        }
    }

    #[test]
    fn a_subnet_keeps_five_addresses_for_azure() {
        let subnet = |prefixes: &[&str], taken| Subnet {
            prefixes: prefixes.iter().map(|&prefix| prefix.to_owned()).collect(),
            taken,
        };
        assert_eq!(free(&subnet(&["10.0.0.0/29"], 2)), Some(1));
        assert_eq!(free(&subnet(&["10.0.0.0/29", "fd00::/64"], 9)), Some(0));
        assert_eq!(free(&subnet(&["0.0.0.0/0"], 0)), Some((1 << 32) - 5));
        assert_eq!(free(&subnet(&["fd00::/64"], 0)), None);
    }
}

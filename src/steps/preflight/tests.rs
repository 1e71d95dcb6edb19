//! What is known to go wrong with such setups, and whether it can be known before anything is changed.

use crate::catalogue;

/// When something shows.
enum Shows {
    /// The preflight finds it, under these codes.
    Before(&'static [&'static str]),
    /// Signing in, or finding the tenants, which comes before the preflight, under these codes.
    SigningIn(&'static [&'static str]),
    /// Only when it happens, under these codes; and why not earlier.
    Later(&'static [&'static str], &'static str),
    /// Never: it cannot happen here, and why not.
    Never(&'static str),
}

use Shows::{Before, Later, Never, SigningIn};

/// By where it happens, in the order of a setup.
const KNOWN: &[(&str, Shows)] = &[
    // Clusters that are not eligible.
    ("a managed identity", Before(&["CP-101"])),
    ("half moved to a managed identity: it says so for all its pools", Before(&["CP-101"])),
    ("neither an app nor an identity is named", Before(&["CP-118"])),
    ("Windows pools", Before(&["CP-106"])),
    ("availability sets", Before(&["CP-107"])),
    ("a stopped cluster, or a stopped or empty pool", Before(&["CP-102", "CP-105"])),
    ("another operation on the cluster or a pool", Before(&["CP-103", "CP-104"])),
    ("a failed or broken off operation on the cluster or a pool", Before(&["CP-115"])),
    ("an operation that another one displaces", Later(&["CP-604"], "it comes after the reset")),
    ("a node disruption policy, with its window", Before(&["CP-116"])),
    ("certificates of the cluster that have ended", Later(&["CP-611"], "Azure tells nobody when they end")),
    ("tenants in different clouds", SigningIn(&["CP-142"])),
    ("a private cluster, run command switched off", Before(&["CP-117", "CP-110"])),
    // Signing in.
    ("the account is not of that tenant", SigningIn(&["CP-201", "CP-209"])),
    ("a token or a subscription of the wrong tenant", SigningIn(&["CP-141"])),
    ("rules of conditional access", SigningIn(&["CP-202", "CP-203"])),
    ("rules between the tenants, or of this network", SigningIn(&["CP-210", "CP-211"])),
    ("a tenant that does not exist", SigningIn(&["CP-143"])),
    ("a proxy that reads along", SigningIn(&["CP-702"])),
    // The app and its secret.
    ("users may not register apps, a guest, a program without a permission", Before(&["CP-123"])),
    ("secrets are forbidden, or live too long", Before(&["CP-120", "CP-121"])),
    ("apps for other tenants are forbidden", Before(&["CP-122"])),
    ("rules that cannot be read", Before(&["CP-124"])),
    ("a cluster's app that is kept, and that this account may not edit", Before(&["CP-129"])),
    ("rules for principals in the registry's tenant", Before(&["CP-125"])),
    ("an app of the same name", Never("apps are known by their unique name and their id alone")),
    ("secrets of others are taken away with a reset", Never("a secret is added, and only our own are removed")),
    ("the app of the setup is in the recycle bin", Before(&["CP-127"])),
    ("the cluster's app is deleted, or its secrets have ended", Before(&["CP-128", "CP-126"])),
    ("the app has no principal at home", Never("making it is a step of its own")),
    ("a secret that a shell or AKS cannot take", Never("it goes from Graph to Azure without a shell")),
    ("a secret that is not replicated yet", Later(&["CP-306"], "it is made later")),
    // Consent.
    (
        "the person on the consent page may not consent",
        Later(&["CP-402", "CP-403"], "who opens the link is not known before"),
    ),
    ("the app asks for no permission, or for one that is not there", Never("it lists User.Read, and nothing else")),
    ("making the principal directly takes a role", Before(&["CP-138"])),
    ("the principal is disabled by the other tenant", Later(&["CP-411"], "it is made later")),
    // The role on the registry.
    ("no right to give roles on the registry", Before(&["CP-131"])),
    ("a right to give some roles only", Before(&["CP-406"])),
    ("the principal is not replicated, the role is not in effect yet", Later(&["CP-407"], "they are made later")),
    ("the registry's mode wants another role, or is unknown", Before(&["CP-137", "CP-134"])),
    ("the mode is changed later", Later(&["CP-503"], "nobody knows")),
    ("rights, locks or a policy that cannot be read", Before(&["CP-150", "CP-151"])),
    ("a lock", Before(&["CP-414", "CP-148"])),
    ("an Azure policy, or a deny assignment", Later(&["CP-415"], "only the attempt tells what they make of it")),
    // The registry's answers.
    ("a firewall, held against the cluster's addresses", Before(&["CP-132"])),
    ("a firewall that keeps this machine out", Later(&["CP-504"], "only the registry knows this machine's address")),
    ("no public access, private endpoints", Before(&["CP-133"])),
    ("a login server that is another one, or of a domain of its own", Before(&["CP-136", "CP-146"])),
    ("anybody may pull", Before(&["CP-135"])),
    ("no tokens for Resource Manager are taken", Before(&["CP-139"])),
    ("the registry is being changed", Before(&["CP-149"])),
    ("the image is not there, where whoever runs the registry may pull", Before(&["CP-505", "CP-506"])),
    // The cluster update.
    ("no right to reset", Before(&["CP-108"])),
    ("Azure does not take the credential", Later(&["CP-602", "CP-603"], "it is tried by the probe, which comes later")),
    ("quota, or addresses in a subnet, are used up", Before(&["CP-119"])),
    (
        "a disruption budget that lets no pod go",
        Later(&["CP-605"], "it is inside the cluster, where nobody has signed in"),
    ),
    ("roles of the present app that the new one lacks", Before(&["CP-111", "CP-112", "CP-144", "CP-147", "CP-153"])),
    ("the app serves other tenants, or nobody knows", Before(&["CP-114", "CP-152"])),
    ("no way back to the present app", Before(&["CP-113"])),
];

#[test]
fn whatever_is_known_to_go_wrong_has_its_words() {
    for (what, shows) in KNOWN {
        let (codes, why): (&[&str], &str) = match shows {
            Before(codes) | SigningIn(codes) => (codes, "it shows early"),
            Later(codes, why) => (codes, why),
            Never(why) => (&[], why),
        };
        assert!(!why.is_empty() && codes.is_empty() == matches!(shows, Never(_)), "{what}");
        for code in codes {
            assert!(catalogue::entry(code).is_some(), "{what}: {code}");
        }
    }
}

#[test]
fn what_the_preflight_finds_is_listed() {
    const TENANTS_ALONE: [&str; 6] = ["CP-109", "CP-130", "CP-140", "CP-141", "CP-142", "CP-143"];
    let listed = |code: &str| {
        KNOWN.iter().any(|(_, shows)| matches!(shows, Before(codes) if codes.contains(&code))) || code == "CP-145"
    };
    let preflight = catalogue::all().iter().filter(|entry| entry.place == catalogue::Place::Preflight);
    for entry in preflight.filter(|entry| !TENANTS_ALONE.contains(&entry.code.as_str())) {
        assert!(listed(&entry.code), "{} {}", entry.code, entry.title);
    }
}

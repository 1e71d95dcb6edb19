//! Between the program and Azure: proxies, certificates, clouds.

mod proxy;
mod services;

use std::path::Path;

use time::Duration;

use self::{
    proxy::{Manners, Proxy},
    services::{Known, Services, Shown},
};
use super::harness::{Output, Running, one_line};
use crate::world::World;

/// A name that nobody but a proxy can resolve: `.test` is nobody's.
const NAME: &str = "azure.test";

const PASSWORD: &str = "hunter22";
/// `ana:hunter22`, as a proxy hears it.
const ENCODED: &str = "YW5hOmh1bnRlcjIy";

/// The program with these arguments and variables.
async fn run(world: &World, args: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = world.command(args.iter().copied());
    command.envs(variables.iter().copied());
    Running::of(command).end().await
}

fn file(world: &World) -> String {
    world.setup_file("shop-prod", "fabrikamimages", |_| {}).to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_through_a_proxy_that_wants_a_password() {
    let world = World::named("default", Some(NAME)).await;
    let proxy = Proxy::start(Manners::Opens, Some(ENCODED)).await;
    let address = format!("http://ana:{PASSWORD}@127.0.0.1:{}", proxy.port);
    let log = world.path("log.txt");
    let args = ["apply", &file(&world), "--yes", "--verbose", "--log", log.to_str().unwrap()];
    let out = run(&world, &args, &[("https_proxy", &address)]).await.exits(0);
    assert_eq!(proxy.hosts(), [NAME, &format!("fabrikamimages.{NAME}")]);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    for text in [out.stdout, out.stderr, std::fs::read_to_string(&log).unwrap()] {
        assert!(!text.contains(PASSWORD) && !text.contains(ENCODED), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_of_a_proxy_has_its_words() {
    let world = World::named("default", Some(NAME)).await;
    let file = file(&world);
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (manners, wants, variable, code) in [
        (Manners::Opens, Some("somebody else"), "HTTPS_PROXY", "CP-709"),
        (Manners::Says("403 Forbidden"), None, "https_proxy", "CP-710"),
        (Manners::Says("502 Bad Gateway"), None, "ALL_PROXY", "CP-711"),
        (Manners::Leads(unused), None, "all_proxy", "CP-712"),
        (Manners::Says("404 Not Found"), None, "HTTPS_PROXY", "CP-713"),
    ] {
        let proxy = Proxy::start(manners, wants).await;
        // Nobody is where the fourth one points to.
        let port = if code == "CP-712" { unused } else { proxy.port };
        let address = format!("http://ana:{PASSWORD}@127.0.0.1:{port}");
        let out = run(&world, &["plan", &file], &[(variable, &address)]).await.exits(5);
        let said = one_line(&out.stderr);
        for part in [code, &format!("the proxy `127.0.0.1:{port}` ({variable})"), NAME] {
            assert!(said.contains(part), "{part} is missing in\n{}", out.stderr);
        }
        assert!(!said.contains(PASSWORD) && !said.contains(ENCODED), "{said}");
    }
    assert!(world.sim.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn excepted_hosts_and_this_machine_are_reached_directly() {
    let proxy = Proxy::start(Manners::Opens, None).await;
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let variables = [("HTTPS_PROXY", address.as_str()), ("HTTP_PROXY", &address), ("ALL_PROXY", &address)];
    // A proxy's loopback is not this one.
    let world = World::new("default").await;
    run(&world, &["plan", &file(&world)], &variables).await.exits(0);
    let world = World::named("default", Some(NAME)).await;
    for name in ["NO_PROXY", "no_proxy"] {
        let variables = [&variables[..], &[(name, NAME)]].concat();
        let out = run(&world, &["plan", &file(&world)], &variables).await.exits(5);
        assert!(out.stderr.contains("CP-701"), "nobody else knows the name:\n{}", out.stderr);
    }
    assert!(proxy.hosts().is_empty());
}

/// Azure, worldwide, as a proxy leads to it.
async fn in_azure(world: &World, proxy: &Proxy, ca: Option<&Path>) -> Output {
    let mut command = world.bare_command(["plan", &file(world)]);
    command.env("HTTPS_PROXY", format!("127.0.0.1:{}", proxy.port));
    if let Some(ca) = ca {
        command.arg("--ca-file").arg(ca);
    }
    Running::of(command).end().await
}

const AZURE: &[&str] = &[
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "management.azure.com",
];
const YEAR: Duration = Duration::days(365);

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_refused_are_told_apart_with_their_issuer() {
    let world = World::new("default").await;
    for (shown, trusted, code, words) in [
        (Shown { names: AZURE, left: YEAR }, false, "CP-702", "could not be trusted"),
        (Shown { names: AZURE, left: -Duration::DAY }, true, "CP-714", "has run out ("),
        (Shown { names: &["gateway.example"], left: YEAR }, true, "CP-715", "is for another name: "),
    ] {
        let services = Services::start(&shown, &[]);
        let proxy = Proxy::start(Manners::Leads(services.port), None).await;
        let ca = world.write("office.pem", &services.ca_pem);
        let out = in_azure(&world, &proxy, trusted.then_some(&ca)).await.exits(5);
        let said = one_line(&out.stderr);
        for part in [code, words, "issued by \"Office Web Gateway CA (Contoso)\"", "(HTTPS_PROXY)"] {
            assert!(said.contains(part), "{part} is missing in\n{}", out.stderr);
        }
    }
}

/// What is said where only these services can be reached, and know these tenants.
async fn asked(names: &'static [&'static str], known: &'static [Known], code: i32) -> (String, Vec<String>) {
    let world = World::new("default").await;
    let services = Services::start(&Shown { names, left: YEAR }, known);
    let proxy = Proxy::start(Manners::Leads(services.port), None).await;
    let ca = world.write("office.pem", &services.ca_pem);
    let out = in_azure(&world, &proxy, Some(&ca)).await.exits(code);
    (one_line(&out.stderr), proxy.hosts())
}

/// Each cloud's sign-in was asked. What Azure's own service says is looked up side by side, and may come too late to be asked.
fn expect_every_cloud_asked(hosts: &[String]) {
    let (service, sign_ins) = AZURE.split_last().unwrap();
    let asked = hosts.strip_suffix(&[(*service).to_owned()]).unwrap_or(hosts);
    assert_eq!(asked, sign_ins);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_of_another_cloud_is_found_there() {
    const US: &str = "microsoftonline.us";
    let known: &[Known] =
        &[("login.microsoftonline.us", "contoso.example", US), ("login.microsoftonline.us", "fabrikam.example", US)];
    let (said, hosts) = asked(AZURE, known, 2).await;
    assert!(
        said.contains("it is not in AzureCloud, but in AzureUSGovernment. Name that cloud: --cloud usgov"),
        "{said}"
    );
    expect_every_cloud_asked(&hosts);
    // Where none knows it, or the others cannot be asked, no more is said than is known.
    for names in [AZURE, &["login.microsoftonline.com", "management.azure.com"]] {
        let (said, hosts) = asked(names, &[], 2).await;
        assert!(said.contains("find the tenant ") && said.contains("AzureCloud knows no such tenant"), "{said}");
        expect_every_cloud_asked(&hosts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_of_different_clouds_are_told_so_with_both_names() {
    const WORLD: &str = "microsoftonline.com";
    const US: &str = "microsoftonline.us";
    let words = "the cluster tenant contoso.example is in AzureCloud, and the registry tenant fabrikam.example in \
                 AzureUSGovernment";
    let plain: &[Known] = &[
        ("login.microsoftonline.com", "contoso.example", WORLD),
        ("login.microsoftonline.us", "fabrikam.example", US),
    ];
    // The worldwide service knows a tenant of the US Government too, and says where it is at home.
    let known_to_both: &[Known] = &[
        ("login.microsoftonline.com", "contoso.example", WORLD),
        ("login.microsoftonline.com", "fabrikam.example", US),
        ("login.microsoftonline.us", "fabrikam.example", US),
    ];
    for known in [plain, known_to_both] {
        let (said, _) = asked(AZURE, known, 3).await;
        assert!(said.contains("CP-142") && said.contains(words), "{said}");
    }
}

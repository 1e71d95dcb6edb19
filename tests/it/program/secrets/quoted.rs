//! Services, and what stands in for them, that refuse and quote what they were sent: in their words, or in a page's title.

use crosspull::sim::{Action, Rule, faults::QuoteFault};

use super::{Told, certificate, named, people, with_certificate};

/// Both ways of quoting.
const IN_A_PAGE: [bool; 2] = [false, true];

impl Told {
    /// From now on an operation is refused.
    fn quotes(&self, operation: &str, field: &str, page: bool) {
        self.world.sim.faults().clear();
        let quote = QuoteFault { field: field.to_owned(), page };
        self.world.sim.faults().add(Rule::new(operation, Action::Quote(quote)).times(50));
    }

    /// It was refused, and that is told.
    #[track_caller]
    fn was_quoted(&self, stderr: &str) {
        let struck = self.world.sim.faults().list();
        assert!(struck.iter().all(|(_, times)| *times > 0), "{struck:?}\n{stderr}");
        assert!(stderr.contains('…'), "{stderr}");
    }
}

pub(crate) async fn what_a_refused_program_sent_does_not_come_back() {
    let mut told = Told::new().await;
    let (pem, _) = certificate(&told.world).await;
    let machine = told.world.sim.ready().machine.clone().unwrap();
    let itself = named(&told.world, "machine", &[("sign_in", "managed-identity")]);
    let secret = told.world.setup_file("shop-keep", "fabrikamimages", |_| {});
    let ways = [
        (secret, "login.token", "client_secret"),
        (with_certificate(&told.world, &pem), "login.token", "client_assertion"),
        (itself, "identity.app_service", "x-identity-header"),
    ];
    for (setup, operation, field) in &ways {
        for page in IN_A_PAGE {
            told.quotes(operation, field, page);
            let variables = [
                ("IDENTITY_ENDPOINT", machine.identity_endpoint.as_str()),
                ("IDENTITY_HEADER", machine.identity_header.as_str()),
            ];
            let out = told.run(&["plan", setup.to_str().unwrap()], &variables).await.exits(5);
            told.was_quoted(&out.stderr);
        }
    }
    std::fs::remove_file(&pem).unwrap();
    told.nothing_leaks(|_| {}, &["client_secret", "client_assertion", "x-identity-header"]);
}

pub(crate) async fn what_a_refused_person_sent_does_not_come_back() {
    let mut told = Told::new().await;
    for page in IN_A_PAGE {
        told.quotes("login.token", "device_code", page);
        let args = ["plan", &people::by(&told.world, "device-code", &["cluster"]), "--json"];
        let out = people::answered(&told.world, told.command(&args), true).await.exits(5);
        told.was_quoted(&out.stderr);
        told.keep(&args, out);
    }
    told.nothing_leaks(|_| {}, &["device_code"]);
}

/// Of each kind of service one that is asked with something secret, before the cluster is touched and when it is.
pub(crate) async fn what_a_service_was_sent_does_not_come_back() {
    for (operation, field) in [
        ("graph.application.add_password", "authorization"),
        ("aks.clusters.get", "authorization"),
        ("aks.clusters.reset_service_principal", "secret"),
        ("registry.token", "authorization"),
    ] {
        for page in IN_A_PAGE {
            let mut told = Told::new().await;
            let file = told.world.setup_file("shop-prod", "fabrikamimages", |_| {});
            told.quotes(operation, field, page);
            let args = ["apply", file.to_str().unwrap(), "--yes", "--wait", "1"];
            let out = told.run(&args, &[]).await;
            assert_ne!(out.code, 0, "{}", out.stdout);
            told.was_quoted(&(out.stdout + &out.stderr));
            for args in [&["show", "shop-prod"][..], &["report", "shop-prod"], &["report", "shop-prod", "--json"]] {
                let out = told.run(args, &[]).await;
                // What is refused before the plan stands leaves no setup.
                assert!(out.code == 0 || operation == "aks.clusters.get", "{}", out.stderr);
            }
            told.nothing_leaks(|_| {}, &["client_secret", "access_token"]);
        }
    }
}

//! What cannot be meant, and what no Azure would say: a clear message, the right exit code, and nothing changed or lost.

use std::path::Path;

use crosspull::sim::{Action, Rule, faults::StatusFault};

use super::harness::{Output, Running, one_line, shown};
use crate::world::World;

async fn plan(world: &World, file: &Path) -> Output {
    world.crosspull(["plan", file.to_str().unwrap()]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_files_that_say_nothing_or_nonsense() {
    let world = World::new("default").await;
    let malformed = world.write("malformed.toml", "name = \"shop\"\n[cluster\nid = 3\n");
    shown!(world, one_line(&plan(&world, &malformed).await.exits(2).stderr), @"crosspull: could not use the setup file because: FOLDER/files/malformed.toml, line 2: this is not TOML: unclosed table, expected `]`");

    let unknown = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.images", "shop/web:1.4").set("app.secret_day", 90);
    });
    shown!(world, one_line(&plan(&world, &unknown).await.exits(2).stderr), @"crosspull: could not use the setup file because: FOLDER/files/shop-prod-fabrikamimages.toml, line 4, app.secret_day: this key is not known; did you mean `secret_days`? FOLDER/files/shop-prod-fabrikamimages.toml, line 21, registry.images: this key is not known; did you mean `image`?");

    let wrong = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("cluster.id", "/subscriptions/x/resourceGroups/shop/managedClusters/shop-prod")
            .set("registry.tenant", "not a tenant")
            .set("cluster.client_id", "ana")
            .set("registry.image", "Shop/Web");
    });
    shown!(world, one_line(&plan(&world, &wrong).await.exits(2).stderr), @"crosspull: could not use the setup file because: FOLDER/files/shop-prod-fabrikamimages.toml, line 4, cluster.client_id: a client (application) id belongs here, which is a UUID FOLDER/files/shop-prod-fabrikamimages.toml, line 6, cluster.id: a resource id belongs here: /subscriptions/.../resourceGroups/.../providers/Microsoft.ContainerService/managedClusters/... FOLDER/files/shop-prod-fabrikamimages.toml, line 17, registry.image: `Shop/Web` is not an image name (repository and tag in small letters, without the registry's host), such as shop/web:1.4 FOLDER/files/shop-prod-fabrikamimages.toml, line 20, registry.tenant: `not a tenant` is not a tenant: its id, or one of its domains such as contoso.onmicrosoft.com");

    let swapped = world.setup_file("shop-prod", "fabrikamimages", |file| {
        let id = world.sim.ready().tenants[1].registries[0].id.clone();
        file.set("cluster.id", id);
    });
    shown!(world, one_line(&plan(&world, &swapped).await.exits(2).stderr), @"crosspull: could not use the setup file because: FOLDER/files/shop-prod-fabrikamimages.toml, line 6, cluster.id: is the id of a Microsoft.ContainerRegistry/registries; the id of a Microsoft.ContainerService/managedClusters belongs here");

    let gone = world.path("not-there.toml");
    shown!(world, one_line(&plan(&world, &gone).await.exits(2).stderr), @"crosspull: could not use the setup file because: could not read FOLDER/files/not-there.toml because: No such file or directory (os error 2)");
    assert!(world.sim.requests().is_empty(), "nobody was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_was_pasted_into_the_file_is_not_repeated() {
    let world = World::new("default").await;
    let secret = world.operator("ana").client_secret;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("cluster.client_secret", secret.as_str()).set("cluster.client_secret_env", secret.as_str());
    });
    let out = plan(&world, &file).await.exits(2);
    assert!(out.stderr.contains("If this is the secret itself"), "{}", out.stderr);
    assert!(!out.stderr.contains(&secret) && out.stdout.is_empty(), "{}", out.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_and_accounts_that_do_not_fit() {
    let world = World::new("default").await;
    let other = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("cluster.tenant", "northwind.example");
    });
    shown!(world, plan(&world, &other).await.exits(2).stderr, @"
    crosspull: could not use this cluster: its subscription belongs to tenant
               11111111-aaaa-4000-8000-000000000001, and not to the cluster tenant
               33333333-cccc-4000-8000-000000000001
    ");

    let nowhere = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.tenant", "nowhere.example");
    });
    shown!(world, plan(&world, &nowhere).await.exits(2).stderr, @"
    crosspull: could not find the tenant nowhere.example: CrosspullSimulator knows
               no such tenant
    ");

    let unset = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("cluster.client_secret_env", "NOT_SET");
    });
    shown!(world, plan(&world, &unset).await.exits(2).stderr, @"
    crosspull: could not sign in as 11111111-aaaa-4000-8000-000000000101: the
               environment variable NOT_SET is empty or not set
    ");

    let stranger = world.setup_file("shop-prod", "fabrikamimages", |file| {
        // Ben, in Ana's tenant.
        world.sign_in_as(file, "cluster", "ben");
    });
    shown!(world, plan(&world, &stranger).await.exits(5).stderr, @"
    FAILED TIME UTC  CP-212  The app that signs in is refused
    Tried    sign in to contoso.example
    Azure    400: AADSTS700016: Application with identifier
             '22222222-bbbb-4000-8000-000000000101' was not found in the directory
             'Contoso'. This can happen if the application has not been installed
             by the administrator of the tenant or consented to by any user in the
             tenant. You may have sent your authentication request to the wrong
             tenant.
    Means    The app with which crosspull signs in is not known in the tenant, is
             disabled, or what it proves itself with is wrong, missing or has
             ended. It is a service principal, or the app that --client-id names.
    Changed  nothing
    Do       Check the client id and the tenant; of a service principal also the
             environment variable with its secret, or the file with its
             certificate. The variable needs the secret's value, not its id.
             (Whoever runs that app)
    Read     https://learn.microsoft.com/entra/identity-platform/howto-create-service-principal-portal

    request      UUID
    correlation  UUID
    time         DATE TIME UTC
    ");

    let wrong = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("cluster.client_secret_env", World::secret_variable("ben"));
    });
    shown!(world, plan(&world, &wrong).await.exits(5).stderr, @"
    FAILED TIME UTC  CP-212  The app that signs in is refused
    Tried    sign in to contoso.example
    Azure    401: AADSTS7000215: Invalid client secret provided. Ensure the secret
             being sent in the request is the client secret value, not the client
             secret ID, for a secret added to app
             '11111111-aaaa-4000-8000-000000000101'.
    Means    The app with which crosspull signs in is not known in the tenant, is
             disabled, or what it proves itself with is wrong, missing or has
             ended. It is a service principal, or the app that --client-id names.
    Changed  nothing
    Do       Check the client id and the tenant; of a service principal also the
             environment variable with its secret, or the file with its
             certificate. The variable needs the secret's value, not its id.
             (Whoever runs that app)
    Read     https://learn.microsoft.com/entra/identity-platform/howto-create-service-principal-portal

    request      UUID
    correlation  UUID
    time         DATE TIME UTC
    ");
    assert!(world.writes().is_empty());
}

fn page(status: u16) -> Action {
    Action::Status(StatusFault {
        status,
        body: Some("<html><body>Sign in to the hotel's network</body></html>".to_owned()),
        content_type: Some("text/html".to_owned()),
        ..StatusFault::default()
    })
}

fn elsewhere() -> Action {
    Action::RedirectTo { redirect_to: "https://evil.example/".to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_no_azure_gives_before_a_plan() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let with = async |operation: &str, action: Action| {
        world.sim.faults().add(Rule::new(operation, action).times(100));
        let out = plan(&world, &file).await;
        world.sim.faults().clear();
        out
    };
    shown!(world, with("arm.metadata", page(200)).await.exits(5).stderr, @"
    FAILED TIME UTC  CP-704  Something else than Azure answered
    Tried    read the endpoints of https://localhost:PORT/
    Found    200: what answered for `localhost:PORT` is not Azure: it sent
             `text/html` where JSON belongs; a proxy or a sign-in page of the
             network may stand in between
    Means    The answer does not come from Azure: a proxy's page, or a network that
             wants you to sign in first.
    Changed  nothing
    Do       Open a web page in a browser, sign in to the network if it asks, then
             try again. (You, or whoever runs the network)
    Read     https://learn.microsoft.com/azure/azure-portal/azure-portal-safelist-urls

    request      UUID
    correlation  UUID
    time         DATE TIME UTC
    ");
    shown!(world, with("arm.metadata", Action::TruncateBody).await.exits(5).stderr, @"
    FAILED TIME UTC  CP-703  No answer came
    Tried    read the endpoints of https://localhost:PORT/
    Found    the answer broke off
    Means    The request left, and no whole answer came back. It may have had its
             effect; crosspull looks before it sends anything again.
    Changed  nothing
    Do       Check the network and resume. (You)
    Read     https://learn.microsoft.com/azure/architecture/best-practices/transient-faults

    time         DATE TIME UTC
    ");
    shown!(world, with("arm.metadata", elsewhere()).await.exits(5).stderr, @"
    FAILED TIME UTC
    Tried    read the endpoints of https://localhost:PORT/
    Found    307: `localhost:PORT` points to `evil.example` instead of answering;
             nothing was sent there
    Means    Azure could not be reached from here, or something else answered in
             its place.
    Changed  nothing
    Do       Check the network, the proxy and the clock, then try again.

    request      UUID
    correlation  UUID
    time         DATE TIME UTC
    ");
    // Which of the two tenants is asked first is chance.
    for action in [page(200), elsewhere()] {
        let out = with("login.token", action).await.exits(5);
        assert!(out.stderr.contains("Tried    sign in to "), "{}", out.stderr);
        assert!(out.stderr.contains("Found    200: what answered") || out.stderr.contains("points to `evil.example`"));
    }
    // Nothing is said of a cluster that nobody answered for.
    for action in [page(200), Action::TruncateBody, elsewhere()] {
        let out = with("aks.clusters.get", action).await.exits(5);
        assert!(out.stderr.contains("Tried    read cluster shop-prod"), "{}", out.stderr);
        assert!(!out.stderr.contains("CP-109"), "{}", out.stderr);
    }
    assert!(world.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_no_azure_gives_in_the_middle_lose_nothing() {
    for action in [page(200), elsewhere()] {
        let world = World::new("default").await;
        world.sim.faults().add(Rule::new("graph.service_principal.upsert", action).times(100));
        let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
        world.apply_file(&file).await.exits(5).says("identity  FAILED");
        world.sim.faults().clear();
        world.crosspull(["resume"]).await.exits(0);
        world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_asked_for_again() {
    let world = World::new("default").await;
    for operation in ["graph.service_principal.upsert", "graph.application.add_password", "aks.command_results.get"] {
        world.sim.faults().add(Rule::new(operation, Action::TruncateBody));
    }
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    world.apply_file(&file).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!(world.labelled_keys().len(), 1, "the key whose text was cut off is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cloud_that_is_not_there_or_not_trusted() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let run = async |more: &[&str]| {
        let mut command = world.bare_command(["plan", file.to_str().unwrap()]);
        command.args(more);
        Running::of(command).end().await
    };
    let here = world.sim.ready().resource_manager.clone();
    shown!(world, run(&["--resource-manager", &here]).await.exits(5).stderr, @r#"
    FAILED TIME UTC  CP-702  The other end is not trusted
    Tried    read the endpoints of https://localhost:PORT/
    Found    `localhost:PORT` could not be trusted: its certificate was issued by
             "crosspull simulator, this run only", which this machine does not
             trust
    Means    The certificate was issued by somebody whom this machine does not
             trust. Most often that is the company's own inspecting proxy, which
             opens the connections and shows certificates of its own. Nothing was
             sent.
    Changed  nothing
    Do       If the issuer that is named is your company's, ask for its CA
             certificate as a PEM file and give that with --ca-file: it is trusted
             beside the system's own. If you do not know the issuer, do not go on.
             (You, or whoever runs the network)
    Read     https://learn.microsoft.com/cli/azure/use-azure-cli-successfully-troubleshooting

    time         DATE TIME UTC
    "#);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("https://localhost:{nobody}");
    shown!(world, run(&["--resource-manager", &nobody]).await.exits(5).stderr, @"
    FAILED TIME UTC  CP-701  The service cannot be reached
    Tried    read the endpoints of https://localhost:PORT/
    Found    `localhost:PORT` could not be reached: Connection refused (os error
             111)
    Means    No connection came about: no network, no such name, or a firewall in
             between. If this network has a proxy, it was not asked.
    Changed  nothing
    Do       Check the network. Where there is a proxy, name it in HTTPS_PROXY.
             Then try again. (You, or whoever runs the network)
    Read     https://learn.microsoft.com/azure/azure-portal/azure-portal-safelist-urls

    time         DATE TIME UTC
    ");
    let gone = world.path("gone.pem");
    let ca = ["--resource-manager", &here, "--ca-file", gone.to_str().unwrap()];
    shown!(world, one_line(&run(&ca).await.exits(2).stderr), @"crosspull: could not read the certificates in FOLDER/files/gone.pem because: No such file or directory (os error 2)");
    let none = world.path("none.pem");
    std::fs::write(&none, "no certificate\n").unwrap();
    let ca = ["--resource-manager", &here, "--ca-file", none.to_str().unwrap()];
    shown!(world, one_line(&run(&ca).await.exits(2).stderr), @"crosspull: could not trust what --ca-file names: the file of further certificates holds none");
    shown!(world, run(&["--pace", "200", "--cloud", "public"]).await.exits(2).stderr, @"
    crosspull: could not hurry: --pace is for a simulator, named by
               --resource-manager, on this machine or under a name in .test
    ");
    run(&["--resource-manager", "http://localhost"]).await.exits(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_to_be_asked() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |_| {});
    let out = world.crosspull(["apply", file.to_str().unwrap()]).await.exits(2).says("NOTHING HAS BEEN CHANGED YET");
    shown!(world, out.stderr, @"
    crosspull: could not ask for your yes, since this is no terminal. Nothing was
               changed; --yes confirms the plan
    ");
    assert!(world.writes().is_empty() && !world.folder.path().join("setups").exists());
    Running::of(world.bare_command(Vec::<String>::new())).end().await.exits(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn setups_that_are_not_there() {
    let world = World::new("default").await;
    for command in ["show", "report", "undo", "forget", "resume"] {
        let out = world.crosspull([command, "shop"]).await.exits(2);
        assert!(out.stderr.contains("could not find a setup named shop: `crosspull list`"), "{}", out.stderr);
    }
    shown!(world, world.crosspull(["resume"]).await.exits(2).stderr, @"crosspull: could not find an unfinished setup: there is none");
    assert!(world.sim.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_at_a_time() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.provision", "consent");
    });
    let mut first = world.start(["apply", file.to_str().unwrap(), "--yes"]);
    first.line("/oauth2/authorize?").await;
    for command in [&["resume", "shop-prod"][..], &["undo", "shop-prod", "--yes"], &["forget", "shop-prod", "--yes"]] {
        let out = world.crosspull(command.iter().copied()).await.exits(7);
        assert!(out.stderr.contains("another crosspull is at work on it"), "{}", out.stderr);
    }
    let again = world.apply_file(&file).await.exits(2);
    shown!(world, again.stderr, @"
    crosspull: could not begin shop-prod: a setup of that name is unfinished;
               `crosspull resume shop-prod` goes on with it
    ");
    world.crosspull(["show", "shop-prod"]).await.exits(0).says("waits for a person");
    first.signal("INT").await;
    first.end().await.exits(6);
    world.crosspull(["undo", "shop-prod", "--yes"]).await.exits(0);
    world.assert_nothing_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_is_not_believed() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("options.confirm_node_replacement");
    });
    world.apply_file(&file).await.exits(4);
    let setup = std::fs::read_dir(world.folder.path().join("setups")).unwrap().next().unwrap().unwrap().path();
    let journal = setup.join("journal.jsonl");
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, text.replacen("shop-prod", "shop-prob", 1)).unwrap();
    let asked = world.sim.requests().len();
    let id = setup.file_name().unwrap().to_str().unwrap().to_owned();
    let out = world.crosspull(["resume", &id]).await.exits(1);
    shown!(world, one_line(&out.stderr), @"crosspull: could not use the setup's journal because: line 2 of FOLDER/setups/UUID/journal.jsonl is damaged: its checksum is wrong. It was left as it is. Restore the file from a copy. Without one this setup cannot go on; what it made is found in the tenants by the id that its folder is named after. When that is settled, removing the folder takes it out of the list");
    world.crosspull(["list"]).await.exits(0).says("UNREADABLE");
    assert_eq!(world.sim.requests().len(), asked);
    std::fs::write(&journal, text).unwrap();
    world.crosspull(["resume", "--confirm-nodes", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

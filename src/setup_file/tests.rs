use super::*;
use crate::domain::{
    AppId,
    answers::{CarryOver, Provision, Route, SignIn},
};

const CLUSTER_ID: &str = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod";
const REGISTRY_ID: &str = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/fabrikamimages";

fn minimal() -> String {
    format!("[cluster]\nid = \"{CLUSTER_ID}\"\n[registry]\nid = \"{REGISTRY_ID}\"\nimage = \"shop/web:1.4\"\n")
}

fn read_text(text: &str) -> Result<Answers, SetupFileError> {
    parse(text, Path::new("setup.toml"))
}

/// What is said of a text, with the long ids shortened.
fn said(text: &str) -> String {
    let error = read_text(text).expect_err("should be refused");
    error.to_string().replace(CLUSTER_ID, "<cluster>").replace(REGISTRY_ID, "<registry>")
}

#[test]
fn a_minimal_file_gets_its_defaults() {
    let answers = read_text(&minimal()).unwrap();
    assert_eq!(answers.name, "shop-prod-to-fabrikamimages");
    assert_eq!(answers.cluster.sign_in, SignIn::AzureCli);
    assert_eq!(answers.registry.sign_in, Some(SignIn::AzureCli));
    assert_eq!(answers.registry.provision, Provision::Consent);
    assert!(answers.registry.repositories.is_empty() && answers.registry.login_server.is_none());
    assert_eq!((answers.app.route, answers.app.secret_days), (None, None));
    assert_eq!(answers.app.redirect_uri.as_str(), "https://www.microsoft.com/");
    assert_eq!(answers.options.carry_over, CarryOver::All);
    assert!(!answers.options.confirm_node_replacement);
}

#[test]
fn a_full_file_is_taken_as_it_stands() {
    let text = format!(
        r#"
name = "shop to fabrikam"
[cluster]
tenant = "contoso.example"
id = "{CLUSTER_ID}"
sign_in = {{ kind = "service-principal", client_id = "33333333-3333-4333-8333-333333333333", client_secret_env = "CONTOSO_SECRET" }}
[registry]
tenant = "44444444-4444-4444-8444-444444444444"
id = "{REGISTRY_ID}"
sign_in = "service-principal"
client_id = "55555555-5555-4555-8555-555555555555"
client_secret_env = "FABRIKAM_SECRET"
image = "shop/web:1.4"
repositories = ["shop/web", "shop/api", "shop/web"]
provision = "direct"
login_server = "fabrikamimages.azurecr.io"
[app]
route = "keep-app"
display_name = "Shop's images"
secret_days = 90
redirect_uri = "http://localhost:8400/done"
[options]
carry_over = ["/subscriptions/11111111-1111-4111-8111-111111111111"]
confirm_node_replacement = true
"#
    );
    let answers = read_text(&text).unwrap();
    assert_eq!(answers.name, "shop to fabrikam");
    let SignIn::ServicePrincipal { client_secret_env, .. } = &answers.cluster.sign_in else { panic!("{answers:?}") };
    assert_eq!(client_secret_env, "CONTOSO_SECRET");
    let Some(SignIn::ServicePrincipal { client_secret_env, .. }) = &answers.registry.sign_in else {
        panic!("{answers:?}")
    };
    assert_eq!(client_secret_env, "FABRIKAM_SECRET");
    assert_eq!(answers.registry.repositories.len(), 2, "each once");
    assert_eq!(answers.registry.provision, Provision::Direct);
    assert_eq!((answers.app.route, answers.app.secret_days), (Some(Route::KeepApp), Some(90)));
    assert!(matches!(&answers.options.carry_over, CarryOver::Only(list) if list.len() == 1));
    assert!(answers.options.confirm_node_replacement);
}

#[test]
fn a_handed_over_registry_needs_no_id_but_tenant_and_login_server() {
    let handed = |more: &str| {
        format!("[cluster]\nid = \"{CLUSTER_ID}\"\n[registry]\nsign_in = \"none\"\nimage = \"shop/web:1.4\"\n{more}")
    };
    let answers =
        read_text(&handed("tenant = \"fabrikam.example\"\nlogin_server = \"fabrikamimages-ab12.azurecr.io\"")).unwrap();
    assert!(answers.registry.handed_over());
    assert_eq!(answers.name, "shop-prod-to-fabrikamimages-ab12");
    insta::assert_snapshot!(said(&handed("provision = \"direct\"")), @r#"
    setup.toml, line 3, registry.login_server: is missing. With sign_in = "none" the registry cannot be asked for it, and it is never guessed from a name: write the host that images are pulled from
    setup.toml, line 3, registry.tenant: is missing. With sign_in = "none" give the tenant, or the registry's id
    setup.toml, line 6, registry.provision: "direct" needs somebody who is signed in to the registry's tenant, and sign_in is "none": write "consent", or sign in
    "#);
}

#[test]
fn every_mistake_is_said_at_once_with_its_line() {
    let text = format!(
        r#"name = "-x"
regsitry = 1
[cluster]
tenant = 7
id = "{REGISTRY_ID}"
sing_in = "azure-cli"
secret_days = 30
[registry]
id = "fabrikamimages"
image = "Shop/Web:1.4"
repositories = "shop/web"
provision = "directly"
login_server = "https://fabrikamimages.azurecr.io"
[app]
route = "newapp"
display_name = "a\nb"
secret_dayz = 30
secret_days = 731
redirect_uri = "http://contoso.example"
[options]
carry_over = ["8ab1"]
confirm_node_replacement = "yes"
"#
    );
    insta::assert_snapshot!(said(&text), @r#"
    setup.toml, line 1, name: a name has 1 to 64 letters, digits, spaces and signs, without spaces around it and without a hyphen in front: it is typed on the command line
    setup.toml, line 2, regsitry: this key is not known; did you mean `registry`?
    setup.toml, line 4, cluster.tenant: is a whole number where a text in quotes belongs
    setup.toml, line 5, cluster.id: is the id of a Microsoft.ContainerRegistry/registries; the id of a Microsoft.ContainerService/managedClusters belongs here
    setup.toml, line 6, cluster.sing_in: this key is not known; did you mean `sign_in`?
    setup.toml, line 7, cluster.secret_days: this key is not known; it belongs in [app]
    setup.toml, line 9, registry.id: a resource id belongs here: /subscriptions/.../resourceGroups/.../providers/Microsoft.ContainerRegistry/registries/...
    setup.toml, line 10, registry.image: `Shop/Web:1.4` is not an image name (repository and tag in small letters, without the registry's host), such as shop/web:1.4
    setup.toml, line 11, registry.repositories: is a text where a list belongs: ["a", "b"]
    setup.toml, line 12, registry.provision: one of "consent", "direct" belongs here; did you mean `direct`?
    setup.toml, line 13, registry.login_server: `https://fabrikamimages.azurecr.io` is not a login server, such as fabrikamimages.azurecr.io
    setup.toml, line 15, app.route: one of "new-app", "keep-app" belongs here; did you mean `new-app`?
    setup.toml, line 16, app.display_name: a name of 1 to 120 characters belongs here, on one line
    setup.toml, line 17, app.secret_dayz: this key is not known; did you mean `secret_days`?
    setup.toml, line 18, app.secret_days: a whole number from 1 to 730 belongs here
    setup.toml, line 19, app.redirect_uri: an https:// address belongs here, or http://localhost; without user name and fragment, at most 256 characters
    setup.toml, line 21, options.carry_over: a role assignment's id or a scope belongs here; both begin with /
    setup.toml, line 22, options.confirm_node_replacement: is a text where true or false belongs (without quotes)
    "#);
}

#[test]
fn an_empty_file_is_told_what_is_required() {
    insta::assert_snapshot!(said(""), @r#"
    setup.toml, cluster.id: the cluster's resource id is missing: az aks show --query id prints it
    setup.toml, registry.id: the registry's resource id is missing: az acr show --query id prints it. Where nobody signs in to its tenant, write sign_in = "none"
    setup.toml, registry.image: is missing: an image of the registry to test with, such as shop/web:1.4
    "#);
}

#[test]
fn text_that_is_not_toml_is_refused_by_its_form_alone() {
    insta::assert_snapshot!(said("[cluster\nid = 1\n[registry]\nclient_secret_env = hunter2hunter2\n"), @"
    setup.toml, line 1: this is not TOML: unclosed table, expected `]`
    setup.toml, line 4: this is not TOML: string values must be quoted, expected literal string
    ");
    insta::assert_snapshot!(said("name = \"a\"\nname = \"b\"\n"), @"setup.toml, line 2: this is not TOML: duplicate key");
}

#[test]
fn keys_are_sent_to_the_table_they_belong_to() {
    for (line, hint) in [
        ("carry_over = \"none\"", "belongs in [options]"),
        ("display_nam = \"x\"", "did you mean `display_name` in [app]?"),
        ("zzz = 1", "known here: name, cluster, registry, app, options"),
    ] {
        let text = format!("{line}\n{}", minimal());
        let error = said(&text);
        assert!(error.contains("line 1") && error.contains(hint), "{error}");
    }
}

#[test]
fn sign_ins_that_do_not_fit_are_refused() {
    for (lines, key, hint) in [
        ("sign_in = \"azurecli\"", "cluster.sign_in", "did you mean `azure-cli`?"),
        ("sign_in = \"none\"", "cluster.sign_in", "somebody has to sign in"),
        ("sign_in = 3", "cluster.sign_in", "one of \"azure-cli\", \"browser\", \"device-code\", \"service-principal\""),
        ("sign_in = {}", "cluster.sign_in.kind", "one of"),
        (
            "sign_in = { kind = \"azure-cli\", secret = \"x\" }",
            "cluster.sign_in.secret",
            "does not belong in this file",
        ),
        ("sign_in = \"service-principal\"", "cluster.client_id", "is missing"),
        ("sign_in = \"service-principal\"", "cluster.client_secret_env", "is missing"),
        ("client_id = \"x\"", "cluster.client_id", "belongs to sign_in"),
        ("sign_in = \"browser\"\nclient_secret_env = \"X\"", "cluster.client_secret_env", "and the sign-in is another"),
        ("sign_in = \"browser\"\nclient_id = \"x\"", "cluster.client_id", "which is a UUID"),
        (
            "sign_in = \"service-principal\"\nclient_secret_env = \"X\"\nclient_certificate = \"y\"",
            "cluster.client_certificate",
            "one of the two is enough",
        ),
        (
            "sign_in = \"service-principal\"\nclient_certificate = \"-----BEGIN PRIVATE KEY\"",
            "cluster.client_certificate",
            "not what is in the file",
        ),
        (
            "sign_in = { kind = \"azure-cli\" }\nclient_id = \"x\"",
            "cluster.client_id",
            "belongs into the braces of sign_in",
        ),
    ] {
        let error = said(&minimal().replacen("[cluster]\n", &format!("[cluster]\n{lines}\n"), 1));
        assert!(error.lines().any(|line| line.contains(&format!(", {key}: ")) && line.contains(hint)), "{error}");
    }
}

#[test]
fn each_way_to_sign_in_can_be_written() {
    let app = "33333333-3333-4333-8333-333333333333";
    let id: AppId = app.parse().unwrap();
    for (lines, expected) in [
        ("sign_in = \"azure-developer-cli\"".to_owned(), SignIn::AzureDeveloperCli),
        ("sign_in = \"browser\"".to_owned(), SignIn::Browser { client_id: None }),
        (format!("sign_in = \"device-code\"\nclient_id = \"{app}\""), SignIn::DeviceCode { client_id: Some(id) }),
        (
            format!("sign_in = \"service-principal\"\nclient_id = \"{app}\"\nclient_certificate = \"ci.pem\""),
            SignIn::Certificate { client_id: id, client_certificate: std::path::absolute("ci.pem").unwrap() },
        ),
        ("sign_in = \"workload-identity\"".to_owned(), SignIn::WorkloadIdentity { client_id: None, token_file: None }),
        (
            format!(
                "sign_in = {{ kind = \"workload-identity\", client_id = \"{app}\", federated_token_file = \"t\" }}"
            ),
            SignIn::WorkloadIdentity { client_id: Some(id), token_file: std::path::absolute("t").ok() },
        ),
        ("sign_in = \"managed-identity\"".to_owned(), SignIn::ManagedIdentity { client_id: None }),
    ] {
        let text = minimal().replacen("[cluster]\n", &format!("[cluster]\n{lines}\n"), 1);
        assert_eq!(read_text(&text).unwrap().cluster.sign_in, expected, "{lines}");
    }
}

#[test]
fn a_pasted_secret_is_refused_and_never_repeated() {
    // Made up for this test, in the forms that Entra gives secrets.
    for secret in
        ["x8Q~notARealSecret.atAll-butLooksLikeOne12", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z", "", "1NAME", "A-B"]
    {
        for lines in [
            format!("sign_in = \"service-principal\"\nclient_id = \"{secret}\"\nclient_secret_env = \"{secret}\""),
            format!(
                "sign_in = {{ kind = \"service-principal\", client_id = \"{secret}\", client_secret_env = \"{secret}\" }}"
            ),
            format!("client_secret = \"{secret}\""),
            format!("sign_in = \"{secret}\""),
            format!("sign_in = {{ kind = \"{secret}\" }}"),
            format!("secret_days = \"{secret}\""),
            format!("client_secret_env = {secret}"),
        ] {
            let error = said(&minimal().replacen("[cluster]\n", &format!("[cluster]\n{lines}\n"), 1));
            assert!(secret.len() < 10 || !error.contains(secret), "{error}");
        }
    }
}

#[test]
fn an_image_that_the_right_would_not_cover_is_refused() {
    let error = said(&minimal().replace("image =", "repositories = [\"shop/api\"]\nimage ="));
    assert!(error.contains("not among repositories"), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_says_which() {
    let error = read(Path::new("/nowhere/setup.toml")).unwrap_err();
    assert_eq!(error.to_string(), "could not read /nowhere/setup.toml");
    let error: Error = error.into();
    assert_eq!(error.exit_code(), crate::error::ExitCode::Usage);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*", at in 0..400_usize, more in "[a-z_=\\[\\]{}\"', 0-9\n-]{0,20}") {
        let _ = read_text(&text);
        let mut file = minimal();
        file.insert_str(at.min(file.len()), &more);
        let _ = read_text(&file);
    }
}

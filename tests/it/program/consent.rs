//! The other company's admin: in a browser, or on their own side.

use std::{collections::HashMap, path::PathBuf};

use reqwest::Method;
use serde_json::json;

use super::harness::shown;
use crate::world::World;

/// The hidden fields of a page's first form, as a browser sends them back.
fn fields(html: &str) -> HashMap<String, String> {
    let form = html.split("</form>").next().unwrap_or_default();
    form.split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|input| {
            let (name, rest) = input.split_once("\" value=\"").unwrap();
            let value = rest.split_once("\">").unwrap().0;
            (name.to_owned(), value.replace("&amp;", "&").replace("&#39;", "'").replace("&quot;", "\""))
        })
        .collect()
}

fn browser(world: &World) -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge([reqwest::Certificate::from_pem(world.sim.ca_pem().as_bytes()).unwrap()])
        .no_proxy()
        .build()
        .unwrap()
}

/// Opens the link, signs in with a password, and accepts.
async fn accept(world: &World, link: &str, operator: &str) -> String {
    let browser = browser(world);
    let admin = world.operator(operator);
    let page = browser.request(Method::GET, link).send().await.unwrap().text().await.unwrap();
    let post = async |page: &str, more: &[(&str, &str)]| {
        let mut form = fields(page);
        form.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        browser.request(Method::POST, link).form(&form).send().await.unwrap()
    };
    let asked = post(&page, &[("username", &admin.user), ("password", &admin.password), ("step", "signin")]).await;
    let asked = asked.text().await.unwrap();
    assert!(asked.contains("Permissions requested"), "{asked}");
    let accepted = post(&asked, &[("decision", "accept")]).await;
    assert_eq!(accepted.status(), 302, "{}", accepted.text().await.unwrap());
    accepted.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_follows_the_printed_link_and_accepts() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.provision", "consent");
    });
    let mut run = world.start(["apply", file.to_str().unwrap(), "--yes"]);
    let said = run.line("without a word is success").await;
    assert_eq!(said, "Landing on https://www.microsoft.com without a word is success.");
    let link = run.line("/oauth2/authorize?").await;
    assert!(link.starts_with("https://localhost:"), "whole, from column 0: {link}");
    let landed = accept(&world, &link, "eve").await;
    assert!(landed.starts_with("https://www.microsoft.com"), "{landed}");
    run.end().await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_accepts_is_waited_for_and_then_left_to_a_resume() {
    let world = World::new("default").await;
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.provision", "consent");
    });
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--wait", "0"]).await.exits(4);
    let out = out
        .says("Left waiting for an admin of Fabrikam to accept the app.")
        .says("\ncrosspull resume shop-prod --resource-manager ");
    let link = out.stdout.lines().find(|line| line.contains("/oauth2/authorize?")).unwrap();
    accept(&world, link, "eve").await;
    world.crosspull(["resume"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

/// Posts to the simulator's own endpoint.
async fn act(world: &World, what: &str, body: serde_json::Value) {
    let url = format!("{}/{what}", world.sim.ready().admin);
    let answer = browser(world).request(Method::POST, url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
}

/// The message for the other admin.
fn message(stdout: &str) -> &str {
    let from = stdout.find("To   an admin of").unwrap_or_else(|| panic!("no message in\n{stdout}"));
    let (message, _) = stdout[from..].split_once("Enterprise applications.").unwrap();
    message
}

/// Nobody signs in to the registry's tenant.
fn handed_over(world: &World) -> PathBuf {
    let server = world.login_server("fabrikamimages");
    world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.set("registry.sign_in", "none").set("registry.login_server", server.as_str());
        file.remove("registry.client_id").remove("registry.client_secret_env");
        file.remove("registry.provision").remove("registry.id");
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handed_over_tenant_is_watched_from_outside() {
    let world = World::new("default").await;
    let file = handed_over(&world);
    let out = world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--wait", "0"]).await.exits(4);
    shown!(world, message(&out.stdout), @r#"
    To   an admin of Fabrikam (tenant 22222222-bbbb-4000-8000-000000000001)

    Contoso would like its cluster shop-prod to pull images from localhost:PORT.
    That takes two things in your tenant. They let one app read images and do
    nothing else; you can take both back at any time.

    app  crosspull shop-prod (UUID)
    from Contoso (tenant 11111111-aaaa-4000-8000-000000000001)

    1. Let the app be known in your tenant

       A Cloud Application Administrator of yours opens this link, ticks "Consent
       on behalf of your organization" and accepts. The page asks for the right to
       sign in and read the profile, and for nothing more. It ends on
       microsoft.com, which says nothing: that is how it looks when it has worked.

    https://localhost:PORT/22222222-bbbb-4000-8000-000000000001/oauth2/authorize?client_id=UUID&response_type=code&redirect_uri=https%3A%2F%2Fwww.microsoft.com&prompt=admin_consent

    2. Let it pull

       An Owner of the registry, or somebody with Role Based Access Control
       Administrator on it, gives the app:

       role   AcrPull; or Container Registry Repository Reader where the registry's
              role assignment mode is AbacRepositoryPermissions
       scope  localhost:PORT

       In the portal: localhost > Container registries > localhost:PORT > Access
                      control (IAM) > Add > Add role assignment > the role above >
                      Members: User, group, or service principal > Select members:
                      "crosspull shop-prod" > Review + assign

    Or with the Azure CLI, in bash or Cloud Shell. The commands find the right role
    by themselves, and can be run twice:

    az login --tenant 22222222-bbbb-4000-8000-000000000001
    az ad sp show --id UUID --output none 2>/dev/null || az ad sp create --id UUID --output none
    PRINCIPAL=$(az ad sp show --id UUID --query id --output tsv)
    REGISTRY=$(for S in $(az account list --query "[?tenantId=='22222222-bbbb-4000-8000-000000000001'].id" --output tsv); do
      az acr list --subscription "$S" --query "[?loginServer=='localhost:PORT'].id" --output tsv
    done)
    MODE=$(az resource show --ids "$REGISTRY" --api-version DATE --query properties.roleAssignmentMode --output tsv) || MODE=unreadable
    case "$REGISTRY:$MODE" in
      :*) echo 'The registry was not found. Nothing was given.' ;;
      *:AbacRepositoryPermissions)
        # Container Registry Repository Reader
        az role assignment create --role UUID --scope "$REGISTRY" \
          --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal ;;
      *:LegacyRegistryPermissions|*:|*:None)
        # AcrPull
        az role assignment create --role UUID --scope "$REGISTRY" \
          --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal ;;
      *) echo "This mode is not known: $MODE. Nothing was given." ;;
    esac

    To take it back: remove the role assignment from the registry, and delete
    crosspull shop-prod under
    "#);
    let out = out.says("Left waiting for an admin of Fabrikam to accept the app.");
    let app = world.ours()[0].app_id;
    assert_eq!(world.ours()[0].principals, ["contoso.example"]);
    assert!(world.labelled_keys().is_empty(), "the key to watch with ends with the run:\n{}", out.stdout);
    world.crosspull(["list"]).await.exits(0).says("waits for a person");

    act(&world, "consent", json!({ "tenant": "fabrikam.example", "app_id": app })).await;
    let out = world.crosspull(["resume", "shop-prod", "--wait", "0"]).await.exits(4).says("consent         done");
    let out = out.says("Left waiting for an admin of Fabrikam to give the app its role.");
    assert!(message(&out.stdout).contains("1. Let the app be known in your tenant: DONE"), "{}", out.stdout);
    act(&world, "role", json!({ "registry": "fabrikamimages", "app_id": app })).await;
    world.crosspull(["resume", "shop-prod"]).await.exits(0);
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_company_made_is_left_to_it() {
    let world = World::new("default").await;
    let file = handed_over(&world);
    world.crosspull(["apply", file.to_str().unwrap(), "--yes", "--wait", "0"]).await.exits(4);
    let app = world.ours()[0].app_id;
    act(&world, "consent", json!({ "tenant": "fabrikam.example", "app_id": app })).await;
    world.crosspull(["resume", "shop-prod", "--wait", "0"]).await.exits(4).says("consent         done");

    let asked = world.crosspull(["undo", "shop-prod"]).await.exits(2);
    shown!(world, asked.stdout, @"To be taken back, in this order: carry over, identity, registration.");
    let out = world.crosspull(["undo", "shop-prod", "--yes"]).await.exits(0);
    shown!(world, out.stdout, @"
    TIME  watch key       is being taken back
    TIME  watch key       taken back
    TIME  carry over      is being taken back
    TIME  carry over      taken back
    TIME  identity        is being taken back
    TIME  identity        taken back
    TIME  registration    is being taken back
    TIME  registration    taken back
    TIME  setup           taken back: nothing of it is left in Contoso
    The deleted app stays in the cluster tenant's recycle bin for 30 days.
    Fabrikam may still have the app, as an enterprise application with the client id UUID, and its role on localhost:PORT. Their admin can remove both.
    ");
    let ours = world.ours();
    let [gone] = ours.as_slice() else { panic!("{ours:#?}") };
    assert!(gone.in_recycle_bin, "{gone:#?}");
}

//! People at a terminal who sign in at their own browser: the screen, the log, and whatever is started to show the page.

use url::Url;

use crate::{
    leaks::{Places, Secrets},
    person::{Ended, Person},
    program::secrets::{Children, TALKATIVE},
    world::World,
};

/// The link that was shown last.
fn link(raw: &[u8]) -> Url {
    let text = String::from_utf8_lossy(raw).into_owned();
    let (_, shown) = text.rsplit_once("The browser was asked to show this page:").expect("a link is shown");
    shown.split_whitespace().next().expect("a link").parse().expect("a whole link")
}

pub(crate) async fn none_is_shown_or_passed_to_a_browser_but_in_the_link() {
    let world = World::new("default").await;
    let children = Children::new();
    let log = world.path("crosspull.log");
    let file = world.setup_file("shop-prod", "fabrikamimages", |file| {
        file.remove("cluster.client_id").remove("cluster.client_secret_env").set("cluster.sign_in", "browser");
    });
    let args = ["apply", file.to_str().unwrap(), "--yes", "--verbose", "--log", log.to_str().unwrap()];
    let mut program = world.wizard(args).size(200, 50).env("DISPLAY", ":1").env("PATH", children.path());
    for (name, value) in TALKATIVE {
        program = program.env(name, value);
    }
    // What shows that this is a machine in Azure is no browser's business.
    program = program.env("IDENTITY_HEADER", &world.sim.ready().machine.as_ref().expect("a machine").identity_header);
    // Of secrets that no setup names nothing can be known.
    for operator in world.sim.ready().tenants.iter().flat_map(|tenant| &tenant.operators) {
        let named = World::secret_variable(&operator.name);
        for name in [named.clone(), operator.name.to_uppercase()].into_iter().filter(|_| operator.name != "ben") {
            program = program.env(&name, "");
        }
        program = program.env(&operator.name.to_uppercase(), "");
    }
    let terminal = program.start();
    terminal.shows("Once that is done");
    let ana = Person::new(&world, "ana@contoso.example");
    let Ended::At(_, said) = ana.open(&link(&terminal.raw())).await else { panic!("signed in nowhere") };
    assert!(said.contains("You can close this tab"), "{said}");
    let left = terminal.end().exits(0);

    let mut places = Places::default();
    places.add_shown("the terminal", String::from_utf8_lossy(&left.raw));
    places.add_files(world.folder.path());
    children.told(&mut places);
    places.hold(&["the terminal", "crosspull.log", "xdg-open, arguments", "xdg-open, environment"]);
    let kinds =
        ["code", "code_verifier", "state", "nonce", "access_token", "refresh_token", "x-identity-header", "secret"];
    places.are_free_of(&Secrets::of(&world), &kinds);
}

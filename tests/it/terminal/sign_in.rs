//! A person signs in from the wizard, at a browser on another machine: what it shows is all that they have.

use std::cell::RefCell;

use url::Url;

use super::pty::{CTRL_C, ENTER, ESC, Pty};
use crate::{
    leaks::{Places, Secrets},
    person::{Ended, Person},
    world::World,
};

/// At the question on the account, over SSH: no browser opens here.
fn asked(world: &World) -> Pty {
    let mut wizard = world.wizard([]).env("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22").size(120, 40).start();
    wizard.shows("a new setup");
    wizard.keys("n");
    wizard.shows("Which company's cluster is it?");
    wizard.keys("contoso.example");
    wizard.shows("> contoso.example");
    wizard.keys(ENTER);
    wizard.shows("Who signs in there?");
    wizard
}

fn choose(wizard: &mut Pty, way: &str) {
    wizard.keys(way);
    wizard.shows(&format!("> {way}"));
    wizard.keys(ENTER);
}

/// What the screen shows once it shows these words.
fn screen(wizard: &Pty, words: &str) -> Vec<String> {
    let text = RefCell::new(String::new());
    wizard.wait_for(words, |screen| {
        *text.borrow_mut() = screen.contents();
        text.borrow().contains(words)
    });
    text.into_inner().lines().map(|row| row.trim_end().to_owned()).collect()
}

/// The link, which stands alone in its rows.
fn link(rows: &[String]) -> Url {
    let from = rows.iter().position(|row| row.starts_with("http")).expect("a link");
    let link: String =
        rows[from..].iter().take_while(|row| !row.is_empty() && !row.starts_with(' ')).cloned().collect();
    link.parse().expect("a whole link")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_that_a_browser_elsewhere_ends_on_is_pasted() {
    let world = World::new("default").await;
    let mut wizard = asked(&world);
    choose(&mut wizard, "in the browser");
    let page = link(&screen(&wizard, "paste it here"));
    let ana = Person::new(&world, "ana@contoso.example").elsewhere();
    let Ended::At(landed, _) = ana.open(&page).await else { panic!("signed in nowhere") };
    assert_eq!(landed.host_str(), Some("localhost"));
    wizard.keys("\x1b[200~http://localhost/\x1b[201~");
    wizard.shows("That is neither the address");
    wizard.keys(&format!("\x1b[200~{landed}\x1b[201~"));
    wizard.shows("In which subscription is the cluster?");
    wizard.shows("ana@contoso.example");
    wizard.hides("Sign in to");
    let code = landed.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    assert!(!String::from_utf8_lossy(&wizard.raw()).contains(&code), "what is pasted is not shown");
    wizard.keys(&CTRL_C.repeat(2));
    wizard.end().exits(0).gave_back();
    let mut kept = Places::default();
    kept.add_files(world.folder.path());
    kept.are_free_of(&Secrets::of(&world), &["code", "code_verifier", "state", "refresh_token", "access_token"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_typed_elsewhere_or_given_up() {
    let world = World::new("default").await;
    let mut wizard = asked(&world);
    choose(&mut wizard, "with a code");
    screen(&wizard, "Type this code there");
    wizard.keys(ESC);
    wizard.shows("CP-221");
    wizard.hides("Type this code there");
    // The way that was tried is marked still.
    wizard.keys(ENTER);
    let rows = screen(&wizard, "Type this code there");
    let from = rows.iter().position(|row| row.contains("Type this code there")).expect("the words");
    let code = rows[from + 1..].iter().map(|row| row.trim()).find(|row| !row.is_empty()).expect("a code");
    let ana = Person::new(&world, "ana@contoso.example");
    ana.type_code(&link(&rows), code).await;
    wizard.shows("In which subscription is the cluster?");
    wizard.shows("ana@contoso.example");
    wizard.keys(&CTRL_C.repeat(2));
    wizard.end().exits(0).gave_back();
}

//! Killed in the middle of the questions: the answers are there again.

use super::pty::{CTRL_C, ENTER, ESC, Pty};
use crate::{program::truth::until, world::World};

/// Empties a line.
const CTRL_U: &str = "\x15";

/// Answers a question by typing, or by choosing what the typed text leaves of the list.
fn answer(wizard: &mut Pty, asks: &str, answer: &str) {
    wizard.wait_for(asks, |screen| screen.contents().contains(asks) && !screen.hide_cursor());
    wizard.keys(CTRL_U);
    wizard.keys(answer);
    wizard.shows(&format!("> {answer}"));
    wizard.keys(ENTER);
}

/// As far as the list of subscriptions, signed in as a service principal.
fn signed_in(world: &World) -> Pty {
    let mut wizard = world.wizard([]).size(120, 40).start();
    wizard.shows("a new setup");
    wizard.keys("n");
    answer(&mut wizard, "Which company's cluster is it?", "contoso.example");
    answer(&mut wizard, "Who signs in there?", "service principal");
    answer(&mut wizard, "Which service principal?", &world.operator("ana").client_id.to_string());
    answer(&mut wizard, "What does it prove itself with?", "ANA_SECRET");
    wizard.shows("In which subscription is the cluster?");
    wizard.shows("contoso-shop");
    wizard
}

/// The first screen lists the draft, marked, by the name that its tenant has by now.
fn listed(wizard: &Pty) {
    wizard.wait_for("the draft, marked", |screen| {
        let text = screen.contents();
        text.contains("> Contoso") && text.contains("not all is answered")
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_outlive_a_kill() {
    let world = World::new("default").await;
    let mut wizard = signed_in(&world);
    // Answers are written beside the screen, in the order in which they were given: once the list shows this one, it is kept.
    for before in ["Who signs in there?", "Which company's cluster is it?", "To go on with"] {
        wizard.keys(ESC);
        wizard.shows(before);
    }
    listed(&wizard);
    wizard.keys(ENTER);
    wizard.shows("In which subscription is the cluster?");
    wizard.keys("half an ans");
    wizard.shows("> half an ans");
    wizard.signal("KILL");
    wizard.killed();

    let mut wizard = world.wizard([]).size(120, 40).start();
    wizard.shows("To go on with");
    listed(&wizard);
    wizard.keys("i");
    let ana = world.operator("ana");
    wizard.wait_for("the answers so far", |screen| {
        let text = screen.contents();
        ["Nothing has been changed in Azure", "contoso.example", "signed in", &ana.client_id.to_string()]
            .iter()
            .all(|words| text.contains(words))
    });
    wizard.keys(ESC);
    wizard.hides("Nothing has been changed in Azure");
    wizard.keys(ENTER);
    wizard.wait_for("the question that was open", |screen| {
        let text = screen.contents();
        text.contains("In which subscription is the cluster?") && !text.contains("half an ans")
    });
    // It goes on where it was: signed in again, it finds what this account may see.
    wizard.shows("contoso-shop");
    wizard.keys(&CTRL_C.repeat(2));
    let left = wizard.end().exits(0).gave_back();

    assert!(world.writes().is_empty(), "{:?}", world.writes());
    assert!(!String::from_utf8_lossy(&left.raw).contains(&ana.client_secret));
    for draft in std::fs::read_dir(world.folder.path().join("drafts")).unwrap() {
        let text = std::fs::read_to_string(draft.unwrap().path()).unwrap();
        assert!(text.contains("ANA_SECRET") && !text.contains(&ana.client_secret), "{text}");
    }
}

/// At whatever moment: what was written last is whole, and nothing is in the way of the next start.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_answers_are_written_leaves_them_whole() {
    let world = World::new("default").await;
    let mut wizard = signed_in(&world);
    let drafts = world.folder.path().join("drafts");
    let kept = || {
        let files = std::fs::read_dir(&drafts).into_iter().flatten();
        files.flatten().any(|file| file.path().extension().is_some_and(|end| end == "json"))
    };
    until("the first answer to be kept", kept).await;
    wizard.keys(ENTER);
    wizard.signal("KILL");
    wizard.killed();
    let mut wizard = world.wizard([]).start();
    wizard.shows("not all is answered");
    wizard.keys("q");
    wizard.end().exits(0).gave_back();
}

//! Coming back to a setup that waits for somebody.

use crosspull::{
    domain::{Answers, SetupId, answers::Provision},
    engine::{
        Command, Events,
        event::{Doing, Ended, Statuses},
        run::Mode,
    },
    sim::{Action, Rule},
};
use tokio::sync::mpsc;

use super::{
    pty::{ENTER, ESC, F1, Pty},
    whole::{accept, agree},
};
use crate::{
    program::truth::until,
    world::{World, describe},
};

/// A setup that waits until somebody of the other company accepts.
pub(crate) async fn waiting(edit: impl FnOnce(&World, &mut Answers)) -> World {
    let world = World::new("default").await;
    let mut answers = world.answers("shop-prod", "fabrikamimages");
    "new-shop".clone_into(&mut answers.name);
    answers.registry.provision = Provision::Consent;
    edit(&world, &mut answers);
    let session = world.session();
    let (steps, plan) = session
        .plan(SetupId::random(), &answers, &tokio::sync::watch::Sender::default())
        .await
        .map_err(|error| describe(&error))
        .unwrap();
    let mut open = session.begin(&answers, &plan, steps).unwrap();
    let (events, mut happened, mut statuses) = Events::channel();
    let (command, commands) = mpsc::channel(1);
    let running = session.run(&mut open, Mode::Fresh, events, commands);
    let leaving = async {
        let waits = |statuses: &Statuses| statuses.values().any(|status| status.doing == Doing::Person);
        statuses.wait_for(waits).await.unwrap();
        command.send(Command::Stop).await.unwrap();
    };
    let reading = async { while happened.recv().await.is_some() {} };
    let (ended, (), ()) = tokio::join!(running, leaving, reading);
    assert_eq!(ended.unwrap(), Ended::Stopped);
    drop(open);
    world
}

/// The registry's tenant is left to its own admin, and is watched with a key made for that.
fn hand_over(world: &World, answers: &mut Answers) {
    answers.registry.sign_in = None;
    answers.registry.id = None;
    answers.registry.login_server = Some(world.login_server("fabrikamimages").parse().unwrap());
}

/// The first screen lists it, marked: whoever comes back comes back for it.
fn listed(world: &World) -> Pty {
    let wizard = world.wizard([]).start();
    wizard.wait_for("the setup, marked", |screen| {
        let text = screen.contents();
        text.contains("To go on with") && text.contains("> new-shop")
    });
    wizard
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setup_that_waits_is_listed_first() {
    let world = waiting(|_, _| {}).await;
    let mut wizard = listed(&world);
    wizard.keys("i");
    wizard.wait_for("where it stands", |screen| {
        let text = screen.contents();
        text.contains("shop-prod to ") && text.contains("registration") && text.contains("done")
    });
    wizard.keys(ESC);
    wizard.hides("registration");
    wizard.keys("q");
    wizard.end().exits(0).gave_back();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handed_over_setup_is_listed_as_well() {
    let world = waiting(hand_over).await;
    let mut wizard = listed(&world);
    wizard.keys("q");
    wizard.end().exits(0).gave_back();
    assert_eq!(world.labelled_keys(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_screen_shows_no_setups() {
    let world = waiting(|_, _| {}).await;
    let mut wizard = world.wizard(["--shared"]).start();
    wizard.shows("a new setup");
    // The list has been read by the time that a later question is answered.
    wizard.keys("n");
    wizard.shows("Which company's cluster is it?");
    wizard.keys("q\x7f");
    wizard.keys(ESC);
    wizard.shows("a new setup");
    wizard.signal("TERM");
    let left = wizard.end().exits(0).gave_back();
    assert!(!String::from_utf8_lossy(&left.raw).contains("new-shop"));
}

#[tokio::test(flavor = "multi_thread")]
async fn resume_opens_it_and_a_signal_leaves_it_to_be_resumed() {
    let world = waiting(|_, _| {}).await;
    for _ in 0..2 {
        let wizard = world.wizard(["resume", "new-shop"]).start();
        wizard.wait_for("the run", |screen| {
            let text = screen.contents();
            text.contains("new-shop") && text.contains("[4 Run]")
        });
        wizard.signal("TERM");
        wizard.end().exits(6).gave_back();
    }
    let mut wizard = listed(&world);
    wizard.keys("q");
    wizard.end().exits(0).gave_back();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_there_is_answered_in_the_shell() {
    let world = World::new("default").await;
    let left = world.wizard(["resume", "nobody"]).start().end().exits(2).says("nobody");
    assert!(!left.raw.contains(&0x1b), "the screen was never taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_setup_is_answered_in_the_shell() {
    let world = waiting(|_, _| {}).await;
    accept(&world);
    let mut wizard = world.wizard(["resume", "new-shop"]).start();
    agree(&mut wizard);
    wizard.shows("PROVEN: shop-prod can pull");
    wizard.keys("q");
    wizard.shows("Leave crosspull?");
    wizard.keys(ENTER);
    wizard.end().exits(0).gave_back();
    let left = world.wizard(["resume", "new-shop"]).start().end().exits(0);
    let left = left.says("There is nothing to do: this setup is connected.");
    assert!(!left.raw.contains(&0x1b), "the screen was never taken");
}

/// Until the key is made that watches from outside: nobody else uses it. It takes its time to go.
async fn watching(world: &World) -> Pty {
    world.sim.faults().clear();
    world.sim.faults().add(Rule::new("graph.application.add_password", Action::Delay { delay_ms: 1 }));
    let wizard = world.wizard(["resume", "new-shop"]).start();
    wizard.shows("[4 Run]");
    world.all_faults_struck().await;
    world.sim.faults().add(Rule::new("graph.application.remove_password", Action::Delay { delay_ms: 500 }));
    until("the key", || !world.labelled_keys().is_empty()).await;
    wizard
}

/// The window's end is told by the system, by the shell, and by the terminal's silence: that is one wish, and it is to stop in
/// order, as every other way out is.
#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_closed_leaves_no_key_behind() {
    let world = waiting(hand_over).await;
    let wizard = watching(&world).await;
    let status = wizard.hang_up(F1, "show every key");
    assert!(status.signal().is_none(), "{status}");
    assert_eq!(world.labelled_keys(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_leaves_no_key_behind() {
    for name in ["TERM", "HUP", "INT"] {
        let world = waiting(hand_over).await;
        let wizard = watching(&world).await;
        wizard.signal(name);
        wizard.end().exits(6).gave_back();
        assert_eq!(world.labelled_keys(), [""; 0], "{name}");
    }
}

/// Nothing can be done about this one at once: the next resume does it.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_leaves_behind_goes_with_the_next_resume() {
    let world = waiting(hand_over).await;
    let wizard = watching(&world).await;
    wizard.signal("KILL");
    wizard.killed();
    assert_eq!(world.labelled_keys().len(), 1);
    let wizard = watching(&world).await;
    wizard.signal("TERM");
    wizard.end().exits(6).gave_back();
    assert_eq!(world.labelled_keys(), [""; 0]);
}

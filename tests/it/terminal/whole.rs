//! From the first question to the proof, and through a kill at each place where a person is waited for.

use crosspull::sim::changes;

use super::{
    pty::{ENTER, ESC, Program, Pty},
    resume::waiting,
};
use crate::world::World;

/// Takes what the demo suggests, until there is a plan.
fn to_the_plan(wizard: &mut Pty) {
    wizard.shows("All goes well");
    wizard.keys(ENTER);
    for question in [
        "Which company's cluster is it?",
        "crosspull works there with this account's rights",
        "In which subscription is the cluster?",
        "Which cluster?",
        "Which company's registry does it pull from?",
        "It has to be allowed to give roles on the registry",
        "Which registry?",
        "Which image shall be pulled as a test?",
        "Which tag of it?",
    ] {
        wizard.wait_for(question, |screen| {
            let text = screen.contents();
            // The field's own prompt is followed by what is typed: nothing. A marked line has words.
            text.contains(question) && text.lines().any(|line| line.starts_with(" > ") && line.trim().len() > 1)
        });
        wizard.keys(ENTER);
    }
    wizard.shows("Start: do these 10 steps");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_finished_with_enter_and_a_few_choices() {
    let folder = tempfile::tempdir().unwrap();
    let mut wizard = Program::crosspull(folder.path()).arg("demo").start();
    to_the_plan(&mut wizard);
    wizard.keys(ENTER);
    wizard.shows("─ Start? ─");
    wizard.keys(ENTER);
    wizard.shows("WAITS FOR Fabrikam");
    let written = String::from_utf8_lossy(&wizard.raw()).into_owned();
    assert!(written.contains("\x1b]8;id=consent;http://localhost:"), "the link is one that a terminal can open");
    wizard.keys("o");
    wizard.shows("WAITS FOR YOUR YES");
    wizard.keys(ENTER);
    wizard.shows("Replace every node?");
    wizard.keys("shop-prod");
    wizard.keys(ENTER);
    wizard.shows("PROVEN: shop-prod can pull");
    // The run that made the secret still has it.
    wizard.keys("v");
    wizard.shows("Show the secret?");
    wizard.keys(ENTER);
    wizard.shows("close and wipe");
    wizard.keys(ESC);
    wizard.hides("close and wipe");
    wizard.keys("q");
    wizard.shows("Leave crosspull?");
    wizard.keys(ENTER);
    wizard.end().exits(0).gave_back();
}

/// The other company's admin accepts the app of the setup.
pub(crate) fn accept(world: &World) {
    let app = world.ours()[0].app_id;
    let tenants = &world.sim.ready().tenants;
    let fabrikam = tenants.iter().find(|tenant| tenant.domain == "fabrikam.example").unwrap().id;
    changes::consent(&mut world.sim.world().lock(), fabrikam, app).unwrap();
}

fn resumed(world: &World) -> Pty {
    world.wizard(["resume", "new-shop"]).start()
}

pub(crate) fn agree(wizard: &mut Pty) {
    wizard.shows("WAITS FOR YOUR YES");
    wizard.keys(ENTER);
    wizard.shows("Replace every node?");
    wizard.keys("shop-prod");
    wizard.keys(ENTER);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_wherever_somebody_is_waited_for_it_goes_on_to_the_proof() {
    let world = waiting(|_, _| {}).await;
    let wizard = resumed(&world);
    wizard.shows("WAITS FOR Fabrikam");
    wizard.signal("KILL");
    wizard.killed();
    accept(&world);

    let wizard = resumed(&world);
    wizard.shows("WAITS FOR YOUR YES");
    wizard.signal("KILL");
    wizard.killed();

    let mut wizard = resumed(&world);
    agree(&mut wizard);
    world.asked_for("aks.clusters.reset_service_principal").await;
    wizard.signal("KILL");
    wizard.killed();

    let mut wizard = resumed(&world);
    wizard.shows("PROVEN: shop-prod can pull");
    wizard.keys("q");
    wizard.keys(ENTER);
    wizard.end().exits(0).gave_back().says("new-shop is connected");
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
}

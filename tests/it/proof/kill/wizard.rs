//! The wizard in its terminal, killed several times in a row while somebody sits before it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{Dice, Moment, assert_no_reset_met_another, command_line::run};
use crate::{
    terminal::{
        pty::{ENTER, Mortal, Pty},
        resume::waiting,
        whole::accept,
    },
    world::World,
};

/// More starts than any setup needs.
const STARTS: usize = 20;

/// A moment that does not come in this time is as good as any other.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn the_wizard_goes_on_to_the_proof() {
    run("kill: wizard", 3, 150, async |seed, kills| connected(seed, kills).await).await;
}

async fn connected(seed: u64, kills: &AtomicU64) {
    let world = Arc::new(waiting(|_, _| {}).await);
    let mut dice = Dice::new(seed);
    let mut deaths = 1 + dice.below(5);
    let mut accepted = false;
    for start in 1.. {
        assert!(start < STARTS, "it comes to no end");
        if !accepted && (deaths == 0 || dice.below(2) == 0) {
            accept(&world);
            accepted = true;
        }
        let moment = (deaths > 0).then(|| Moment::of(&mut dice, 45, 60));
        world.sim.faults().clear();
        if let Some(moment) = &moment {
            moment.arm(&world);
        }
        let wizard = world.wizard(["resume", "new-shop"]).start();
        let mortal = wizard.mortal();
        let sitting = tokio::task::spawn_blocking(move || sit_before(wizard));
        if let Some(moment) = moment {
            come(&moment, &world, &mortal).await;
            mortal.kill();
        }
        match sitting.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic())) {
            None => {
                deaths -= 1;
                kills.fetch_add(1, Ordering::SeqCst);
            }
            Some((0, _)) => break,
            Some((code, screen)) => panic!("it left with {code}:\n{screen}"),
        }
    }
    world.assert_connected_once("shop-prod", "fabrikamimages", "fabrikam.example");
    assert_eq!((world.labelled_keys().len(), world.ours().len()), (1, 1));
    assert_no_reset_met_another(&world);
}

/// Waits for the moment, or for the end.
async fn come(moment: &Moment, world: &World, mortal: &Mortal) {
    let began = Instant::now();
    let later = match moment {
        Moment::After(delay) => *delay,
        // What is told on a screen has no lines to be counted.
        Moment::Told(lines, delay) => Duration::from_millis(50 * lines) + *delay,
        Moment::Asked(_, delay) => {
            let struck = || world.sim.faults().list().iter().all(|(_, times)| *times > 0);
            while !struck() && !mortal.has_ended() && began.elapsed() < LONG {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            *delay
        }
    };
    tokio::time::sleep(later).await;
}

/// Says yes to whatever is asked, and leaves at the end. With what the wizard left, unless it was killed.
fn sit_before(mut wizard: Pty) -> Option<(u32, String)> {
    loop {
        let next =
            wizard.shows_one_of(&["PROVEN: shop-prod can pull", "Replace every node?", "CP-611", "WAITS FOR YOUR YES"]);
        match next {
            // Killed around two resets: nothing tells which key came last, and another reset settles it.
            Some(2) => {
                wizard.keys_if_alive("r");
                wizard.hides_or_ends("CP-611");
            }
            Some(0) => {
                wizard.keys_if_alive("q");
                if wizard.shows_one_of(&["Leave crosspull?"]).is_some() {
                    wizard.keys_if_alive(ENTER);
                }
                break;
            }
            Some(1) => {
                wizard.keys_if_alive("shop-prod");
                wizard.shows_one_of(&["> shop-prod"]);
                wizard.keys_if_alive(ENTER);
                wizard.hides_or_ends("Replace every node?");
            }
            Some(_) => {
                wizard.keys_if_alive(ENTER);
                wizard.shows_one_of(&["Replace every node?"]);
            }
            // It died, or it was finished before: then there is nothing to draw.
            None => break,
        }
    }
    let left = wizard.end();
    let killed = left.status.signal().is_some();
    let told = || String::from_utf8_lossy(&left.raw[left.raw.len().saturating_sub(2000)..]).escape_debug().to_string();
    (!killed).then(|| (left.status.exit_code(), format!("{}\n{}", left.screen.contents(), told())))
}

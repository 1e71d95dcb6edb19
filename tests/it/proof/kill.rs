//! The real program, killed at random moments, and on disks and clocks that fail.

mod clock;
mod command_line;
mod disk;
mod together;
mod wizard;

use std::time::Duration;

use crosspull::sim::{Action, Rule};

use crate::{program::harness::Running, world::World};

/// Numbers at random, the same ones for the same seed.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        // SplitMix64: every seed is as good as any other, and neighbours have nothing in common.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn millis(&mut self, end: u64) -> Duration {
        Duration::from_millis(self.below(end))
    }
}

/// The moment at which the program dies.
#[derive(Debug)]
enum Moment {
    /// Some time after it was started.
    After(Duration),
    /// Some time after it has told so many things.
    Told(u64, Duration),
    /// While so many-th request from now on is out, and some time later.
    Asked(u32, Duration),
}

impl Moment {
    /// One anywhere in a run that tells so many things, and asks so many.
    fn of(dice: &mut Dice, told: u64, asked: u64) -> Self {
        match dice.below(5) {
            0 => Self::After(dice.millis(15 * asked)),
            1 | 2 => Self::Told(dice.below(told), dice.millis(20)),
            _ => Self::Asked(1 + u32::try_from(dice.below(asked)).unwrap(), dice.millis(8)),
        }
    }

    /// Lets a request that is waited for take so long that it is still out.
    fn arm(&self, world: &World) {
        world.sim.faults().clear();
        if let Self::Asked(nth, _) = self {
            world.sim.faults().add(Rule::new("*", Action::Delay { delay_ms: 5 }).nth(*nth));
        }
    }

    /// Kills the program then. Whether it was still alive.
    async fn kill(&self, world: &World, run: &mut Running) -> bool {
        match self {
            Self::After(delay) => tokio::time::sleep(*delay).await,
            Self::Told(lines, delay) => {
                for _ in 0..*lines {
                    if run.next().await.is_none() {
                        return false;
                    }
                }
                tokio::time::sleep(*delay).await;
            }
            Self::Asked(_, delay) => {
                tokio::select! {
                    () = world.all_faults_struck() => {}
                    () = async { while run.next().await.is_some() {} } => return false,
                }
                tokio::time::sleep(*delay).await;
            }
        }
        run.kill().await
    }
}

/// No reset was sent while another one was under way: the service refuses such a one.
#[track_caller]
fn assert_no_reset_met_another(world: &World) {
    let all = world.sim.requests();
    let resets = all.iter().filter(|one| one.operation == "aks.clusters.reset_service_principal");
    let refused: Vec<_> = resets.filter(|one| one.status != 202).collect();
    assert!(refused.is_empty(), "{refused:?}");
}

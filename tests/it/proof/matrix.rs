//! Stopped at every record and around every request, up to three times in a row, with reads that lag.

pub mod dice;
pub mod life;
pub mod shape;
mod truth;

use std::{
    collections::BTreeMap,
    fmt::Display,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crosspull::{
    domain::answers::Route,
    engine::{event::Ended, wait},
    sim::{Action, Rule},
};
use tokio::{sync::Semaphore, task::JoinSet};

use self::{
    dice::Dice,
    life::{Came, Death, Life, Stop, Task},
    shape::{By, MAIN, Shape},
    truth::Before,
};
use super::{Proof, Size};
use crate::world::World;

/// How much faster than Azure: the window of three minutes is a fifth of a second.
const SPEED: f64 = 1000.0;
/// Where a request comes late, and a busy machine must not make it much later.
const SPEED_WITH_LATE_REQUESTS: f64 = 200.0;
/// In seconds of Azure's.
const GRAPH_WINDOW: f64 = 180.0;
const CLUSTER_WINDOW: f64 = 120.0;
/// Far more than any case takes.
const PATIENCE: Duration = Duration::from_mins(2);
/// So many cases are under way at once: they wait most of the time.
const AT_ONCE: usize = 24;
/// How often a case is begun anew when a request outlived its process after all, as it may on a busy machine.
const TRIES: usize = 20;
/// A life that nobody stops may leave where a person would have to try again; it does not take many.
const LIVES: usize = 6;

/// One case: what is set up, how late reads are, and where it is stopped.
#[derive(Debug, Clone)]
struct Case {
    shape: Shape,
    /// In seconds of Azure's.
    lag: f64,
    /// Until then reads show what was written or not, by turns.
    flapping: bool,
    speed: f64,
    /// It is taken back, by all lives but the first.
    undo: bool,
    /// The other admin does their part between two lives, where it can be done by then.
    admin_between: bool,
    stops: Vec<Stop>,
}

impl Case {
    fn new(shape: Shape, lag: f64, stops: Vec<Stop>) -> Self {
        Self { shape, lag, flapping: false, speed: SPEED, undo: false, admin_between: false, stops }
    }

    /// What a seed makes of it: with so many stops.
    fn random(seed: u64, stops: u64) -> Self {
        let mut dice = Dice::new(seed);
        let shape = dice.one_of(&shape::all());
        let late = dice.one_in(3);
        let bound = dice.one_of(&[1, 60, 165]);
        let lag = dice.below(bound);
        let lag = if late { lag.min(60) } else { lag };
        let speed = if late { SPEED_WITH_LATE_REQUESTS } else { SPEED };
        let stops = (0..stops).map(|_| {
            let request = u32::try_from(1 + dice.below(42)).unwrap();
            let records = usize::try_from(dice.below(4)).unwrap();
            // Half of a window at most: the rest is for a machine that is busy.
            let late = (late && dice.one_in(2)).then(|| (1000 * dice.below(60)) / 200);
            Stop { torn: dice.one_in(2), late, ..Stop::before(request, records) }
        });
        let stops = stops.collect();
        let (admin_between, flapping) = (dice.one_in(2), dice.one_in(2));
        #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
        Self { shape, lag: lag as f64, flapping, speed, undo: false, admin_between, stops }
    }

    async fn world(&self) -> World {
        let world = self.shape.world(self.speed).await;
        {
            let timing = &mut world.sim.world().lock().timing;
            (timing.graph_lag, timing.flapping) = (Duration::from_secs_f64(self.lag), self.flapping);
        }
        world
    }

    /// Runs it; the deaths that came about, fewer than there are stops where it ended before.
    async fn run(&self) -> Vec<Death> {
        // A request that was on its way when the process died can be carried out later; then there was no such death.
        for _ in 0..TRIES {
            let world = self.world().await;
            let once = tokio::time::timeout(PATIENCE, self.once(&world)).await;
            let came = once.unwrap_or_else(|_| panic!("it does not end: {}", life::problems(&world)));
            if let Some(deaths) = came {
                return deaths;
            }
        }
        panic!("requests outlive the process that sent them");
    }

    async fn once(&self, world: &World) -> Option<Vec<Death>> {
        let before = Before::of(world, &self.shape);
        let mut stops = self.stops.iter().copied();
        let mut deaths = Vec::new();
        let mut stop = stops.next();
        let mut life = life::first(world, &self.shape, self.task(0), stop).await;
        let mut lives = 1;
        let mut late = Vec::new();
        loop {
            let now = wait::now();
            match life {
                Life::Died(death) => {
                    if stop.is_some_and(|stop| stop.late.is_some()) && !death.at_the_end() {
                        late.push((deaths.len(), now));
                    }
                    deaths.push(death);
                }
                Life::Ended(Came::Ended(Ended::Closed(_))) => break,
                // Stopped where a person was to be asked, and taken back instead.
                Life::Ended(Came::Ended(Ended::Stopped)) if self.undo => {}
                Life::Ended(Came::Ended(Ended::Stopped)) => panic!("it was stopped by nobody"),
                Life::Ended(Came::Failed) => {}
            }
            if deaths.iter().any(|death| death.was_survived(world)) {
                return None;
            }
            assert!(lives < LIVES + self.stops.len(), "it comes to no end: {}", life::problems(world));
            // Nobody accepts without the link.
            if self.admin_between && life::link_is_out(world) {
                self.shape.admin_acts(world);
            }
            stop = stops.next();
            life = life::next(world, &self.shape, self.task(lives), stop).await;
            lives += 1;
        }
        for (death, resumed) in late {
            // Azure would not take longer than the window: a case in which this machine did shows nothing.
            let arrived = tokio::time::timeout(PATIENCE / 2, deaths[death].carried_out(world)).await;
            let done = arrived.expect("the late request has not arrived yet");
            let window = (GRAPH_WINDOW - self.lag).min(CLUSTER_WINDOW) / self.speed;
            if done - resumed > Duration::from_secs_f64(window) {
                return None;
            }
        }
        if self.undo {
            truth::assert_taken_back(world, &self.shape, &before);
        } else {
            truth::assert_connected(world, &self.shape, &before, lives);
        }
        Some(deaths)
    }

    /// What a life is for: where the setup is taken back, the first one makes what there is to take back.
    fn task(&self, life: usize) -> Task {
        match (self.undo, life) {
            (false, _) => Task::Connect,
            (true, 0) => Task::UpToTheNodes,
            (true, _) => Task::Undo,
        }
    }
}

/// Where deaths came about, to be told at the end.
type Places = Arc<Mutex<BTreeMap<&'static str, usize>>>;

/// Runs cases side by side.
struct Crowd {
    proof: Arc<Proof>,
    places: Places,
    room: Arc<Semaphore>,
    tasks: JoinSet<()>,
    began: Instant,
}

impl Crowd {
    fn new(proof: Proof) -> Self {
        Self {
            proof: Arc::new(proof),
            places: Places::default(),
            room: Arc::new(Semaphore::new(AT_ONCE)),
            tasks: JoinSet::new(),
            began: Instant::now(),
        }
    }

    /// Every death before this request, at each length that the journal had.
    fn at(&mut self, case: &Case, request: u32, last: bool) {
        let case = case.clone();
        let (proof, places, room) = (Arc::clone(&self.proof), Arc::clone(&self.places), Arc::clone(&self.room));
        self.tasks.spawn(async move {
            let mut lengths = 1;
            let mut records = 0;
            while records < lengths {
                let _room = room.acquire().await.unwrap();
                let case = Case { stops: vec![Stop::before(request, records)], ..case.clone() };
                let mut died = None;
                proof.case(format!("{case:?}"), async { died = case.run().await.pop() }).await;
                if let Some(death) = died {
                    // Runs differ by a look or two at what goes on; the end is gone through once.
                    lengths = if last || !death.at_the_end() { lengths.max(death.lengths) } else { 0 };
                    *places.lock().unwrap().entry(death.operation).or_default() += 1;
                }
                records += 1;
            }
        });
    }

    /// One case.
    fn case(&mut self, label: impl Display + Send + 'static, case: Case) {
        let (proof, places, room) = (Arc::clone(&self.proof), Arc::clone(&self.places), Arc::clone(&self.room));
        self.tasks.spawn(async move {
            let _room = room.acquire().await.unwrap();
            let told = format!("{label}: {case:?}");
            let case = async {
                for death in case.run().await {
                    *places.lock().unwrap().entry(death.operation).or_default() += 1;
                }
            };
            proof.case(told, case).await;
        });
    }

    async fn end(self) {
        self.tasks.join_all().await;
        println!("deaths, by the request that was not answered: {:?}", self.places.lock().unwrap());
        println!("in {:.0} s", self.began.elapsed().as_secs_f64());
        Arc::into_inner(self.proof).unwrap().end();
    }
}

/// How many requests the first life of a setup sends.
async fn requests(shape: Shape, lag: f64) -> u32 {
    let case = Case::new(shape, lag, Vec::new());
    let world = case.world().await;
    drop(life::begin(&world, &shape).await);
    let planned = world.sim.requests().len();
    let world = case.world().await;
    let life = life::first(&world, &shape, Task::Connect, None).await;
    assert!(matches!(life, Life::Ended(Came::Ended(_))), "{life:?}: {}", life::problems(&world));
    u32::try_from(world.sim.requests().len() - planned).unwrap()
}

/// How late reads are, by turns.
const LAGS: [f64; 4] = [160.0, 2.0, 60.0, 0.0];

#[tokio::test(flavor = "multi_thread")]
async fn one_stop_anywhere() {
    let mut crowd = Crowd::new(Proof::new("matrix, one stop"));
    // In short, six that have each route, registry and way of provisioning among them.
    let wanted = |at: usize| Size::wanted() == Size::Full || (at % 9).is_multiple_of(4);
    for (at, shape) in shape::all().into_iter().enumerate().filter(|(at, _)| wanted(*at)) {
        let lag = LAGS[at % LAGS.len()];
        let requests = requests(shape, lag).await;
        let step = usize::try_from(Size::wanted().of(u64::from(requests) / 2, 1)).unwrap();
        let case = Case { flapping: (at / LAGS.len()).is_multiple_of(2), ..Case::new(shape, lag, Vec::new()) };
        for request in (1 + u32::try_from(at % step).unwrap()..=requests + 1).step_by(step) {
            crowd.at(&case, request, request > requests);
        }
    }
    crowd.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_and_three_stops_at_random() {
    let proof = Proof::new("matrix, two and three stops");
    let seeds = proof.seeds(10, 600);
    let mut crowd = Crowd::new(proof);
    for seed in seeds {
        crowd.case(format!("seed {seed}"), Case::random(seed, 2 + seed % 2));
    }
    crowd.end().await;
}

/// Stopped anywhere, and taken back right after: most of what was made cannot be seen by then.
#[tokio::test(flavor = "multi_thread")]
async fn taken_back_from_anywhere() {
    let mut crowd = Crowd::new(Proof::new("matrix, taken back at once"));
    let requests = requests(MAIN, LAGS[0]).await;
    let step = usize::try_from(Size::wanted().of(8, 1)).unwrap();
    for flapping in [false, true] {
        let case = Case { undo: true, flapping, ..Case::new(MAIN, LAGS[0], Vec::new()) };
        for request in (1..=requests).step_by(step) {
            crowd.at(&case, request, false);
        }
    }
    crowd.end().await;
}

/// Stopped on the way there, and taken back with further stops; those who are another company's are left to that one.
#[tokio::test(flavor = "multi_thread")]
async fn taken_back_with_stops() {
    let proof = Proof::new("matrix, taken back");
    let seeds = proof.seeds(6, 200);
    let mut crowd = Crowd::new(proof);
    for seed in seeds {
        let mut case = Case::random(seed, 2 + seed % 2);
        // A cluster that keeps its app has nothing that is asked before its end: it has to be stopped earlier.
        if case.shape.route == Route::KeepApp {
            case.stops[0].request = 1 + case.stops[0].request % 12;
        }
        case.undo = true;
        crowd.case(format!("seed {seed}"), case);
    }
    crowd.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_admin_did_a_moment_ago_is_taken_back_too() {
    let shape = Shape { by: By::Admin, ..MAIN };
    let case = Case { undo: true, speed: SPEED_WITH_LATE_REQUESTS, ..Case::new(shape, 160.0, Vec::new()) };
    let world = case.world().await;
    let before = Before::of(&world, &shape);
    life::first(&world, &shape, Task::UpToThePerson, None).await;
    // The app has been there for a while; what they do now is not to be seen for minutes.
    tokio::time::sleep(Duration::from_secs_f64(161.0 / SPEED_WITH_LATE_REQUESTS)).await;
    shape.admin_acts(&world);
    life::next(&world, &shape, Task::Undo, None).await;
    truth::assert_taken_back(&world, &shape, &before);
}

/// Until the app is gone the link can be used: what comes of it at the last moment goes too.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_admin_does_before_the_app_is_gone_is_taken_back_too() {
    let shape = Shape { by: By::Admin, ..MAIN };
    let case = Case { undo: true, ..Case::new(shape, 0.0, Vec::new()) };
    let world = case.world().await;
    let before = Before::of(&world, &shape);
    life::first(&world, &shape, Task::UpToThePerson, None).await;
    let last_moment = Stop { of: "graph.application.delete", ..Stop::before(1, 0) };
    let life = life::next(&world, &shape, Task::Undo, Some(last_moment)).await;
    assert!(matches!(life, Life::Died(_)), "{life:?}");
    shape.admin_acts(&world);
    life::next(&world, &shape, Task::Undo, None).await;
    truth::assert_taken_back(&world, &shape, &before);
}

/// All that follows is done long before a key whose answer was lost can be seen: nothing but the wait for it finds it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_nobody_knows_of_is_waited_for_until_it_shows() {
    let shape = Shape { route: Route::KeepApp, cluster: "shop-keep", ..MAIN };
    let case = Case { speed: 40.0, ..Case::new(shape, 160.0, Vec::new()) };
    let world = case.world().await;
    let before = Before::of(&world, &shape);
    world.sim.faults().add(Rule::new("graph.application.add_password", Action::DropAfter));
    let life = life::first(&world, &shape, Task::Connect, None).await;
    assert!(matches!(life, Life::Ended(Came::Ended(Ended::Closed(_)))), "{life:?}");
    truth::assert_connected(&world, &shape, &before, 1);
}

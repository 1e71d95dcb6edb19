//! Numbers in order, and how they are printed.

use std::time::Duration;

/// Times of the same thing, shortest first.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        assert!(!times.is_empty(), "something was measured");
        times.sort_unstable();
        Self(times)
    }

    pub(crate) fn least(&self) -> Duration {
        self.0[0]
    }

    pub(crate) fn most(&self) -> Duration {
        self.0[self.0.len() - 1]
    }

    /// The time that so many of a hundred do not exceed.
    pub(crate) fn percentile(&self, of_a_hundred: usize) -> Duration {
        self.0[(self.0.len() * of_a_hundred).div_ceil(100).saturating_sub(1)]
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// In milliseconds.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}

/// What the lines below are about.
pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

/// One figure, with its goal and whether it is met where there is one.
pub(crate) fn figure(name: &str, value: &str, goal: Option<(&str, bool)>) {
    let goal = goal.map_or(String::new(), |(goal, met)| {
        let met = if met { "met" } else { "MISSED" };
        format!("goal {goal}: {met}")
    });
    println!("{}", format!("  {name:<34} {value:<52} {goal}").trim_end());
}

/// What else the machine did meanwhile, where it tells: times are longer where others compute as well.
pub(crate) fn load() {
    if let Ok(load) = std::fs::read_to_string("/proc/loadavg") {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let last_minutes = load.split_whitespace().nth(1).unwrap_or_default();
        println!("\nThe machine's load over the last five minutes: {last_minutes}, with {cores} cores.");
    }
}

//! Times as screens show them.

use time::{Duration, OffsetDateTime};

pub use crate::words::layout::{clock, day};

/// How long something takes or has taken: `9 s`, `4 min`, `2 h`, `3 days`.
pub fn span(span: Duration) -> String {
    let seconds = span.whole_seconds().max(0);
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5999 => format!("{} min", seconds / 60),
        6000..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long ago something was.
pub fn ago(at: OffsetDateTime, now: OffsetDateTime) -> String {
    match (now - at).whole_seconds() {
        ..=5 => "just now".to_owned(),
        _ => format!("{} ago", span(now - at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        let told: Vec<String> = [-3, 9, 119, 3600, 7200, 400_000].map(|s| span(Duration::seconds(s))).into();
        assert_eq!(told, ["0 s", "9 s", "1 min", "60 min", "2 h", "4 days"]);
    }
}

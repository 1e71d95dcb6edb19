//! Times as screens show them.

use time::{Duration, OffsetDateTime, UtcOffset, format_description::BorrowedFormatItem, macros::format_description};

const CLOCK: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const SECOND: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");

fn formatted(at: OffsetDateTime, format: &[BorrowedFormatItem<'_>]) -> String {
    // Only a component that a date lacks makes formatting fail, and these formats name none.
    at.to_offset(UtcOffset::UTC).format(format).unwrap_or_default()
}

/// `14:02:11`, in UTC as all times are.
pub fn clock(at: OffsetDateTime) -> String {
    formatted(at, CLOCK)
}

/// `2026-11-23`
pub fn day(at: OffsetDateTime) -> String {
    formatted(at, DAY)
}

/// `2026-11-23 14:02:11 UTC`
pub fn second(at: OffsetDateTime) -> String {
    formatted(at, SECOND)
}

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

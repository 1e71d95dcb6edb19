//! Durations as ISO 8601 writes them, such as `P180D`.

use time::Duration;

/// Reads a duration; `None` for what is none. Years count 365 days and months 30, as Entra's rules are meant.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let body = text.trim().strip_prefix('P')?;
    let (dates, times) = match body.split_once('T') {
        Some((_, "")) => return None,
        Some((dates, times)) => (dates, times),
        None => (body, ""),
    };
    if dates.is_empty() && times.is_empty() {
        return None;
    }
    let day = 86_400;
    let dates = sum(dates, &[('Y', 365 * day), ('M', 30 * day), ('W', 7 * day), ('D', day)])?;
    let times = sum(times, &[('H', 3600), ('M', 60), ('S', 1)])?;
    Some(Duration::seconds(dates.checked_add(times)?))
}

/// Adds up numbers with units, which stand in the order of `units`.
fn sum(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut total: i64 = 0;
    for &(unit, seconds) in units {
        let Some(at) = text.find(unit) else { continue };
        // Fractions of a second are below anything decided here.
        let number = text[..at].split('.').next()?;
        total = total.checked_add(number.parse::<u32>().map(i64::from).ok()?.checked_mul(seconds)?)?;
        text = &text[at + unit.len_utf8()..];
    }
    text.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_entra_writes_and_what_it_does_not() {
        let days = |text: &str| parse(text).map(Duration::whole_days);
        assert_eq!(days("P180D"), Some(180));
        assert_eq!(days("P1Y6M"), Some(545));
        assert_eq!(days("P4DT12H30M5S"), Some(4));
        assert_eq!(days("PT24H"), Some(1));
        assert_eq!(parse("PT0.5S"), Some(Duration::ZERO));
        assert_eq!(parse("PT2H30M"), Some(Duration::minutes(150)));
        for wrong in ["", "P", "PT", "180", "P180", "P-1D", "P1D2Y", "P1DT", "PxD", "P99999999999D", "-P1D"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}

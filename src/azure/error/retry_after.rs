//! How long a service asks to be left alone.

use std::time::Duration;

use reqwest::header::HeaderMap;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};

/// Longer waits than this are not believed: the caller looks again and is told anew.
const LONGEST: Duration = Duration::from_mins(5);

/// Reads `Retry-After` in both its forms and the millisecond headers that Azure has beside it.
pub(crate) fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let millis = || {
        ["retry-after-ms", "x-ms-retry-after-ms"].into_iter().find_map(text)?.parse().ok().map(Duration::from_millis)
    };
    let standard = || {
        let value = text("retry-after")?;
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = OffsetDateTime::parse(value, &Rfc2822).ok()?;
        Some((date - now).try_into().unwrap_or(Duration::ZERO))
    };
    millis().or_else(standard).map(|wait| wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use time::macros::datetime;

    use super::*;

    fn wait(name: &'static str, value: &'static str) -> Option<Duration> {
        let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
        retry_after(&headers, datetime!(2026-11-23 12:00:00 UTC))
    }

    #[test]
    fn every_form_is_read_and_capped() {
        assert_eq!(wait("retry-after", "10"), Some(Duration::from_secs(10)));
        assert_eq!(wait("retry-after", "Mon, 23 Nov 2026 12:00:30 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("retry-after", "Mon, 23 Nov 2026 11:59:30 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("retry-after", "86400"), Some(LONGEST));
        assert_eq!(wait("retry-after-ms", "250"), Some(Duration::from_millis(250)));
        assert_eq!(wait("x-ms-retry-after-ms", "1500"), Some(Duration::from_millis(1500)));
        assert_eq!(wait("retry-after", "soon"), None);
        assert_eq!(wait("date", "10"), None);
    }
}

//! The clock and the ways GitLab writes times.

use jiff::{Timestamp, tz::TimeZone};

/// The present moment; the only place that reads the clock.
#[expect(clippy::disallowed_methods, reason = "the one place where the simulator reads the clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Cuts a time to whole seconds, which is all that hook payloads show.
pub(crate) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

/// `2026-01-16 05:56:22 UTC`, the form in hook payloads.
pub(crate) fn hook(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// `2026-01-16T05:56:22.000Z`, the form in API answers.
pub(crate) fn api(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `2026-01-16T05:56:22+00:00`, the form of commit times in hook payloads.
pub(crate) fn commit(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    #[test]
    fn times_are_written_as_gitlab_does() {
        let time = Timestamp::from_millisecond(1_768_542_982_345).expect("a valid time");
        assert_eq!(super::hook(time), "2026-01-16 05:56:22 UTC");
        assert_eq!(super::api(time), "2026-01-16T05:56:22.345Z");
        assert_eq!(super::commit(time), "2026-01-16T05:56:22+00:00");
        assert_eq!(super::api(super::whole_seconds(time)), "2026-01-16T05:56:22.000Z");
    }
}

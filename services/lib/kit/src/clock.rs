//! The only place that reads the clock or makes ids up, so that everything else can be told them.

use std::time::Duration;

use uuid::Uuid;

/// Now, in microseconds since 1970 UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn now_micros() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// A length of time in microseconds, at most `i64::MAX`.
#[must_use]
pub fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// A new id that sorts by the time it was made (UUIDv7, RFC 9562 section 5.7).
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub fn new_id() -> Uuid {
    Uuid::now_v7()
}

//! Times on the wire are protobuf timestamps; inside they are microseconds since 1970 UTC.

use pbjson_types::Timestamp;

/// Wire form of a time in microseconds since 1970 UTC.
#[must_use]
pub fn timestamp(micros: i64) -> Timestamp {
    let nanos = micros.rem_euclid(1_000_000) * 1_000;
    Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(nanos).unwrap_or_default(),
    }
}

/// Microseconds since 1970 UTC; finer parts are cut, and absent stays absent.
#[must_use]
pub fn micros(timestamp: Option<&Timestamp>) -> Option<i64> {
    let timestamp = timestamp?;
    timestamp.seconds.checked_mul(1_000_000)?.checked_add(i64::from(timestamp.nanos / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_way_there_and_back() {
        for time in [0, 1, 1_763_800_000_123_456, -1_500_000] {
            assert_eq!(micros(Some(&timestamp(time))), Some(time));
        }
        assert_eq!(micros(None), None);
        assert_eq!(micros(Some(&Timestamp { seconds: i64::MAX, nanos: 0 })), None);
    }
}

//! Times for people and for machines.

use jiff::{Timestamp, tz::TimeZone};

/// A time for people and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeView {
    pub(crate) utc: String,
    pub(crate) machine: String,
    pub(crate) ago: String,
    /// How long it is from now, such as `3 h`.
    pub(crate) left: String,
}

impl TimeView {
    pub(crate) fn new(micros: Option<i64>, now_micros: i64) -> Self {
        let time = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let Some(time) = time else {
            return Self {
                utc: "unknown".into(),
                machine: String::new(),
                ago: "?".into(),
                left: "?".into(),
            };
        };
        let time = time.to_zoned(TimeZone::UTC);
        let utc = time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let machine = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let micros = micros.unwrap_or_default();
        Self { utc, machine, ago: ago(micros, now_micros), left: ago(now_micros, micros) }
    }
}

/// An age in one unit, as a person would say it.
fn ago(then_micros: i64, now_micros: i64) -> String {
    let seconds = (now_micros - then_micros).max(0) / 1_000_000;
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_as_people_say_them() {
        let ages: Vec<_> = [0, 59, 60, 7_199, 7_200, 200_000]
            .map(|seconds| ago(0, seconds * 1_000_000))
            .into_iter()
            .collect();
        assert_eq!(ages, ["just now", "just now", "1 min", "1 h", "2 h", "2 d"]);
        assert_eq!(ago(5_000_000, 0), "just now", "clocks differ");
    }
}

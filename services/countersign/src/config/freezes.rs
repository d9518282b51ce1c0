//! Freezes as they are written, and as the core takes them.

use approval::Window;
use jiff::{
    civil::{DateTime, Time, Weekday},
    tz::TimeZone,
};
use kit::config::ConfigError;
use serde::{Deserialize, Serialize};

use super::rules::{Known, ScopeText};

type Result<T> = std::result::Result<T, ConfigError>;

/// A time in which nothing may be approved.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Freeze {
    name: String,
    #[serde(flatten)]
    scope: ScopeText,
    time_zone: String,
    from: String,
    until: String,
}

/// A moment by a clock.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    Once(DateTime),
    Weekly(Weekday, Time),
}

pub(super) fn freezes(freezes: &[Freeze], known: &Known<'_>) -> Result<Vec<approval::Freeze>> {
    freezes.iter().map(|freeze| freeze.read(known)).collect()
}

impl Freeze {
    fn read(&self, known: &Known<'_>) -> Result<approval::Freeze> {
        let at = format!("policy.freeze \"{}\"", self.name);
        let time_zone = TimeZone::get(&self.time_zone).map_err(|_| {
            ConfigError(format!(
                "{at}: time_zone must be a name such as \"Europe/Berlin\", not \"{}\"",
                self.time_zone
            ))
        })?;
        let moments = (moment(&at, "from", &self.from)?, moment(&at, "until", &self.until)?);
        let window = match moments {
            (Moment::Once(from), Moment::Once(until)) if from < until => {
                Window::Once { from, until }
            }
            (Moment::Once(_), Moment::Once(_)) => {
                return Err(ConfigError(format!("{at}: it must end after it begins")));
            }
            (from, until) if from == until => {
                return Err(ConfigError(format!("{at}: from and until are the same")));
            }
            (Moment::Weekly(day, time), Moment::Weekly(end_day, end_time)) => {
                Window::Weekly { from: (day, time), until: (end_day, end_time) }
            }
            _ => {
                return Err(ConfigError(format!(
                    "{at}: from and until must both be dates or both be days of the week"
                )));
            }
        };
        let (name, scope) = (self.name.clone(), self.scope.read(&at, known)?);
        Ok(approval::Freeze { name, scope, time_zone, window })
    }
}

fn moment(at: &str, key: &str, text: &str) -> Result<Moment> {
    let wrong = || {
        ConfigError(format!(
            "{at}: {key} must be such as \"friday 16:00\" or \"2026-12-20T18:00\", not \"{text}\""
        ))
    };
    if let Some((day, time)) = text.split_once(' ')
        && let Some(day) = weekday(day)
    {
        return Ok(Moment::Weekly(day, time.trim().parse().map_err(|_| wrong())?));
    }
    text.parse().map(Moment::Once).map_err(|_| wrong())
}

fn weekday(name: &str) -> Option<Weekday> {
    Some(match name.to_lowercase().as_str() {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(from: &str, until: &str, time_zone: &str) -> std::result::Result<Window, String> {
        let text = format!(
            "name = \"F\"\ntime_zone = \"{time_zone}\"\nfrom = \"{from}\"\nuntil = \"{until}\"\n"
        );
        let freeze: Freeze = toml_of(&text)?;
        let known = Known::anything();
        freeze.read(&known).map(|freeze| freeze.window).map_err(|error| error.to_string())
    }

    fn toml_of(text: &str) -> std::result::Result<Freeze, String> {
        let layers =
            kit::config::Layers { defaults: text, file: None, environment: &[], short_names: &[] };
        layers.load().map_err(|error| error.to_string())
    }

    #[test]
    fn once_or_every_week() {
        let once = read("2026-12-20T18:00", "2027-01-04 08:00", "Europe/Berlin");
        assert!(matches!(once, Ok(Window::Once { .. })), "{once:?}");
        let weekly = read("Friday 16:00", "monday 08:00", "UTC");
        assert!(matches!(weekly, Ok(Window::Weekly { .. })), "{weekly:?}");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let date = "2026-12-20T18:00";
        for (from, until, time_zone, said) in [
            (date, "2027-01-01T00:00", "Berlin", "time_zone must be a name such as"),
            (date, "2026-12-20T17:00", "UTC", "it must end after it begins"),
            ("friday 16:00", "friday 16:00", "UTC", "from and until are the same"),
            ("friday 16:00", date, "UTC", "both be dates or both be days of the week"),
            ("fryday 16:00", date, "UTC", "not \"fryday 16:00\""),
            ("friday 25:00", "monday 08:00", "UTC", "from must be such as"),
        ] {
            let error = read(from, until, time_zone).err().unwrap_or_default();
            assert!(error.contains(said), "{error}");
        }
    }
}

//! Times in which nothing may be approved.

use jiff::{
    Timestamp, Zoned,
    civil::{Date, DateTime, Time as TimeOfDay, Weekday},
    tz::TimeZone,
};

use super::Scope;
use crate::{Facts, Time};

/// A time in which nothing may be approved. What was approved before it began counts no more: time that
/// passes never makes a verdict more permissive, so nothing comes back when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// What people call it.
    pub name: String,
    /// Which merge requests it is for.
    pub scope: Scope,
    /// Whose clocks say when it is.
    pub time_zone: TimeZone,
    /// When it is.
    pub window: Window,
}

/// When a freeze is, by the clocks of its time zone. Where a clock is put back and shows a time twice,
/// it begins with the first and ends with the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// Once.
    Once {
        /// Its first moment.
        from: DateTime,
        /// The first moment after it; later than `from`.
        until: DateTime,
    },
    /// Every week.
    Weekly {
        /// Its first moment.
        from: (Weekday, TimeOfDay),
        /// The first moment after it; less than a week later.
        until: (Weekday, TimeOfDay),
    },
}

/// A freeze that a moment lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// What people call it.
    pub name: String,
    /// The first moment after it, with the clock that says so.
    pub until: Zoned,
}

impl Frozen {
    /// What is said to somebody who wants to approve.
    #[must_use]
    pub fn sentence(&self) -> String {
        let until = self.until.strftime("%Y-%m-%d %H:%M %Z");
        format!("Frozen by \"{}\" until {until}: nothing can be approved before.", self.name)
    }
}

impl Freeze {
    /// The freeze, when a moment lies in it.
    pub(super) fn at(&self, moment: Time) -> Option<Frozen> {
        let now = timestamp(moment)?;
        let (from, until) = self.latest_begun(now)?;
        let frozen = || Frozen { name: self.name.clone(), until: until.clone() };
        (from.timestamp() <= now && now < until.timestamp()).then(frozen)
    }

    /// The first moment after `after` at which it begins.
    pub(super) fn next_start(&self, after: Time) -> Option<Time> {
        let after = timestamp(after)?;
        let start = match self.window {
            Window::Once { from, .. } => self.start(from)?,
            Window::Weekly { from, .. } => {
                let today = after.to_zoned(self.time_zone.clone()).date();
                let days = days(today, 0..=8, from.0);
                let mut starts = days.filter_map(|day| self.start(day.to_datetime(from.1)));
                starts.find(|start| start.timestamp() > after)?
            }
        };
        (start.timestamp() > after).then(|| Time(start.timestamp().as_microsecond()))
    }

    /// The window that began last, or the only one.
    fn latest_begun(&self, now: Timestamp) -> Option<(Zoned, Zoned)> {
        match self.window {
            Window::Once { from, until } => Some((self.start(from)?, self.end(until)?)),
            Window::Weekly { from, until } => {
                let today = now.to_zoned(self.time_zone.clone()).date();
                let starts = days(today, -8..=0, from.0);
                let starts = starts.filter_map(|day| self.start(day.to_datetime(from.1)));
                let start = starts.filter(|start| start.timestamp() <= now).last()?;
                let ends = days(start.date(), 0..=8, until.0);
                let mut ends = ends.filter_map(|day| self.end(day.to_datetime(until.1)));
                let end = ends.find(|end| end > start)?;
                Some((start, end))
            }
        }
    }

    fn start(&self, at: DateTime) -> Option<Zoned> {
        self.time_zone.to_ambiguous_zoned(at).earlier().ok()
    }

    fn end(&self, at: DateTime) -> Option<Zoned> {
        self.time_zone.to_ambiguous_zoned(at).later().ok()
    }
}

/// The days of a name that lie so many days from another.
fn days(
    from: Date,
    offsets: std::ops::RangeInclusive<i64>,
    name: Weekday,
) -> impl Iterator<Item = Date> {
    let day = move |offset| from.checked_add(jiff::Span::new().days(offset)).ok();
    offsets.filter_map(day).filter(move |day| day.weekday() == name)
}

fn timestamp(time: Time) -> Option<Timestamp> {
    Timestamp::from_microsecond(time.0).ok()
}

/// The freezes that are for a merge request.
pub(super) fn of<'a>(freezes: &'a [Freeze], facts: &'a Facts) -> impl Iterator<Item = &'a Freeze> {
    freezes.iter().filter(|freeze| freeze.scope.includes(facts))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use jiff::civil::{datetime, time};

    use super::*;

    fn berlin(window: Window) -> Freeze {
        let time_zone = TimeZone::get("Europe/Berlin").unwrap();
        Freeze { name: "F".to_owned(), scope: Scope::default(), time_zone, window }
    }

    fn weekend() -> Freeze {
        berlin(Window::Weekly {
            from: (Weekday::Friday, time(16, 0, 0, 0)),
            until: (Weekday::Monday, time(8, 0, 0, 0)),
        })
    }

    fn at(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_microsecond())
    }

    fn until(freeze: &Freeze, moment: &str) -> Option<String> {
        freeze.at(at(moment)).map(|frozen| frozen.until.to_string())
    }

    fn next(freeze: &Freeze, after: &str) -> Option<String> {
        let start = freeze.next_start(at(after))?;
        Timestamp::from_microsecond(start.0).ok().map(|start| start.to_string())
    }

    #[test]
    fn once_from_its_first_moment_to_the_one_before_its_end() {
        let freeze = berlin(Window::Once {
            from: datetime(2026, 12, 20, 18, 0, 0, 0),
            until: datetime(2027, 1, 4, 8, 0, 0, 0),
        });
        assert_eq!(until(&freeze, "2026-12-20T16:59:59Z"), None);
        let end = Some("2027-01-04T08:00:00+01:00[Europe/Berlin]".to_owned());
        assert_eq!(until(&freeze, "2026-12-20T17:00:00Z"), end);
        assert_eq!(until(&freeze, "2027-01-04T06:59:59Z"), end);
        assert_eq!(until(&freeze, "2027-01-04T07:00:00Z"), None);
        assert_eq!(next(&freeze, "2026-12-20T16:59:59Z").unwrap(), "2026-12-20T17:00:00Z");
        assert_eq!(next(&freeze, "2026-12-20T17:00:00Z"), None);
        let said = freeze.at(at("2027-01-01T00:00:00Z")).unwrap().sentence();
        let wanted = "Frozen by \"F\" until 2027-01-04 08:00 CET: nothing can be approved before.";
        assert_eq!(said, wanted);
    }

    #[test]
    fn every_week_by_the_local_clock_in_summer_and_in_winter() {
        for (moment, frozen) in [
            ("2026-07-03T13:59:59Z", false),
            ("2026-07-03T14:00:00Z", true),
            ("2026-07-06T05:59:59Z", true),
            ("2026-07-06T06:00:00Z", false),
            ("2026-12-04T14:59:59Z", false),
            ("2026-12-04T15:00:00Z", true),
            ("2026-12-07T06:59:59Z", true),
            ("2026-12-07T07:00:00Z", false),
        ] {
            assert_eq!(weekend().at(at(moment)).is_some(), frozen, "{moment}");
        }
        assert_eq!(next(&weekend(), "2026-07-03T14:00:00Z").unwrap(), "2026-07-10T14:00:00Z");
    }

    #[test]
    fn a_weekend_in_which_the_clock_is_put_forward_or_back_is_whole() {
        let spring = Some("2026-03-30T08:00:00+02:00[Europe/Berlin]".to_owned());
        assert_eq!(until(&weekend(), "2026-03-27T15:00:00Z"), spring);
        assert_eq!(until(&weekend(), "2026-03-30T05:59:59Z"), spring);
        let autumn = Some("2026-10-26T08:00:00+01:00[Europe/Berlin]".to_owned());
        assert_eq!(until(&weekend(), "2026-10-23T14:00:00Z"), autumn);
        assert_eq!(until(&weekend(), "2026-10-26T06:59:59Z"), autumn);
    }

    #[test]
    fn a_time_that_the_clock_shows_twice_or_never_is_read_strictly() {
        let day = |day, hour, minute| datetime(2026, 10, day, hour, minute, 0, 0);
        let twice = berlin(Window::Once { from: day(25, 2, 30), until: day(26, 0, 0) });
        assert!(twice.at(at("2026-10-25T00:30:00Z")).is_some(), "from the first 02:30");
        let twice = berlin(Window::Once { from: day(24, 0, 0), until: day(25, 2, 30) });
        assert!(twice.at(at("2026-10-25T01:29:59Z")).is_some(), "to the second 02:30");
        let march = |hour, minute| datetime(2026, 3, 29, hour, minute, 0, 0);
        let never = berlin(Window::Once { from: march(2, 30), until: march(12, 0) });
        assert!(never.at(at("2026-03-29T00:30:00Z")).is_some(), "from 01:30, an hour before 03:30");
    }
}

//! How long things take and how often they happen, in the projects that somebody sees.

use std::collections::{BTreeMap, HashMap, HashSet};

use approval::Projects;
use proto::v1::{GetInsightRequest, GetInsightResponse, InsightDay, Spread, Tally};
use tonic::Status;

use super::{Service, filter_text, internal};
use crate::store::{COUNTED_MAX, Place, Said};

const DAY: i64 = 86_400_000_000;
const HOUR: i64 = DAY / 24;
const DAYS_DEFAULT: i64 = 30;
const DAYS_MAX: i64 = 366;

/// Most names of a list; what comes after them is left out.
const NAMES_MAX: usize = 20;

/// How long something has waited: up to when, in microseconds, and in words.
const AGES: [(i64, &str); 6] = [
    (HOUR, "less than an hour"),
    (4 * HOUR, "1 to 4 hours"),
    (DAY, "4 to 24 hours"),
    (3 * DAY, "1 to 3 days"),
    (7 * DAY, "3 to 7 days"),
    (i64::MAX, "more than a week"),
];

pub(super) async fn get(
    service: &Service,
    message: GetInsightRequest,
) -> Result<GetInsightResponse, Status> {
    let caller = service.caller(message.caller).await?;
    filter_text(&message.project)?;
    let days = match i64::from(message.days) {
        0 => DAYS_DEFAULT,
        days if (1..=DAYS_MAX).contains(&days) => days,
        _ => return Err(Status::invalid_argument("days must be 1 to 366")),
    };
    let now = kit::clock::now_micros();
    let first = now / DAY - days + 1;
    let (store, since) = (&service.store, first * DAY);
    let seen = |place: &Place| {
        let (gitlab, path) = place;
        Projects::show(caller.sees.as_deref(), gitlab, path) && within(path, &message.project)
    };
    let opened = store.opened_since(since).await.map_err(internal)?;
    let said = store.said_since(since).await.map_err(internal)?;
    let answers = store.answered_since(since).await.map_err(internal)?;
    let waiting = store.waiting().await.map_err(internal)?;
    let most = usize::try_from(COUNTED_MAX).unwrap_or(usize::MAX);
    let cut = [opened.len(), said.len(), answers.len(), waiting.len()].contains(&most);

    let said: Vec<Said> = said.into_iter().filter(|it| seen(&it.place)).collect();
    let verdicts = verdicts(&said);
    let mut by_day = Days::of(first, days);
    for (at, _) in opened.iter().filter(|(_, place)| seen(place)) {
        by_day.at(*at, |day| day.opened += 1);
    }
    for it in said.iter().filter(|it| !it.accepted) {
        by_day.at(it.at, |day| day.refused += 1);
    }
    for it in &verdicts {
        by_day.at(it.at, |day| match it.verdict.as_str() {
            "approve" => day.approved += 1,
            _ => day.rejected += 1,
        });
    }
    by_day.spread(&verdicts);
    let decided = said.iter().filter(|it| it.accepted && is_verdict(it));
    let refused = said.iter().filter(|it| !it.accepted).map(|it| it.code.as_str());
    let answers = answers.iter().filter(|(.., place)| seen(place));
    let answers = answers.map(|(result, code, _)| {
        let result = result.trim_start_matches("RESULT_").to_lowercase();
        if code.is_empty() { result } else { format!("{result}: {code}") }
    });
    Ok(GetInsightResponse {
        days: by_day.0.into_values().collect(),
        waiting_by_project: spreads(verdicts.iter().map(|it| (it.place.1.as_str(), took(it)))),
        waiting_by_check: spreads(verdicts.iter().map(|it| (it.check.as_str(), took(it)))),
        deciding_by_source: spreads(decided.map(|it| (it.source.as_str(), took(it)))),
        open_by_age: ages(waiting.iter().filter(|(_, place)| seen(place)).map(|(at, _)| now - at)),
        refused: tallies(refused.map(ToOwned::to_owned)),
        answers: tallies(answers),
        cut,
    })
}

fn within(path: &str, project: &str) -> bool {
    let below = || path.strip_prefix(project).is_some_and(|rest| rest.starts_with('/'));
    project.is_empty() || path == project || below()
}

fn is_verdict(said: &Said) -> bool {
    matches!(said.verdict.as_str(), "approve" | "reject")
}

/// The last accepted word about each request that is decided by now.
fn verdicts(said: &[Said]) -> Vec<&Said> {
    let mut known = HashSet::new();
    let newest_first = said.iter().filter(|it| it.accepted && it.verdict != "review");
    newest_first.filter(|it| known.insert(it.request) && is_verdict(it) && it.decided).collect()
}

/// From the opening of the request, in seconds.
fn took(said: &Said) -> i64 {
    (said.at - said.opened_at).max(0) / 1_000_000
}

fn spread(name: &str, mut seconds: Vec<i64>) -> Spread {
    seconds.sort_unstable();
    // The nearest rank: a time that somebody really waited.
    let rank = |percent: usize| {
        let rank = (seconds.len() * percent).div_ceil(100);
        seconds.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    let (median_s, p90_s) = (rank(50), rank(90));
    Spread { name: name.to_owned(), count: count(seconds.len()), median_s, p90_s }
}

/// One for each name; what took longest first.
fn spreads<'a>(took: impl Iterator<Item = (&'a str, i64)>) -> Vec<Spread> {
    let mut by_name: HashMap<&str, Vec<i64>> = HashMap::new();
    for (name, seconds) in took {
        by_name.entry(name).or_default().push(seconds);
    }
    let mut all: Vec<_> = by_name.into_iter().map(|(name, it)| spread(name, it)).collect();
    all.sort_by(|one, other| (other.median_s, &one.name).cmp(&(one.median_s, &other.name)));
    all.truncate(NAMES_MAX);
    all
}

fn tallies(names: impl Iterator<Item = String>) -> Vec<Tally> {
    let mut by_name: BTreeMap<String, u32> = BTreeMap::new();
    for name in names {
        *by_name.entry(name).or_default() += 1;
    }
    let mut all: Vec<_> = by_name.into_iter().map(|(name, count)| Tally { name, count }).collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.count));
    all.truncate(NAMES_MAX);
    all
}

fn ages(ages: impl Iterator<Item = i64>) -> Vec<Tally> {
    let mut all = AGES.map(|(_, name)| Tally { name: name.to_owned(), count: 0 });
    for age in ages {
        let found = AGES.iter().position(|(below, _)| age < *below);
        all[found.unwrap_or(AGES.len() - 1)].count += 1;
    }
    all.into()
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Days by their number since 1970.
struct Days(BTreeMap<i64, InsightDay>);

impl Days {
    fn of(first: i64, days: i64) -> Self {
        let day = |number: i64| {
            let at = jiff::Timestamp::from_microsecond(number * DAY).unwrap_or_default();
            let date = at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
            (number, InsightDay { date, ..InsightDay::default() })
        };
        Self((first..first + days).map(day).collect())
    }

    fn at(&mut self, micros: i64, count: impl FnOnce(&mut InsightDay)) {
        if let Some(day) = self.0.get_mut(&(micros / DAY)) {
            count(day);
        }
    }

    /// How long the verdicts of each day took.
    fn spread(&mut self, verdicts: &[&Said]) {
        let mut by_day: HashMap<i64, Vec<i64>> = HashMap::new();
        for it in verdicts {
            by_day.entry(it.at / DAY).or_default().push(took(it));
        }
        for (number, seconds) in by_day {
            self.at(number * DAY, |day| day.waiting = Some(spread("", seconds)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_p90_are_times_that_somebody_waited() {
        let told = |seconds: &[i64]| {
            let it = spread("", seconds.to_vec());
            (it.count, it.median_s, it.p90_s)
        };
        assert_eq!(told(&[]), (0, 0, 0));
        assert_eq!(told(&[7]), (1, 7, 7));
        assert_eq!(told(&[4, 1, 3, 2]), (4, 2, 4));
        assert_eq!(told(&(1..=100).collect::<Vec<_>>()), (100, 50, 90));
    }

    #[test]
    fn a_project_is_itself_or_below_its_group() {
        let all = [("shop/api", "shop"), ("shop/api", "shop/api"), ("shop/api", "")];
        assert!(all.iter().all(|(path, project)| within(path, project)));
        assert!(!within("shopping/api", "shop"));
    }

    #[test]
    fn ages_fall_into_one_class_each() {
        let counts = ages([0, HOUR, DAY - 1, 30 * DAY].into_iter());
        assert_eq!(counts.iter().map(|it| it.count).collect::<Vec<_>>(), [1, 1, 1, 0, 0, 1]);
    }
}

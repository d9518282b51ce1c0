//! The operations page.

use askama::Template;
use proto::v1::{GetSafeModeResponse, PulseNumber};

use super::{Reader, TimeView, chart::duration, visible};
use crate::pulses::{Heard, Pulses};

/// How everything is.
#[derive(Debug, Template)]
#[template(path = "operations.html")]
pub(crate) struct OperationsPage {
    pub(crate) reader: Reader,
    pub(crate) processes: Vec<ProcessView>,
    /// Streams with what waits in them and what is in somebody's hands.
    pub(crate) streams: Vec<(String, String, String)>,
    /// What else is counted: what it is, and how much.
    pub(crate) numbers: Vec<(String, String)>,
    /// Why only `failed` is posted; empty when everything is. `None` when recorder does not say.
    pub(crate) safe_mode: Option<String>,
    pub(crate) since: Option<TimeView>,
    pub(crate) token: String,
    pub(crate) now: TimeView,
}

/// A process, as it said last.
#[derive(Debug, Clone)]
pub(crate) struct ProcessView {
    pub(crate) role: String,
    pub(crate) replica: String,
    pub(crate) version: String,
    /// A class and a word: ready, troubled or silent.
    pub(crate) state: &'static str,
    pub(crate) state_word: &'static str,
    pub(crate) troubles: Vec<String>,
    pub(crate) started: TimeView,
    pub(crate) heard: TimeView,
}

impl OperationsPage {
    pub(crate) fn new(
        reader: Reader,
        heard: &[Heard],
        safe_mode: Option<GetSafeModeResponse>,
        token: String,
        now: TimeView,
    ) -> Self {
        let micros = kit::clock::now_micros();
        let alive = heard.iter().filter(|(_, at)| !Pulses::is_silent(*at, micros));
        let counted: Vec<&PulseNumber> = alive.flat_map(|(pulse, _)| &pulse.numbers).collect();
        let since = safe_mode.as_ref().and_then(|it| proto::micros(it.since.as_ref()));
        Self {
            reader,
            processes: heard.iter().map(|it| process(it, micros)).collect(),
            streams: streams(&counted),
            numbers: numbers(&counted),
            safe_mode: safe_mode.map(|it| visible(&it.reason)),
            since: since.map(|at| TimeView::new(Some(at), micros)),
            token,
            now,
        }
    }
}

fn process((pulse, heard_at): &Heard, now: i64) -> ProcessView {
    let troubles = pulse.parts.iter().filter(|part| !part.trouble.is_empty());
    let troubles = troubles.map(|part| visible(&format!("{}: {}", part.name, part.trouble)));
    let (state, state_word) = match (Pulses::is_silent(*heard_at, now), pulse.ready) {
        (true, _) => ("rejected", "Silent"),
        (false, true) => ("approved", "Ready"),
        (false, false) => ("waiting", "Not ready"),
    };
    ProcessView {
        role: visible(if pulse.role == "up" { "all roles" } else { &pulse.role }),
        replica: visible(&pulse.replica),
        version: visible(&pulse.version),
        state,
        state_word,
        troubles: troubles.collect(),
        started: TimeView::new(proto::micros(pulse.started_at.as_ref()), now),
        heard: TimeView::new(Some(*heard_at), now),
    }
}

/// Replicas share a consumer, so that the most that one of them saw is what there is.
fn most(counted: &[&PulseNumber], name: &str, of: &str) -> Option<f64> {
    let found = counted.iter().filter(|it| it.name == name && it.of == of);
    found.map(|it| it.value).reduce(f64::max)
}

fn whole(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.0}")).unwrap_or_default()
}

fn streams(counted: &[&PulseNumber]) -> Vec<(String, String, String)> {
    let lags = counted.iter().filter(|it| it.name == "countersign_stream_lag");
    let mut names: Vec<&str> = lags.map(|it| it.of.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let row = |name: &str| {
        let lag = whole(most(counted, "countersign_stream_lag", name));
        (visible(name), lag, whole(most(counted, "countersign_stream_in_hands", name)))
    };
    names.into_iter().map(row).collect()
}

fn numbers(counted: &[&PulseNumber]) -> Vec<(String, String)> {
    let sum = |name: &str| {
        let found = counted.iter().filter(|it| it.name == name).map(|it| it.value);
        found.reduce(|one, other| one + other)
    };
    let outbox = most(counted, "countersign_outbox_depth", "");
    let sweeps = counted.iter().filter(|it| it.name == "countersign_sweep_age_seconds");
    let mut gitlabs: Vec<&str> = sweeps.map(|it| it.of.as_str()).collect();
    gitlabs.sort_unstable();
    gitlabs.dedup();
    #[expect(clippy::cast_possible_truncation, reason = "an age in seconds")]
    let ago = |gitlab: &str| {
        let ages = counted.iter().filter(|it| it.name == "countersign_sweep_age_seconds");
        let least = ages.filter(|it| it.of == gitlab).map(|it| it.value).reduce(f64::min);
        duration(least.unwrap_or_default() as i64)
    };
    let mut all = vec![
        ("Calls in the spool".to_owned(), whole(sum("countersign_spool_depth"))),
        ("Messages in the outbox".to_owned(), whole(outbox)),
    ];
    all.retain(|(_, value)| !value.is_empty());
    all.extend(gitlabs.into_iter().map(|gitlab| {
        (format!("Last whole sweep of {}", visible(gitlab)), format!("{} ago", ago(gitlab)))
    }));
    all
}

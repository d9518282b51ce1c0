//! I1: every call answered 2xx is recorded, once for each delivery, and nothing else is.

use std::collections::BTreeMap;

use super::{Check, Violation};
use crate::observed::Observed;

#[derive(Debug, Default)]
struct Tally {
    iid: u64,
    taken: usize,
    /// Attempts whose connection broke: each may have been recorded.
    unknown: usize,
    rows: usize,
}

pub(super) fn each_is_recorded_once(observed: &Observed) -> Check {
    let mut bodies: BTreeMap<&str, Tally> = BTreeMap::new();
    for call in &observed.calls {
        let tally = bodies.entry(&call.body_sha256).or_default();
        tally.iid = call.iid;
        match call.status {
            Some(200..=299) => tally.taken += 1,
            Some(_) => {}
            None => tally.unknown += 1,
        }
    }
    for row in observed.record.deliveries.iter().filter(|it| it.origin == "call") {
        let tally = bodies.entry(&row.body_sha256).or_default();
        tally.iid = row.iid;
        tally.rows += 1;
    }
    let mut violations = Vec::new();
    for (body, it) in &bodies {
        let Tally { iid, taken, unknown, rows } = *it;
        let body = &body[..8];
        if rows < taken {
            let sentence = format!(
                "a call about !{iid} (body {body}) was answered 2xx {taken} times and recorded {rows} times"
            );
            violations.push(Violation::new(sentence).about(iid));
        } else if rows > taken + unknown {
            let sentence = format!(
                "a call about !{iid} (body {body}) was recorded {rows} times, but made only {} times",
                taken + unknown
            );
            violations.push(Violation::new(sentence).about(iid));
        }
    }
    let taken = bodies.values().map(|it| it.taken).sum();
    Check::new("I1", "calls answered 2xx are recorded once", (taken, "calls"), violations)
}

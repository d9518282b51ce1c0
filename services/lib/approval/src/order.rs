//! Which of two looks at a merge request is the newer one. GitLab sends no order.

use std::cmp::Ordering;

use crate::{Effect, Ending, Gate, MergeRequestState, Sha, Sighting, Standing, Time};

/// Where a sighting stands against the newest one we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Age {
    Newer,
    /// As new as the newest, and of the same commit.
    Same,
    Older,
    /// GitLab's times do not tell.
    Unclear,
}

impl Gate {
    /// How new a sighting of `sha` is. GitLab sends no order and whole seconds only, so within
    /// one second the previous head (`oldrev`) decides, and otherwise the API must be asked.
    pub(crate) fn age(&self, sighting: &Sighting, sha: &Sha) -> Age {
        let Some(head) = self.head() else {
            return Age::Newer;
        };
        let merged = Standing::Cancelled { ending: Ending::Merged };
        if head.standing == merged && sighting.state != MergeRequestState::Merged {
            // A merge is final; what says otherwise was sent before it.
            return if sighting.authoritative { Age::Newer } else { Age::Older };
        }
        let (Some(seen), Some(known)) = (sighting.facts.updated_at, head.facts.updated_at) else {
            return match sighting.authoritative {
                true => Age::Newer,
                false if head.sha == *sha => Age::Same,
                false => Age::Unclear,
            };
        };
        match whole_seconds(seen).cmp(&whole_seconds(known)) {
            Ordering::Greater => Age::Newer,
            Ordering::Less => Age::Older,
            Ordering::Equal if sighting.authoritative && !self.seen_since(sighting) => Age::Newer,
            Ordering::Equal if head.sha == *sha => Age::Same,
            Ordering::Equal => {
                let follows = sighting.oldrev.as_ref() == Some(&head.sha);
                let precedes = head.oldrev.as_ref() == Some(sha);
                match (follows, precedes) {
                    (true, false) => Age::Newer,
                    (false, true) => Age::Older,
                    // Pushed there and back within the second, or neither.
                    _ => Age::Unclear,
                }
            }
        }
    }

    /// Whether anything was seen after this: GitLab was asked before it, and may say otherwise now.
    fn seen_since(&self, sighting: &Sighting) -> bool {
        self.requests.iter().any(|request| request.seen_at > sighting.at)
    }

    /// Whether GitLab must be asked to order what was seen.
    pub(crate) fn doubt(&self, sighting: &Sighting, sha: &Sha, age: Age) -> Option<Effect> {
        if sighting.retry || (sighting.authoritative && age != Age::Unclear) {
            return None;
        }
        let request = self.requests.iter().find(|request| request.sha == *sha)?;
        let open_again = age == Age::Same && sighting.state == MergeRequestState::Open;
        let closed = matches!(request.standing, Standing::Cancelled { ending: Ending::Closed });
        let overtaken = matches!(request.standing, Standing::Superseded { .. });
        let reason = match age {
            Age::Unclear => "Two commits were seen as the head within one second.",
            _ if open_again && closed => "It was closed and seen open within one second.",
            _ if open_again && overtaken => "It was overtaken and seen again within one second.",
            _ => return None,
        };
        Some(Effect::LookUp(reason.to_owned()))
    }
}

/// Calls carry whole seconds and the API finer times, so both are compared as whole seconds.
fn whole_seconds(time: Time) -> i64 {
    time.0.div_euclid(1_000_000)
}

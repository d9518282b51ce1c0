//! The delivery log and the order of calls.

use jiff::Timestamp;

use crate::{times, world::Call};

/// The order in which held calls are released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    AsQueued,
    /// Newest first.
    Reversed,
    /// Mixed up, always in the same way for the same seed.
    Shuffled {
        /// Chooses the order.
        seed: u64,
    },
}

impl Order {
    /// Puts a list in this order.
    pub(crate) fn apply<T>(self, items: &mut [T]) {
        match self {
            Self::AsQueued => {}
            Self::Reversed => items.reverse(),
            Self::Shuffled { seed } => shuffle(items, seed),
        }
    }
}

/// How an attempt to deliver a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other side answered; whatever it said, the call is done.
    Answered {
        /// The HTTP status of the last answer.
        status: u16,
        /// The method of the last request; a redirect may have turned it into `GET`.
        method: String,
        /// How many redirects were followed.
        redirects: u32,
    },
    /// The connection failed or the answer took too long.
    Broken(String),
    /// A dial lost the call before it was sent.
    Lost,
    /// An identical call was already waiting, so GitLab dropped this one.
    Deduplicated,
}

/// An entry of the delivery log.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The call; attempts of one call share it.
    pub call_id: u64,
    /// The check that was called.
    pub check_id: u64,
    /// The project of the merge request.
    pub project_id: u64,
    /// The number of the merge request.
    pub iid: u64,
    /// The address that was called.
    pub url: String,
    /// The body, byte for byte.
    pub body: String,
    /// The signature header, if a secret is set.
    pub signature: Option<String>,
    /// The attempt, from 1.
    pub attempt: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// When the attempt started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

impl Delivery {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self.outcome {
            Outcome::Answered { status, .. } => Some(status),
            _ => None,
        }
    }
}

/// A log entry for something that just happened to a call.
pub(crate) fn entry(call_id: u64, call: &Call, outcome: Outcome) -> Delivery {
    let now = times::now();
    Delivery {
        call_id,
        check_id: call.check_id,
        project_id: call.project_id,
        iid: call.iid,
        url: String::new(),
        body: call.body.clone(),
        signature: None,
        attempt: 0,
        outcome,
        started_at: now,
        ended_at: now,
    }
}

/// Mixes up a list; splitmix64 is enough, and the seed makes it repeatable.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let at = usize::try_from(mixed % (last as u64 + 1)).unwrap_or(0);
        items.swap(last, at);
    }
}

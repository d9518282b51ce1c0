//! How soon the next attempt at a command may follow, and which posts are under way.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gitlab::ApiError;
use uuid::Uuid;

/// Shortest wait before GitLab is asked the same again.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
/// Longest wait while GitLab is away.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Longest wait while an operator must mend something.
const LONGEST_WAIT_FOR_OPERATOR: Duration = Duration::from_secs(10 * 60);

/// Attempts made by this process, by command.
#[derive(Debug)]
pub(crate) struct Pace {
    first_wait: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    attempts: HashMap<Uuid, Attempts>,
    posting: HashSet<Uuid>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Attempts {
    /// Deliveries of the command to this process.
    seen: u32,
    made: u32,
    may_have_been_applied: bool,
}

/// The right to post for one request; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit<'a> {
    pace: &'a Pace,
    request: Uuid,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pace.state().posting.remove(&self.request);
    }
}

impl Pace {
    /// The wait after a first failed attempt is `first_wait`.
    pub(crate) fn new(first_wait: Duration) -> Self {
        Self { first_wait, state: Mutex::default() }
    }

    /// How long to wait after attempt number `made`.
    pub(crate) fn wait(&self, made: u32, for_operator: bool) -> Duration {
        wait(self.first_wait, made, for_operator, roll())
    }

    /// How long to wait after question number `attempt` that GitLab did not answer.
    pub(crate) fn wait_after(&self, error: &ApiError, attempt: u32) -> Duration {
        let wait = error.retry_after().unwrap_or_else(|| self.wait(attempt, !error.is_temporary()));
        wait.max(SHORTEST_WAIT)
    }

    /// Takes the right to post for a request; `None` while somebody else has it.
    pub(crate) fn post_for(&self, request: Uuid) -> Option<Permit<'_>> {
        // The lock must be free again before a permit exists, for dropping one takes it.
        let free = self.state().posting.insert(request);
        if free { Some(Permit { pace: self, request }) } else { None }
    }

    /// Counts a delivery of a command; returns how many came to this process.
    pub(crate) fn saw(&self, command: Uuid) -> u32 {
        let mut state = self.state();
        let attempts = state.attempts.entry(command).or_default();
        attempts.seen += 1;
        attempts.seen
    }

    /// Counts an attempt; returns its number, from 1, and whether an earlier one of this process
    /// may have reached GitLab.
    pub(crate) fn begin(&self, command: Uuid) -> (u32, bool) {
        let mut state = self.state();
        let attempts = state.attempts.entry(command).or_default();
        attempts.made += 1;
        (attempts.made, attempts.may_have_been_applied)
    }

    /// Remembers that an attempt may have reached GitLab.
    pub(crate) fn may_have_been_applied(&self, command: Uuid) {
        self.state().attempts.entry(command).or_default().may_have_been_applied = true;
    }

    /// Forgets a command that is settled.
    pub(crate) fn forget(&self, command: Uuid) {
        self.state().attempts.remove(&command);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait after attempt number `made`: doubling, at most the longest, with a random part so that
/// many commands do not come back together. `roll` is a random number.
pub(crate) fn wait(first: Duration, made: u32, for_operator: bool, roll: u32) -> Duration {
    let longest = if for_operator { LONGEST_WAIT_FOR_OPERATOR } else { LONGEST_WAIT };
    let factor = 2_u32.saturating_pow(made.saturating_sub(1).min(20));
    let full = first.saturating_mul(factor).min(longest);
    full / 2 + (full / 2).mul_f64(f64::from(roll) / f64::from(u32::MAX))
}

/// A random number, from the random part of a new id.
pub(crate) fn roll() -> u32 {
    let bytes = kit::clock::new_id().into_bytes();
    u32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_differ() {
        let first = Duration::from_millis(500);
        assert_eq!(wait(first, 1, false, u32::MAX), first);
        assert_eq!(wait(first, 1, false, 0), first / 2);
        assert_eq!(wait(first, 3, false, u32::MAX), first * 4);
        assert_eq!(wait(first, 90, false, u32::MAX), LONGEST_WAIT);
        assert_eq!(wait(first, 90, true, u32::MAX), LONGEST_WAIT_FOR_OPERATOR);
    }

    #[test]
    fn one_post_at_a_time_for_a_request() {
        let pace = Pace::new(Duration::ZERO);
        let (one, other) = (kit::clock::new_id(), kit::clock::new_id());
        let permit = pace.post_for(one);
        assert!(permit.is_some());
        assert!(pace.post_for(one).is_none());
        assert!(pace.post_for(one).is_none(), "a refusal gives nothing back");
        assert!(pace.post_for(other).is_some());
        drop(permit);
        assert!(pace.post_for(one).is_some());
    }
}

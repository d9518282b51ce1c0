//! How often something may happen: so many times a minute, evenly, and a whole minute's at once after a calm
//! one (the generic cell rate algorithm, ITU-T I.371).

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

const MINUTE: i64 = 60_000_000;

/// A limit on how often something may happen.
#[derive(Debug)]
pub struct Pace {
    /// Between two, in microseconds.
    every: i64,
    /// When the next one would come, if all came evenly; in microseconds since 1970 UTC.
    due: Mutex<i64>,
}

impl Pace {
    /// So many times a minute.
    #[must_use]
    pub fn new(a_minute: NonZeroU32) -> Self {
        Self { every: MINUTE / i64::from(a_minute.get()), due: Mutex::new(0) }
    }

    /// Between two when they come evenly.
    #[must_use]
    pub fn every(&self) -> Duration {
        Duration::from_micros(self.every.unsigned_abs())
    }

    /// Whether one more may happen now, in microseconds since 1970 UTC.
    ///
    /// # Errors
    ///
    /// When it comes too soon, with the time until it may.
    pub fn admit(&self, now: i64) -> Result<(), Duration> {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = *due - now;
        if ahead > MINUTE - self.every {
            let wait = ahead - (MINUTE - self.every);
            return Err(Duration::from_micros(wait.unsigned_abs()));
        }
        *due = (*due).max(now) + self.every;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_comes_at_once_and_then_one_after_the_other() {
        let pace = Pace::new(NonZeroU32::new(60).unwrap_or(NonZeroU32::MIN));
        let second = 1_000_000;
        let now = 1_000 * second;
        assert!((0..60).all(|_| pace.admit(now).is_ok()));
        assert_eq!(pace.admit(now), Err(Duration::from_secs(1)));
        assert_eq!(pace.admit(now + second), Ok(()));
        assert_eq!(pace.admit(now + second), Err(Duration::from_secs(1)));
        assert!((0..60).all(|_| pace.admit(now + 120 * second).is_ok()));
    }
}

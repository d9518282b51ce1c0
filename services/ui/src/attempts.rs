//! How often somebody may try to sign in: whoever guesses is slowed down, by login name and by
//! address, and all of them together.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use sha2::{Digest, Sha256};

const MINUTE: i64 = 60_000_000;
/// How long a failure counts, and the longest wait.
const WINDOW: i64 = 15 * MINUTE;
/// Failures after which somebody waits. An address can be that of a proxy with many people behind.
const FOR_A_NAME: u32 = 5;
const FOR_AN_ADDRESS: u32 = 20;
/// Attempts of everybody in a minute. It bounds the memory, too: each makes two entries at most,
/// which last 15 minutes.
const IN_A_MINUTE: u32 = 60;

/// Who is counted; a name by its hash, so that nothing typed here by mistake is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Who {
    Name([u8; 32]),
    Address(IpAddr),
}

#[derive(Debug, Default)]
struct Failures {
    count: u32,
    last: i64,
    /// No attempt before this.
    until: i64,
}

#[derive(Debug, Default)]
struct Known {
    failures: HashMap<Who, Failures>,
    minute: i64,
    in_this_minute: u32,
}

/// The attempts of the last minutes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts(Arc<Mutex<Known>>);

impl Attempts {
    /// Counts an attempt as failed until it has succeeded, so that many at once count, too; fails with
    /// the minutes to wait when there were too many.
    pub(crate) fn begin(&self, name: &str, address: IpAddr, now: i64) -> Result<(), i64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.failures.retain(|_, it| now < it.last + WINDOW || now < it.until);
        let both = [(named(name), FOR_A_NAME), (Who::Address(address), FOR_AN_ADDRESS)];
        let until = both.iter().filter_map(|(who, _)| known.failures.get(who)).map(|it| it.until);
        let wait = until.max().unwrap_or_default() - now;
        if wait > 0 {
            return Err(wait.div_euclid(MINUTE) + i64::from(wait % MINUTE > 0));
        }
        if known.minute != now / MINUTE {
            (known.minute, known.in_this_minute) = (now / MINUTE, 0);
        }
        if known.in_this_minute >= IN_A_MINUTE {
            return Err(1);
        }
        known.in_this_minute += 1;
        for (who, allowed) in both {
            let failures = known.failures.entry(who).or_default();
            (failures.count, failures.last) = (failures.count + 1, now);
            if failures.count >= allowed {
                let doubled = MINUTE << (failures.count - allowed).min(4);
                failures.until = now + doubled.min(WINDOW);
            }
        }
        Ok(())
    }

    /// Says that the attempt was none that failed.
    pub(crate) fn succeeded(&self, name: &str, address: IpAddr) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.failures.remove(&named(name));
        // Who knows one password may still be guessing another: only this attempt is taken back.
        if let Some(failures) = known.failures.get_mut(&Who::Address(address)) {
            failures.count = failures.count.saturating_sub(1);
            if failures.count < FOR_AN_ADDRESS {
                failures.until = 0;
            }
        }
    }
}

fn named(name: &str) -> Who {
    Who::Name(Sha256::digest(name.trim().to_lowercase().as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn other(number: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, number])
    }

    #[test]
    fn who_fails_five_times_waits_longer_and_longer() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            assert_eq!(attempts.begin("ada", HERE, 0), Ok(()));
        }
        assert_eq!(attempts.begin("Ada ", other(1), 0), Err(1), "from anywhere");
        assert_eq!(attempts.begin("eve", HERE, 0), Ok(()), "another name is free");
        let mut now = 0;
        for minutes in [1, 2, 4, 8] {
            assert_eq!(attempts.begin("ada", HERE, now + 1), Err(minutes));
            now += minutes * MINUTE;
            assert_eq!(attempts.begin("ada", HERE, now), Ok(()), "after {minutes} minutes");
        }
        assert_eq!(attempts.begin("ada", HERE, now + 1), Err(15), "at most");
    }

    #[test]
    fn success_and_time_forgive() {
        let attempts = Attempts::default();
        for _ in 0..4 {
            assert_eq!(attempts.begin("ada", HERE, 0), Ok(()));
        }
        attempts.succeeded("ada", HERE);
        for _ in 0..4 {
            assert_eq!(attempts.begin("ada", HERE, MINUTE), Ok(()));
        }
        assert_eq!(attempts.begin("ada", HERE, MINUTE + WINDOW), Ok(()));
        assert_eq!(attempts.begin("ada", HERE, MINUTE + WINDOW), Ok(()), "the old ones are over");
    }

    #[test]
    fn an_address_has_a_limit_and_so_have_all_together() {
        let attempts = Attempts::default();
        for number in 0..20 {
            assert_eq!(attempts.begin(&format!("p{number}"), HERE, 0), Ok(()));
        }
        assert_eq!(attempts.begin("one-more", HERE, 0), Err(1));
        for number in 0..40 {
            assert_eq!(attempts.begin(&format!("q{number}"), other(number), 0), Ok(()));
        }
        assert_eq!(attempts.begin("one-more", other(99), 0), Err(1));
        assert_eq!(attempts.begin("one-more", other(99), MINUTE), Ok(()));
    }
}

//! Faults that API answers can be told to have.

use std::{sync::Mutex, time::Duration};

use crate::core::locked;

/// A way in which an API answer goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429 with the plain text `Retry later`.
    TooManyRequests {
        /// Seconds for the `Retry-After` header, if it is sent.
        retry_after_seconds: Option<u64>,
    },
    /// 429 with a JSON body.
    TooManyRequestsJson {
        /// Seconds for the `Retry-After` header, if it is sent.
        retry_after_seconds: Option<u64>,
    },
    /// A server error such as 500, 502, 503 or 504.
    ServerError(u16),
    /// 401, as for a bad token or a lapsed licence.
    Unauthorized,
    /// 403, as for too low a role.
    Forbidden,
    /// 409 because a row is locked; GitLab means "try again".
    RowLocked,
    /// Waits, and then goes on to the next fault or the real answer.
    Delay(Duration),
    /// Does what was asked, and then waits before it answers.
    DelayAfter(Duration),
    /// Cuts the connection; nothing is done.
    CutBefore,
    /// Does what was asked and then cuts the connection.
    CutAfter,
    /// 301 to the same address with https; nothing is done.
    RedirectToHttps,
    /// 200 with an HTML page; nothing is done.
    Html,
    /// Does what was asked and answers with more than 1 MiB of valid JSON.
    Oversized,
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// For the next so many requests.
    Times(u32),
    /// Until the faults are cleared.
    UntilCleared,
}

/// Which API requests a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Routes {
    /// Every request.
    All,
    /// Only answers to status checks.
    Answers,
    /// Everything but answers to status checks.
    Reads,
    /// Only comments.
    Notes,
}

/// What an API request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    Answer,
    Note,
    Other,
}

#[derive(Debug, Clone)]
struct Dial {
    fault: Fault,
    lasting: Lasting,
    routes: Routes,
}

/// The faults in force, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Dials {
    dials: Mutex<Vec<Dial>>,
}

impl Dials {
    pub(crate) fn add(&self, fault: Fault, lasting: Lasting, routes: Routes) {
        if lasting != Lasting::Times(0) {
            let dial = Dial { fault, lasting, routes };
            locked(&self.dials).push(dial);
        }
    }

    pub(crate) fn clear(&self) {
        locked(&self.dials).clear();
    }

    pub(crate) fn count(&self) -> usize {
        locked(&self.dials).len()
    }

    /// Takes the faults for one request: any delays before the first other fault, and that fault.
    pub(crate) fn take(&self, about: About) -> Vec<Fault> {
        let mut dials = locked(&self.dials);
        let mut taken = Vec::new();
        let mut decided = false;
        dials.retain_mut(|dial| {
            let elsewhere = match dial.routes {
                Routes::All => false,
                Routes::Answers => about != About::Answer,
                Routes::Reads => about == About::Answer,
                Routes::Notes => about != About::Note,
            };
            if decided || elsewhere {
                return true;
            }
            taken.push(dial.fault.clone());
            decided = !matches!(dial.fault, Fault::Delay(_));
            match &mut dial.lasting {
                Lasting::UntilCleared => true,
                Lasting::Times(left) => {
                    *left -= 1;
                    *left > 0
                }
            }
        });
        taken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{About, Dials, Fault, Lasting, Routes};

    #[test]
    fn faults_are_used_up_in_order_and_delays_go_along() {
        let dials = Dials::default();
        let delay = Fault::Delay(Duration::from_millis(1));
        dials.add(delay.clone(), Lasting::UntilCleared, Routes::All);
        dials.add(Fault::Forbidden, Lasting::Times(1), Routes::Answers);
        dials.add(Fault::RowLocked, Lasting::Times(1), Routes::All);
        assert_eq!(dials.take(About::Answer), [delay.clone(), Fault::Forbidden]);
        assert_eq!(dials.take(About::Other), [delay.clone(), Fault::RowLocked]);
        assert_eq!(dials.take(About::Answer), [delay]);
        dials.clear();
        assert_eq!(dials.count(), 0);
    }
}

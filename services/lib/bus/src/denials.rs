//! Subjects to which the server lets us not publish. JetStream says nothing about it in the answer:
//! to the publisher it looks like a time-out, and the reason comes as an error of the connection.

use std::collections::BTreeMap;

use tokio::sync::watch;

/// How the server begins to say it; the subject follows in quotes.
const VIOLATION: &str = "permissions violation for publish to \"";

/// How often each subject was denied, and whether the last attempt was.
#[derive(Debug, Clone)]
pub(crate) struct Denials(watch::Sender<BTreeMap<String, Denial>>);

#[derive(Debug, Clone, Copy, Default)]
struct Denial {
    count: u64,
    stands: bool,
}

/// A publish that may turn out to be denied.
pub(crate) struct Attempt {
    denials: Denials,
    changes: watch::Receiver<BTreeMap<String, Denial>>,
    subject: String,
    denied_before: u64,
}

impl Default for Denials {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeMap::new()))
    }
}

impl Denials {
    /// Takes note of an error of the connection, if it is about publishing.
    pub(crate) fn heard(&self, error: &str) {
        let lower = error.to_lowercase();
        let Some(at) = lower.find(VIOLATION) else { return };
        let rest = error.get(at + VIOLATION.len()..).unwrap_or_default();
        let subject = rest.split('"').next().unwrap_or_default().to_owned();
        self.0.send_modify(|denials| {
            let denial = denials.entry(subject).or_default();
            denial.count += 1;
            denial.stands = true;
        });
    }

    /// A subject that was denied and has not been accepted since.
    pub(crate) fn standing(&self) -> Option<String> {
        let denials = self.0.borrow();
        denials.iter().find(|(_, denial)| denial.stands).map(|(subject, _)| subject.clone())
    }

    pub(crate) fn attempt(&self, subject: &str) -> Attempt {
        let changes = self.0.subscribe();
        let denied_before = changes.borrow().get(subject).copied().unwrap_or_default().count;
        Attempt { denials: self.clone(), changes, subject: subject.to_owned(), denied_before }
    }
}

impl Attempt {
    /// Returns when this subject is denied, else never.
    pub(crate) async fn denied(&mut self) {
        let now = |denials: &BTreeMap<String, Denial>| {
            denials.get(&self.subject).is_some_and(|it| it.count > self.denied_before)
        };
        if self.changes.wait_for(now).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The server has stored the message.
    pub(crate) fn accepted(&self) {
        self.denials.0.send_if_modified(|denials| match denials.get_mut(&self.subject) {
            Some(denial) if denial.stands => {
                denial.stands = false;
                true
            }
            _ => false,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_violation_reaches_the_publisher_it_is_about() {
        let denials = Denials::default();
        let mut attempt = denials.attempt("countersign.intake.v1.main.6");
        denials.heard("Permissions Violation for Subscription to \"x\"");
        denials.heard("Permissions Violation for Publish to \"countersign.intake.v1.main.6\"");
        attempt.denied().await;
        assert_eq!(denials.standing().as_deref(), Some("countersign.intake.v1.main.6"));
        attempt.accepted();
        assert_eq!(denials.standing(), None);
    }
}

//! Waiting for a condition by notification.

use std::{sync::Arc, time::Duration};

use crate::{core::Core, world::short};

/// How long a story waits before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How many calls and how many answers a failed story shows.
const SUMMARY_LINES_MAX: usize = 20;

/// A condition that was not met in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what} did not happen within {limit:?}")]
pub struct NotInTime {
    what: String,
    limit: Duration,
}

/// Waits until a condition holds, looking again after every change.
pub(crate) async fn wait(
    core: &Arc<Core>,
    what: &str,
    limit: Duration,
    condition: impl Fn() -> bool,
) -> Result<(), NotInTime> {
    let mut changes = core.subscribe();
    let met = async {
        while !condition() {
            if changes.changed().await.is_err() {
                break;
            }
        }
    };
    tokio::time::timeout(limit, met).await.map_err(|_| NotInTime { what: what.to_owned(), limit })
}

/// Ends a story that waited in vain.
#[expect(
    clippy::panic,
    reason = "a story must end where it went wrong, and a forgotten error would let it go on"
)]
pub(crate) fn give_up(error: &NotInTime, details: &str) -> ! {
    panic!("{error}\n{details}")
}

/// Ends a story whose set-up GitLab would refuse.
#[expect(clippy::panic, reason = "a story with an impossible set-up must not go on")]
pub(crate) fn refuse(complaints: &[String]) -> ! {
    panic!("GitLab refuses the status check: {}", complaints.join(", "))
}

impl Core {
    /// What happened so far, for the message of a story that failed.
    pub(crate) fn summary(&self) -> String {
        let calls = self.outgoing.log();
        let calls = calls.iter().map(|call| {
            let (iid, attempt, outcome) = (call.iid, call.attempt, &call.outcome);
            format!("  call {} about !{iid}, attempt {attempt}: {outcome:?}", call.call_id)
        });
        let answers = self.history.all();
        let answers = answers.iter().map(|answer| {
            let status = answer.status.as_deref().unwrap_or("nothing");
            let sha = answer.sha.as_deref().map_or("no sha", short);
            let iid = answer.iid;
            format!("  answer {status} for !{iid} {sha}: HTTP {:?}", answer.http_status)
        });
        let lines: Vec<String> = recent(calls).chain(recent(answers)).collect();
        format!("the latest calls and answers:\n{}", lines.join("\n"))
    }
}

/// The last lines, in order.
fn recent(lines: impl ExactSizeIterator<Item = String>) -> impl Iterator<Item = String> {
    let skipped = lines.len().saturating_sub(SUMMARY_LINES_MAX);
    lines.skip(skipped)
}

#[cfg(test)]
mod tests {
    use crate::{core::Core, options::Options};

    #[tokio::test]
    async fn the_summary_tells_of_calls() {
        let core = Core::new("http://sim".to_owned(), Options::default()).expect("a core");
        core.outgoing.lose_next(1);
        core.write(|world| {
            let project_id = world.project("a/b");
            world.outbox.push(crate::world::Call {
                project_id,
                iid: 7,
                check_id: 1,
                body: String::new(),
            });
        });
        let expected = "the latest calls and answers:\n  call 1 about !7, attempt 0: Lost";
        assert_eq!(core.summary(), expected);
    }
}

//! How a process stops: the first signal lets work finish, the second or a deadline does not.

use std::{future::Future, io, time::Duration};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long work may take to finish after the first signal.
const GRACE: Duration = Duration::from_secs(15);

/// The tasks of a process and the tokens that stop them.
#[derive(Debug, Clone, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    failed: CancellationToken,
    tasks: TaskTracker,
}

/// The signals that ask a process to stop, caught from the moment this is made: until then they
/// end the process at once.
#[derive(Debug)]
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches them.
    pub fn catch() -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// How the process came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// When it was asked to stop and all work was finished.
    Clean,
    /// When work was cut off by a second signal or the deadline.
    CutOff,
    /// When a task that must never end has ended.
    Failed,
}

impl Lifecycle {
    /// Cancelled when no new work may begin.
    #[must_use]
    pub fn soft(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Asks the process to stop, as the first signal does.
    pub fn stop(&self) {
        self.soft.cancel();
    }

    /// Runs a task that must last as long as the process: when it ends before it was asked to,
    /// the process stops and fails.
    pub fn spawn<E: std::fmt::Display>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let this = self.clone();
        self.tasks.spawn(async move {
            let result = task.await;
            if this.soft.is_cancelled() && result.is_ok() {
                return;
            }
            match result {
                Ok(()) => tracing::error!(task = name, "a task ended that should not have"),
                Err(error) => tracing::error!(task = name, %error, "a task failed"),
            }
            this.failed.cancel();
            this.soft.cancel();
        });
    }

    /// Waits for a signal or a failed task, then for the work to finish.
    pub async fn run(&self, mut signals: Signals) -> End {
        tokio::select! {
            () = signals.next() => tracing::info!("asked to stop, finishing the work under way"),
            () = self.soft.cancelled() => {}
        }
        self.soft.cancel();
        self.tasks.close();
        let finished = tokio::select! {
            () = self.tasks.wait() => true,
            () = signals.next() => false,
            () = tokio::time::sleep(GRACE) => false,
        };
        if !finished {
            tracing::warn!("stopping now, work under way is cut off");
            self.hard.cancel();
        }
        match (self.failed.is_cancelled(), finished) {
            (true, _) => End::Failed,
            (false, true) => End::Clean,
            (false, false) => End::CutOff,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    #[tokio::test]
    async fn work_under_way_is_finished() {
        let lifecycle = Lifecycle::default();
        let soft = lifecycle.soft();
        lifecycle.spawn("worker", async move {
            soft.cancelled().await;
            Ok::<_, String>(())
        });
        lifecycle.stop();
        assert_eq!(lifecycle.run(Signals::catch().unwrap()).await, End::Clean);
    }

    #[tokio::test]
    async fn a_task_that_ends_takes_the_process_with_it() {
        let lifecycle = Lifecycle::default();
        lifecycle.spawn("worker", async { Err("no disk") });
        assert_eq!(lifecycle.run(Signals::catch().unwrap()).await, End::Failed);
    }
}

//! Child processes that never outlive us, however we end.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, ChildStdout, Command, ExitStatus},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

/// Asks a process to stop.
pub const SIGTERM: i32 = libc::SIGTERM;

/// A running child. Dropping it kills it; the kernel does when this process is killed.
#[derive(Debug)]
pub struct Guarded {
    pid: u32,
    stdout: Option<ChildStdout>,
    ended: CancellationToken,
    exit: mpsc::Receiver<io::Result<ExitStatus>>,
}

impl Guarded {
    /// Starts a command whose process is killed by the kernel (`PR_SET_PDEATHSIG`) when this one
    /// ends. That signal is sent when the *thread* that started the child ends, so the child gets
    /// a thread of its own, which waits for it.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        let (started, start) = mpsc::channel();
        let (ended_with, exit) = mpsc::channel();
        let ended = CancellationToken::new();
        let signal_end = ended.clone();
        die_with_parent(&mut command);
        thread::Builder::new().name("child".to_owned()).spawn(move || {
            let mut child: Child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    let _receiver_waits = started.send(Err(error));
                    return;
                }
            };
            let _receiver_waits = started.send(Ok((child.id(), child.stdout.take())));
            let status = child.wait();
            // First the token: who has the status may rely on it.
            signal_end.cancel();
            let _nobody_may_ask = ended_with.send(status);
        })?;
        let (pid, stdout) = start.recv().map_err(io::Error::other)??;
        Ok(Self { pid, stdout, ended, exit })
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// What the child prints, when its command pipes it; only once.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Cancelled when the child has ended.
    #[must_use]
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Sends a signal, for example `libc::SIGTERM`.
    pub fn signal(&self, signal: i32) {
        if !self.ended.is_cancelled()
            && let Ok(pid) = i32::try_from(self.pid)
        {
            send_signal(pid, signal);
        }
    }

    /// Asks the child to stop with `signal`, and kills it when it has not after `patience`.
    pub fn stop(&self, signal: i32, patience: Duration) -> Option<ExitStatus> {
        self.signal(signal);
        let deadline = Instant::now() + patience;
        let left = deadline.saturating_duration_since(Instant::now());
        if let Ok(status) = self.exit.recv_timeout(left) {
            return status.ok();
        }
        self.signal(libc::SIGKILL);
        self.exit.recv_timeout(Duration::from_secs(5)).ok().and_then(Result::ok)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.signal(libc::SIGKILL);
    }
}

#[expect(unsafe_code, reason = "no safe wrapper lets the child set its death signal before exec")]
fn die_with_parent(command: &mut Command) {
    let parent = std::process::id();
    // SAFETY: between fork and exec only async-signal-safe calls are made: prctl and getppid.
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The parent may have died before the line above.
            if u32::try_from(libc::getppid()).ok() != Some(parent) {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
            Ok(())
        });
    }
}

#[expect(unsafe_code, reason = "std can only kill, not ask")]
fn send_signal(pid: i32, signal: i32) {
    // SAFETY: kill(2) touches no memory of ours; a pid that is gone gives ESRCH.
    unsafe {
        libc::kill(pid, signal);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failing test should panic")]

    use super::*;

    #[test]
    fn a_child_is_asked_first_and_then_killed() {
        let mut polite = Command::new("sleep");
        polite.arg("60");
        let child = Guarded::spawn(polite).unwrap();
        let status = child.stop(libc::SIGTERM, Duration::from_secs(5)).unwrap();
        assert!(!status.success());
        assert!(child.ended().is_cancelled());

        let mut deaf = Command::new("sh");
        deaf.args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
        let child = Guarded::spawn(deaf).unwrap();
        assert!(child.stop(libc::SIGTERM, Duration::from_millis(50)).is_some());
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = Guarded::spawn(Command::new("/no/such/program")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}

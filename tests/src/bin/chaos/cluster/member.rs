//! One process that is kept running, whatever is done to it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use anyhow::{Result, bail};
use bus::embedded::{self, Server};
use tests::Program;
use tokio::sync::{Mutex, MutexGuard};

/// How long a process may need until it is ready again, as long as others are disturbed.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// How long to wait before the next attempt to start.
const START_AGAIN: Duration = Duration::from_millis(200);

/// What is run.
#[derive(Debug)]
pub(super) enum Recipe {
    Role { role: &'static str, settings: Vec<(String, String)> },
    Bus(Box<embedded::Options>),
}

/// A running process.
#[derive(Debug)]
enum Process {
    Role(Program),
    Bus(Server),
}

/// A process that is kept running.
#[derive(Debug)]
pub(crate) struct Member {
    /// Its name, such as `ingress-2`.
    pub(crate) name: String,
    /// Where it serves what others connect to.
    pub(crate) address: SocketAddr,
    /// Its log.
    pub(crate) log: PathBuf,
    recipe: Recipe,
    /// Whoever disturbs the process holds the lock until it runs again.
    process: Mutex<Option<Process>>,
}

/// How a process is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// kill -9.
    Killed,
    /// SIGTERM.
    Asked,
}

impl Member {
    pub(super) fn new(name: &str, address: SocketAddr, log: PathBuf, recipe: Recipe) -> Self {
        Self { name: name.to_owned(), address, log, recipe, process: Mutex::default() }
    }

    /// Starts it for the first time.
    pub(crate) async fn start(&self) -> Result<()> {
        self.run(&mut self.process.lock().await).await
    }

    /// Ends it and starts it again after a pause; `None` when somebody else is at it. The exit
    /// code after a request, when it was not 0.
    pub(crate) async fn again(&self, end: End, pause: Duration) -> Option<Result<Option<String>>> {
        let mut process = self.process.try_lock().ok()?;
        let ended = match process.take() {
            Some(process) => tokio::task::spawn_blocking(move || process.end(end)).await.ok()?,
            None => None,
        };
        tokio::time::sleep(pause).await;
        Some(self.run(&mut process).await.map(|()| ended))
    }

    /// Stops it with SIGSTOP for a while; `None` when somebody else is at it.
    pub(crate) async fn pauses(&self, lasting: Duration) -> Option<()> {
        let process = self.process.try_lock().ok()?;
        signal(&process, libc::SIGSTOP);
        tokio::time::sleep(lasting).await;
        signal(&process, libc::SIGCONT);
        Some(())
    }

    /// Starts it again when it has ended without anybody asking; how its log ended then.
    pub(crate) async fn look_after(&self) -> Option<Result<String>> {
        let mut process = self.process.try_lock().ok()?;
        let ended = match &*process {
            Some(Process::Role(program)) => program.has_ended(),
            Some(Process::Bus(server)) => server.ended().is_cancelled(),
            None => true,
        };
        if !ended {
            return None;
        }
        let last = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last = last.lines().last().unwrap_or_default().to_owned();
        Some(self.run(&mut process).await.map(|()| last))
    }

    /// Ends it for good; what went wrong then.
    pub(crate) async fn ends(&self) -> Option<String> {
        let process = self.process.lock().await.take()?;
        tokio::task::spawn_blocking(move || process.end(End::Asked)).await.ok()?
    }

    /// Starts it, again and again until it runs, as a supervisor would.
    async fn run(&self, process: &mut MutexGuard<'_, Option<Process>>) -> Result<()> {
        let begun = tokio::time::Instant::now();
        loop {
            let said = match self.try_to_start().await {
                Ok(started) => {
                    **process = Some(started);
                    return Ok(());
                }
                Err(said) => said,
            };
            if begun.elapsed() > START_PATIENCE {
                bail!("{} did not start within {START_PATIENCE:?}: {said}", self.name);
            }
            tokio::time::sleep(START_AGAIN).await;
        }
    }

    async fn try_to_start(&self) -> Result<Process, String> {
        match &self.recipe {
            Recipe::Bus(options) => {
                // Its future stays on one thread.
                let (options, runtime) = (options.clone(), tokio::runtime::Handle::current());
                let start = move || runtime.block_on(Server::start(&options));
                let started = tokio::task::spawn_blocking(start).await;
                let server = started.map_err(|error| error.to_string())?;
                server.map(Process::Bus).map_err(|error| error.to_string())
            }
            Recipe::Role { role, settings } => {
                let (role, settings, log) = (*role, settings.clone(), self.log.clone());
                let start = move || Program::start(&[role], &settings, log);
                let started = tokio::task::spawn_blocking(start).await;
                started.map_err(|error| error.to_string())?.map(Process::Role)
            }
        }
    }
}

fn signal(process: &MutexGuard<'_, Option<Process>>, signal: i32) {
    match &**process {
        Some(Process::Role(program)) => program.signal(signal),
        Some(Process::Bus(server)) => server.signal(signal),
        None => {}
    }
}

impl Process {
    /// Ends it; after a request, what was wrong with its end.
    fn end(self, end: End) -> Option<String> {
        match (self, end) {
            (Self::Role(program), End::Killed) => {
                program.kill();
                None
            }
            (Self::Role(program), End::Asked) => {
                let status = program.stop();
                (!status.success()).then(|| format!("after SIGTERM it ended with {status}"))
            }
            (Self::Bus(server), End::Killed) => {
                server.signal(libc::SIGKILL);
                server.stop();
                None
            }
            (Self::Bus(server), End::Asked) => {
                server.stop();
                None
            }
        }
    }
}

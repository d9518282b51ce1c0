//! The real binary as a process.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    time::Duration,
};

use kit::child::Guarded;

/// The program under test, built before the stories are told.
#[must_use]
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    // target/<profile>/deps/it-<hash> or target/<profile>/bench
    let profile = here.ancestors().find(|folder| folder.join("countersign").is_file());
    let profile = profile.unwrap_or_else(|| {
        panic!("the binary is not built: run `cargo build -p countersign` first")
    });
    profile.join("countersign")
}

/// A tool that set-up installs: named by a variable, in `.tools`, or on `PATH`.
#[must_use]
pub fn tool(variable: &str, name: &str) -> PathBuf {
    let tools = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.tools"));
    let installed = ["bin", "venv/bin"].map(|folder| tools.join(folder).join(name));
    std::env::var_os(variable)
        .map(PathBuf::from)
        .or_else(|| installed.into_iter().find(|file| file.exists()))
        .unwrap_or_else(|| name.into())
}

/// A running `countersign`.
#[derive(Debug)]
pub struct Program {
    child: Guarded,
    lines: Vec<String>,
    log: PathBuf,
}

impl Program {
    /// Starts the binary with just this environment and waits until it says that it is ready.
    ///
    /// Fails with what it printed when it ends instead.
    pub fn start(
        arguments: &[&str],
        environment: &[(String, String)],
        log: PathBuf,
    ) -> Result<Self, String> {
        Self::run(&binary(), arguments, environment, log)
    }

    /// The same with what stands in front of the binary, such as a tracer.
    pub fn run(
        program: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
        log: PathBuf,
    ) -> Result<Self, String> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(environment.iter().cloned());
        command.env("NATS_SERVER_BIN", tool("NATS_SERVER_BIN", "nats-server"));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file);
        let mut child = Guarded::spawn(command).unwrap();
        let stdout = child.take_stdout().unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let ready = line.starts_with("Ready after");
            lines.push(line);
            if ready {
                return Ok(Self { child, lines, log });
            }
        }
        let status = child.stop(libc::SIGKILL, Duration::from_secs(5));
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        Err(format!("{status:?}\n{}\n{said}", lines.join("\n")))
    }

    /// The address that a line of the greeting names, such as `requests`.
    #[must_use]
    pub fn address(&self, of: &str) -> String {
        let line = self.lines.iter().find_map(|line| line.trim().strip_prefix(of));
        line.unwrap_or_else(|| panic!("no {of} in {:?}", self.lines)).trim().to_owned()
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Sends it a signal, for example `libc::SIGSTOP`.
    pub fn signal(&self, signal: i32) {
        self.child.signal(signal);
    }

    /// Whether it has ended, asked or not.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.child.ended().is_cancelled()
    }

    /// Everything it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it without a chance to finish anything.
    pub fn kill(self) {
        self.child.stop(libc::SIGKILL, Duration::from_secs(5)).unwrap();
    }

    /// Asks it to stop and waits.
    #[must_use]
    pub fn stop(self) -> ExitStatus {
        self.child.stop(libc::SIGTERM, Duration::from_secs(20)).unwrap()
    }
}

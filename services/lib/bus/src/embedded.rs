//! A `nats-server` of our own, as a child process on a loopback port.

use std::{
    fmt::Write,
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use kit::child::Guarded;
use serde::Deserialize;

use crate::Permissions;

/// How long the server may take to open its port.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How to run the server.
#[derive(Debug, Clone)]
pub struct Options {
    /// The program; a bare name is looked for on `PATH`.
    pub program: PathBuf,
    /// Where streams, configuration and log are kept.
    pub folder: PathBuf,
    /// Loopback port; 0 takes a free one.
    pub port: u16,
    /// Who may connect; with nobody named, everybody on this machine may.
    pub users: Vec<User>,
    /// Whether each message is on disk before it is acknowledged; off only to measure it.
    pub sync_always: bool,
}

/// Who may connect, and to what.
#[derive(Debug, Clone)]
pub struct User {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Subjects they may publish to and subscribe; nothing listed means all.
    pub only: Option<Permissions>,
}

/// When the server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// When the program is not there.
    #[error(
        "{0} was not found: install nats-server 2.12 or newer, name it in NATS_SERVER_BIN, \
         or set COUNTERSIGN_NATS_URL to a server that runs"
    )]
    Missing(PathBuf),
    /// When its folder cannot be used.
    #[error("the folder of nats-server cannot be used: {0}")]
    Folder(#[from] io::Error),
    /// When it ended before it was ready.
    #[error("nats-server ended at once; the last lines of {log} say why: {tail}")]
    Ended {
        /// Its log file.
        log: PathBuf,
        /// The end of it.
        tail: String,
    },
    /// When it did not open its port in time.
    #[error("nats-server did not open its port within {} s", START_TIMEOUT.as_secs())]
    TimedOut,
}

/// Each stream has its own limit. Without one for all of them the server would take three quarters of
/// what is free when it starts, and one that starts on a full disk would refuse everything for as long
/// as it runs.
const STORE_BYTES_MAX: &str = "1TB";

/// A running server; it ends with us, however we end.
#[derive(Debug)]
pub struct Server {
    child: Guarded,
    address: String,
}

#[derive(Deserialize)]
struct Ports {
    nats: Vec<String>,
}

impl Server {
    /// Starts the server and waits until its port is open.
    pub async fn start(options: &Options) -> Result<Self, Error> {
        let run = options.folder.join("run");
        if run.exists() {
            fs::remove_dir_all(&run)?;
        }
        fs::create_dir_all(&run)?;
        let config = options.folder.join("nats-server.conf");
        write_private(&config, &configuration(options, &run))?;
        let mut command = Command::new(&options.program);
        command.arg("--config").arg(&config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = Guarded::spawn(command).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Error::Missing(options.program.clone()),
            _ => Error::Folder(error),
        })?;
        let ports = run.join(ports_file(&options.program, child.pid()));
        let wait = wait_for_port(&child, &ports, options);
        let address = tokio::time::timeout(START_TIMEOUT, wait).await;
        let address = address.map_err(|_| Error::TimedOut)??;
        Ok(Self { child, address })
    }

    /// Address without credentials, such as `127.0.0.1:4222`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Address for a user.
    #[must_use]
    pub fn url(&self, user: Option<&User>) -> String {
        match user {
            Some(User { name, password, .. }) => {
                format!("nats://{name}:{password}@{}", self.address)
            }
            None => format!("nats://{}", self.address),
        }
    }

    /// Process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Sends a signal, for example `libc::SIGKILL`.
    pub fn signal(&self, signal: i32) {
        self.child.signal(signal);
    }

    /// Cancelled when the server has ended.
    #[must_use]
    pub fn ended(&self) -> tokio_util::sync::CancellationToken {
        self.child.ended()
    }

    /// Stops it: asks first, and kills it when it does not listen.
    pub fn stop(self) {
        self.child.stop(kit::child::SIGTERM, Duration::from_secs(10));
    }
}

/// A free loopback port, for a server that must come back on the same one.
pub fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(listener.local_addr()?.port())
}

/// The server names this file after its own program and process id.
fn ports_file(program: &Path, pid: u32) -> String {
    let name = program.file_name().map(|name| name.to_string_lossy().into_owned());
    format!("{}_{pid}.ports", name.unwrap_or_else(|| "nats-server".to_owned()))
}

async fn wait_for_port(child: &Guarded, ports: &Path, options: &Options) -> Result<String, Error> {
    loop {
        if let Some(address) = read_ports(ports) {
            return Ok(address);
        }
        if child.ended().is_cancelled() {
            let log = log_file(&options.folder);
            let text = fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<_> = text.lines().rev().take(3).collect();
            let tail = lines.into_iter().rev().collect::<Vec<_>>().join(" | ");
            return Err(Error::Ended { log, tail });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn read_ports(path: &Path) -> Option<String> {
    let text = fs::read(path).ok()?;
    let ports: Ports = serde_json::from_slice(&text).ok()?;
    Some(ports.nats.first()?.trim_start_matches("nats://").to_owned())
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("nats-server.log")
}

fn configuration(options: &Options, run: &Path) -> String {
    let port = if options.port == 0 { "-1".to_owned() } else { options.port.to_string() };
    let sync = if options.sync_always { "always" } else { "2m" };
    let mut text = format!(
        "# Written at each start; changes are lost.\n\
         server_name: countersign\n\
         listen: \"127.0.0.1:{port}\"\n\
         ports_file_dir: {run}\n\
         log_file: {log}\n\
         log_size_limit: 10MB\n\
         max_payload: 1MB\n\
         jetstream {{\n  store_dir: {store}\n  sync_interval: {sync}\n  \
         max_file_store: {STORE_BYTES_MAX}\n}}\n",
        run = quoted(&run.display().to_string()),
        log = quoted(&log_file(&options.folder).display().to_string()),
        store = quoted(&options.folder.display().to_string()),
    );
    if !options.users.is_empty() {
        text.push_str("authorization {\n  users: [\n");
        for user in &options.users {
            write_user(&mut text, user);
        }
        text.push_str("  ]\n}\n");
    }
    text
}

fn write_user(text: &mut String, user: &User) {
    let (name, password) = (quoted(&user.name), quoted(&user.password));
    let _infallible = write!(text, "    {{ user: {name}, password: {password}");
    if let Some(only) = &user.only {
        let list = |subjects: &[String]| {
            subjects.iter().map(|subject| quoted(subject)).collect::<Vec<_>>().join(", ")
        };
        let (publish, subscribe) = (list(&only.publish), list(&only.subscribe));
        let _infallible =
            write!(text, ", permissions: {{ publish: [{publish}], subscribe: [{subscribe}] }}");
    }
    text.push_str(" }\n");
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Only the owner may read it: it holds passwords.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt};
    let mut file =
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

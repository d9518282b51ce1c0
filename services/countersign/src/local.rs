//! What `up` brings along itself: a data folder that is ours alone, and a nats-server.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use bus::{
    Permissions,
    embedded::{Options, Server, User},
};
use evidence::LogKey;
use proto::RecorderSecret;
use secrecy::ExposeSecret;

use crate::settings::BusSettings;

/// The data folder, locked as long as this lives.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

/// The file in a data folder with the key of the audit record.
pub(crate) const LOG_KEY: &str = "log.key";

/// The file in a data folder that says where its recorder serves gRPC.
pub(crate) fn address_file(data: &Path) -> PathBuf {
    data.join("recorder.address")
}

impl DataFolder {
    /// Creates the folder if need be and locks it: two processes on one folder would each believe
    /// to be the only one.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        fs::create_dir_all(path)
            .with_context(|| format!("cannot create the data folder {}", path.display()))?;
        let lock = File::create(path.join("lock"))
            .with_context(|| format!("cannot write to the data folder {}", path.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another countersign runs in the data folder {}", path.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Says where recorder serves gRPC and what it wants to be shown, to the owner of the folder only,
    /// until a clean stop.
    pub(crate) fn announce(&self, address: SocketAddr, secret: &RecorderSecret) -> Result<()> {
        let file = address_file(&self.path);
        let text = format!("{address}\n{}\n", secret.expose());
        write_for_owner(&file, &text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// The key that signs the checkpoints of the audit record, readable by the owner of the folder only;
    /// made when there is none.
    pub(crate) fn log_key(&self) -> Result<LogKey> {
        let file = self.path.join(LOG_KEY);
        let read = || -> Result<LogKey> {
            if !file.exists() {
                write_for_owner(&file, &LogKey::generate("countersign")?)?;
            }
            Ok(LogKey::read(&fs::read_to_string(&file)?)?)
        };
        read().with_context(|| format!("the key of the audit record, {}", file.display()))
    }
}

/// Writes a file whole or not at all, readable by its owner only.
fn write_for_owner(file: &Path, text: &str) -> std::io::Result<()> {
    let new = file.with_extension("new");
    // One that was left behind may be open to others.
    let _gone_already = fs::remove_file(&new);
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    opened.write_all(text.as_bytes())?;
    opened.sync_all()?;
    fs::rename(&new, file)
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        // It may never have been written.
        let _never_there = fs::remove_file(address_file(&self.path));
    }
}

/// A secret for one run of this process: 244 random bits.
pub(crate) fn made_up() -> String {
    [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|id| id.simple().to_string()).concat()
}

/// A nats-server of our own, and the user under which we speak to it.
#[derive(Debug)]
pub(crate) struct OwnServer {
    pub(crate) server: Server,
    /// Address with the credentials of this run.
    pub(crate) url: String,
}

impl OwnServer {
    /// Starts it. Only we, with a password made up now, and the configured sources may connect.
    pub(crate) async fn start(settings: &BusSettings, data: &Path) -> Result<Self> {
        let us = User { name: "countersign".to_owned(), password: made_up(), only: None };
        let names = &settings.config.names;
        let sources = settings.sources.iter().map(|(name, password)| User {
            name: name.clone(),
            password: password.expose_secret().to_owned(),
            only: Some(Permissions::of_source(names, name)),
        });
        let server = Server::start(&Options {
            program: settings.nats_server.clone(),
            folder: fs::canonicalize(data)?.join("nats"),
            port: settings.embedded_port,
            users: std::iter::once(us.clone()).chain(sources).collect(),
            sync_always: true,
        })
        .await?;
        let url = server.url(Some(&us));
        Ok(Self { server, url })
    }
}

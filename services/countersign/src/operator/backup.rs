//! `countersign backup` and `restore`, for the database and the key of `countersign up`.

use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use clap::Args;
use recorder::Database;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Problem, print,
    private_file::{self, failed},
    wait_for,
};
use crate::{
    Config,
    local::{DataFolder, LOG_KEY},
};

const DATABASE: &str = "countersign.db";
const MANIFEST: &str = "backup.json";

/// `countersign backup`.
#[derive(Debug, Args)]
pub struct BackupArguments {
    /// A folder for the copy, which must not be there yet
    #[arg(long)]
    to: PathBuf,
}

/// `countersign restore`.
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// A folder that `countersign backup` made
    #[arg(long)]
    from: PathBuf,
    /// Only look whether the copy is whole
    #[arg(long)]
    check: bool,
}

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// The version of the program that made it.
    version: String,
    /// When, in UTC (RFC 3339).
    made_at: String,
    /// Records of the audit record.
    audit_records: i64,
    /// SHA-256 of the database, lower-case hex.
    database_sha256: String,
    /// Whether the key of the audit record is with it.
    has_log_key: bool,
}

/// Copies the database as it is at one moment, also while it is in use, and the key beside it.
pub fn backup(config: &Config, arguments: &BackupArguments) -> Result<(), Problem> {
    let file = sqlite(config)?;
    if !file.exists() {
        return Err(Problem::Usage(format!("there is no {} to copy", file.display())));
    }
    let folder = &arguments.to;
    fs::DirBuilder::new().mode(0o700).create(folder).map_err(|error| failed(folder, &error))?;
    let copy = folder.join(DATABASE);
    let audit_records = wait_for(async {
        let copied = recorder::copy(&file, &copy).await;
        copied.map_err(|error| Problem::Failed(error.to_string()))
    })?;
    only_for_owner(&copy)?;
    let key = config.data_dir().join(LOG_KEY);
    let has_log_key = key.exists();
    if has_log_key {
        copy_file(&key, &folder.join(LOG_KEY))?;
    }
    let made_at = jiff::Timestamp::from_microsecond(kit::clock::now_micros()).unwrap_or_default();
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: made_at.to_string(),
        audit_records,
        database_sha256: sha256(&copy)?,
        has_log_key,
    };
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    private_file::write(&folder.join(MANIFEST), text.as_bytes())?;
    sync(folder)?;
    let with_key = if has_log_key { ", with the key that signs it" } else { "" };
    print(&format!(
        "Copied {} audit records to {}{with_key}. Keep it where only those read who may read the \
         database.",
        manifest.audit_records,
        folder.display()
    ));
    Ok(())
}

/// Puts a copy where the database was, when there is none there and nobody runs.
pub fn restore(config: &Config, arguments: &RestoreArguments) -> Result<(), Problem> {
    let (folder, file) = (&arguments.from, sqlite(config)?);
    let manifest = checked(folder)?;
    if arguments.check {
        let Manifest { audit_records, made_at, .. } = manifest;
        print(&format!("{audit_records} audit records as of {made_at}, whole."));
        return Ok(());
    }
    let _locked = DataFolder::open(config.data_dir())
        .map_err(|error| Problem::Failed(format!("{error:#}: stop it first")))?;
    if file.exists() {
        return Err(Problem::Failed(format!(
            "{} is there: move the data folder away first, for whoever must find out what happened",
            file.display()
        )));
    }
    copy_file(&folder.join(DATABASE), &file)?;
    if manifest.has_log_key {
        copy_file(&folder.join(LOG_KEY), &config.data_dir().join(LOG_KEY))?;
    }
    if let Some(parent) = file.parent() {
        sync(parent)?;
    }
    print(&format!(
        "Restored {} audit records as of {}.\nWhat was decided since is not known here, and GitLab may \
         show it: after the start only failed is posted (safe mode), until\n  countersign safe-mode end \
         --reason …",
        manifest.audit_records, manifest.made_at
    ));
    Ok(())
}

fn checked(folder: &Path) -> Result<Manifest, Problem> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    let manifest: Manifest = serde_json::from_str(&text)
        .map_err(|error| Problem::Failed(format!("{}: {error}", path.display())))?;
    let copy = folder.join(DATABASE);
    if sha256(&copy)? != manifest.database_sha256 {
        return Err(Problem::Failed(format!(
            "{} is not what was copied: its SHA-256 is another one",
            copy.display()
        )));
    }
    Ok(manifest)
}

fn sqlite(config: &Config) -> Result<PathBuf, Problem> {
    match config.database()? {
        Database::Sqlite(file) => Ok(file),
        Database::Postgres(_) => Err(Problem::Usage(
            "database.url is a PostgreSQL server, which has backups of its own: docs/upgrades.md says how"
                .to_owned(),
        )),
    }
}

fn sha256(file: &Path) -> Result<String, Problem> {
    let mut opened = File::open(file).map_err(|error| failed(file, &error))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match opened.read(&mut buffer).map_err(|error| failed(file, &error))? {
            0 => return Ok(hex::encode(hash.finalize())),
            read => hash.update(&buffer[..read]),
        }
    }
}

/// Copies a file to a place where there is none, for its owner only.
fn copy_file(from: &Path, to: &Path) -> Result<(), Problem> {
    let mut source = File::open(from).map_err(|error| failed(from, &error))?;
    let mut target = private_file::create(to)?;
    std::io::copy(&mut source, &mut target).map_err(|error| failed(to, &error))?;
    target.sync_all().map_err(|error| failed(to, &error))
}

fn only_for_owner(path: &Path) -> Result<(), Problem> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(path, permissions).map_err(|error| failed(path, &error))
}

fn sync(folder: &Path) -> Result<(), Problem> {
    let synced = File::open(folder).and_then(|opened| opened.sync_all());
    synced.map_err(|error| failed(folder, &error))
}

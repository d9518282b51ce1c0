//! Secrets in files, readable by their owner only.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use secrecy::{ExposeSecret, SecretString};

use super::Problem;

/// Bytes of a fresh secret: nobody guesses 256 bits.
const BYTES: usize = 32;

/// Reads a secret; white space around it is not a part of it.
pub(super) fn read(file: &Path) -> Result<SecretString, Problem> {
    let text = fs::read_to_string(file)
        .map_err(|error| Problem::Usage(format!("{} cannot be read: {error}", file.display())))?;
    match text.trim() {
        "" => Err(Problem::Usage(format!("{} is empty", file.display()))),
        secret => Ok(SecretString::from(secret)),
    }
}

/// A secret that nobody knows yet.
pub(super) fn fresh() -> Result<SecretString, Problem> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Problem::Failed(format!("there is no randomness: {error}")))?;
    Ok(SecretString::from(hex::encode(bytes)))
}

/// Writes a secret to a file that must not be there yet.
pub(super) fn write(file: &Path, secret: &SecretString) -> Result<(), Problem> {
    let failed = |error: std::io::Error| Problem::Failed(format!("{}: {error}", file.display()));
    let mut opened = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(failed)?;
    writeln!(opened, "{}", secret.expose_secret()).map_err(failed)?;
    opened.sync_all().map_err(failed)
}

//! Secrets in files, readable by their owner only.

use std::{fs, path::Path};

use secrecy::{ExposeSecret, SecretString};

use super::{Problem, private_file};

/// Bytes of a fresh secret: nobody guesses 256 bits.
const BYTES: usize = 32;

/// Reads a secret: the first line, since the old one may stand below it; white space is not a part of it.
pub(super) fn read(file: &Path) -> Result<SecretString, Problem> {
    let text = fs::read_to_string(file)
        .map_err(|error| Problem::Usage(format!("{} cannot be read: {error}", file.display())))?;
    match text.trim().lines().next().unwrap_or_default().trim_end() {
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
    private_file::write(file, format!("{}\n", secret.expose_secret()).as_bytes())
}

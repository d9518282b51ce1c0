//! Files that only their owner reads, at places where there is none yet.

use std::{
    fs::{File, OpenOptions},
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use super::Problem;

/// Makes an empty one.
pub(super) fn create(path: &Path) -> Result<File, Problem> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|error| failed(path, &error))
}

/// Writes one whole; a power failure does not take it away again.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), Problem> {
    let mut file = create(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.map_err(|error| failed(path, &error))
}

/// What could not be done with a file.
pub(super) fn failed(path: &Path, error: &std::io::Error) -> Problem {
    Problem::Failed(format!("{}: {error}", path.display()))
}

//! When a program waits for the disk, seen from outside by `strace`.

use std::{
    collections::HashMap,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::process::tool;

/// A program that is started under `strace`, which writes down each of its syncs.
#[derive(Debug)]
pub struct DiskTrace {
    program: PathBuf,
    file: PathBuf,
}

impl DiskTrace {
    /// Puts a script of the same name into the folder; the program keeps the process id that the
    /// script was started with.
    #[must_use]
    pub fn of(program: &Path, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let file = folder.join("syncs");
        let script = folder.join(program.file_name().unwrap());
        let strace = tool("STRACE_BIN", "strace");
        let text = format!(
            "#!/bin/sh\nexec '{}' -D -f -y -qq -e trace=fsync,fdatasync -o '{}' '{}' \"$@\"\n",
            strace.display(),
            file.display(),
            program.display()
        );
        std::fs::write(&script, text).unwrap();
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { program: script, file }
    }

    /// What is to be started.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// How many syncs of files with this in their path have ended so far.
    #[must_use]
    pub fn syncs(&self, of: &str) -> usize {
        let text =
            std::fs::read_to_string(&self.file).expect("strace cannot be run: see `make setup`");
        let mut under_way: HashMap<&str, bool> = HashMap::new();
        let mut ended = 0;
        for line in text.lines() {
            let (process, call) = line.trim().split_once(' ').unwrap_or_default();
            let counts = match call.contains("sync resumed") {
                true => under_way.remove(process).unwrap_or_default(),
                false => call.contains("sync(") && call.contains(of),
            };
            if call.ends_with("<unfinished ...>") {
                under_way.insert(process, counts);
            } else if counts && call.ends_with("= 0") {
                ended += 1;
            }
        }
        ended
    }
}

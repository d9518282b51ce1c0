//! A folder on a disk of its own that can be filled up: tmpfs that is made as small as what it
//! holds, and large again.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// Size when there is room.
const ROOMY: &str = "1g";
/// What is still free when it is full.
const SLACK_KIB: u64 = 64;

/// A folder that can be filled up.
#[derive(Debug)]
pub(crate) struct Disk {
    /// Its name, which is the name of the folder.
    pub(crate) name: &'static str,
    path: PathBuf,
}

impl Disk {
    /// Why no disk can be mounted here, if so.
    pub(crate) fn impossible() -> Option<String> {
        let folder = tempfile::tempdir().ok()?;
        Self::mount("trial", folder.path()).err().map(|error| format!("{error:#}"))
    }

    pub(super) fn mount(name: &'static str, within: &Path) -> Result<Self> {
        let path = within.join(name);
        std::fs::create_dir_all(&path)?;
        let place = path.display().to_string();
        run(
            "mount",
            &["-t", "tmpfs", "-o", &format!("size={ROOMY},mode=0755"), "countersign", &place],
        )?;
        Ok(Self { name, path })
    }

    /// Leaves almost no room.
    pub(crate) fn fill(&self) -> Result<()> {
        let used = run("df", &["--output=used", "-k", &self.path.display().to_string()])?;
        let used: u64 = used.lines().last().unwrap_or_default().trim().parse()?;
        self.resize(&format!("{}k", used + SLACK_KIB))
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) -> Result<()> {
        self.resize(ROOMY)
    }

    fn resize(&self, size: &str) -> Result<()> {
        let place = self.path.display().to_string();
        run("mount", &["-o", &format!("remount,size={size}"), &place]).map(drop)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process may just be ending.
        let _left_to_the_reader = run("umount", &["-l", &self.path.display().to_string()]);
    }
}

fn run(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} cannot be run"))?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

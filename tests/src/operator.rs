//! Somebody at a terminal on the machine where the product runs.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::process::binary;

/// What a command printed, and its exit code.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit code.
    pub code: Option<i32>,
    /// Standard output and standard error.
    pub text: String,
}

impl Said {
    /// The text as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The rows of a table, without its head, as words.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<String>> {
        let words = |line: &str| {
            line.split("  ").filter(|it| !it.is_empty()).map(str::trim).map(str::to_owned).collect()
        };
        self.text.lines().skip(1).map(words).collect()
    }
}

/// Somebody at a terminal, with the settings of the product in their environment.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    pub(crate) settings: Vec<(String, String)>,
}

impl Operator {
    /// Runs `countersign` with these words.
    #[must_use]
    pub fn says(&self, words: &[&str]) -> Said {
        self.types(words, "")
    }

    /// The same, with a text on its standard input.
    #[must_use]
    pub fn types(&self, words: &[&str], text: &str) -> Said {
        let mut command = Command::new(binary());
        command.args(words).env_clear().envs(self.settings.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // One that does not read is no failure.
        let _unread = child.stdin.take().unwrap().write_all(text.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap().trim_end().to_owned();
        Said { code: output.status.code(), text }
    }

    /// The same with another setting.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.retain(|(known, _)| known != name);
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }
}

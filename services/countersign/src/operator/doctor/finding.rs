//! What was found: each thing with its cause and its fix.

use std::fmt::Write;

use serde::Serialize;

use super::super::text::visible;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it must be.
    Ok,
    /// It works, and will not for ever.
    Warning,
    /// It does not work, or can lose something.
    Wrong,
    /// It could not be looked at from here.
    Unknown,
}

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) state: State,
    /// What is, in one sentence.
    pub(super) found: String,
    /// What to do; empty when nothing is to be done.
    pub(super) fix: String,
}

/// What belongs together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) findings: Vec<Finding>,
}

impl Area {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), findings: Vec::new() }
    }

    pub(super) fn ok(&mut self, found: impl Into<String>) {
        self.add(State::Ok, found.into(), String::new());
    }

    pub(super) fn warning(&mut self, found: impl Into<String>, fix: impl Into<String>) {
        self.add(State::Warning, found.into(), fix.into());
    }

    pub(super) fn wrong(&mut self, found: impl Into<String>, fix: impl Into<String>) {
        self.add(State::Wrong, found.into(), fix.into());
    }

    pub(super) fn unknown(&mut self, found: impl Into<String>, fix: impl Into<String>) {
        self.add(State::Unknown, found.into(), fix.into());
    }

    fn add(&mut self, state: State, found: String, fix: String) {
        self.findings.push(Finding { state, found, fix });
    }

    pub(super) fn count(&self, state: State) -> usize {
        self.findings.iter().filter(|it| it.state == state).count()
    }
}

/// All of it for a terminal.
pub(super) fn told(areas: &[Area]) -> String {
    let mut text = String::new();
    for area in areas {
        let _infallible = writeln!(text, "{}", visible(&area.name, false));
        for Finding { state, found, fix } in &area.findings {
            let word = match state {
                State::Ok => "ok",
                State::Warning => "warning",
                State::Wrong => "WRONG",
                State::Unknown => "not seen",
            };
            let _infallible = writeln!(text, "  {word:<9} {}", visible(found, false));
            if !fix.is_empty() {
                let _infallible = writeln!(text, "            -> {}", visible(fix, false));
            }
        }
    }
    let count = |state| areas.iter().map(|area| area.count(state)).sum::<usize>();
    let warnings = match count(State::Warning) {
        1 => "1 warning".to_owned(),
        more => format!("{more} warnings"),
    };
    let (ok, wrong, unseen) = (count(State::Ok), count(State::Wrong), count(State::Unknown));
    let _infallible = write!(text, "{ok} ok, {warnings}, {wrong} wrong, {unseen} not seen.");
    text
}

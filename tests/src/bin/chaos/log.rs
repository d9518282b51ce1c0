//! What was done and what went wrong, with times: one half of what the checker looks at.

use std::sync::{Mutex, PoisonError};

use crate::plan::{Fault, Word};

/// Microseconds as seconds, for a reader.
#[expect(clippy::cast_precision_loss, reason = "for a reader")]
pub(crate) fn in_seconds(micros: Micros) -> f64 {
    micros as f64 / 1e6
}

/// Microseconds since 1970 UTC.
pub(crate) type Micros = i64;

/// How an operation ended, as whoever did it can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// It happened.
    Done,
    /// It did not happen, or was told to be without effect.
    Refused,
    /// It may have happened.
    Unknown,
}

/// A decision as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    /// `ui` or `servicenow`.
    pub(crate) source: &'static str,
    /// The id that the sender chose; a page chooses its own.
    pub(crate) decision_id: Option<String>,
    /// The reason, which no other operation gives.
    pub(crate) reason: String,
    pub(crate) word: Word,
    pub(crate) actor: String,
    pub(crate) iid: u64,
    pub(crate) sha: String,
    /// The target branch it was said to be about, if it was.
    pub(crate) target_branch: Option<String>,
}

/// One operation, with what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// The number of the merge request, for those about one.
    pub(crate) iid: Option<u64>,
    /// In words, for a reader.
    pub(crate) detail: String,
    pub(crate) began: Micros,
    pub(crate) outcome: Outcome,
    pub(crate) sent: Option<Sent>,
    /// The branch it points to from now on, for a retarget.
    pub(crate) retargeted: Option<String>,
}

/// One fault, with the time it lasted.
#[derive(Debug, Clone)]
pub(crate) struct Struck {
    pub(crate) fault: Fault,
    pub(crate) began: Micros,
    pub(crate) ended: Micros,
}

/// A call to the hook that was not sent by GitLab.
#[derive(Debug, Clone)]
pub(crate) struct Replayed {
    pub(crate) body: String,
    /// The HTTP status; none when the connection broke.
    pub(crate) status: Option<u16>,
}

/// Everything that was noted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notes {
    pub(crate) entries: Vec<Entry>,
    pub(crate) faults: Vec<Struck>,
    /// Faults that hit nothing, because somebody else was at it.
    pub(crate) faults_skipped: u64,
    pub(crate) replayed: Vec<Replayed>,
    /// What nobody asked for: processes that ended by themselves or badly.
    pub(crate) incidents: Vec<String>,
}

/// The log, written by many.
#[derive(Debug)]
pub(crate) struct Log {
    notes: Mutex<Notes>,
    began: Micros,
    /// Whether each entry is printed as it is made.
    printed: bool,
}

impl Log {
    /// An empty log that begins now.
    pub(crate) fn new(printed: bool) -> Self {
        Self { notes: Mutex::default(), began: kit::clock::now_micros(), printed }
    }

    /// When it began.
    pub(crate) fn began(&self) -> Micros {
        self.began
    }

    /// Notes an operation.
    pub(crate) fn operation(&self, entry: Entry) {
        let about = entry.iid.map(|iid| format!(" !{iid}")).unwrap_or_default();
        self.print(entry.began, || {
            format!("{}{about} {}: {:?}", entry.name, entry.detail, entry.outcome)
        });
        self.note(|notes| notes.entries.push(entry));
    }

    /// Notes a fault.
    pub(crate) fn fault(&self, struck: Struck) {
        self.print(struck.began, || {
            let until = in_seconds(struck.ended - self.began);
            format!("FAULT {} ({}) until {until:.2} s", struck.fault.name(), struck.fault.target())
        });
        self.note(|notes| notes.faults.push(struck));
    }

    fn print(&self, at: Micros, line: impl FnOnce() -> String) {
        if self.printed {
            println!("  {:>7.2} s {}", in_seconds(at - self.began), line());
        }
    }

    /// Adds to it, or looks at it.
    pub(crate) fn note<T>(&self, change: impl FnOnce(&mut Notes) -> T) -> T {
        change(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// All of it.
    pub(crate) fn all(&self) -> Notes {
        self.note(|notes| notes.clone())
    }
}

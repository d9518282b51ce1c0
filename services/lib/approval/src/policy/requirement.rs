//! What a rule asks for, and how far it is met: a tree that explains itself.

use std::num::NonZeroU32;

use crate::{Actor, Decision};

/// What must be there for an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// So many different people of these.
    Approvals {
        /// How many.
        count: NonZeroU32,
        /// Of whom.
        from: Who,
    },
    /// Each of these.
    All(Vec<Requirement>),
    /// One of these.
    Any(Vec<Requirement>),
}

/// Whose approvals count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Who {
    /// Actor ids; with `groups` both empty, everybody.
    pub people: Vec<String>,
    /// Groups, as the source says them.
    pub groups: Vec<String>,
    /// Sources; empty means all that are configured.
    pub sources: Vec<String>,
}

/// How far a requirement is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether it is.
    pub met: bool,
    /// What is there and what is missing, in one sentence or a few.
    pub sentence: String,
    /// How its parts belong together; empty when it has none.
    pub title: &'static str,
    /// The same for each of its parts.
    pub parts: Vec<Finding>,
}

impl Who {
    /// Whether an actor of a source is among them.
    #[must_use]
    pub fn includes(&self, source: &str, actor: &Actor) -> bool {
        let heard = self.sources.is_empty() || self.sources.iter().any(|it| it == source);
        heard && actor.is_among(&self.people, &self.groups)
    }

    /// Who they are, for a sentence; empty for everybody.
    fn label(&self) -> String {
        let people = self.groups.iter().chain(&self.people).map(String::as_str).collect::<Vec<_>>();
        let sources = self.sources.join(" or ");
        match (people.join(" or "), sources.as_str()) {
            (people, "") => people,
            (people, sources) if people.is_empty() => format!("the source {sources}"),
            (people, sources) => format!("{people} (through {sources})"),
        }
    }
}

impl Requirement {
    /// Whether an approval of this actor would count anywhere.
    #[must_use]
    pub fn may_be_met_by(&self, source: &str, actor: &Actor) -> bool {
        match self {
            Self::Approvals { from, .. } => from.includes(source, actor),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().any(|part| part.may_be_met_by(source, actor))
            }
        }
    }

    /// All those whose approvals count, for a sentence; empty when that is everybody.
    #[must_use]
    pub fn those_who_may(&self) -> String {
        let mut labels = Vec::new();
        self.collect_labels(&mut labels);
        if labels.iter().any(String::is_empty) { String::new() } else { labels.join(", ") }
    }

    fn collect_labels(&self, labels: &mut Vec<String>) {
        match self {
            Self::Approvals { from, .. } => {
                let label = from.label();
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.collect_labels(labels));
            }
        }
    }

    /// How far these approvals meet it. Each is of another person.
    pub(crate) fn look_at(&self, approvals: &[&Decision]) -> Finding {
        match self {
            Self::Approvals { count, from } => counted(*count, from, approvals),
            Self::All(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| part.look_at(approvals)).collect();
                let missing: Vec<_> = parts.iter().filter(|part| !part.met).collect();
                let told = if missing.is_empty() { parts.iter().collect() } else { missing };
                let sentence = sentences(&told, " ");
                let met = parts.iter().all(|part| part.met);
                Finding { met, sentence, title: "all of these", parts }
            }
            Self::Any(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| part.look_at(approvals)).collect();
                let sentence = match parts.iter().find(|part| part.met) {
                    Some(part) => part.sentence.clone(),
                    None => sentences(&parts.iter().collect::<Vec<_>>(), " Or: "),
                };
                let met = parts.iter().any(|part| part.met);
                Finding { met, sentence, title: "one of these", parts }
            }
        }
    }
}

fn sentences(findings: &[&Finding], between: &str) -> String {
    findings.iter().map(|it| it.sentence.as_str()).collect::<Vec<_>>().join(between)
}

fn counted(count: NonZeroU32, from: &Who, approvals: &[&Decision]) -> Finding {
    let given = approvals.iter().filter(|it| from.includes(&it.source, &it.actor));
    let given: Vec<&str> = given.map(|decision| decision.actor.display()).collect();
    let (have, by) = (given.len(), given.join(", "));
    let need = usize::try_from(count.get()).unwrap_or(usize::MAX);
    let label = from.label();
    if have >= need {
        let of = if label.is_empty() { String::new() } else { format!(" for {label}") };
        let sentence = format!("Approved by {by}{of}.");
        return Finding { met: true, sentence, title: "", parts: Vec::new() };
    }
    let more = match need - have {
        1 => "one more approval".to_owned(),
        missing => format!("{missing} more approvals"),
    };
    let of = if label.is_empty() { String::new() } else { format!(" from {label}") };
    let so_far = if have == 0 { String::new() } else { format!(" Approved so far by {by}.") };
    let sentence = format!("{have} of {need}: needs {more}{of}.{so_far}");
    Finding { met: false, sentence, title: "", parts: Vec::new() }
}

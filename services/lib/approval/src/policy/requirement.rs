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
    /// How many approvals it counts; absent when it counts none by itself.
    pub count: Option<Count>,
}

/// How many approvals are there of how many, and who may give them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Count {
    /// Approvals that count, at most `need`.
    pub have: u32,
    /// Approvals that are needed.
    pub need: u32,
    /// Whose are missing, by name; empty when nothing is missing, or when anybody's count.
    pub missing: Vec<String>,
}

impl Finding {
    /// A part that is met or not, and counts nothing.
    pub(super) fn leaf(met: bool, sentence: String) -> Self {
        Self { met, sentence, title: "", parts: Vec::new(), count: None }
    }

    /// The approvals it counts with all its parts: of those that must all be met the sum, of several
    /// ways the shortest that is left.
    #[must_use]
    pub fn progress(&self) -> Option<Count> {
        let parts = self.parts.iter().filter_map(Self::progress);
        match self.title {
            ONE_OF => parts.min_by_key(|count| count.need - count.have),
            ALL_OF => parts.reduce(|mut sum, count| {
                sum.have += count.have;
                sum.need += count.need;
                let new = count.missing.into_iter().filter(|it| !sum.missing.contains(it));
                sum.missing.extend(new.collect::<Vec<_>>());
                sum
            }),
            _ => self.count.clone(),
        }
    }
}

/// How parts belong together, for a heading.
pub(super) const ALL_OF: &str = "all of these";
pub(super) const ONE_OF: &str = "one of these";

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

    /// Whether something is missing that an approval of these would bring nearer.
    pub(crate) fn lacks(&self, finding: &Finding, are: &dyn Fn(&Who) -> bool) -> bool {
        if finding.met {
            return false;
        }
        match self {
            Self::Approvals { from, .. } => are(from),
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().zip(&finding.parts).any(|(part, found)| part.lacks(found, are))
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
                Finding { met, sentence, title: ALL_OF, parts, count: None }
            }
            Self::Any(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| part.look_at(approvals)).collect();
                let sentence = match parts.iter().find(|part| part.met) {
                    Some(part) => part.sentence.clone(),
                    None => sentences(&parts.iter().collect::<Vec<_>>(), " Or: "),
                };
                let met = parts.iter().any(|part| part.met);
                Finding { met, sentence, title: ONE_OF, parts, count: None }
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
    let count = Count {
        have: u32::try_from(have).unwrap_or(u32::MAX).min(count.get()),
        need: count.get(),
        missing: if have >= need || label.is_empty() { Vec::new() } else { vec![label.clone()] },
    };
    if have >= need {
        let of = if label.is_empty() { String::new() } else { format!(" for {label}") };
        let sentence = format!("Approved by {by}{of}.");
        return Finding { count: Some(count), ..Finding::leaf(true, sentence) };
    }
    let more = match need - have {
        1 => "one more approval".to_owned(),
        missing => format!("{missing} more approvals"),
    };
    let of = if label.is_empty() { String::new() } else { format!(" from {label}") };
    let so_far = if have == 0 { String::new() } else { format!(" Approved so far by {by}.") };
    let sentence = format!("{have} of {need}: needs {more}{of}.{so_far}");
    Finding { count: Some(count), ..Finding::leaf(false, sentence) }
}

//! What people and systems say about a request.

use uuid::Uuid;

use crate::{Effect, Sha, Time};

/// What an attempt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Word {
    /// Somebody else has looked at a glass that was broken; says nothing about the commit.
    Review,
    /// The commit may be merged.
    Approve,
    /// What the same person said before no longer counts.
    Revoke,
    /// The commit may not be merged.
    Reject,
}

impl Word {
    /// Every word, as people mostly need them.
    pub const ALL: [Self; 4] = [Self::Approve, Self::Reject, Self::Revoke, Self::Review];

    /// Reads the exact word of the decision message.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|word| word.as_str() == text)
    }

    /// The word of the decision message.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Revoke => "revoke",
            Self::Review => "review",
        }
    }
}

/// Who decided, as the source names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// The name a person keeps; with the source it identifies them.
    pub id: String,
    /// The name to show; may be empty.
    pub name: String,
    /// Groups the source says they are in.
    pub groups: Vec<String>,
}

impl Actor {
    /// The name to show.
    #[must_use]
    pub fn display(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// Whether they are one of these people or in one of these groups; with both empty, everybody is.
    pub(crate) fn is_among(&self, people: &[String], groups: &[String]) -> bool {
        (people.is_empty() && groups.is_empty())
            || people.contains(&self.id)
            || self.groups.iter().any(|group| groups.contains(group))
    }
}

/// A decision as it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Chosen by the sender.
    pub id: Uuid,
    /// The source it came from: the last token of its subject.
    pub source: String,
    /// Who decided.
    pub actor: Actor,
    /// What they say.
    pub word: Word,
    /// Whether they approve although the rule is not met.
    pub break_glass: bool,
    /// Whether the source has signed it, as far as that is needed.
    pub signed: bool,
    /// The commit they judged.
    pub sha: Sha,
    /// The target branch they judged, when they said so.
    pub target_branch: Option<String>,
    /// Why, in their words; may be empty.
    pub reason: String,
    /// When the bus stored it. Orders what one person says.
    pub at: Time,
}

/// A decision that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decision {
    /// Chosen by the sender.
    pub id: Uuid,
    /// The source it came from.
    pub source: String,
    /// Who decided.
    pub actor: Actor,
    /// What they say.
    pub word: Word,
    /// Whether they approve although the rule is not met.
    pub break_glass: bool,
    /// Why; may be empty.
    pub reason: String,
    /// When the bus stored it.
    pub at: Time,
    /// The round it counts in; a later round does not count it.
    pub round: u32,
}

impl Decision {
    /// Orders what one person says: the later wins, and at the same time the stricter, so that
    /// the order of arrival does not matter.
    pub(crate) fn rank(&self) -> (Time, Word, Uuid) {
        (self.at, self.word, self.id)
    }

    /// Whether both come from the same account of the same source.
    pub(crate) fn same_account(&self, other: &Self) -> bool {
        self.source == other.source && self.actor.id == other.actor.id
    }
}

/// An accepted attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Whether it changed what this person says.
    pub changed: bool,
    /// One sentence for a human.
    pub message: String,
    /// What follows.
    pub effects: Vec<Effect>,
}

/// Why an attempt was refused, as the receipt says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCode {
    /// When another commit or target branch is the one to judge now.
    StaleSha,
    /// When there is no such request.
    UnknownRequest,
    /// When the merge request is merged or closed.
    Closed,
    /// When the policy does not let this person decide.
    NotAllowed,
    /// When the policy asks for a reason and none was given.
    ReasonRequired,
    /// When the source is not configured.
    UnknownSource,
    /// When the message itself is wrong.
    Invalid,
}

impl RefusalCode {
    /// Every code.
    pub const ALL: [Self; 7] = [
        Self::StaleSha,
        Self::UnknownRequest,
        Self::Closed,
        Self::NotAllowed,
        Self::ReasonRequired,
        Self::UnknownSource,
        Self::Invalid,
    ];

    /// The code on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StaleSha => "stale_sha",
            Self::UnknownRequest => "unknown_request",
            Self::Closed => "closed",
            Self::NotAllowed => "not_allowed",
            Self::ReasonRequired => "reason_required",
            Self::UnknownSource => "unknown_source",
            Self::Invalid => "invalid",
        }
    }
}

/// A refused attempt: nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// For machines.
    pub code: RefusalCode,
    /// One sentence for a human.
    pub message: String,
}

impl Refusal {
    /// A refusal with its sentence.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

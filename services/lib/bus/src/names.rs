//! Every name on the bus, and the only place where one is put together.
//!
//! ```text
//! <root>.intake.v1.<gitlab>.<project_id>          CS_INTAKE
//! <root>.decision.v1.<source>                     CS_DECISION_<SOURCE>
//! <root>.respond.v1.<gitlab>.<project_id>         CS_RESPOND
//! <root>.outcome.v1.<gitlab>.<project_id>         CS_OUTCOME
//! <root>.event.v1.<type>.<gitlab>.<project_id>    CS_EVENT
//! <root>.receipt.v1.<source>.<decision_id>        CS_RECEIPT
//! <root>.dead.v1.<stream>.<reason>                CS_DEAD
//! ```

use std::fmt;

/// Our own browser side as a source of decisions.
pub const UI_SOURCE: &str = "ui";
/// The header with which a source signs a decision: lower-case hex of the 64 bytes of an Ed25519 signature.
pub const SIGNATURE_HEADER: &str = "countersign-signature";

/// A stream; the source of a decision stream is a configured name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stream {
    /// What GitLab said.
    Intake,
    /// What one source decided; one stream each, because message ids are deduplicated per stream
    /// and sources do not trust each other.
    Decision(String),
    /// What decision must do.
    Respond,
    /// What became of it.
    Outcome,
    /// What happened to requests, for anyone.
    Event,
    /// Answers to decisions.
    Receipt,
    /// Messages that could not be applied.
    Dead,
}

/// What a message is: the middle of its `ce-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A `MergeRequestSeen`.
    MergeRequestSeen,
    /// A `Decision`.
    Decision,
    /// A `RespondCommand`.
    Respond,
    /// A `LookUpCommand`.
    LookUp,
    /// A `NoteCommand`.
    Note,
    /// A `ReadBackCommand`.
    ReadBack,
    /// A `ResponseOutcome`.
    Outcome,
    /// A `StatusRead`.
    StatusRead,
    /// A `Receipt`.
    Receipt,
    /// A `RequestEvent` of this type.
    Event(EventType),
    /// A `DeadLetter`.
    DeadLetter,
}

/// What happened to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it, and they are fixed on the wire")]
pub enum EventType {
    RequestOpened,
    RequestApproved,
    RequestRejected,
    RequestExpired,
    RequestSuperseded,
    RequestCancelled,
    RequestReminded,
    DecisionAccepted,
    DecisionRefused,
    ResponseDelivered,
    ResponseFailed,
    CheckDrifted,
    BreakGlassUsed,
    BreakGlassReviewed,
    BreakGlassUnreviewed,
}

impl EventType {
    /// Every type.
    pub const ALL: [Self; 15] = [
        Self::RequestOpened,
        Self::RequestApproved,
        Self::RequestRejected,
        Self::RequestExpired,
        Self::RequestSuperseded,
        Self::RequestCancelled,
        Self::RequestReminded,
        Self::DecisionAccepted,
        Self::DecisionRefused,
        Self::ResponseDelivered,
        Self::ResponseFailed,
        Self::CheckDrifted,
        Self::BreakGlassUsed,
        Self::BreakGlassReviewed,
        Self::BreakGlassUnreviewed,
    ];

    /// The word in subjects and in `ce-type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestOpened => "request-opened",
            Self::RequestApproved => "request-approved",
            Self::RequestRejected => "request-rejected",
            Self::RequestExpired => "request-expired",
            Self::RequestSuperseded => "request-superseded",
            Self::RequestCancelled => "request-cancelled",
            Self::RequestReminded => "request-reminded",
            Self::DecisionAccepted => "decision-accepted",
            Self::DecisionRefused => "decision-refused",
            Self::ResponseDelivered => "response-delivered",
            Self::ResponseFailed => "response-failed",
            Self::CheckDrifted => "check-drifted",
            Self::BreakGlassUsed => "break-glass-used",
            Self::BreakGlassReviewed => "break-glass-reviewed",
            Self::BreakGlassUnreviewed => "break-glass-unreviewed",
        }
    }
}

impl Kind {
    /// The whole `ce-type`.
    #[must_use]
    pub fn ce_type(self) -> String {
        let name = match self {
            Self::MergeRequestSeen => "merge-request-seen",
            Self::Decision => "decision",
            Self::Respond => "respond",
            Self::LookUp => "look-up",
            Self::Note => "note",
            Self::ReadBack => "read-back",
            Self::Outcome => "outcome",
            Self::StatusRead => "status-read",
            Self::Receipt => "receipt",
            Self::Event(event) => event.as_str(),
            Self::DeadLetter => "dead-letter",
        };
        format!("dev.countersign.{name}.v1")
    }
}

/// Builds names under one subject root and stream prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    root: String,
    stream_prefix: String,
}

impl Default for Names {
    fn default() -> Self {
        Self { root: "countersign".to_owned(), stream_prefix: "CS".to_owned() }
    }
}

impl Names {
    /// Names for one deployment; two that share a server need different ones.
    #[must_use]
    pub fn new(subject_root: &str, stream_prefix: &str) -> Self {
        Self { root: subject_root.to_owned(), stream_prefix: stream_prefix.to_owned() }
    }

    /// Name of a stream.
    #[must_use]
    pub fn stream(&self, stream: &Stream) -> String {
        let prefix = &self.stream_prefix;
        match stream {
            Stream::Intake => format!("{prefix}_INTAKE"),
            Stream::Decision(source) => {
                format!("{prefix}_DECISION_{}", token(source).to_uppercase())
            }
            Stream::Respond => format!("{prefix}_RESPOND"),
            Stream::Outcome => format!("{prefix}_OUTCOME"),
            Stream::Event => format!("{prefix}_EVENT"),
            Stream::Receipt => format!("{prefix}_RECEIPT"),
            Stream::Dead => format!("{prefix}_DEAD"),
        }
    }

    /// All subjects of a stream.
    #[must_use]
    pub fn subjects(&self, stream: &Stream) -> String {
        let root = &self.root;
        match stream {
            Stream::Intake => format!("{root}.intake.v1.>"),
            Stream::Decision(source) => self.decision(source),
            Stream::Respond => format!("{root}.respond.v1.>"),
            Stream::Outcome => format!("{root}.outcome.v1.>"),
            Stream::Event => format!("{root}.event.v1.>"),
            Stream::Receipt => format!("{root}.receipt.v1.>"),
            Stream::Dead => format!("{root}.dead.v1.>"),
        }
    }

    /// Subject of what GitLab said about a project.
    #[must_use]
    pub fn intake(&self, gitlab: &str, project_id: i64) -> String {
        format!("{}.intake.v1.{}.{project_id}", self.root, token(gitlab))
    }

    /// Subject of a source's decisions.
    #[must_use]
    pub fn decision(&self, source: &str) -> String {
        format!("{}.decision.v1.{}", self.root, token(source))
    }

    /// Subject of commands about a project.
    #[must_use]
    pub fn respond(&self, gitlab: &str, project_id: i64) -> String {
        format!("{}.respond.v1.{}.{project_id}", self.root, token(gitlab))
    }

    /// Subject of the outcomes of a project's commands.
    #[must_use]
    pub fn outcome(&self, gitlab: &str, project_id: i64) -> String {
        format!("{}.outcome.v1.{}.{project_id}", self.root, token(gitlab))
    }

    /// Subject of an event.
    #[must_use]
    pub fn event(&self, event: EventType, gitlab: &str, project_id: i64) -> String {
        format!("{}.event.v1.{}.{}.{project_id}", self.root, event.as_str(), token(gitlab))
    }

    /// Subject of the receipt for a decision.
    #[must_use]
    pub fn receipt(&self, source: &str, decision_id: impl fmt::Display) -> String {
        format!("{}.receipt.v1.{}.{}", self.root, token(source), token(&decision_id.to_string()))
    }

    /// Subjects of all receipts of a source.
    #[must_use]
    pub fn receipts(&self, source: &str) -> String {
        format!("{}.receipt.v1.{}.>", self.root, token(source))
    }

    /// Subject on which a role says how it is; no stream stores it.
    #[must_use]
    pub fn pulse(&self, role: &str) -> String {
        format!("{}.pulse.v1.{}", self.root, token(role))
    }

    /// Subjects on which all roles say how they are.
    #[must_use]
    pub fn pulses(&self) -> String {
        format!("{}.pulse.v1.*", self.root)
    }

    /// Subject of a message that could not be applied.
    #[must_use]
    pub fn dead(&self, stream: &str, reason: &str) -> String {
        format!("{}.dead.v1.{}.{}", self.root, token(stream), token(reason))
    }
}

/// A subject token: what would end it, or match more than one, becomes `_`.
fn token(text: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let token: String = text.chars().map(|c| if keep(c) { c } else { '_' }).collect();
    if token.is_empty() { "_".to_owned() } else { token }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_the_contract_says() {
        let names = Names::default();
        assert_eq!(names.intake("main", 6), "countersign.intake.v1.main.6");
        assert_eq!(names.stream(&Stream::Decision("servicenow".into())), "CS_DECISION_SERVICENOW");
        assert_eq!(names.receipt("ui", "4f"), "countersign.receipt.v1.ui.4f");
        let event = names.event(EventType::RequestOpened, "main", 6);
        assert_eq!(event, "countersign.event.v1.request-opened.main.6");
        assert_eq!(Kind::Decision.ce_type(), "dev.countersign.decision.v1");
    }

    #[test]
    fn no_text_breaks_out_of_its_token() {
        let names = Names::new("x", "X");
        assert_eq!(names.receipt("a.b", "> *"), "x.receipt.v1.a_b.___");
        assert_eq!(names.decision(""), "x.decision.v1._");
    }
}

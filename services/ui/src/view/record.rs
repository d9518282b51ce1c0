//! What is on record of a request: decisions, and steps.

use proto::v1::{RecordedCall, RecordedDecision, TimelineEntry};

use super::{TimeView, safe_url, visible, visible_lines};

/// A recorded decision.
#[derive(Debug, Clone)]
pub(crate) struct DecisionView {
    pub(crate) id: String,
    pub(crate) who: String,
    pub(crate) source: String,
    pub(crate) word: &'static str,
    pub(crate) accepted: bool,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) evidence: Vec<(String, String)>,
    pub(crate) at: TimeView,
}

impl DecisionView {
    pub(crate) fn new(decision: &RecordedDecision, now_micros: i64) -> Self {
        let actor = decision.actor.clone().unwrap_or_default();
        let who = if actor.name.is_empty() { actor.id } else { actor.name };
        Self {
            id: decision.decision_id.clone(),
            who: visible(&who),
            source: visible(&decision.source),
            word: match decision.verdict.as_str() {
                "approve" if decision.break_glass => "broke the glass and approved",
                "approve" => "approved",
                "reject" => "rejected",
                "revoke" => "revoked",
                "review" => "reviewed the broken glass",
                _ => "said something we do not know",
            },
            accepted: decision.accepted,
            reason: visible_lines(&decision.reason),
            message: visible(&decision.message),
            evidence: decision
                .evidence
                .iter()
                .map(|link| (visible(&link.label), safe_url(&link.url)))
                .collect(),
            at: TimeView::new(proto::micros(decision.at.as_ref()), now_micros),
        }
    }
}

/// One step in the life of a request.
#[derive(Debug, Clone)]
pub(crate) struct StepView {
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) at: TimeView,
}

impl StepView {
    pub(crate) fn new(entry: &TimelineEntry, now_micros: i64) -> Self {
        Self {
            kind: visible(&entry.kind),
            message: visible(&entry.message),
            at: TimeView::new(proto::micros(entry.at.as_ref()), now_micros),
        }
    }
}

/// One call of GitLab, as it was recorded.
#[derive(Debug, Clone)]
pub(crate) struct CallView {
    pub(crate) id: String,
    pub(crate) hook: String,
    pub(crate) origin: String,
    pub(crate) action: String,
    pub(crate) body_sha256: String,
    pub(crate) at: TimeView,
}

impl CallView {
    pub(crate) fn new(call: &RecordedCall, now_micros: i64) -> Self {
        Self {
            id: call.delivery_id.clone(),
            hook: visible(&call.hook),
            origin: visible(&call.origin),
            action: visible(&call.action),
            body_sha256: visible(&call.body_sha256),
            at: TimeView::new(proto::micros(call.received_at.as_ref()), now_micros),
        }
    }
}

//! The page of a request, and the one that asks once more before a decision.

use askama::Template;
use proto::v1::{GetRequestResponse, RecordedDecision, Request};

use super::{CallView, DecisionView, Notice, Reader, RequestView, StepView, tree, visible};
use crate::person::Visit;

/// One request.
#[derive(Debug, Template)]
#[template(path = "request.html")]
pub(crate) struct RequestPage {
    pub(crate) reader: Reader,
    pub(crate) notice: Option<Notice>,
    pub(crate) row: RequestView,
    /// Name of its rule; empty when no rule is for it.
    pub(crate) rule: String,
    pub(crate) tree: Vec<tree::Line>,
    /// Why nothing can be approved now; empty otherwise.
    pub(crate) frozen: String,
    pub(crate) decisions: Vec<DecisionView>,
    pub(crate) steps: Vec<StepView>,
    pub(crate) sequence: u64,
    /// Whether the reader may decide in this project.
    pub(crate) may_decide: bool,
    pub(crate) may_break_glass: bool,
    pub(crate) may_review: bool,
    /// Who broke the glass, and until when it must be reviewed; empty when nobody did.
    pub(crate) glass: String,
    /// never, against or always: which decisions need a reason.
    pub(crate) reasons: String,
    /// A page about it that needs no sign-in.
    pub(crate) author_link: String,
    /// Whether the reader has something to take back.
    pub(crate) gave: bool,
    /// Other requests of the same merge request, newest first.
    pub(crate) related: Vec<RequestView>,
    /// The calls it was made of; for operators and auditors.
    pub(crate) calls: Vec<CallView>,
}

impl RequestPage {
    pub(crate) fn new(
        found: &GetRequestResponse,
        related: &[Request],
        visit: &Visit,
        notice: Option<Notice>,
    ) -> Self {
        let now = kit::clock::now_micros();
        let request = found.request.clone().unwrap_or_default();
        Self {
            reader: Reader::of(visit),
            notice,
            row: RequestView::new(&request, visit, now),
            rule: visible(&found.rule),
            tree: tree::lines(found.finding.as_ref()),
            frozen: visible(&found.frozen),
            decisions: found.decisions.iter().map(|it| DecisionView::new(it, now)).collect(),
            steps: found.timeline.iter().map(|it| StepView::new(it, now)).collect(),
            sequence: found.sequence,
            may_decide: found.may_decide,
            may_break_glass: found.may_break_glass,
            may_review: found.may_review,
            glass: visible(&found.glass),
            reasons: found.reasons.clone(),
            author_link: kit::pages::why(
                &request.gitlab,
                request.project_id,
                request.iid,
                &found.link_signature,
            ),
            gave: gave(found, visit),
            related: related.iter().map(|it| RequestView::new(it, visit, now)).collect(),
            calls: found.calls.iter().map(|it| CallView::new(it, now)).collect(),
        }
    }
}

/// Whether the reader has said something that stands, so that they can take it back.
fn gave(found: &GetRequestResponse, visit: &Visit) -> bool {
    let theirs = |it: &RecordedDecision| {
        let actor = it.actor.as_ref().map_or("", |actor| actor.id.as_str());
        visit.person.as_ref().is_none_or(|person| person.id == actor)
            && it.source == bus::UI_SOURCE
            && it.accepted
    };
    let last = found.decisions.iter().rfind(|it| theirs(it) && it.verdict != "review");
    last.is_some_and(|it| it.verdict != "revoke")
}

/// Asks once more before a decision, with all that is decided about.
#[derive(Debug, Template)]
#[template(path = "confirm.html")]
pub(crate) struct ConfirmPage {
    pub(crate) reader: Reader,
    pub(crate) row: RequestView,
    pub(crate) verdict: &'static str,
    /// Whether a reason is needed for it.
    pub(crate) reason_needed: bool,
}

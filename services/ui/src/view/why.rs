//! The author's page.

use askama::Template;
use proto::v1::LinkedRequest;

use super::{DecisionView, Reader, RequestView, tree};
use crate::person::Visit;

/// One check of the merge request.
#[derive(Debug, Clone)]
pub(crate) struct WhyView {
    pub(crate) row: RequestView,
    pub(crate) tree: Vec<tree::Line>,
    /// The decisions that have a reason, and those against it.
    pub(crate) decisions: Vec<DecisionView>,
    /// What the author can do, in one sentence.
    pub(crate) help: String,
}

/// Why a merge request waits, and who can help.
#[derive(Debug, Template)]
#[template(path = "why.html")]
pub(crate) struct WhyPage {
    pub(crate) reader: Reader,
    pub(crate) title: String,
    pub(crate) reference: String,
    pub(crate) url: String,
    /// The answer in one sentence.
    pub(crate) answer: &'static str,
    pub(crate) checks: Vec<WhyView>,
}

impl WhyView {
    pub(crate) fn new(linked: &LinkedRequest, visit: &Visit, now_micros: i64) -> Self {
        let request = linked.request.clone().unwrap_or_default();
        let row = RequestView::new(&request, visit, now_micros);
        let decisions = linked.decisions.iter().map(|it| DecisionView::new(it, now_micros));
        Self {
            help: help(&row),
            tree: tree::lines(linked.finding.as_ref()),
            decisions: decisions.collect(),
            row,
        }
    }
}

fn help(row: &RequestView) -> String {
    match row.state {
        _ if row.state == "waiting" && row.approvals.is_empty() => {
            "Nobody can approve it as it is: ask whoever looks after Countersign for a rule."
                .to_owned()
        }
        "waiting" if !row.frozen.is_empty() => row.frozen.clone(),
        "waiting" if row.missing.is_empty() => "Anybody who may approve can help.".to_owned(),
        "waiting" => format!("Ask {}.", row.missing),
        "rejected" => {
            "Mend what was found and push: a new commit is asked about anew. Or press Retry in \
             GitLab to ask again about this one."
                .to_owned()
        }
        "expired" => "Press Retry in GitLab to ask again.".to_owned(),
        "superseded" => "A newer commit is the head; its request comes in a moment.".to_owned(),
        _ => String::new(),
    }
}

impl WhyPage {
    pub(crate) fn new(checks: Vec<WhyView>, visit: &Visit) -> Self {
        let is = |state: &str| checks.iter().any(|it| it.row.state == state);
        let answer = match () {
            () if checks.iter().all(|it| it.row.state == "cancelled") => "It is merged or closed.",
            () if is("rejected") => "Somebody said no.",
            () if is("expired") => "Nobody decided in time.",
            () if is("waiting") || is("superseded") => "It waits for an approval.",
            () => "Nothing here blocks it.",
        };
        let first = checks.first().map(|it| it.row.clone());
        let (title, reference, url) =
            first.map(|row| (row.title, row.reference, row.url)).unwrap_or_default();
        Self { reader: Reader::of(visit), title, reference, url, answer, checks }
    }
}

//! A request, as a row or as the head of its page.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proto::v1::Request;

use super::{TimeView, safe_url, visible};
use crate::person::Visit;

/// How near an end is marked, in microseconds.
const SOON_MICROS: i64 = 24 * 3_600 * 1_000_000;

/// What is not written as it is in a path.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// One request as a row or as the head of its page.
#[derive(Debug, Clone)]
pub(crate) struct RequestView {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Empty when GitLab gave no address that is safe to follow.
    pub(crate) url: String,
    pub(crate) reference: String,
    pub(crate) gitlab: String,
    pub(crate) project_id: i64,
    pub(crate) iid: i64,
    pub(crate) check_name: String,
    pub(crate) source_branch: String,
    pub(crate) target_branch: String,
    /// The target branch byte by byte, for the form.
    pub(crate) judged_branch: String,
    pub(crate) author: String,
    pub(crate) sha: String,
    pub(crate) short_sha: String,
    pub(crate) draft: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) opened: TimeView,
    pub(crate) state: &'static str,
    pub(crate) state_word: &'static str,
    pub(crate) explanation: String,
    pub(crate) shown: String,
    pub(crate) problem: String,
    pub(crate) newer: Option<String>,
    /// What is said of a broken glass; empty when nobody broke it.
    pub(crate) glass: &'static str,
    /// Until when somebody must decide, or how long the approval stands.
    pub(crate) expires: Option<TimeView>,
    /// Whether that is within a day.
    pub(crate) soon: bool,
    /// Approvals there of those needed, such as `1 of 2`; empty when no rule is for it.
    pub(crate) approvals: String,
    /// Whose approvals are missing; empty when anybody's count.
    pub(crate) missing: String,
    /// Label and address of the newest evidence.
    pub(crate) evidence: Option<(String, String)>,
    /// Why nothing can be approved now; empty otherwise.
    pub(crate) frozen: String,
    /// Why an approval of the reader would be refused; empty otherwise.
    pub(crate) refused: String,
    /// Where GitLab shows what would be merged, at this very commit; empty when not known.
    pub(crate) diff_url: String,
    /// Where GitLab shows what is new since this commit; empty when nothing is.
    pub(crate) newer_url: String,
    /// Whether it waits on the reader, as far as is known who they are.
    pub(crate) acts: bool,
    /// Whether deciding makes sense; recorder has the last word.
    pub(crate) open: bool,
    pub(crate) token: String,
}

impl RequestView {
    pub(crate) fn new(request: &Request, visit: &Visit, now_micros: i64) -> Self {
        let (state, state_word) = state(&request.state, &request.ending);
        let unknown = visit.person.is_none() && visit.approves && state == "waiting";
        let evidence = request.evidence.as_ref();
        let expires = proto::micros(request.expires_at.as_ref());
        let newer = (request.state == "superseded" && !request.head_sha.is_empty())
            .then(|| short(&request.head_sha));
        Self {
            id: request.request_id.clone(),
            title: visible(&request.title),
            url: safe_url(&request.url),
            reference: format!("{}!{}", visible(&request.project_path), request.iid),
            gitlab: request.gitlab.clone(),
            project_id: request.project_id,
            iid: request.iid,
            check_name: visible(&request.check_name),
            source_branch: visible(&request.source_branch),
            target_branch: visible(&request.target_branch),
            judged_branch: request.target_branch.clone(),
            author: visible(&request.author_name),
            sha: request.sha.clone(),
            short_sha: short(&request.sha),
            draft: request.draft,
            labels: request.labels.iter().map(|label| visible(label)).collect(),
            opened: TimeView::new(proto::micros(request.opened_at.as_ref()), now_micros),
            state,
            state_word,
            explanation: visible(&request.explanation),
            shown: shown(request),
            problem: request.delivery_problem.clone(),
            glass: match request.glass.as_str() {
                "broken" => "glass broken",
                "overdue" => "review overdue",
                "reviewed" => "glass broken, reviewed",
                _ => "",
            },
            expires: expires.map(|at| TimeView::new(Some(at), now_micros)),
            soon: expires.is_some_and(|at| at - now_micros < SOON_MICROS),
            approvals: match request.approvals_needed {
                0 => String::new(),
                needed => format!("{} of {needed}", request.approvals),
            },
            missing: visible(&request.approvers_missing.join(", ")),
            evidence: evidence.map(|it| (visible(&it.label), safe_url(&it.url))),
            frozen: visible(&request.frozen),
            refused: visible(&request.refused),
            diff_url: compared(&request.url, &request.target_branch, &request.sha, ""),
            newer_url: match newer.is_some() {
                true => compared(&request.url, &request.sha, &request.head_sha, "?straight=true"),
                false => String::new(),
            },
            acts: request.waits_on_caller || unknown,
            open: matches!(state, "waiting" | "approved" | "rejected"),
            newer,
            token: visit.token(&request.request_id, &request.sha),
        }
    }
}

/// The page of GitLab that compares two commits or branches of the project of a merge request.
fn compared(merge_request: &str, from: &str, to: &str, how: &str) -> String {
    let project = safe_url(merge_request);
    let Some((project, _)) = project.split_once("/-/merge_requests/") else {
        return String::new();
    };
    let [from, to] = [from, to].map(|it| utf8_percent_encode(it, IN_A_PATH).to_string());
    format!("{project}/-/compare/{from}...{to}{how}")
}

/// A class for the stylesheet and a word for people.
fn state(state: &str, ending: &str) -> (&'static str, &'static str) {
    match (state, ending) {
        ("waiting", _) => ("waiting", "Waiting"),
        ("approved", _) => ("approved", "Approved"),
        ("rejected", _) => ("rejected", "Rejected"),
        ("expired", _) => ("expired", "Expired"),
        ("superseded", _) => ("superseded", "Superseded"),
        ("cancelled", "merged") => ("cancelled", "Merged"),
        ("cancelled", _) => ("cancelled", "Closed"),
        _ => ("unknown", "Unknown"),
    }
}

/// What GitLab shows, in one phrase.
fn shown(request: &Request) -> String {
    let word = match request.shown.as_str() {
        "passed" => "passed",
        "failed" => "failed",
        "pending" => "pending",
        "foreign_passed" => "passed, which somebody else has posted",
        "nothing" => "not answered yet",
        _ => "not known for sure",
    };
    match (request.answering, request.delivery_problem.is_empty()) {
        (true, true) => format!("{word}, answer on its way"),
        (true, false) => format!("{word}, answer delayed"),
        (false, false) => format!("{word}, answer not delivered"),
        (false, true) => word.to_owned(),
    }
}

fn short(sha: &str) -> String {
    sha.chars().take(8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gitlab_shows_is_never_claimed_before_it_is_known() {
        let mut request = Request { shown: "nothing".into(), ..Request::default() };
        assert_eq!(shown(&request), "not answered yet");
        request.answering = true;
        assert_eq!(shown(&request), "not answered yet, answer on its way");
        request.delivery_problem = "GitLab is away".into();
        assert_eq!(shown(&request), "not answered yet, answer delayed");
    }

    #[test]
    fn a_diff_is_linked_at_the_very_commit() {
        let merge_request = "https://gitlab.example/shop/backend/-/merge_requests/4";
        let link = compared(merge_request, "release/1?x", "abc", "");
        assert_eq!(link, "https://gitlab.example/shop/backend/-/compare/release/1%3Fx...abc");
        assert_eq!(compared("javascript:alert(1)/-/merge_requests/4", "a", "b", ""), "");
    }
}

//! What the pages show, in the words they show it. Templates escape every value.

mod dead_letters;
mod sign_in;
mod tree;

use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use proto::v1::{GetRequestResponse, RecordedDecision, Request, TimelineEntry};

pub(crate) use dead_letters::{DeadLetterPage, DeadLetterView, DeadLettersPage};
pub(crate) use sign_in::{SignInPage, WayIn};

use crate::person::Visit;

/// One request as a row or as the head of its page.
#[derive(Debug, Clone)]
pub(crate) struct RequestView {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Empty when GitLab gave no address that is safe to follow.
    pub(crate) url: String,
    pub(crate) reference: String,
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
    /// Whether the reader decides at all.
    pub(crate) acts: bool,
    /// Whether deciding makes sense; recorder has the last word.
    pub(crate) open: bool,
    pub(crate) token: String,
}

/// A time for people and for machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TimeView {
    pub(crate) utc: String,
    pub(crate) machine: String,
    pub(crate) ago: String,
}

impl TimeView {
    pub(crate) fn new(micros: Option<i64>, now_micros: i64) -> Self {
        let time = micros.and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let Some(time) = time else {
            return Self { utc: "unknown".into(), machine: String::new(), ago: "?".into() };
        };
        let time = time.to_zoned(TimeZone::UTC);
        let utc = time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let machine = time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Self { utc, machine, ago: ago(micros.unwrap_or_default(), now_micros) }
    }
}

/// An age in one unit, as a person would say it.
fn ago(then_micros: i64, now_micros: i64) -> String {
    let seconds = (now_micros - then_micros).max(0) / 1_000_000;
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

impl RequestView {
    pub(crate) fn new(request: &Request, visit: &Visit, now_micros: i64) -> Self {
        let (state, state_word) = state(&request.state, &request.ending);
        let newer = (request.state == "superseded" && !request.head_sha.is_empty())
            .then(|| short(&request.head_sha));
        Self {
            id: request.request_id.clone(),
            title: visible(&request.title),
            url: safe_url(&request.url),
            reference: format!("{}!{}", visible(&request.project_path), request.iid),
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
            newer,
            glass: match request.glass.as_str() {
                "broken" => "glass broken",
                "overdue" => "review overdue",
                "reviewed" => "glass broken, reviewed",
                _ => "",
            },
            acts: visit.approves,
            open: matches!(state, "waiting" | "approved" | "rejected"),
            token: visit.token(&request.request_id, &request.sha),
        }
    }
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

/// Only addresses that a browser follows to a web server.
fn safe_url(url: &str) -> String {
    let web = url.starts_with("https://") || url.starts_with("http://");
    if web { url.to_owned() } else { String::new() }
}

/// Makes characters visible that could make a text read as another one: direction overrides, and
/// controls.
fn visible(text: &str) -> String {
    text.chars().map(|c| if hides(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a text of several lines.
fn visible_lines(text: &str) -> String {
    let keep = |c: char| !hides(c) || matches!(c, '\n' | '\r' | '\t');
    text.chars().map(|c| if keep(c) { c } else { '\u{fffd}' }).collect()
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

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

/// What became of what the reader just did.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) good: bool,
    pub(crate) text: String,
}

/// Who the page is shown to.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) name: String,
    pub(crate) names_itself: bool,
    pub(crate) signs_out: bool,
    pub(crate) token: String,
    /// Whether they may take the audit record out.
    pub(crate) audits: bool,
    /// How many are open.
    pub(crate) dead_letters: u64,
    /// Why only `failed` is posted; empty when everything is.
    pub(crate) safe_mode: String,
}

impl Reader {
    pub(crate) fn of(visit: &Visit) -> Self {
        Self {
            name: visit.person.as_ref().map(|person| person.name.clone()).unwrap_or_default(),
            names_itself: visit.names_itself,
            signs_out: visit.signs_out,
            token: visit.token("me", ""),
            audits: visit.audits,
            dead_letters: visit.dead_letters,
            safe_mode: visit.safe_mode.clone(),
        }
    }
}

/// The list of requests.
#[derive(Debug, Template)]
#[template(path = "list.html")]
pub(crate) struct ListPage {
    pub(crate) reader: Reader,
    pub(crate) show: &'static str,
    pub(crate) rows: Vec<RequestView>,
    pub(crate) next: Option<String>,
    pub(crate) sequence: u64,
    pub(crate) now: TimeView,
}

/// One row, alone, as an event carries it.
#[derive(Debug, Template)]
#[template(path = "row.html")]
pub(crate) struct Row {
    pub(crate) row: RequestView,
}

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
}

impl RequestPage {
    pub(crate) fn new(found: &GetRequestResponse, visit: &Visit, notice: Option<Notice>) -> Self {
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
        }
    }
}

/// Asks for a name and then sends the decision on.
#[derive(Debug, Template)]
#[template(path = "who.html")]
pub(crate) struct WhoPage {
    pub(crate) reader: Reader,
    pub(crate) request_id: String,
    pub(crate) verdict: String,
    pub(crate) sha: String,
    pub(crate) target_branch: String,
    pub(crate) reason: String,
    pub(crate) break_glass: bool,
    pub(crate) token: String,
}

/// How an auditor takes the record out.
#[derive(Debug, Template)]
#[template(path = "audit.html")]
pub(crate) struct AuditPage {
    pub(crate) reader: Reader,
}

/// Something did not work, in one sentence.
#[derive(Debug, Template)]
#[template(path = "trouble.html")]
pub(crate) struct TroublePage {
    pub(crate) reader: Reader,
    pub(crate) title: &'static str,
    pub(crate) sentence: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_as_people_say_them() {
        let ages: Vec<_> = [0, 59, 60, 7_199, 7_200, 200_000]
            .map(|seconds| ago(0, seconds * 1_000_000))
            .into_iter()
            .collect();
        assert_eq!(ages, ["just now", "just now", "1 min", "1 h", "2 h", "2 d"]);
        assert_eq!(ago(5_000_000, 0), "just now", "clocks differ");
    }

    #[test]
    fn nothing_hides_in_a_text_and_no_script_in_an_address() {
        assert_eq!(visible("safe\u{202e}evil\u{7}"), "safe\u{fffd}evil\u{fffd}");
        assert_eq!(visible_lines("one\r\ntwo\u{200b}"), "one\r\ntwo\u{fffd}");
        assert_eq!(safe_url("javascript:alert(1)"), "");
        assert_eq!(safe_url("https://gitlab.example/x"), "https://gitlab.example/x");
    }

    #[test]
    fn what_gitlab_shows_is_never_claimed_before_it_is_known() {
        let mut request = Request { shown: "nothing".into(), ..Request::default() };
        assert_eq!(shown(&request), "not answered yet");
        request.answering = true;
        assert_eq!(shown(&request), "not answered yet, answer on its way");
        request.delivery_problem = "GitLab is away".into();
        assert_eq!(shown(&request), "not answered yet, answer delayed");
    }
}

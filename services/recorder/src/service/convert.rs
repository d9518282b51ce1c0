//! From records to messages.

use approval::{Count, Ending, Policy, Request, Standing, Status};
use evidence::Personal;
use proto::v1::{
    Actor, Evidence, Finding, GetWantedAnswerResponse, ListWatchedResponse, RecordedCall,
    RecordedDecision, Request as WireRequest, Status as WireStatus, TimelineEntry, WatchedCheck,
    WatchedMergeRequest,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::store::{GateKey, Recorded, audit, decision, delivery, known_check};

pub(super) fn sequence(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or_default()
}

/// Reads a page token; an empty one is the first page, `None` is not a token of ours.
#[expect(clippy::option_option, reason = "no token and a bad token are different answers")]
pub(super) fn page_token(token: &str) -> Option<Option<(i64, Uuid)>> {
    if token.is_empty() {
        return Some(None);
    }
    let (time, id) = token.split_once('.')?;
    Some(Some((time.parse().ok()?, Uuid::parse_str(id).ok()?)))
}

pub(super) fn token_after((time, id): (i64, Uuid)) -> String {
    format!("{time}.{id}")
}

pub(super) fn request(row: &Recorded) -> WireRequest {
    let Recorded { key, request, changed_at, .. } = row;
    let facts = &request.facts;
    let head = match &request.standing {
        Standing::Superseded { by } => by.as_ref().map(ToString::to_string).unwrap_or_default(),
        Standing::Current | Standing::Cancelled { .. } => request.sha.to_string(),
    };
    let glass = match request.glass {
        None => "",
        Some(glass) if glass.reviewed_at.is_some() => "reviewed",
        Some(glass) if glass.overdue => "overdue",
        Some(_) => "broken",
    };
    let ending = match request.standing {
        Standing::Cancelled { ending: Ending::Merged } => "merged",
        Standing::Cancelled { ending: Ending::Closed } => "closed",
        Standing::Current | Standing::Superseded { .. } => "",
    };
    WireRequest {
        request_id: request.id.to_string(),
        gitlab: key.gitlab.clone(),
        project_id: key.project_id,
        project_path: facts.project_path.clone(),
        iid: key.iid,
        check_id: key.check_id,
        check_name: facts.check_name.clone(),
        sha: request.sha.to_string(),
        title: facts.title.clone(),
        url: facts.url.clone(),
        source_branch: facts.source_branch.clone(),
        target_branch: facts.target_branch.clone(),
        author_name: facts.author_name.clone().unwrap_or_default(),
        labels: facts.labels.clone(),
        draft: facts.draft,
        state: request.state().as_str().to_owned(),
        explanation: request.explanation.clone(),
        shown: request.answer.shown.as_str().to_owned(),
        answering: request.answer.outstanding.is_some(),
        delivery_problem: request.answer.problem.clone().unwrap_or_default(),
        opened_at: Some(proto::timestamp(request.opened_at.0)),
        changed_at: Some(proto::timestamp(*changed_at)),
        head_sha: head,
        ending: ending.to_owned(),
        glass: glass.to_owned(),
        expires_at: request.timing.deadline.map(|at| proto::timestamp(at.0)),
        evidence: row.evidence.clone().map(|(label, url)| Evidence { label, url }),
        ..WireRequest::default()
    }
}

#[derive(Deserialize)]
struct StoredEvidence {
    label: String,
    url: String,
}

pub(super) fn decision(row: decision::Model) -> RecordedDecision {
    let groups = serde_json::from_str(&row.actor_groups).unwrap_or_default();
    let evidence: Vec<StoredEvidence> = serde_json::from_str(&row.evidence).unwrap_or_default();
    RecordedDecision {
        decision_id: row.decision_id,
        source: row.source,
        verdict: row.verdict,
        actor: Some(Actor {
            id: row.actor_id,
            name: row.actor_name,
            email: row.actor_email,
            groups,
        }),
        reason: row.reason,
        evidence: evidence
            .into_iter()
            .map(|StoredEvidence { label, url }| Evidence { label, url })
            .collect(),
        accepted: row.accepted,
        code: row.code,
        message: row.message,
        at: Some(proto::timestamp(row.at)),
        break_glass: row.break_glass,
        signed: row.signed && row.accepted,
    }
}

pub(super) fn call(row: delivery::Model) -> RecordedCall {
    RecordedCall {
        delivery_id: row.id.to_string(),
        hook: row.hook,
        origin: row.origin,
        action: row.action,
        body_sha256: row.body_sha256,
        received_at: Some(proto::timestamp(row.received_at)),
    }
}

/// How far a rule is met.
pub(super) fn finding(finding: approval::Finding) -> Finding {
    let approval::Finding { met, sentence, title, parts, count } = finding;
    let (title, Count { have, need, .. }) = (title.to_owned(), count.unwrap_or_default());
    let parts = parts.into_iter().map(self::finding).collect();
    Finding { met, sentence, title, parts, have, need }
}

#[derive(Deserialize)]
struct StoredRecord {
    at: i64,
    kind: String,
    message: Option<String>,
}

/// An audit record as a step that people can read.
pub(super) fn timeline_entry(row: &audit::Model) -> Option<TimelineEntry> {
    let StoredRecord { at, kind, message } = serde_json::from_str(&row.record).ok()?;
    // A `pending` that is said again and again tells people nothing.
    if kind == "beat" {
        return None;
    }
    let personal = row.personal.as_deref().map(serde_json::from_str::<Personal>);
    // Records from before there was a personal part have their sentence themselves.
    let message = match (personal, message) {
        (Some(Ok(personal)), _) => personal.message,
        (_, Some(message)) => message,
        _ => "(erased)".to_owned(),
    };
    Some(TimelineEntry {
        sequence: sequence(row.seq),
        at: Some(proto::timestamp(at)),
        kind,
        message,
    })
}

/// The answer that GitLab should show now, if this command is still the one to bring it there.
pub(super) fn wanted(
    request: &Request,
    command_id: Uuid,
    policy: &Policy,
) -> GetWantedAnswerResponse {
    let no = |reason: &str| GetWantedAnswerResponse {
        reason: reason.to_owned(),
        ..GetWantedAnswerResponse::default()
    };
    let Some(command) = request.answer.outstanding.filter(|it| it.id == command_id) else {
        return no("This command is settled already.");
    };
    if !request.may_tell(command.status, policy) {
        return match request.wanted(policy) {
            Some(_) => no("The verdict has changed since."),
            None => no("Nothing is to be said any more."),
        };
    }
    let status = match command.status {
        Status::Pending => WireStatus::Pending,
        Status::Passed => WireStatus::Passed,
        Status::Failed => WireStatus::Failed,
    };
    GetWantedAnswerResponse {
        post: true,
        status: status.into(),
        target_branch: request.facts.target_branch.clone(),
        ..GetWantedAnswerResponse::default()
    }
}

pub(super) fn watched(checks: Vec<known_check::Model>, open: Vec<GateKey>) -> ListWatchedResponse {
    let check = |it: known_check::Model| WatchedCheck {
        project_id: it.project_id,
        check_id: it.check_id,
        name: it.name,
    };
    let merge_request = |it: GateKey| WatchedMergeRequest {
        project_id: it.project_id,
        iid: it.iid,
        check_id: it.check_id,
    };
    ListWatchedResponse {
        checks: checks.into_iter().map(check).collect(),
        merge_requests: open.into_iter().map(merge_request).collect(),
    }
}

//! What follows from a change: audit records, events, and commands in the outbox.

use std::time::Duration;

use approval::{Command, Effect, Ending, Gate, Request, Shown, Standing, State, Status};
use bus::{EventType, Kind, Stream};
use evidence::Inputs;
use proto::v1::{
    LookUpCommand, ReadBackCommand, RequestEvent, RespondCommand, Status as WireStatus,
};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{Rules, glass};
use crate::store::{Change, Draft, GateKey, Posted, outbox};

/// Turns the core's effects into records and messages.
pub(super) fn effects(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    gate: &Gate,
    effects: Vec<Effect>,
    now: i64,
) {
    for effect in effects {
        if let Some(request) = effect.about().and_then(|id| gate.request(id)) {
            about(change, rules, key, request, &effect, now);
        } else if let Effect::LookUp(reason) = effect {
            look_up(change, rules, key, gate, reason, now);
        }
    }
}

/// What an effect about a request is.
fn about(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    effect: &Effect,
    now: i64,
) {
    match effect {
        Effect::Opened(_, state) => opened(change, rules, key, request, *state, now),
        Effect::Became(_, was, state) => became(change, rules, key, request, (*was, *state), now),
        Effect::Respond(_, command) => respond(change, rules, key, request, *command, now),
        Effect::Resend(_, command) => resend(change, rules, key, request, *command, now),
        Effect::Remind(_) => {
            let message = format!("Still waiting. {}", request.explanation);
            record(change, request.id, "reminded", message.clone(), json!({}));
            event(change, rules, key, request, EventType::RequestReminded, &message, now);
        }
        Effect::ReadBack(_, command) => {
            for after in &rules.read_back_after {
                read_back(change, rules, key, request, *command, *after, now);
            }
        }
        Effect::Confirmed(_, shown) => {
            let message = format!("GitLab was asked: it shows {}.", shown.as_str());
            record(change, request.id, "read-back", message, json!({ "shown": shown.as_str() }));
        }
        Effect::Drifted(_, believed, shown) => {
            drifted(change, rules, key, request, (*believed, *shown), now);
        }
        Effect::GlassBroken(..) | Effect::GlassReviewed(_) | Effect::GlassUnreviewed(_) => {
            glass::follow(change, rules, key, request, effect, now);
        }
        Effect::LookUp(_) => {}
    }
}

/// A request came into being.
fn opened(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    state: State,
    now: i64,
) {
    let message = match state {
        State::Waiting => request.explanation.clone(),
        _ => now_is(request, state),
    };
    count(state);
    let data = json!({ "state": state.as_str(), "policy": rules.policy_hash });
    judged(change, request, "opened", message.clone(), data);
    event(change, rules, key, request, EventType::RequestOpened, &message, now);
}

fn count(state: State) {
    metrics::counter!("countersign_verdicts_total", "state" => state.as_str()).increment(1);
}

/// One sentence for a new state.
fn now_is(request: &Request, state: State) -> String {
    match (state, &request.standing) {
        (State::Waiting, _) => format!("Waiting again. {}", request.explanation),
        (State::Superseded, Standing::Superseded { by: Some(by) }) => {
            format!("Superseded by commit {}.", by.short())
        }
        (State::Superseded, _) => "Superseded by another commit.".to_owned(),
        (State::Cancelled, Standing::Cancelled { ending: Ending::Merged }) => {
            "The merge request was merged.".to_owned()
        }
        (State::Cancelled, _) => "The merge request was closed.".to_owned(),
        (State::Approved | State::Rejected | State::Expired, _) => request.explanation.clone(),
    }
}

fn event_type(state: State) -> Option<EventType> {
    match state {
        State::Waiting => None,
        State::Approved => Some(EventType::RequestApproved),
        State::Rejected => Some(EventType::RequestRejected),
        State::Expired => Some(EventType::RequestExpired),
        State::Superseded => Some(EventType::RequestSuperseded),
        State::Cancelled => Some(EventType::RequestCancelled),
    }
}

/// A request went from one state to another.
fn became(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    (was, state): (State, State),
    now: i64,
) {
    count(state);
    let message = now_is(request, state);
    let data = json!({
        "was": was.as_str(), "state": state.as_str(), "round": request.round,
        "policy": rules.policy_hash,
    });
    judged(change, request, "became", message.clone(), data);
    if let Some(kind) = event_type(state) {
        event(change, rules, key, request, kind, &message, now);
    }
}

/// An audit record of a verdict, with what it was made of: whoever has the policy can make it once more.
fn judged(
    change: &mut Change,
    request: &Request,
    kind: &'static str,
    message: String,
    mut data: serde_json::Value,
) {
    let mut personal = json!({ "explanation": request.explanation });
    // What is not current has the verdict that it had.
    if request.standing == Standing::Current {
        let inputs = json!(Inputs::of(request));
        data["verdict"] = json!(request.verdict.as_str());
        data["inputs_sha256"] = json!(evidence::digest(&inputs));
        personal["inputs"] = inputs;
    }
    let request_id = Some(request.id);
    change.drafts.push(Draft { request_id, kind, message, data, personal });
}

/// An audit record about a request.
pub(super) fn record(
    change: &mut Change,
    request_id: Uuid,
    kind: &'static str,
    message: String,
    data: serde_json::Value,
) {
    change.drafts.push(Draft {
        request_id: Some(request_id),
        kind,
        message,
        data,
        ..Draft::default()
    });
}

/// An event for anyone who listens.
pub(super) fn event(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    kind: EventType,
    message: &str,
    now: i64,
) {
    let id = kit::clock::new_id();
    let facts = &request.facts;
    let data = RequestEvent {
        event_id: id.to_string(),
        r#type: kind.as_str().to_owned(),
        request_id: request.id.to_string(),
        gitlab: key.gitlab.clone(),
        project_id: key.project_id,
        project_path: facts.project_path.clone(),
        iid: key.iid,
        check_id: key.check_id,
        check_name: facts.check_name.clone(),
        sha: request.sha.to_string(),
        target_branch: facts.target_branch.clone(),
        title: facts.title.clone(),
        url: facts.url.clone(),
        state: request.state().as_str().to_owned(),
        message: message.to_owned(),
        at: Some(proto::timestamp(now)),
    };
    let subject = rules.names.event(kind, &key.gitlab, key.project_id);
    let target = (rules.names.stream(&Stream::Event), subject);
    post(change, target, Kind::Event(kind), id, Some(request.id), data, now);
}

fn respond(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    command: Command,
    now: i64,
) {
    let kind = if command.status == Status::Pending { "beat" } else { "asked" };
    let message = format!("GitLab is to show {}.", command.status.as_str());
    let data = json!({ "command_id": command.id, "status": command.status.as_str() });
    record(change, request.id, kind, message, data);
    send(change, rules, key, request, command, now);
}

/// Nothing was heard of a command: its message may have been lost with its stream.
fn resend(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    command: Command,
    now: i64,
) {
    tracing::warn!(
        approval.request_id = %request.id, gitlab.project_id = key.project_id,
        merge_request.iid = key.iid, "nothing was heard of a command, it is given once more"
    );
    let message = "Nothing was heard of the answer to GitLab; it is given once more.".to_owned();
    record(change, request.id, "resent", message, json!({ "command_id": command.id }));
    send(change, rules, key, request, command, now);
}

/// The message id is no command id: after the loss of the database a command can get the id of one
/// that the stream has seen, and would be taken for its repetition.
fn send(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    command: Command,
    now: i64,
) {
    let message_id = kit::clock::new_id();
    let status = match command.status {
        Status::Pending => WireStatus::Pending,
        Status::Passed => WireStatus::Passed,
        Status::Failed => WireStatus::Failed,
    };
    let data = RespondCommand {
        command_id: command.id.to_string(),
        request_id: request.id.to_string(),
        gitlab: key.gitlab.clone(),
        project_id: key.project_id,
        iid: key.iid,
        check_id: key.check_id,
        sha: request.sha.to_string(),
        status: status.into(),
    };
    post(change, to_decision(rules, key), Kind::Respond, message_id, Some(request.id), data, now);
}

/// One question for each delay: the row that GitLab itself inserts for a new merge request can
/// come late and overtake our answer, and turns into `failed` after two to three minutes.
fn read_back(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    command: Command,
    after: Duration,
    now: i64,
) {
    let id = kit::clock::new_id();
    let due = now.saturating_add(kit::clock::micros(after));
    let data = ReadBackCommand {
        read_back_id: id.to_string(),
        command_id: command.id.to_string(),
        request_id: request.id.to_string(),
        gitlab: key.gitlab.clone(),
        project_id: key.project_id,
        iid: key.iid,
        check_id: key.check_id,
        sha: request.sha.to_string(),
        due_at: Some(proto::timestamp(due)),
    };
    post(change, to_decision(rules, key), Kind::ReadBack, id, Some(request.id), data, now);
}

fn drifted(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    request: &Request,
    (believed, shown): (Shown, Shown),
    now: i64,
) {
    let message = match (believed, shown) {
        (Shown::Nothing | Shown::Pending, Shown::ForeignPassed) => {
            "GitLab shows passed, which somebody else has posted: nobody has approved yet."
                .to_owned()
        }
        (_, Shown::ForeignPassed) => format!(
            "GitLab shows passed, which somebody else has posted, where {} was expected.",
            believed.as_str()
        ),
        _ => format!("GitLab shows {}, where {} was expected.", shown.as_str(), believed.as_str()),
    };
    let (believed, shown) = (believed.as_str(), shown.as_str());
    tracing::warn!(
        approval.request_id = %request.id, gitlab.project_id = key.project_id,
        merge_request.iid = key.iid, believed, shown, "GitLab shows another status than expected"
    );
    metrics::counter!("countersign_drift_total", "gitlab" => key.gitlab.clone(), "shown" => shown)
        .increment(1);
    let data = json!({ "expected": believed, "shown": shown });
    record(change, request.id, "drifted", message.clone(), data);
    event(change, rules, key, request, EventType::CheckDrifted, &message, now);
}

fn look_up(
    change: &mut Change,
    rules: &Rules,
    key: &GateKey,
    gate: &Gate,
    reason: String,
    now: i64,
) {
    let id = kit::clock::new_id();
    if let Some(head) = gate.head() {
        let message = format!("GitLab is asked: {reason}");
        record(change, head.id, "looked-up", message, json!({ "command_id": id }));
    }
    let check_name = gate.head().map(|head| head.facts.check_name.clone());
    let data = LookUpCommand {
        command_id: id.to_string(),
        gitlab: key.gitlab.clone(),
        project_id: key.project_id,
        iid: key.iid,
        check_id: key.check_id,
        check_name: check_name.unwrap_or_default(),
        reason,
    };
    post(change, to_decision(rules, key), Kind::LookUp, id, None, data, now);
}

/// Stream and subject of what decision must do about a gate.
fn to_decision(rules: &Rules, key: &GateKey) -> (String, String) {
    let subject = rules.names.respond(&key.gitlab, key.project_id);
    (rules.names.stream(&Stream::Respond), subject)
}

/// Puts a message into the outbox.
pub(super) fn post(
    change: &mut Change,
    (stream, subject): (String, String),
    kind: Kind,
    id: Uuid,
    about: Option<Uuid>,
    data: impl Serialize + Send + Sync + 'static,
    now: i64,
) {
    let row = outbox::Model {
        // Both are known at the commit.
        seq: 0,
        data: String::new(),
        id,
        stream,
        subject,
        ce_type: kind.ce_type(),
        about: about.map(|id| id.to_string()),
        created_at: now,
        traceparent: kit::telemetry::traceparent(),
    };
    change.outbox.push(Posted { row, data: Box::new(move || proto::to_json(&data)) });
}

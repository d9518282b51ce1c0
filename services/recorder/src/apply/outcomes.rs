//! What became of our answers to GitLab.

use approval::{CommandResult, Outcome, Sha, Status, Time};
use bus::{Delivery, EventType, Failure, Kind};
use proto::v1::{RespondCommand, ResponseOutcome, response_outcome::Result as WireResult};
use sea_orm::{DbErr, Set};
use serde_json::json;
use uuid::Uuid;

use super::{Operator, Rules, clean, follow, read, uuid};
use crate::store::{Change, Draft, Ledger, response};

/// An outcome with where it belongs.
#[derive(Debug)]
pub(super) struct Reported {
    pub(super) id: Uuid,
    request_id: Uuid,
    outcome: Outcome,
    lease_id: Option<Uuid>,
    message: ResponseOutcome,
}

pub(super) fn parse(delivery: &Delivery) -> Result<Reported, Failure> {
    reported(read(delivery, Kind::Outcome)?)
}

fn reported(message: ResponseOutcome) -> Result<Reported, Failure> {
    let status = super::status(message.status())?;
    let result = match message.result() {
        WireResult::Delivered => CommandResult::Delivered,
        WireResult::Retrying => CommandResult::Retrying,
        WireResult::Obsolete => CommandResult::Obsolete,
        WireResult::NotHead => CommandResult::NotHead(Sha::parse(&message.head_sha).ok()),
        WireResult::GivenUp => CommandResult::GivenUp,
        WireResult::Unspecified => {
            return Err(Failure::Reject("invalid", "result is missing or unknown".to_owned()));
        }
    };
    let lease_id = match message.lease_id.as_str() {
        "" => None,
        text => Some(uuid(text, "lease_id")?),
    };
    Ok(Reported {
        lease_id,
        id: uuid(&message.outcome_id, "outcome_id")?,
        request_id: uuid(&message.request_id, "request_id")?,
        outcome: Outcome {
            command_id: uuid(&message.command_id, "command_id")?,
            status,
            result,
            may_have_been_applied: message.may_have_been_applied,
            message: clean(&message.message, 500),
        },
        message,
    })
}

pub(super) async fn apply(
    rules: &Rules,
    ledger: &mut Ledger,
    reported: &Reported,
) -> Result<(), DbErr> {
    if ledger.knows_response(reported.id).await? {
        return Ok(());
    }
    let Some(key) = ledger.gate_of(reported.request_id).await? else {
        tracing::warn!(
            approval.request_id = %reported.request_id,
            "an outcome is about a request that is not on record"
        );
        return Ok(());
    };
    ledger.load([key.clone()]).await?;
    let now = ledger.now();
    let gate = ledger.gate(&key);
    let outcome = &reported.outcome;
    let policy = rules.policy(gate);
    let effects = gate.settle(reported.request_id, outcome, Time(now), policy);
    let beat = outcome.status == Status::Pending;
    let mut change = Change::with(Draft {
        request_id: Some(reported.request_id),
        kind: if beat { "beat" } else { "answered" },
        message: outcome.message.clone(),
        data: json!({
            "outcome_id": reported.id,
            "command_id": outcome.command_id,
            "status": outcome.status.as_str(),
            "result": reported.message.result().as_str_name(),
            "code": reported.message.code,
            "http_status": reported.message.http_status,
            "attempt": reported.message.attempt,
        }),
        ..Draft::default()
    });
    change.responses.push(row(reported, now));
    change.leases.extend(reported.lease_id);
    let event = match outcome.result {
        CommandResult::Delivered if beat => None,
        CommandResult::Delivered => Some(EventType::ResponseDelivered),
        CommandResult::Retrying | CommandResult::GivenUp => Some(EventType::ResponseFailed),
        CommandResult::Obsolete | CommandResult::NotHead(_) => None,
    };
    if let (Some(event), Some(request)) = (event, gate.request(reported.request_id)) {
        follow::event(&mut change, rules, &key, request, event, &outcome.message, now);
    }
    follow::effects(&mut change, rules, &key, gate, effects, now);
    ledger.add(change);
    Ok(())
}

/// Settles a command that an operator has dropped, when its request still waits for it.
pub(super) async fn give_up(
    rules: &Rules,
    ledger: &mut Ledger,
    command: &RespondCommand,
    operator: &Operator,
) -> Result<(), DbErr> {
    let outcome = ResponseOutcome {
        outcome_id: kit::clock::new_id().to_string(),
        command_id: command.command_id.clone(),
        request_id: command.request_id.clone(),
        status: command.status,
        result: WireResult::GivenUp.into(),
        code: "dropped".to_owned(),
        message: format!(
            "{} dropped the answer: {}. Press Retry in GitLab to have it answered.",
            operator.name, operator.why
        ),
        // It may have been under way before it became a dead letter.
        may_have_been_applied: true,
        at: Some(proto::timestamp(ledger.now())),
        ..ResponseOutcome::default()
    };
    // A command that cannot be read was never one that a request waits for.
    let Ok(reported) = reported(outcome) else { return Ok(()) };
    let Some(key) = ledger.gate_of(reported.request_id).await? else { return Ok(()) };
    ledger.load([key.clone()]).await?;
    let request = ledger.gate(&key).request(reported.request_id);
    let outstanding = request.and_then(|request| request.answer.outstanding);
    if outstanding.is_some_and(|command| command.id == reported.outcome.command_id) {
        apply(rules, ledger, &reported).await?;
    }
    Ok(())
}

fn row(reported: &Reported, now: i64) -> response::ActiveModel {
    let message = &reported.message;
    response::ActiveModel {
        id: Set(reported.id),
        request_id: Set(reported.request_id),
        command_id: Set(reported.outcome.command_id),
        status: Set(reported.outcome.status.as_str().to_owned()),
        result: Set(message.result().as_str_name().to_owned()),
        code: Set(clean(&message.code, 40)),
        message: Set(reported.outcome.message.clone()),
        http_status: Set(message.http_status),
        attempt: Set(message.attempt),
        at: Set(proto::micros(message.at.as_ref()).unwrap_or(now)),
    }
}

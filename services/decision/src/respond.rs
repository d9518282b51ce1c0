//! One answer to GitLab: asked for again just before the post, posted, classified, reported.

use std::time::Duration;

use bus::{Delivery, Failure, Kind, Outgoing, Stream};
use gitlab::{Answer, Client, Handling, PostOutcome, Status};
use proto::v1::{
    GetWantedAnswerRequest, RespondCommand, ResponseOutcome, Status as WireStatus,
    response_outcome::Result as WireResult,
};
use tonic::Code;
use uuid::Uuid;

use crate::{ROLE, app::App, pace::Pace};

/// How soon to look again when something of ours is away.
const SOON: Duration = Duration::from_secs(1);
/// Attempts after which an answer is given up that GitLab says has no place to go.
const ATTEMPTS_AT_NOTHING: u32 = 8;

/// A command that could be read.
struct Command {
    id: Uuid,
    request_id: Uuid,
    status: Status,
    message: RespondCommand,
}

/// How an attempt went, before it is put on the wire.
struct Report {
    result: WireResult,
    code: &'static str,
    message: String,
    http_status: u16,
    head_sha: String,
    may_have_been_applied: bool,
    attempt: u32,
}

pub(crate) async fn carry_out(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    let command = read(delivery)?;
    let gitlab = app.gitlab(&command.message.gitlab)?;
    // A second copy of a command, delivered while the first is on its way, waits for it.
    let Some(_permit) = app.pace.post_for(command.request_id) else {
        return Err(Failure::Later(SOON));
    };
    if let Some(reason) = not_wanted(app, &command).await? {
        // An attempt of a process that died is not known to this one.
        let (attempt, applied) = app.pace.begin(command.id);
        let may_have_been_applied = applied || delivery.deliveries > 1;
        let report = Report {
            result: WireResult::Obsolete,
            code: "obsolete",
            message: reason,
            http_status: 0,
            head_sha: String::new(),
            may_have_been_applied,
            attempt,
        };
        publish(app, &command, report).await?;
        app.pace.forget(command.id);
        return Ok(());
    }
    post(app, gitlab, &command, delivery.deliveries > 1).await
}

fn read(delivery: &Delivery) -> Result<Command, Failure> {
    let invalid = |sentence: String| Failure::Reject("invalid", sentence);
    let message: RespondCommand =
        proto::from_json(&delivery.data).map_err(|error| invalid(error.to_string()))?;
    let id =
        |text: &str| Uuid::parse_str(text).map_err(|_| invalid("an id is not a UUID".to_owned()));
    let status = match message.status() {
        WireStatus::Passed => Status::Passed,
        WireStatus::Failed => Status::Failed,
        WireStatus::Pending | WireStatus::Unspecified => {
            return Err(invalid("status must be passed or failed".to_owned()));
        }
    };
    Ok(Command {
        id: id(&message.command_id)?,
        request_id: id(&message.request_id)?,
        status,
        message,
    })
}

/// Asks recorder whether this is still the answer; the reason when it is not.
async fn not_wanted(app: &App, command: &Command) -> Result<Option<String>, Failure> {
    let question = GetWantedAnswerRequest {
        request_id: command.request_id.to_string(),
        command_id: command.id.to_string(),
    };
    match app.recorder.clone().get_wanted_answer(question).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            let same = answer.post && answer.status() == command.message.status();
            Ok((!same).then_some(answer.reason))
        }
        // Recorder writes the request before the command, so this is another database.
        Err(status) if status.code() == Code::NotFound => {
            let sentence = "recorder does not know the request of this command".to_owned();
            Err(Failure::Reject("unknown-request", sentence))
        }
        Err(status) => {
            tracing::warn!(code = ?status.code(), "recorder cannot be asked, nothing is posted");
            Err(Failure::Later(SOON))
        }
    }
}

async fn post(
    app: &App,
    gitlab: &Client,
    command: &Command,
    delivered_before: bool,
) -> Result<(), Failure> {
    let (attempt, applied_before) = app.pace.begin(command.id);
    let answer = Answer {
        project_id: command.message.project_id,
        iid: command.message.iid,
        check_id: command.message.check_id,
        sha: command.message.sha.clone(),
        status: command.status,
    };
    let started = std::time::Instant::now();
    let outcome = gitlab.post_status(answer).await;
    metrics::counter!("countersign_answers_total", "code" => outcome.code()).increment(1);
    metrics::histogram!("countersign_answer_seconds").record(started.elapsed().as_secs_f64());
    if outcome.may_have_been_applied() && !outcome.is_delivered() {
        app.pace.may_have_been_applied(command.id);
    }
    let (result, retry) = judge(&app.pace, &outcome, attempt);
    log(command, &outcome, attempt);
    let report = Report {
        result,
        code: outcome.code(),
        message: sentence(command, &outcome),
        http_status: outcome.http_status().unwrap_or(0),
        head_sha: match &outcome {
            PostOutcome::NotHead { head: Some(head) } => head.clone(),
            _ => String::new(),
        },
        may_have_been_applied: outcome.may_have_been_applied()
            || applied_before
            || (delivered_before && attempt == 1),
        attempt,
    };
    publish(app, command, report).await?;
    match retry {
        Some(wait) => Err(Failure::Later(wait)),
        None => {
            app.pace.forget(command.id);
            Ok(())
        }
    }
}

/// What an answer of GitLab's means for the command, and when to try again.
fn judge(pace: &Pace, outcome: &PostOutcome, attempt: u32) -> (WireResult, Option<Duration>) {
    let retry = |for_operator| Some(pace.wait(attempt, for_operator));
    match outcome.handling() {
        Handling::Done => (WireResult::Delivered, None),
        Handling::Superseded => (WireResult::NotHead, None),
        Handling::RetrySoon => (WireResult::Retrying, retry(false)),
        Handling::RetryAfter(time) => (WireResult::Retrying, Some(time.max(SOON))),
        Handling::NeedsOperator => match outcome {
            // The merge request or the check was deleted, or our request was wrong from the
            // start: nothing that an operator mends brings it back.
            PostOutcome::NotFound { .. }
            | PostOutcome::BadRequest { .. }
            | PostOutcome::Unprocessable { .. }
                if attempt >= ATTEMPTS_AT_NOTHING =>
            {
                (WireResult::GivenUp, None)
            }
            _ => (WireResult::Retrying, retry(true)),
        },
    }
}

fn sentence(command: &Command, outcome: &PostOutcome) -> String {
    match outcome {
        PostOutcome::Stored => format!("GitLab stored {}.", command.status),
        other => other.sentence(),
    }
}

fn log(command: &Command, outcome: &PostOutcome, attempt: u32) {
    let message = &command.message;
    let (request, project, iid) = (&message.request_id, message.project_id, message.iid);
    if outcome.is_delivered() {
        tracing::info!(
            approval.request_id = request, gitlab.project_id = project, merge_request.iid = iid,
            status = %command.status, "GitLab was answered"
        );
    } else {
        tracing::warn!(
            approval.request_id = request, gitlab.project_id = project, merge_request.iid = iid,
            status = %command.status, attempt, code = outcome.code(),
            "GitLab did not take the answer: {}", outcome.sentence()
        );
    }
}

/// Reports an attempt; the command is settled only when the report is stored.
async fn publish(app: &App, command: &Command, report: Report) -> Result<(), Failure> {
    let names = app.bus.names();
    let id = kit::clock::new_id();
    let message = &command.message;
    let outcome = ResponseOutcome {
        outcome_id: id.to_string(),
        command_id: message.command_id.clone(),
        request_id: message.request_id.clone(),
        status: message.status,
        result: report.result.into(),
        code: report.code.to_owned(),
        message: report.message,
        http_status: i32::from(report.http_status),
        head_sha: report.head_sha,
        may_have_been_applied: report.may_have_been_applied,
        attempt: i32::try_from(report.attempt).unwrap_or(i32::MAX),
        at: Some(proto::timestamp(kit::clock::now_micros())),
    };
    let subject = names.outcome(&message.gitlab, message.project_id);
    let target = (names.stream(&Stream::Outcome), subject);
    let outgoing =
        Outgoing::new(target, Kind::Outcome, ROLE, id, &outcome).about(message.request_id.clone());
    app.bus.publish(&outgoing).await.map_err(|error| {
        tracing::warn!(%error, "an outcome could not be reported, the command is tried again");
        Failure::Later(SOON)
    })
}

//! One answer to GitLab: asked for again just before the post, posted, classified, reported.

use std::time::Duration;

use bus::{Delivery, Failure, Kind, Outgoing, Stream};
use gitlab::Status;
use proto::v1::{
    GetWantedAnswerRequest, RespondCommand, ResponseOutcome, Status as WireStatus,
    response_outcome::Result as WireResult,
};
use tokio::time::{Instant, timeout_at};
use tonic::Code;
use uuid::Uuid;

use crate::{
    ROLE,
    app::App,
    host::Urgency,
    outcome::{Next, Outcome},
    post::Post,
};

/// How soon to look again when something of ours is away.
const SOON: Duration = Duration::from_secs(1);
/// How soon to ask again for a command that must wait.
const HOLD: Duration = Duration::from_secs(2);
/// How long before the end of a lease an attempt under it is given up: clocks differ.
const BEFORE_THE_END: Duration = Duration::from_secs(5);

/// A command that could be read.
pub(crate) struct Command {
    id: Uuid,
    pub(crate) request_id: Uuid,
    pub(crate) status: Status,
    pub(crate) message: RespondCommand,
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
    /// Empty when nothing was posted.
    lease_id: String,
}

/// The right to post for a request, which recorder lends to one process at a time.
struct Lease {
    id: String,
    /// When it is given up, before recorder lends it to another.
    ends: Instant,
    /// The target branch that was decided about.
    target_branch: String,
}

/// One attempt to carry out a command.
struct Attempt {
    /// From 1, in this process.
    number: u32,
    /// Whether an earlier one may have reached GitLab.
    doubt: bool,
    lease_id: String,
}

pub(crate) async fn carry_out(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    let command = read(delivery)?;
    let host = app.gitlab(&command.message.gitlab)?;
    // What another process did with it, or this one before it died, is not known here.
    let strange = delivery.deliveries > app.pace.saw(command.id);
    // A second copy of a command, delivered while the first is on its way, waits for it.
    let Some(_permit) = app.pace.post_for(command.request_id) else {
        return Err(Failure::Later(SOON));
    };
    let urgency = match command.status {
        Status::Failed => Urgency::Failed,
        Status::Passed | Status::Pending => Urgency::Answer,
    };
    let turn = host.turn(urgency, 2).await?;
    let lease = match wanted(app, &command).await? {
        Wanted::Now(lease) => lease,
        Wanted::Later(reason) => {
            tracing::debug!(approval.request_id = %command.request_id, "not posted yet: {reason}");
            return Err(Failure::Later(HOLD));
        }
        Wanted::Never(reason) => return drop_it(app, &command, reason, strange).await,
    };
    let (attempt, applied_before) = app.pace.begin(command.id);
    let doubt = applied_before || strange;
    let Lease { id, ends, target_branch } = lease;
    let post = Post { app, host, command: &command, target_branch, doubt };
    let outcome = timeout_at(ends, post.attempt()).await.unwrap_or(Outcome::TookTooLong);
    turn.found(outcome.health());
    drop(turn);
    report(app, &command, &outcome, Attempt { number: attempt, doubt, lease_id: id }).await
}

/// What was wanted is wanted no more.
async fn drop_it(
    app: &App,
    command: &Command,
    reason: String,
    strange: bool,
) -> Result<(), Failure> {
    let (attempt, applied) = app.pace.begin(command.id);
    let report = Report {
        result: WireResult::Obsolete,
        code: "obsolete",
        message: reason,
        http_status: 0,
        head_sha: String::new(),
        may_have_been_applied: applied || strange,
        attempt,
        lease_id: String::new(),
    };
    publish(app, command, report).await?;
    app.pace.forget(command.id);
    Ok(())
}

fn read(delivery: &Delivery) -> Result<Command, Failure> {
    let invalid = |sentence: String| Failure::Reject("invalid", sentence);
    let message: RespondCommand =
        proto::from_json(&delivery.data).map_err(|error| invalid(error.to_string()))?;
    let id =
        |text: &str| Uuid::parse_str(text).map_err(|_| invalid("an id is not a UUID".to_owned()));
    let status = match message.status() {
        WireStatus::Pending => Status::Pending,
        WireStatus::Passed => Status::Passed,
        WireStatus::Failed => Status::Failed,
        WireStatus::Unspecified => {
            return Err(invalid("status must be pending, passed or failed".to_owned()));
        }
    };
    Ok(Command {
        id: id(&message.command_id)?,
        request_id: id(&message.request_id)?,
        status,
        message,
    })
}

/// Whether the command is still the answer.
enum Wanted {
    Now(Lease),
    /// With the reason.
    Later(String),
    /// With the reason.
    Never(String),
}

async fn wanted(app: &App, command: &Command) -> Result<Wanted, Failure> {
    let asked = Instant::now();
    let question = GetWantedAnswerRequest {
        request_id: command.request_id.to_string(),
        command_id: command.id.to_string(),
        holder: app.holder.to_string(),
    };
    match app.recorder.clone().get_wanted_answer(question).await {
        Ok(answer) => {
            let answer = answer.into_inner();
            let same = answer.post && answer.status() == command.message.status();
            let lasts = Duration::from_millis(u64::try_from(answer.lease_ms).unwrap_or(0));
            let ends = asked + lasts.saturating_sub(BEFORE_THE_END);
            let (id, target_branch) = (answer.lease_id, answer.target_branch);
            Ok(match (answer.hold, same) {
                (true, _) => Wanted::Later(answer.reason),
                (false, true) => Wanted::Now(Lease { id, ends, target_branch }),
                (false, false) => Wanted::Never(answer.reason),
            })
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

/// Reports what became of an attempt, and says when the next one follows.
async fn report(
    app: &App,
    command: &Command,
    outcome: &Outcome,
    attempt: Attempt,
) -> Result<(), Failure> {
    let Attempt { number: attempt, doubt, lease_id } = attempt;
    let gitlab = command.message.gitlab.clone();
    metrics::counter!("countersign_answers_total", "gitlab" => gitlab, "code" => outcome.code())
        .increment(1);
    // Also when it was stored: should the report be lost, the next attempt knows of this one.
    if outcome.may_have_been_applied() {
        app.pace.may_have_been_applied(command.id);
    }
    log(command, outcome, attempt);
    let (result, next) = outcome.judge(attempt);
    let report = Report {
        result,
        code: outcome.code(),
        message: outcome.sentence(command.status),
        http_status: outcome.http_status(),
        head_sha: outcome.head().unwrap_or_default().to_owned(),
        may_have_been_applied: outcome.may_have_been_applied() || doubt,
        attempt,
        lease_id,
    };
    publish(app, command, report).await?;
    match next {
        Next::Soon => Err(Failure::Later(app.pace.wait(attempt, false))),
        Next::After(time) => Err(Failure::Later(time.max(SOON))),
        Next::AfterOperator => Err(Failure::Later(app.pace.wait(attempt, true))),
        Next::None => {
            app.pace.forget(command.id);
            Ok(())
        }
    }
}

fn log(command: &Command, outcome: &Outcome, attempt: u32) {
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
            "GitLab did not take the answer: {}", outcome.sentence(command.status)
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
        lease_id: report.lease_id,
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

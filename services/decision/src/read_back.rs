//! GitLab is asked, some time after an answer, what it shows.

use std::time::Duration;

use bus::{Delivery, Failure, Kind, Outgoing, Stream};
use gitlab::{ApiError, Client, Status};
use proto::v1::{ReadBackCommand, StatusRead};

use crate::{
    ROLE,
    app::App,
    host::{Urgency, after_question},
    seen,
};

/// Attempts after which a reading is left to the next one.
const ATTEMPTS_MAX: u32 = 20;
/// How soon to look again when the head moved meanwhile.
const SOON: Duration = Duration::from_secs(1);

pub(crate) async fn carry_out(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    let command: ReadBackCommand = proto::from_json(&delivery.data)
        .map_err(|error| Failure::Reject("invalid", error.to_string()))?;
    let host = app.gitlab(&command.gitlab)?;
    let due = proto::micros(command.due_at.as_ref()).unwrap_or_default();
    if let Ok(early @ 1..) = u64::try_from(due - kit::clock::now_micros()) {
        return Err(Failure::Later(Duration::from_micros(early)));
    }
    let turn = host.turn(Urgency::Question, 3).await?;
    let head = Head {
        project_id: command.project_id,
        iid: command.iid,
        check_id: command.check_id,
        sha: &command.sha,
    };
    let answer = shown(&host.client, head).await;
    turn.found(after_question(&answer));
    drop(turn);
    match answer {
        Ok(Seen::Status(status)) => report(app, &command, status).await,
        Ok(Seen::Nothing) => Ok(()),
        Ok(Seen::Moving) => Err(Failure::Later(SOON)),
        Err(error) => later(app, &command, &error, delivery.deliveries),
    }
}

/// A commit at a status check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) project_id: i64,
    pub(crate) iid: i64,
    pub(crate) check_id: i64,
    pub(crate) sha: &'a str,
}

/// What GitLab shows for a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    Status(Status),
    /// Another commit is the head, or the check does not apply: there is nothing to compare.
    Nothing,
    /// The head changed while we looked.
    Moving,
}

/// The list of statuses names no commit, so the head is looked at before and after.
pub(crate) async fn shown(gitlab: &Client, head: Head<'_>) -> Result<Seen, ApiError> {
    let is_head = async || {
        let merge_request = gitlab.merge_request(head.project_id, head.iid).await?;
        Ok(merge_request.sha.as_deref() == Some(head.sha))
    };
    if !is_head().await? {
        return Ok(Seen::Nothing);
    }
    let checks = gitlab.status_checks(head.project_id, head.iid).await?;
    let check = checks.into_iter().find(|check| check.id == head.check_id);
    let Some(status) = check.and_then(|check| check.status) else {
        return Ok(Seen::Nothing);
    };
    Ok(if is_head().await? { Seen::Status(status) } else { Seen::Moving })
}

fn later(
    app: &App,
    command: &ReadBackCommand,
    error: &ApiError,
    attempt: u32,
) -> Result<(), Failure> {
    let (project, iid) = (command.project_id, command.iid);
    tracing::warn!(
        gitlab.project_id = project,
        merge_request.iid = iid,
        attempt,
        code = error.code(),
        "a status could not be read back: {error}"
    );
    if attempt >= ATTEMPTS_MAX && !error.is_temporary() {
        return Ok(());
    }
    Err(Failure::Later(app.pace.wait_after(error, attempt)))
}

async fn report(app: &App, command: &ReadBackCommand, status: Status) -> Result<(), Failure> {
    let read = StatusRead {
        read_back_id: command.read_back_id.clone(),
        command_id: command.command_id.clone(),
        request_id: command.request_id.clone(),
        status: seen::wire(status).into(),
        at: Some(proto::timestamp(kit::clock::now_micros())),
    };
    let names = app.bus.names();
    let subject = names.outcome(&command.gitlab, command.project_id);
    let target = (names.stream(&Stream::Outcome), subject);
    let id = command.read_back_id.clone();
    let outgoing =
        Outgoing::new(target, Kind::StatusRead, ROLE, id, &read).about(command.request_id.clone());
    app.bus.publish(&outgoing).await.map_err(|error| {
        tracing::warn!(%error, "a reading could not be reported and is repeated");
        Failure::Later(SOON)
    })
}

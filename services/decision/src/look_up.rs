//! GitLab is asked what a merge request is like now; the answer goes the way of every call.

use std::time::Duration;

use bus::{Delivery, Failure, Kind, Outgoing, Stream};
use gitlab::{ApiError, MergeRequest};
use proto::v1::{LookUpCommand, MergeRequestSeen, merge_request_seen::Origin};

use crate::{ROLE, app::App};

/// Attempts after which a look-up is left to the next call or sweep.
const ATTEMPTS_MAX: u32 = 20;

pub(crate) async fn carry_out(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    let command: LookUpCommand = proto::from_json(&delivery.data)
        .map_err(|error| Failure::Reject("invalid", error.to_string()))?;
    let gitlab = app.gitlab(&command.gitlab)?;
    let found = gitlab.merge_request(command.project_id, command.iid).await;
    let path = match (&found, delivery.deliveries) {
        (Ok(_), _) => gitlab.project(command.project_id).await.map(|it| it.path_with_namespace),
        (Err(_), _) => Ok(String::new()),
    };
    match found.and_then(|merge_request| path.map(|path| (merge_request, path))) {
        Ok((merge_request, path)) => report(app, &command, merge_request, path).await,
        Err(error) => later(app, &command, &error, delivery.deliveries),
    }
}

fn later(
    app: &App,
    command: &LookUpCommand,
    error: &ApiError,
    attempt: u32,
) -> Result<(), Failure> {
    let (project, iid) = (command.project_id, command.iid);
    if attempt >= ATTEMPTS_MAX {
        tracing::error!(
            gitlab.project_id = project,
            merge_request.iid = iid,
            code = error.code(),
            "a merge request could not be looked up and is left to the next call: {error}"
        );
        return Ok(());
    }
    tracing::warn!(
        gitlab.project_id = project,
        merge_request.iid = iid,
        attempt,
        code = error.code(),
        "a merge request could not be looked up yet: {error}"
    );
    Err(Failure::Later(app.pace.wait_after(error, attempt)))
}

async fn report(
    app: &App,
    command: &LookUpCommand,
    merge_request: MergeRequest,
    project_path: String,
) -> Result<(), Failure> {
    let now = kit::clock::now_micros();
    let id = kit::clock::new_id();
    let event = MergeRequestSeen {
        delivery_id: id.to_string(),
        gitlab: command.gitlab.clone(),
        origin: Origin::LookUp.into(),
        received_at: Some(proto::timestamp(now)),
        project_id: command.project_id,
        project_path,
        iid: command.iid,
        check_id: command.check_id,
        check_name: command.check_name.clone(),
        sha: merge_request.sha.unwrap_or_default(),
        action: "look-up".to_owned(),
        state: merge_request.state,
        title: merge_request.title,
        url: merge_request.web_url,
        source_branch: merge_request.source_branch,
        target_branch: merge_request.target_branch,
        source_project_id: merge_request.source_project_id.unwrap_or_default(),
        author_id: merge_request.author_id.unwrap_or_default(),
        author_name: merge_request.author_name.unwrap_or_default(),
        labels: merge_request.labels,
        draft: merge_request.draft,
        updated_at: merge_request.updated_at.map(|it| proto::timestamp(it.as_microsecond())),
        ..MergeRequestSeen::default()
    };
    let names = app.bus.names();
    let subject = names.intake(&command.gitlab, command.project_id);
    let target = (names.stream(&Stream::Intake), subject);
    let outgoing = Outgoing::new(target, Kind::MergeRequestSeen, ROLE, id, &event);
    app.bus.publish(&outgoing).await.map_err(|error| {
        tracing::warn!(%error, "a look-up could not be reported and is repeated");
        Failure::Later(Duration::from_secs(1))
    })
}

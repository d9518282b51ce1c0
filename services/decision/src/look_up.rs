//! GitLab is asked what a merge request is like now; the answer goes the way of every call.

use bus::{Delivery, Failure};
use gitlab::ApiError;
use proto::v1::{LookUpCommand, merge_request_seen::Origin};

use crate::{
    app::App,
    host::{Urgency, after_question},
    seen::{self, Check},
};

/// Attempts after which a look-up is left to the next call or sweep.
const ATTEMPTS_MAX: u32 = 20;

pub(crate) async fn carry_out(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    let command: LookUpCommand = proto::from_json(&delivery.data)
        .map_err(|error| Failure::Reject("invalid", error.to_string()))?;
    let host = app.gitlab(&command.gitlab)?;
    let turn = host.turn(Urgency::Question, 2).await?;
    let asked = async {
        let merge_request = host.client.merge_request(command.project_id, command.iid).await?;
        let project = host.client.project(command.project_id).await?;
        Ok((merge_request, project.path_with_namespace))
    };
    let answer = asked.await;
    turn.found(after_question(&answer));
    drop(turn);
    match answer {
        Ok((merge_request, project_path)) => {
            let check = Check {
                gitlab: &command.gitlab,
                project_path: &project_path,
                id: command.check_id,
                name: &command.check_name,
            };
            let event = seen::event(Origin::LookUp, check, merge_request);
            seen::publish(app, &event).await
        }
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
    if attempt >= ATTEMPTS_MAX && !error.is_temporary() {
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

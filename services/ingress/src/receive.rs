//! A verified call becomes an event on the bus, and only then GitLab gets its answer.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bus::{Kind, Names, Outgoing, Stream};
use gitlab::call::{CallError, StatusCheckCall};
use kit::http::HangUp;
use proto::v1::{DeadLetter, MergeRequestSeen, Person, merge_request_seen::Origin};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{ROLE, app::App, call::Verified, spool::SpoolError};

/// Answers 202 once the stream or the spool has stored the call.
///
/// When neither can, the connection is closed without an answer: GitLab repeats a call whose
/// connection broke, and never one that was answered, not even with 503.
pub(crate) async fn receive(State(app): State<App>, verified: Verified) -> Response {
    if verified.is_probe() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let started = std::time::Instant::now();
    let delivery_id = kit::clock::new_id();
    let names = app.bus.names();
    let (message, answer) = match &verified.call {
        Ok(call) => (seen(names, delivery_id, &event(delivery_id, &verified, call)), accepted()),
        Err(error) => (dead(names, delivery_id, &verified, error), unprocessable(error)),
    };
    if let Err(error) = &verified.call {
        tracing::warn!(delivery.id = %delivery_id, hook = verified.hook.name,
            "a signed body is not a status check call: {error}");
    }
    // The body can be large, and what follows can take a while.
    drop(verified);
    let response = match store(&app, message).await {
        Ok(()) => answer,
        Err(error) => {
            app.health.trouble("spool", error.to_string());
            tracing::error!(delivery.id = %delivery_id, %error,
                "a call could not be stored; the connection is closed so that GitLab sends it again");
            HangUp.into_response()
        }
    };
    let status = response.status();
    metrics::counter!("countersign_calls_total", "status" => status.as_str().to_owned())
        .increment(1);
    metrics::histogram!("countersign_call_seconds").record(started.elapsed().as_secs_f64());
    response
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, "recorded\n").into_response()
}

fn unprocessable(error: &CallError) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response()
}

/// On the bus, or else in the spool.
async fn store(app: &App, message: Outgoing) -> Result<(), SpoolError> {
    if let Some(bus) = app.bus.get().filter(|_| !app.spool.bus_is_away()) {
        match bus.publish(&message).await {
            Ok(()) => return Ok(()),
            Err(error) => {
                tracing::warn!(delivery.id = message.id, %error, "a call waits in the spool");
            }
        }
    }
    let spool = app.spool.clone();
    tokio::task::spawn_blocking(move || spool.keep(&message))
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}

fn seen(names: &Names, id: Uuid, event: &MergeRequestSeen) -> Outgoing {
    let target = (names.stream(&Stream::Intake), names.intake(&event.gitlab, event.project_id));
    let about = match event.sha.as_str() {
        "" => None,
        sha => {
            Some(proto::request_id(&event.gitlab, event.project_id, event.iid, event.check_id, sha))
        }
    };
    let message = Outgoing::new(target, Kind::MergeRequestSeen, ROLE, id, event);
    match about {
        Some(request_id) => message.about(request_id),
        None => message,
    }
}

fn dead(names: &Names, id: Uuid, verified: &Verified, error: &CallError) -> Outgoing {
    let letter = DeadLetter {
        dead_letter_id: id.to_string(),
        stream: ROLE.to_owned(),
        subject: format!("/approval-apps/status_check/{}", verified.hook.name),
        reason: "not-a-call".to_owned(),
        cause: error.to_string(),
        data: verified.body.to_vec(),
        at: Some(proto::timestamp(kit::clock::now_micros())),
        ..DeadLetter::default()
    };
    bus::dead_letter(names, ROLE, letter)
}

fn event(id: Uuid, verified: &Verified, call: &StatusCheckCall) -> MergeRequestSeen {
    let text = |option: &Option<String>| option.clone().unwrap_or_default();
    MergeRequestSeen {
        delivery_id: id.to_string(),
        gitlab: verified.hook.gitlab.clone(),
        hook: verified.hook.name.clone(),
        origin: Origin::Call.into(),
        received_at: Some(proto::timestamp(kit::clock::now_micros())),
        body_sha256: hex::encode(Sha256::digest(&verified.body)),
        project_id: call.project_id,
        project_path: call.project_path.clone(),
        iid: call.iid,
        check_id: call.check_id,
        check_name: call.check_name.clone(),
        sha: text(&call.sha),
        oldrev: text(&call.oldrev),
        action: text(&call.action),
        state: call.state.clone(),
        retry: call.is_retry(),
        title: call.title.clone(),
        url: call.url.clone(),
        source_branch: call.source_branch.clone(),
        target_branch: call.target_branch.clone(),
        source_project_id: call.source_project_id.unwrap_or_default(),
        author_id: call.author_id.unwrap_or_default(),
        author_name: text(&call.author_name),
        actor: call.actor.as_ref().map(|actor| Person {
            id: actor.id,
            username: actor.username.clone(),
            name: actor.name.clone(),
        }),
        labels: call.labels.clone(),
        draft: call.draft,
        updated_at: call.updated_at.map(|time| proto::timestamp(time.as_microsecond())),
        ..MergeRequestSeen::default()
    }
}

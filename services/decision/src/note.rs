//! The note in a merge request says what Countersign says: the verdict, the reason, and where to read more.

mod text;

use std::time::Duration;

use bus::{Delivery, Failure};
use gitlab::ApiError;
use proto::v1::{GetNoteRequest, NoteCommand, Target};

use crate::{
    app::App,
    host::{Host, Urgency, after_question},
};

/// Attempts after which a note is left to the next change.
const ATTEMPTS_MAX: u32 = 20;
/// How soon to ask again when recorder is away.
const SOON: Duration = Duration::from_secs(1);
/// How often it is written until GitLab shows what it must say at that moment.
const ROUNDS_MAX: usize = 3;
/// Requests of one round: its comments, whose they are, one written.
const REQUESTS: u32 = 3;

/// How a round went.
enum Round {
    /// GitLab shows what the note must say.
    Current,
    /// Something was written; what is shown now is looked at in another round.
    Written,
}

pub(crate) async fn carry_out(app: &App, delivery: &Delivery) -> Result<(), Failure> {
    let command: NoteCommand = proto::from_json(&delivery.data)
        .map_err(|error| Failure::Reject("invalid", error.to_string()))?;
    let host = app.gitlab(&command.gitlab)?;
    // Another process may write at the same time, what it knew a moment earlier. Whoever writes last
    // looks at what stands there afterwards, and compares it with what must stand there by then.
    for _ in 0..ROUNDS_MAX {
        let turn = host.turn(Urgency::Note, REQUESTS).await?;
        let Some(wanted) = wanted(app, &command).await? else { return Ok(()) };
        let round = round(host, &command, &wanted).await;
        turn.found(after_question(&round));
        drop(turn);
        match round {
            Ok(Round::Current) => return Ok(()),
            Ok(Round::Written) => {}
            Err(error) => return later(app, &command, &error, delivery.deliveries),
        }
    }
    tracing::warn!(
        gitlab.project_id = command.project_id,
        merge_request.iid = command.iid,
        "GitLab keeps showing another note than was written; it is left to the next change"
    );
    Ok(())
}

/// What the note must say now; none when nothing is to be said.
async fn wanted(app: &App, command: &NoteCommand) -> Result<Option<String>, Failure> {
    let merge_request = Some(Target {
        gitlab: command.gitlab.clone(),
        project_id: command.project_id,
        merge_request_iid: command.iid,
        check_id: 0,
    });
    let found = app.recorder.clone().get_note(GetNoteRequest { merge_request }).await;
    let found = found.map_err(|status| {
        tracing::warn!(code = ?status.code(), "recorder does not say what a note says: {}", status.message());
        Failure::Later(SOON)
    })?;
    let found = found.into_inner();
    if found.requests.is_empty() {
        return Ok(None);
    }
    let path =
        kit::pages::why(&command.gitlab, command.project_id, command.iid, &found.link_signature);
    let link = app.public_url.as_ref().map(|url| format!("{url}{path}"));
    Ok(Some(text::note(&found.requests, link.as_deref())))
}

/// Writes at most one note: a new one, the one there is, or none in the place of a second.
async fn round(host: &Host, command: &NoteCommand, wanted: &str) -> Result<Round, ApiError> {
    let (client, project, iid) = (&host.client, command.project_id, command.iid);
    let own = client.own_notes(project, iid, text::MARK).await?;
    match own.as_slice() {
        [] => client.create_note(project, iid, wanted).await?,
        [only] if only.body == wanted => return Ok(Round::Current),
        [only] => client.update_note(project, iid, only.id, wanted).await?,
        // Two processes wrote the first one at the same time.
        [_, second, ..] => client.delete_note(project, iid, second.id).await?,
    }
    Ok(Round::Written)
}

/// A note is no answer: what GitLab refuses for good is left to the next change.
fn later(app: &App, command: &NoteCommand, error: &ApiError, attempt: u32) -> Result<(), Failure> {
    let (project, iid, code) = (command.project_id, command.iid, error.code());
    let gitlab = command.gitlab.clone();
    metrics::counter!("countersign_note_failures_total", "gitlab" => gitlab, "code" => code)
        .increment(1);
    if !error.is_temporary() || attempt >= ATTEMPTS_MAX {
        tracing::warn!(
            gitlab.project_id = project,
            merge_request.iid = iid,
            code,
            "a note could not be written and is left to the next change: {error}"
        );
        return Ok(());
    }
    tracing::debug!(
        gitlab.project_id = project,
        merge_request.iid = iid,
        attempt,
        code,
        "a note could not be written yet: {error}"
    );
    Err(Failure::Later(app.pace.wait_after(error, attempt)))
}

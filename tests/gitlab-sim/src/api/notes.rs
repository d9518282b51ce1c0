//! Comments.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::{Answered, ApiError, auth, auth::Caller, entities, paging, params::Params};
use crate::{
    core::Core,
    times,
    world::{MergeRequestRecord, NoteRecord, ProjectRecord, Role, World},
};

/// `GET .../notes`
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid)): Path<(String, String)>,
    uri: Uri,
    params: Params,
) -> Answered {
    core.read(|world| {
        let (_, record) = readable(world, &caller, &id, &iid)?;
        let mut notes: Vec<Value> = world.notes_of(record.id).map(|it| note(world, it)).collect();
        // The newest first, unless asked otherwise.
        if params.text("sort").as_deref() != Some("asc") {
            notes.reverse();
        }
        Ok(paging::page(&core.url, &uri, &params, notes))
    })
}

/// `POST .../notes`
pub(crate) async fn create(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid)): Path<(String, String)>,
    params: Params,
) -> Answered {
    core.write(|world| {
        let about = writable(world, &caller, &id, &iid)?;
        let body = text(&params)?;
        let note_id = world.add_note(about, caller.user_id, &body);
        Ok((StatusCode::CREATED, Json(shown(world, note_id))).into_response())
    })
}

/// `PUT .../notes/:note_id`
pub(crate) async fn update(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid, note_id)): Path<(String, String, String)>,
    params: Params,
) -> Answered {
    core.write(|world| {
        let about = writable(world, &caller, &id, &iid)?;
        let note_id = changeable(world, &caller, &id, about, &note_id)?;
        let body = text(&params)?;
        world.edit_note(note_id, caller.user_id, &body);
        Ok(Json(shown(world, note_id)).into_response())
    })
}

/// `DELETE .../notes/:note_id`
pub(crate) async fn delete(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid, note_id)): Path<(String, String, String)>,
) -> Answered {
    core.write(|world| {
        let about = writable(world, &caller, &id, &iid)?;
        let note_id = changeable(world, &caller, &id, about, &note_id)?;
        world.notes.remove(&note_id);
        Ok(StatusCode::NO_CONTENT.into_response())
    })
}

fn readable<'world>(
    world: &'world World,
    caller: &Caller,
    id: &str,
    iid: &str,
) -> Result<(&'world ProjectRecord, &'world MergeRequestRecord), ApiError> {
    let iid = auth::number(iid, "noteable_id")?;
    let project = caller.project(world, id)?;
    let record = auth::merge_request(world, project, iid)?;
    caller.require_reader(world, project)?;
    Ok((project, record))
}

/// The id of a merge request that may be commented.
fn writable(world: &World, caller: &Caller, id: &str, iid: &str) -> Result<u64, ApiError> {
    let (project, record) = readable(world, caller, id, iid)?;
    if project.archived {
        return Err(ApiError::forbidden());
    }
    Ok(record.id)
}

/// A comment that is the caller's own; maintainers may change all.
fn changeable(
    world: &World,
    caller: &Caller,
    id: &str,
    about: u64,
    note_id: &str,
) -> Result<u64, ApiError> {
    let note_id = auth::number(note_id, "note_id")?;
    let found = world.notes.get(&note_id).filter(|note| note.merge_request_id == about);
    let note = found.ok_or_else(ApiError::not_found)?;
    if note.author_id != caller.user_id {
        caller.require(world, caller.project(world, id)?, Role::Maintainer)?;
    }
    Ok(note_id)
}

fn text(params: &Params) -> Result<String, ApiError> {
    let body = params
        .text("body")
        .ok_or_else(|| ApiError::bad_request(&["body is missing".to_owned()]))?;
    if body.trim().is_empty() {
        return Err(ApiError::message(
            StatusCode::BAD_REQUEST,
            "400 Bad request - Note {:note=>[\"can't be blank\"]}",
        ));
    }
    Ok(body)
}

fn shown(world: &World, id: u64) -> Value {
    world.notes.get(&id).map_or(Value::Null, |it| note(world, it))
}

fn note(world: &World, note: &NoteRecord) -> Value {
    let about = world.merge_requests.get(&note.merge_request_id);
    json!({
        "id": note.id,
        "type": null,
        "body": note.body,
        "author": entities::user(world, note.author_id),
        "created_at": times::api(note.created_at),
        "updated_at": times::api(note.updated_at),
        "system": false,
        "noteable_id": note.merge_request_id,
        "noteable_type": "MergeRequest",
        "noteable_iid": about.map(|record| record.iid),
        "project_id": about.map(|record| record.project_id),
        "resolvable": false,
        "confidential": false,
        "internal": false,
    })
}

//! Merge requests.

use std::{cmp::Reverse, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
    http::Uri,
    response::IntoResponse,
};
use jiff::Timestamp;

use super::{Answered, auth, auth::Caller, entities, paging, params::Params};
use crate::{
    core::Core,
    world::{MergeRequestRecord, ProjectRecord, World},
};

/// `GET /projects/:id/merge_requests`
pub(crate) async fn list(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    params: Params,
) -> Answered {
    core.read(|world| {
        let project = caller.project(world, &id)?;
        caller.require_reader(world, project)?;
        let records = wanted(world, project, &params);
        let values = records.into_iter().map(|record| entities::merge_request(world, record));
        Ok(paging::page(&core.url, &uri, &params, values.collect()))
    })
}

fn wanted<'world>(
    world: &'world World,
    project: &ProjectRecord,
    params: &Params,
) -> Vec<&'world MergeRequestRecord> {
    let state = params.text("state").unwrap_or_else(|| "all".to_owned());
    let target = params.text("target_branch");
    let since = params.text("updated_after");
    let since: Option<Timestamp> = since.and_then(|time| time.parse().ok());
    let iids = params.numbers("iids");
    let mut records: Vec<_> = world
        .merge_requests
        .values()
        .filter(|record| record.project_id == project.id)
        .filter(|record| state == "all" || record.state.as_str() == state)
        .filter(|record| target.as_ref().is_none_or(|name| record.target_branch == *name))
        .filter(|record| since.is_none_or(|since| record.updated_at >= since))
        .filter(|record| iids.as_ref().is_none_or(|iids| iids.contains(&record.iid)))
        .collect();
    let by_update = params.text("order_by").as_deref() == Some("updated_at");
    let key = |record: &MergeRequestRecord| match by_update {
        true => (record.updated_at, record.id),
        false => (record.created_at, record.id),
    };
    match params.text("sort").as_deref() {
        Some("asc") => records.sort_by_key(|record| key(record)),
        _ => records.sort_by_key(|record| Reverse(key(record))),
    }
    records
}

/// `GET /projects/:id/merge_requests/:iid`
pub(crate) async fn show(
    State(core): State<Arc<Core>>,
    caller: Caller,
    Path((id, iid)): Path<(String, String)>,
) -> Answered {
    let iid = auth::number(&iid, "merge_request_iid")?;
    core.read(|world| {
        let project = caller.project(world, &id)?;
        let record = auth::merge_request(world, project, iid)?;
        caller.require_reader(world, project)?;
        Ok(Json(entities::merge_request(world, record)).into_response())
    })
}

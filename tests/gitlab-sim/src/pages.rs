//! A small web page to look at merge requests and to play with them.

mod comments;

use std::sync::Arc;

use askama::Template;
use axum::{
    Json, Router,
    extract::State,
    http::{Method, StatusCode, Uri},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde_json::json;

use comments::CommentView;

use crate::{
    core::Core,
    times,
    world::{self, MergeRequestRecord, State as MergeState, Status, World, change, short},
};

/// How many commits the page shows.
const COMMITS_MAX: usize = 20;

/// What stands between the project's path and the number in a merge request's address.
const MARKER: &str = "/-/merge_requests/";

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage {
    rows: Vec<IndexRow>,
}

struct IndexRow {
    path: String,
    project: String,
    iid: u64,
    title: String,
    author: String,
    state: &'static str,
    updated_at: String,
    checks: Vec<CheckView>,
}

#[derive(Template)]
#[template(path = "merge_request.html")]
struct MergeRequestPage {
    path: String,
    project: String,
    title: String,
    iid: u64,
    description: Option<String>,
    labels: Vec<String>,
    live: String,
}

/// The part of the page that refreshes by itself.
#[derive(Template)]
#[template(path = "live.html")]
struct LivePart {
    path: String,
    author: String,
    source: String,
    target: String,
    sha: String,
    state: &'static str,
    draft: bool,
    required: bool,
    checks: Vec<CheckView>,
    blocked: Option<&'static str>,
    comments: Vec<CommentView>,
    commits: Vec<CommitView>,
    commit_count: usize,
}

struct CheckView {
    id: u64,
    name: String,
    url: String,
    status: &'static str,
    icon: &'static str,
}

struct CommitView {
    sha: String,
    title: String,
    author: String,
    at: String,
}

/// The routes of the pages; every path that is not the API's ends here.
pub(crate) fn router(core: Arc<Core>) -> Router {
    Router::new().route("/", get(index)).fallback(elsewhere).with_state(core)
}

async fn index(State(core): State<Arc<Core>>) -> Response {
    let rows = core.read(|world| {
        let newest_first = world.merge_requests.values().rev();
        newest_first.map(|record| index_row(world, record)).collect()
    });
    render(&IndexPage { rows })
}

fn index_row(world: &World, record: &MergeRequestRecord) -> IndexRow {
    IndexRow {
        path: path_of(world, record),
        project: project_path(world, record),
        iid: record.iid,
        title: record.title.clone(),
        author: name(world, record.author_id),
        state: record.state.as_str(),
        updated_at: times::hook(record.updated_at),
        checks: check_views(world, record),
    }
}

/// Serves merge requests, whose addresses have any number of groups before the marker.
async fn elsewhere(State(core): State<Arc<Core>>, method: Method, uri: Uri) -> Response {
    if uri.path().starts_with("/api") {
        let body = json!({ "error": "404 Not Found" });
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    }
    let Some((id, rest)) = core.read(|world| find(world, &uri)) else {
        let text = "<!doctype html><title>Not found</title><p>There is nothing here.";
        return (StatusCode::NOT_FOUND, Html(text)).into_response();
    };
    match (method, rest.as_slice()) {
        (Method::GET | Method::HEAD, []) => core.read(|world| show(world, id)),
        (Method::GET, ["live.json"]) => core.read(|world| live_json(world, id)),
        (Method::POST, action) => act(&core, id, action),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// The merge request an address names, and what comes after its number.
fn find<'uri>(world: &World, uri: &'uri Uri) -> Option<(u64, Vec<&'uri str>)> {
    let (project, rest) = uri.path().strip_prefix('/')?.split_once(MARKER)?;
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    let iid: u64 = parts.next()?.parse().ok()?;
    let record = world
        .merge_requests
        .values()
        .find(|record| record.iid == iid && project_path(world, record) == project)?;
    Some((record.id, parts.collect()))
}

fn show(world: &World, id: u64) -> Response {
    let Some(record) = world.merge_requests.get(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let live = match live(world, record).render() {
        Ok(live) => live,
        Err(error) => return failed(&error),
    };
    render(&MergeRequestPage {
        path: path_of(world, record),
        project: project_path(world, record),
        title: record.title.clone(),
        iid: record.iid,
        description: record.description.clone(),
        labels: record.labels.iter().map(|label| label.title.clone()).collect(),
        live,
    })
}

fn live_json(world: &World, id: u64) -> Response {
    let Some(record) = world.merge_requests.get(&id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    match live(world, record).render() {
        Ok(html) => Json(json!({ "title": record.title, "html": html })).into_response(),
        Err(error) => failed(&error),
    }
}

fn live(world: &World, record: &MergeRequestRecord) -> LivePart {
    let project = world.projects.get(&record.project_id);
    let reason = world.detailed_merge_status(record);
    let source = match record.source_project_id == record.project_id {
        true => record.source_branch.clone(),
        false => format!("{}:{}", fork_path(world, record), record.source_branch),
    };
    let commits = record.branch.iter().rev().take(COMMITS_MAX).map(|commit| CommitView {
        sha: short(&commit.sha).to_owned(),
        title: commit.title.clone(),
        author: name(world, commit.author_id),
        at: times::hook(commit.at),
    });
    LivePart {
        path: path_of(world, record),
        author: name(world, record.author_id),
        source,
        target: record.target_branch.clone(),
        sha: short(record.sha()).to_owned(),
        state: record.state.as_str(),
        draft: record.draft,
        required: project.is_some_and(|project| project.requires_checks),
        checks: check_views(world, record),
        blocked: (reason != "mergeable").then(|| world::merge_reason(reason)),
        comments: comments::of(world, record),
        commits: commits.collect(),
        commit_count: record.branch.len(),
    }
}

fn fork_path(world: &World, record: &MergeRequestRecord) -> String {
    let fork = world.projects.get(&record.source_project_id);
    let fork = fork.filter(|fork| !fork.deleted);
    fork.map_or_else(|| "(deleted fork)".to_owned(), |fork| fork.path.clone())
}

fn check_views(world: &World, record: &MergeRequestRecord) -> Vec<CheckView> {
    let checks = world.applicable_checks(record).into_iter();
    checks
        .map(|check| {
            let status = world.status(check.id, record);
            let url = check.external_url.split('?').next().unwrap_or_default();
            CheckView {
                id: check.id,
                name: check.name.clone(),
                url: url.to_owned(),
                status: status.as_str(),
                icon: match status {
                    Status::Passed => "✓",
                    Status::Failed => "✕",
                    Status::Pending => "•••",
                },
            }
        })
        .collect()
}

/// Does what a button says, in the author's name, and goes back to the page.
fn act(core: &Arc<Core>, id: u64, action: &[&str]) -> Response {
    let back = core.write(|world| {
        let record = world.merge_requests.get(&id)?;
        let (actor, number) = (record.author_id, record.heads.len() + 1);
        // A refusal needs no words here: the page shows the reason already.
        match action {
            ["push"] => world.push(id, actor, &format!("Change number {number}")),
            ["close"] => world.apply(id, actor, change::closed),
            ["reopen"] => world.apply(id, actor, change::reopened),
            ["merge"] => drop(world.merge(id, actor)),
            ["retry", check] => drop(world.retry(check.parse().ok()?, id, actor)),
            _ => return None,
        }
        let record = world.merge_requests.get(&id)?;
        Some(path_of(world, record))
    });
    match back {
        Some(path) => Redirect::to(&path).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn project_path(world: &World, record: &MergeRequestRecord) -> String {
    let project = world.projects.get(&record.project_id);
    project.map(|project| project.path.clone()).unwrap_or_default()
}

fn path_of(world: &World, record: &MergeRequestRecord) -> String {
    format!("/{}{MARKER}{}", project_path(world, record), record.iid)
}

fn name(world: &World, user_id: u64) -> String {
    let user = world.users.get(&user_id);
    user.map(|user| user.name.clone()).unwrap_or_default()
}

/// Whether something can still happen to a merge request in this state.
fn is_open(state: &str) -> bool {
    state == MergeState::Opened.as_str()
}

fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => failed(&error),
    }
}

fn failed(error: &askama::Error) -> Response {
    tracing::error!(%error, "a page could not be rendered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

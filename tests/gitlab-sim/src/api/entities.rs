//! JSON of the things the API shows.

use serde_json::{Value, json};

use crate::{
    times,
    world::{CheckRecord, MergeRequestRecord, ProjectRecord, State, UserRecord, World},
};

pub(crate) fn user(world: &World, id: u64) -> Value {
    let user = world.users.get(&id);
    user.map_or(Value::Null, |user| user_value(world, user))
}

fn user_value(world: &World, user: &UserRecord) -> Value {
    json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "state": "active",
        "locked": false,
        "avatar_url": null,
        "web_url": format!("{}/{}", world.url, user.username),
    })
}

pub(crate) fn project(world: &World, project: &ProjectRecord) -> Value {
    let web_url = format!("{}/{}", world.url, project.path);
    json!({
        "id": project.id,
        "name": project.name,
        "path": project.path.rsplit('/').next(),
        "path_with_namespace": project.path,
        "name_with_namespace": project.path.replace('/', " / "),
        "description": null,
        "default_branch": "main",
        "visibility": project.visibility.word(),
        "archived": project.archived,
        "web_url": web_url,
        "http_url_to_repo": format!("{web_url}.git"),
        "namespace": { "name": project.group(), "path": project.group(), "kind": "group" },
        "created_at": times::api(project.created_at),
        "merge_requests_enabled": true,
        "only_allow_merge_if_all_status_checks_passed": project.requires_checks,
    })
}

pub(crate) fn merge_request(world: &World, record: &MergeRequestRecord) -> Value {
    let source = world.projects.get(&record.source_project_id);
    let source = source.filter(|source| !source.deleted);
    let people = |ids: &[u64]| -> Vec<Value> { ids.iter().map(|id| user(world, *id)).collect() };
    let labels: Vec<&str> = record.labels.iter().map(|label| label.title.as_str()).collect();
    json!({
        "id": record.id,
        "iid": record.iid,
        "project_id": record.project_id,
        "title": record.title,
        "description": record.description,
        "state": record.state.as_str(),
        "created_at": times::api(record.created_at),
        "updated_at": times::api(record.updated_at),
        "merged_at": record.merged_at.map(times::api),
        "merge_user": record.merged_by.map(|id| user(world, id)),
        "closed_at": record.closed_at.filter(|_| record.state == State::Closed).map(times::api),
        "target_branch": record.target_branch,
        "source_branch": record.source_branch,
        "target_project_id": record.project_id,
        "source_project_id": source.map(|source| source.id),
        "author": user(world, record.author_id),
        "assignee": record.assignees.first().map(|id| user(world, *id)),
        "assignees": people(&record.assignees),
        "reviewers": people(&record.reviewers),
        "labels": labels,
        "draft": record.draft,
        "work_in_progress": record.draft,
        "merge_status": "can_be_merged",
        "detailed_merge_status": world.detailed_merge_status(record),
        "sha": record.head().map(|commit| commit.sha.as_str()),
        "merge_commit_sha": record.merge_commit_sha,
        "web_url": world.web_url(record),
        "user_notes_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "has_conflicts": false,
        "blocking_discussions_resolved": true,
        "merge_when_pipeline_succeeds": false,
    })
}

/// A check as it is configured; the address is whole here.
pub(crate) fn check(project: &ProjectRecord, check: &CheckRecord) -> Value {
    let branches = project.protected_branches.iter();
    let branches: Vec<Value> = branches
        .filter(|(_, name)| check.branches.contains(name))
        .map(|(id, name)| {
            json!({
                "id": id,
                "project_id": project.id,
                "name": name,
                "created_at": times::api(project.created_at),
                "updated_at": times::api(project.created_at),
                "code_owner_approval_required": false,
            })
        })
        .collect();
    json!({
        "id": check.id,
        "name": check.name,
        "project_id": project.id,
        "external_url": check.external_url,
        "hmac": check.secret.is_some(),
        "protected_branches": branches,
    })
}

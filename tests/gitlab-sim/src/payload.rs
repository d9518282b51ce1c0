//! The body of a call to a status check.

use serde_json::{Map, Value, json};

use crate::{
    times,
    world::{
        CheckRecord, Commit, Event, MergeRequestRecord, ProjectRecord, State, UserRecord, World,
    },
};

/// Builds the whole body for one check.
pub(crate) fn body(
    world: &World,
    record: &MergeRequestRecord,
    project: &ProjectRecord,
    check: &CheckRecord,
    actor_id: u64,
    event: &Event,
) -> Value {
    let mut body = json!({
        "object_kind": "merge_request",
        "event_type": "merge_request",
        "user": world.users.get(&actor_id).map(|user| user_value(world, user)),
        "project": project_value(world, project),
        "object_attributes": attributes(world, record, project, event),
        "labels": labels(record),
        "changes": event.changes,
        "repository": {
            "name": project.name,
            "url": ssh_url(project),
            "description": null,
            "homepage": web_url(world, project),
        },
        "external_approval_rule": {
            "id": check.id,
            "name": check.name,
            "external_url": check.external_url,
        },
    });
    // GitLab leaves these two keys out when nobody is named.
    put_people(&mut body, "assignees", people(world, &record.assignees, false));
    put_people(&mut body, "reviewers", people(world, &record.reviewers, true));
    body
}

fn put_people(body: &mut Value, key: &str, people: Vec<Value>) {
    if let Some(fields) = body.as_object_mut()
        && !people.is_empty()
    {
        fields.insert(key.to_owned(), Value::Array(people));
    }
}

fn people(world: &World, ids: &[u64], reviewing: bool) -> Vec<Value> {
    let users = ids.iter().filter_map(|id| world.users.get(id));
    users
        .map(|user| {
            let mut person = user_value(world, user);
            if let Some(fields) = person.as_object_mut()
                && reviewing
            {
                fields.insert("state".to_owned(), json!("unreviewed"));
                fields.insert("re_requested".to_owned(), json!(false));
            }
            person
        })
        .collect()
}

fn attributes(
    world: &World,
    record: &MergeRequestRecord,
    project: &ProjectRecord,
    event: &Event,
) -> Value {
    let mut fields = facts(world, record, project);
    fields.extend(bookkeeping(record));
    fields.insert("labels".to_owned(), labels(record));
    fields.insert("system".to_owned(), json!(event.system_action.is_some()));
    if let Some(system_action) = event.system_action {
        fields.insert("system_action".to_owned(), json!(system_action));
    }
    if let Some(action) = event.action {
        fields.insert("action".to_owned(), json!(action));
    }
    if let Some(oldrev) = &event.oldrev {
        fields.insert("oldrev".to_owned(), json!(oldrev));
    }
    if event.action == Some("open") {
        fields.insert("merge_status".to_owned(), json!("checking"));
        fields.insert("detailed_merge_status".to_owned(), json!("checking"));
    }
    Value::Object(fields)
}

/// The fields that say what the merge request is.
fn facts(
    world: &World,
    record: &MergeRequestRecord,
    project: &ProjectRecord,
) -> Map<String, Value> {
    let source = world.projects.get(&record.source_project_id);
    let source = source.filter(|source| !source.deleted);
    let last_commit = record.head();
    object(json!({
        "id": record.id,
        "iid": record.iid,
        "target_project_id": record.project_id,
        "source_project_id": source.map(|source| source.id),
        "author_id": record.author_id,
        "assignee_id": record.assignees.first(),
        "assignee_ids": record.assignees,
        "reviewer_ids": record.reviewers,
        "title": record.title,
        "description": record.description,
        "source_branch": record.source_branch,
        "target_branch": record.target_branch,
        "url": world.web_url(record),
        "state": record.state.as_str(),
        "state_id": record.state.id(),
        "draft": record.draft,
        "work_in_progress": record.draft,
        "last_commit": last_commit.map(|commit| commit_value(world, project, commit)),
        "source": source.map(|source| project_value(world, source)),
        "target": project_value(world, project),
        "merge_status": merge_status(record),
        "detailed_merge_status": world.detailed_merge_status(record),
        "created_at": times::hook(record.created_at),
        "updated_at": times::hook(record.updated_at),
    }))
}

/// The fields GitLab sends that say little here.
fn bookkeeping(record: &MergeRequestRecord) -> Map<String, Value> {
    object(json!({
        "merge_commit_sha": record.merge_commit_sha,
        "merge_error": null,
        "merge_user_id": record.merged_by,
        "merge_params": { "force_remove_source_branch": "1" },
        "merge_when_pipeline_succeeds": false,
        "head_pipeline_id": null,
        "milestone_id": null,
        "updated_by_id": null,
        "last_edited_by_id": null,
        "last_edited_at": null,
        "prepared_at": times::hook(record.created_at),
        "blocking_discussions_resolved": true,
        "first_contribution": false,
        "time_estimate": 0,
        "total_time_spent": 0,
        "time_change": 0,
        "human_time_estimate": null,
        "human_total_time_spent": null,
        "human_time_change": null,
        "approval_rules": [],
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn merge_status(record: &MergeRequestRecord) -> &'static str {
    match record.state {
        State::Opened if record.head().is_none() => "cannot_be_merged",
        _ => "can_be_merged",
    }
}

/// The labels as hooks show them.
pub(crate) fn labels(record: &MergeRequestRecord) -> Value {
    let created_at = times::hook(record.created_at);
    let labels = record.labels.iter().map(|label| {
        json!({
            "id": label.id,
            "title": label.title,
            "color": "#6699cc",
            "project_id": record.project_id,
            "created_at": created_at,
            "updated_at": created_at,
            "template": false,
            "description": null,
            "type": "ProjectLabel",
            "group_id": null,
        })
    });
    labels.collect()
}

fn user_value(world: &World, user: &UserRecord) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "avatar_url": format!("{}/uploads/user/avatar/{}/avatar.png", world.url, user.id),
        "email": "[REDACTED]",
    })
}

fn project_value(world: &World, project: &ProjectRecord) -> Value {
    let (web_url, ssh_url) = (web_url(world, project), ssh_url(project));
    let http_url = format!("{web_url}.git");
    json!({
        "id": project.id,
        "name": project.name,
        "description": null,
        "web_url": web_url,
        "avatar_url": null,
        "git_ssh_url": ssh_url,
        "git_http_url": http_url,
        "namespace": project.group(),
        "visibility_level": project.visibility.level(),
        "path_with_namespace": project.path,
        "default_branch": "main",
        "ci_config_path": null,
        "homepage": web_url,
        "url": ssh_url,
        "ssh_url": ssh_url,
        "http_url": http_url,
    })
}

fn commit_value(world: &World, project: &ProjectRecord, commit: &Commit) -> Value {
    let author = world.users.get(&commit.author_id);
    json!({
        "id": commit.sha,
        "message": format!("{}\n", commit.title),
        "title": commit.title,
        "timestamp": times::commit(commit.at),
        "url": format!("{}/-/commit/{}", web_url(world, project), commit.sha),
        "author": {
            "name": author.map(|author| author.name.as_str()),
            "email": author.map(|author| format!("{}@example.com", author.username)),
        },
    })
}

fn web_url(world: &World, project: &ProjectRecord) -> String {
    format!("{}/{}", world.url, project.path)
}

fn ssh_url(project: &ProjectRecord) -> String {
    format!("git@gitlab.example.com:{}.git", project.path)
}

impl World {
    /// The address of a merge request's page.
    pub(crate) fn web_url(&self, record: &MergeRequestRecord) -> String {
        let project = self.projects.get(&record.project_id);
        let path = project.map_or("", |project| project.path.as_str());
        format!("{}/{path}/-/merge_requests/{}", self.url, record.iid)
    }
}

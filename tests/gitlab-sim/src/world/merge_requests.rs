//! Merge requests and what happens to them.

use serde_json::{Value, json};

use super::{
    Call, CheckRecord, Commit, Event, MergeRequestRecord, Moment, ProjectRecord, Refused, State,
    Status, World,
    change::{draft_title, label, pushed},
    short,
};
use crate::{payload, times};

/// A merge request that is about to be opened.
#[derive(Debug, Clone)]
pub(crate) struct Opening {
    pub(crate) project_id: u64,
    pub(crate) source_project_id: u64,
    pub(crate) title: String,
    pub(crate) author_id: u64,
    pub(crate) source_branch: Option<String>,
    pub(crate) target_branch: String,
    pub(crate) description: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) draft: bool,
    pub(crate) reviewers: Vec<u64>,
    pub(crate) assignees: Vec<u64>,
    pub(crate) commits: Vec<String>,
}

impl World {
    /// Opens a merge request: a pending row for every check first, then the calls.
    pub(crate) fn open(&mut self, opening: Opening) -> u64 {
        let author_id = opening.author_id;
        let project_id = opening.project_id;
        let record = self.opened(opening);
        let (id, sha) = (record.id, record.sha().to_owned());
        self.merge_requests.insert(id, record);
        let checks = self.projects.get(&project_id).map(|project| &project.checks);
        let checks: Vec<u64> = checks.into_iter().flatten().map(|check| check.id).collect();
        for check_id in checks {
            self.held_rows.push((check_id, id, sha.clone()));
        }
        if !self.holds_rows {
            self.insert_held_rows();
        }
        self.send(id, author_id, &opened_event());
        id
    }

    /// Inserts the pending rows of merge requests that were opened.
    pub(crate) fn insert_held_rows(&mut self) {
        for (check_id, id, sha) in std::mem::take(&mut self.held_rows) {
            self.insert_row(check_id, id, &sha, Status::Pending);
        }
    }

    fn opened(&mut self, opening: Opening) -> MergeRequestRecord {
        let now = times::whole_seconds(times::now());
        let project = self.projects.get_mut(&opening.project_id);
        let iid = project.map_or(1, |project| {
            project.last_iid += 1;
            project.last_iid
        });
        let mut titles = opening.commits;
        if titles.is_empty() {
            titles.push(opening.title.clone());
        }
        let branch: Vec<Commit> = titles
            .into_iter()
            .map(|title| Commit {
                sha: self.next_sha(),
                title,
                author_id: opening.author_id,
                at: now,
            })
            .collect();
        let heads = branch.last().cloned().into_iter().collect();
        let source_branch = opening.source_branch;
        MergeRequestRecord {
            id: self.next_id(),
            iid,
            project_id: opening.project_id,
            source_project_id: opening.source_project_id,
            source_branch: source_branch.unwrap_or_else(|| branch_for(iid, &opening.title)),
            target_branch: opening.target_branch,
            title: draft_title(&opening.title, opening.draft),
            description: opening.description,
            author_id: opening.author_id,
            assignees: opening.assignees,
            reviewers: opening.reviewers,
            labels: opening.labels.iter().map(|title| label(title)).collect(),
            draft: opening.draft,
            state: State::Opened,
            branch,
            heads,
            approved_by: Vec::new(),
            merged_by: None,
            merge_commit_sha: None,
            created_at: now,
            updated_at: now,
            closed_at: None,
            merged_at: None,
        }
    }

    /// Changes a merge request and sends what the change says, if it says anything.
    pub(crate) fn apply(
        &mut self,
        id: u64,
        actor_id: u64,
        change: impl FnOnce(&mut MergeRequestRecord, &Moment) -> Option<Event>,
    ) {
        let moment = Moment {
            now: times::whole_seconds(times::now()),
            actor_id,
            fresh_sha: self.next_sha(),
        };
        let Some(record) = self.merge_requests.get_mut(&id) else {
            return;
        };
        if let Some(event) = change(record, &moment) {
            record.updated_at = record.updated_at.max(moment.now);
            self.send(id, actor_id, &event);
        }
    }

    /// Adds a commit; only an open merge request tells about it, and a push makes no row.
    pub(crate) fn push(&mut self, id: u64, actor_id: u64, title: &str) {
        self.apply(id, actor_id, |record, moment| {
            if record.state == State::Merged {
                return None;
            }
            let oldrev = record.sha().to_owned();
            let commit = Commit {
                sha: moment.fresh_sha.clone(),
                title: title.to_owned(),
                author_id: actor_id,
                at: moment.now,
            };
            record.heads.push(commit.clone());
            record.branch.push(commit);
            pushed(record, oldrev)
        });
        self.reset_approvals(id, actor_id);
    }

    /// Makes an earlier head the head again, as a force-push does.
    pub(crate) fn push_back(&mut self, id: u64, actor_id: u64, sha: &str) -> Result<(), Refused> {
        let record = self.merge_requests.get(&id);
        let known = record.is_some_and(|record| record.heads.iter().any(|head| head.sha == sha));
        if !known {
            let sentence = format!("{} was never a head of this merge request", short(sha));
            return Err(Refused(sentence));
        }
        self.apply(id, actor_id, |record, _| {
            let oldrev = record.sha().to_owned();
            match record.branch.iter().position(|commit| commit.sha == sha) {
                Some(at) => record.branch.truncate(at + 1),
                None => {
                    let head = record.heads.iter().find(|head| head.sha == sha).cloned();
                    record.branch.extend(head);
                }
            }
            pushed(record, oldrev)
        });
        self.reset_approvals(id, actor_id);
        Ok(())
    }

    fn reset_approvals(&mut self, id: u64, actor_id: u64) {
        let Some(project) = self.project_of(id) else {
            return;
        };
        let (resets, required) = (project.resets_approvals, project.approvals_required);
        self.apply(id, actor_id, |record, _| {
            if !resets || record.approved_by.is_empty() {
                return None;
            }
            let was_approved = record.approved_by.len() >= required;
            record.approved_by.clear();
            let action = if was_approved { "unapproved" } else { "unapproval" };
            Some(Event { system_action: Some("approvals_reset_on_push"), ..Event::of(action) })
        });
    }

    pub(crate) fn approve(&mut self, id: u64, actor_id: u64) {
        let required = self.project_of(id).map_or(1, |project| project.approvals_required);
        self.apply(id, actor_id, |record, _| {
            if record.approved_by.contains(&actor_id) {
                return None;
            }
            let was_approved = record.approved_by.len() >= required;
            record.approved_by.push(actor_id);
            let completes = !was_approved && record.approved_by.len() >= required;
            Some(Event::of(if completes { "approved" } else { "approval" }))
        });
    }

    pub(crate) fn unapprove(&mut self, id: u64, actor_id: u64) {
        let required = self.project_of(id).map_or(1, |project| project.approvals_required);
        self.apply(id, actor_id, |record, _| {
            let was_approved = record.approved_by.len() >= required;
            let before = record.approved_by.len();
            record.approved_by.retain(|approver| *approver != actor_id);
            if record.approved_by.len() == before {
                return None;
            }
            let loses = was_approved && record.approved_by.len() < required;
            Some(Event::of(if loses { "unapproved" } else { "unapproval" }))
        });
    }

    fn project_of(&self, id: u64) -> Option<&ProjectRecord> {
        let record = self.merge_requests.get(&id)?;
        self.projects.get(&record.project_id)
    }

    /// Queues a call for every check that GitLab tells about the target branch.
    pub(crate) fn send(&mut self, id: u64, actor_id: u64, event: &Event) {
        self.send_to(id, actor_id, event, None);
    }

    /// Queues a call for one check only, or for all.
    pub(crate) fn send_to(&mut self, id: u64, actor_id: u64, event: &Event, only: Option<u64>) {
        let Some(record) = self.merge_requests.get(&id) else {
            return;
        };
        let Some(project) = self.projects.get(&record.project_id) else {
            return;
        };
        let told = |check: &&CheckRecord| match only {
            Some(check_id) => check.id == check_id,
            None => check.is_told_about(&record.target_branch),
        };
        let calls: Vec<Call> = project
            .checks
            .iter()
            .filter(told)
            .map(|check| Call {
                project_id: project.id,
                iid: record.iid,
                check_id: check.id,
                body: payload::body(self, record, project, check, actor_id, event).to_string(),
            })
            .collect();
        self.outbox.extend(calls);
    }
}

fn opened_event() -> Event {
    Event::of("open").changing("merge_status", &json!("preparing"), &json!("checking")).changing(
        "prepared_at",
        &Value::Null,
        &json!(times::hook(times::now())),
    )
}

fn branch_for(iid: u64, title: &str) -> String {
    let words: Vec<String> = title
        .to_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(5)
        .map(str::to_owned)
        .collect();
    format!("{iid}-{}", words.join("-"))
}

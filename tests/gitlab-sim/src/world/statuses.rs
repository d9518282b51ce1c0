//! Answers of status checks and how they are resolved.

use std::time::Duration;

use jiff::Timestamp;

use super::{CheckRecord, Event, MergeRequestRecord, Refused, Row, State, Status, World, change};
use crate::times;

impl World {
    /// Status of a check for the present head: the last row by id for that exact sha, else pending.
    pub(crate) fn status(&self, check_id: u64, merge_request: &MergeRequestRecord) -> Status {
        self.last_row(check_id, merge_request).map_or(Status::Pending, |at| self.rows[at].status)
    }

    fn last_row(&self, check_id: u64, merge_request: &MergeRequestRecord) -> Option<usize> {
        let sha = merge_request.sha();
        self.rows.iter().rposition(|row| {
            row.check_id == check_id
                && row.project_id == merge_request.project_id
                && row.iid == merge_request.iid
                && row.sha == sha
        })
    }

    /// Adds a row; GitLab never looks for an equal one first.
    pub(crate) fn insert_row(
        &mut self,
        check_id: u64,
        merge_request_id: u64,
        sha: &str,
        status: Status,
    ) -> Option<u64> {
        let record = self.merge_requests.get(&merge_request_id)?;
        let (project_id, iid) = (record.project_id, record.iid);
        let id = self.next_id();
        self.rows.push(Row {
            id,
            check_id,
            project_id,
            iid,
            sha: sha.to_owned(),
            status,
            created_at: times::now(),
            retried_at: None,
        });
        Some(id)
    }

    /// Turns every pending row older than the limit into a failed one, newer rows or not.
    pub(crate) fn time_out_pending(&mut self, now: Timestamp, limit: Duration) -> usize {
        let mut count = 0;
        for row in &mut self.rows {
            let since = row.retried_at.unwrap_or(row.created_at);
            let age = Duration::try_from(now.duration_since(since)).unwrap_or_default();
            if row.status == Status::Pending && age > limit {
                row.status = Status::Failed;
                count += 1;
            }
        }
        count
    }

    /// Makes pending rows older, as if time had passed.
    pub(crate) fn age_pending(&mut self, by: Duration) {
        for row in &mut self.rows {
            if row.status == Status::Pending {
                row.created_at = row.created_at.checked_sub(by).unwrap_or(row.created_at);
                row.retried_at = row.retried_at.map(|at| at.checked_sub(by).unwrap_or(at));
            }
        }
    }

    /// Flips the last failed row to pending and queues one new call; refused unless the status is failed.
    pub(crate) fn retry(
        &mut self,
        check_id: u64,
        merge_request_id: u64,
        actor_id: u64,
    ) -> Result<(), Refused> {
        let must_be_failed = || Refused("External status check must be failed".to_owned());
        let record = self.merge_requests.get(&merge_request_id);
        let at = record.and_then(|record| self.last_row(check_id, record));
        let at = at.ok_or_else(must_be_failed)?;
        let row = &mut self.rows[at];
        if row.status != Status::Failed {
            return Err(must_be_failed());
        }
        row.status = Status::Pending;
        row.retried_at = Some(times::now());
        self.send_to(merge_request_id, actor_id, &Event::retry(), Some(check_id));
        Ok(())
    }

    /// The checks the widget shows for a merge request.
    pub(crate) fn applicable_checks(&self, merge_request: &MergeRequestRecord) -> Vec<CheckRecord> {
        let project = self.projects.get(&merge_request.project_id);
        let checks = project.into_iter().flat_map(|project| &project.checks);
        checks.filter(|check| check.applies_to(&merge_request.target_branch)).cloned().collect()
    }

    /// Whether status checks stop the merge.
    pub(crate) fn is_blocked(&self, merge_request: &MergeRequestRecord) -> bool {
        let Some(project) = self.projects.get(&merge_request.project_id) else {
            return true;
        };
        project.licensed
            && project.requires_checks
            && project
                .checks
                .iter()
                .filter(|check| check.applies_to(&merge_request.target_branch))
                .any(|check| self.status(check.id, merge_request) != Status::Passed)
    }

    /// GitLab's one-word reason why a merge request can or cannot be merged.
    pub(crate) fn detailed_merge_status(&self, merge_request: &MergeRequestRecord) -> &'static str {
        if merge_request.state != State::Opened {
            "not_open"
        } else if merge_request.draft {
            "draft_status"
        } else if merge_request.head().is_none() {
            "commits_status"
        } else if self.is_blocked(merge_request) {
            "status_checks_must_pass"
        } else {
            "mergeable"
        }
    }

    /// Merges, unless something stops it.
    pub(crate) fn merge(&mut self, merge_request_id: u64, actor_id: u64) -> Result<(), Refused> {
        let record = self.merge_requests.get(&merge_request_id);
        let status = record.map_or("not_open", |record| self.detailed_merge_status(record));
        if status == "mergeable" {
            self.apply(merge_request_id, actor_id, change::merged);
            return Ok(());
        }
        Err(Refused(format!("not merged: {}", merge_reason(status))))
    }
}

/// The sentence people see for a merge status.
pub(crate) fn merge_reason(detailed_merge_status: &str) -> &'static str {
    match detailed_merge_status {
        "mergeable" => "ready to merge",
        "draft_status" => "the merge request is a draft",
        "commits_status" => "the source branch has no commits",
        "status_checks_must_pass" => "all status checks must pass",
        _ => "the merge request is not open",
    }
}

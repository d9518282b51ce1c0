//! Handles of projects, their checks and new merge requests.

use std::sync::Arc;

use super::{MergeRequest, User};
use crate::{
    core::Core,
    waiting,
    world::{CheckChange, Opening, ProjectRecord, Visibility},
};

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    core: Arc<Core>,
    id: u64,
}

impl Project {
    pub(crate) fn new(core: &Arc<Core>, id: u64) -> Self {
        Self { core: Arc::clone(core), id }
    }

    /// The project's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The path with the groups.
    #[must_use]
    pub fn path(&self) -> String {
        self.look(|project| project.path.clone()).unwrap_or_default()
    }

    /// The address of the project's page.
    #[must_use]
    pub fn web_url(&self) -> String {
        format!("{}/{}", self.core.url, self.path())
    }

    /// Adds a status check for all branches.
    ///
    /// # Panics
    ///
    /// When GitLab would refuse the name or the address, for example because it is taken.
    #[must_use]
    pub fn check(&self, name: &str, external_url: &str, secret: Option<&str>) -> Check {
        let change = CheckChange {
            name: Some(name.to_owned()),
            external_url: Some(external_url.to_owned()),
            secret: Some(secret.map(str::to_owned)),
            branches: None,
        };
        let id = save_check(&self.core, self.id, None, change);
        Check::new(&self.core, self.id, id)
    }

    /// The project's checks.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        let ids = self.look(|project| project.checks.iter().map(|check| check.id).collect());
        let ids: Vec<u64> = ids.unwrap_or_default();
        ids.into_iter().map(|id| Check::new(&self.core, self.id, id)).collect()
    }

    /// Opens a merge request from a branch of its own into `main`.
    #[must_use]
    pub fn opens_merge_request(&self, title: &str, author: &User) -> MergeRequest {
        self.merge_request(title, author).opens()
    }

    /// Prepares a merge request; `opens` opens it.
    pub fn merge_request(&self, title: &str, author: &User) -> NewMergeRequest {
        NewMergeRequest {
            core: Arc::clone(&self.core),
            opening: Opening {
                project_id: self.id,
                source_project_id: self.id,
                title: title.to_owned(),
                author_id: author.id(),
                source_branch: None,
                target_branch: "main".to_owned(),
                description: None,
                labels: Vec::new(),
                draft: false,
                reviewers: Vec::new(),
                assignees: Vec::new(),
                commits: Vec::new(),
            },
        }
    }

    /// The project's merge requests, oldest first.
    #[must_use]
    pub fn merge_requests(&self) -> Vec<MergeRequest> {
        let ids: Vec<u64> = self.core.read(|world| {
            let records = world.merge_requests.values();
            let own = records.filter(|record| record.project_id == self.id);
            own.map(|record| record.id).collect()
        });
        ids.into_iter().map(|id| MergeRequest::new(&self.core, id)).collect()
    }

    /// Lets the licence lapse: the API answers 401 and checks no longer stop merges.
    pub fn license_lapses(&self) {
        self.change(|project| project.licensed = false);
    }

    /// Brings the licence back.
    pub fn license_returns(&self) {
        self.change(|project| project.licensed = true);
    }

    /// Archives the project.
    pub fn archive(&self) {
        self.change(|project| project.archived = true);
    }

    /// Brings the project back from the archive.
    pub fn unarchive(&self) {
        self.change(|project| project.archived = false);
    }

    /// Moves the project to another path; the old one stays known.
    pub fn moves_to(&self, new_path: &str) {
        self.core.write(|world| world.move_project(self.id, new_path));
    }

    /// Sets who can see the project without being its member.
    pub fn set_visibility(&self, visibility: Visibility) {
        self.change(|project| project.visibility = visibility);
    }

    /// Sets whether all status checks must pass before a merge.
    pub fn require_checks(&self, required: bool) {
        self.change(|project| project.requires_checks = required);
    }

    /// Whether all status checks must pass before a merge.
    #[must_use]
    pub fn requires_checks(&self) -> bool {
        self.look(|project| project.requires_checks).unwrap_or_default()
    }

    /// Sets how many approvals make a merge request approved.
    pub fn set_approvals_required(&self, count: u32) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        self.change(|project| project.approvals_required = count);
    }

    /// Sets whether a push takes approvals back.
    pub fn reset_approvals_on_push(&self, on: bool) {
        self.change(|project| project.resets_approvals = on);
    }

    /// Deletes the project; merge requests from it have no source any more.
    pub fn delete(&self) {
        self.change(|project| project.deleted = true);
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut ProjectRecord)) {
        self.core.write(|world| {
            if let Some(project) = world.projects.get_mut(&self.id) {
                change(project);
            }
        });
    }

    fn look<T>(&self, look: impl FnOnce(&ProjectRecord) -> T) -> Option<T> {
        self.core.read(|world| world.projects.get(&self.id).map(look))
    }
}

fn save_check(core: &Arc<Core>, project_id: u64, id: Option<u64>, change: CheckChange) -> u64 {
    let saved = core.write(|world| world.save_check(project_id, id, change));
    saved.unwrap_or_else(|complaints| waiting::refuse(&complaints))
}

/// A status check of a project.
#[derive(Debug, Clone)]
pub struct Check {
    core: Arc<Core>,
    project_id: u64,
    id: u64,
}

impl Check {
    fn new(core: &Arc<Core>, project_id: u64, id: u64) -> Self {
        Self { core: Arc::clone(core), project_id, id }
    }

    /// The check's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The check's name; empty once it is deleted.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.core.read(|world| {
            let project = world.projects.get(&self.project_id)?;
            project.check(self.id).map(|check| check.name.clone())
        });
        name.unwrap_or_default()
    }

    /// Sends calls to another address from now on.
    pub fn point_at(&self, external_url: &str) {
        self.save(CheckChange {
            external_url: Some(external_url.to_owned()),
            ..CheckChange::default()
        });
    }

    /// Signs with another secret, or not at all; calls already queued are signed with it too.
    pub fn set_secret(&self, secret: Option<&str>) {
        self.save(CheckChange {
            secret: Some(secret.map(str::to_owned)),
            ..CheckChange::default()
        });
    }

    /// Limits the check to protected branches; none means all branches.
    pub fn scope_to(&self, branches: &[&str]) {
        self.save(CheckChange {
            branches: Some(branches.iter().map(|name| (*name).to_owned()).collect()),
            ..CheckChange::default()
        });
    }

    /// Deletes the check and its answers.
    pub fn delete(&self) {
        self.core.write(|world| world.delete_check(self.project_id, self.id));
    }

    fn save(&self, change: CheckChange) {
        save_check(&self.core, self.project_id, Some(self.id), change);
    }
}

/// A merge request that is being prepared.
#[derive(Debug, Clone)]
#[must_use = "it is not open until `opens` is called"]
pub struct NewMergeRequest {
    core: Arc<Core>,
    opening: Opening,
}

impl NewMergeRequest {
    /// Sets the source branch.
    pub fn from_branch(mut self, name: &str) -> Self {
        self.opening.source_branch = Some(name.to_owned());
        self
    }

    /// Sets the target branch.
    pub fn into_branch(mut self, name: &str) -> Self {
        name.clone_into(&mut self.opening.target_branch);
        self
    }

    /// Takes the source branch from a fork.
    pub fn from_fork(mut self, fork: &Project) -> Self {
        self.opening.source_project_id = fork.id();
        self
    }

    /// Sets the description.
    pub fn description(mut self, text: &str) -> Self {
        self.opening.description = Some(text.to_owned());
        self
    }

    /// Sets the labels.
    pub fn labels(mut self, titles: &[&str]) -> Self {
        self.opening.labels = titles.iter().map(|title| (*title).to_owned()).collect();
        self
    }

    /// Opens it as a draft, which shows in the title too.
    pub fn draft(mut self) -> Self {
        self.opening.draft = true;
        self
    }

    /// Sets the reviewers.
    pub fn reviewers(mut self, users: &[&User]) -> Self {
        self.opening.reviewers = users.iter().map(|user| user.id()).collect();
        self
    }

    /// Sets the assignees.
    pub fn assignees(mut self, users: &[&User]) -> Self {
        self.opening.assignees = users.iter().map(|user| user.id()).collect();
        self
    }

    /// Adds a commit; without any there is one with the title of the merge request.
    pub fn commit(mut self, title: &str) -> Self {
        self.opening.commits.push(title.to_owned());
        self
    }

    /// Opens the merge request.
    #[must_use = "the merge request is what the story is about"]
    pub fn opens(self) -> MergeRequest {
        let id = self.core.write(|world| world.open(self.opening));
        MergeRequest::new(&self.core, id)
    }
}

//! Handle of a merge request.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Check, Project, User};
use crate::{
    core::Core,
    waiting::{self, PATIENCE},
    world::{
        Commit, Event, MergeRequestRecord, Moment, Refused, Row, Status, World, change, short,
    },
};

/// A merge request; what happens to it is done by its author unless a method says otherwise.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    core: Arc<Core>,
    id: u64,
}

impl MergeRequest {
    pub(crate) fn new(core: &Arc<Core>, id: u64) -> Self {
        Self { core: Arc::clone(core), id }
    }

    /// The id, which is not the number people see.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The number in its project.
    #[must_use]
    pub fn iid(&self) -> u64 {
        self.look(|record| record.iid)
    }

    /// The project it would be merged in.
    #[must_use]
    pub fn project(&self) -> Project {
        Project::new(&self.core, self.look(|record| record.project_id))
    }

    /// The sha of the head; empty when there is no commit.
    #[must_use]
    pub fn sha(&self) -> String {
        self.look(|record| record.sha().to_owned())
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> String {
        self.look(|record| record.title.clone())
    }

    /// The state: `opened`, `closed` or `merged`.
    #[must_use]
    pub fn state(&self) -> String {
        self.look(|record| record.state.as_str().to_owned())
    }

    /// The author.
    #[must_use]
    pub fn author(&self) -> User {
        User::new(&self.core, self.look(|record| record.author_id))
    }

    /// The titles of the labels.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        self.look(|record| record.labels.iter().map(|label| label.title.clone()).collect())
    }

    /// The branch it comes from.
    #[must_use]
    pub fn source_branch(&self) -> String {
        self.look(|record| record.source_branch.clone())
    }

    /// The branch it goes to.
    #[must_use]
    pub fn target_branch(&self) -> String {
        self.look(|record| record.target_branch.clone())
    }

    /// When it was last changed, in whole seconds.
    #[must_use]
    pub fn updated_at(&self) -> Timestamp {
        self.look(|record| record.updated_at)
    }

    /// The address of its page.
    #[must_use]
    pub fn web_url(&self) -> String {
        self.with(|world, record| world.web_url(record))
    }

    /// GitLab's one-word reason why it can or cannot be merged.
    #[must_use]
    pub fn detailed_merge_status(&self) -> String {
        self.with(|world, record| world.detailed_merge_status(record).to_owned())
    }

    /// Every head it ever had, oldest first.
    #[must_use]
    pub fn shas(&self) -> Vec<String> {
        let sha = |commit: &Commit| commit.sha.clone();
        self.look(|record| record.heads.iter().map(sha).collect())
    }

    /// Pushes a commit and gives the new head; a closed merge request tells nobody, a merged one stays.
    pub fn push(&self) -> String {
        let number = self.look(|record| record.heads.len()) + 1;
        self.push_titled(&format!("Change number {number}"))
    }

    /// Somebody else pushes a commit; gives the new head.
    pub fn push_by(&self, by: &User) -> String {
        self.core.write(|world| world.push(self.id, by.id(), "Change of somebody else"));
        self.sha()
    }

    /// Pushes a commit with a title and gives the new head.
    pub fn push_titled(&self, title: &str) -> String {
        self.act(|world, actor| world.push(self.id, actor, title));
        self.sha()
    }

    /// Force-pushes back to an earlier head.
    ///
    /// # Errors
    ///
    /// Refuses a sha that was never a head.
    pub fn push_back_to(&self, sha: &str) -> Result<(), Refused> {
        self.act(|world, actor| world.push_back(self.id, actor, sha))
    }

    /// Changes the title.
    pub fn edit_title(&self, title: &str) {
        self.apply(|record, _| change::retitled(record, title));
    }

    /// Changes the description.
    pub fn edit_description(&self, text: &str) {
        self.apply(|record, _| change::described(record, text));
    }

    /// Replaces the labels.
    pub fn set_labels(&self, titles: &[&str]) {
        self.apply(|record, _| change::labelled(record, titles));
    }

    /// Makes it a draft.
    pub fn mark_draft(&self) {
        self.apply(|record, _| change::drafted(record, true));
    }

    /// Makes it ready.
    pub fn mark_ready(&self) {
        self.apply(|record, _| change::drafted(record, false));
    }

    /// Points it at another target branch; the head stays the same.
    pub fn retarget(&self, branch: &str) {
        self.apply(|record, _| change::retargeted(record, branch));
    }

    /// Adds a user's approval.
    pub fn approve(&self, by: &User) {
        self.core.write(|world| world.approve(self.id, by.id()));
    }

    /// Takes a user's approval back.
    pub fn unapprove(&self, by: &User) {
        self.core.write(|world| world.unapprove(self.id, by.id()));
    }

    /// Closes it.
    pub fn close(&self) {
        self.apply(change::closed);
    }

    /// Opens it again.
    pub fn reopen(&self) {
        self.apply(change::reopened);
    }

    /// Merges it.
    ///
    /// # Errors
    ///
    /// Refuses when it is not open, is a draft, or the status checks stop it.
    pub fn merge(&self) -> Result<(), Refused> {
        self.act(|world, actor| world.merge(self.id, actor))
    }

    /// Merges it whatever the gate says.
    pub fn force_merge(&self) {
        self.apply(change::merged);
    }

    /// Presses Retry on a check.
    ///
    /// # Errors
    ///
    /// Refuses unless the check has failed for the present head.
    pub fn retry(&self, check: &Check) -> Result<(), Refused> {
        self.act(|world, actor| world.retry(check.id(), self.id, actor))
    }

    /// Lets a user press Retry on a check.
    ///
    /// # Errors
    ///
    /// Refuses unless the check has failed for the present head.
    pub fn retry_by(&self, check: &Check, by: &User) -> Result<(), Refused> {
        self.core.write(|world| world.retry(check.id(), self.id, by.id()))
    }

    /// Loses all commits, as when the source branch is deleted; the next hook has no last commit.
    pub fn lose_commits(&self) {
        self.apply(|record, _| {
            record.branch.clear();
            None
        });
    }

    /// Sends an `update` without changes, as when the last thread is resolved.
    pub fn resend(&self) {
        self.apply(|_, _| Some(Event::of("update")));
    }

    /// Status of a check for the present head: `pending`, `passed` or `failed`.
    #[must_use]
    pub fn status(&self, check: &Check) -> &'static str {
        self.with(|world, record| world.status(check.id(), record).as_str())
    }

    /// Puts a row in for the present head, as if someone else had answered.
    pub fn set_status(&self, check: &Check, status: Status) {
        let sha = self.sha();
        self.core.write(|world| world.insert_row(check.id(), self.id, &sha, status));
    }

    /// The rows of this merge request, by id.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        self.with(|world, record| {
            let own = |row: &&Row| row.project_id == record.project_id && row.iid == record.iid;
            world.rows.iter().filter(own).cloned().collect()
        })
    }

    /// Waits until a check has a status.
    ///
    /// # Panics
    ///
    /// After 10 seconds, with what happened so far.
    pub async fn status_becomes(&self, check: &Check, status: &str) {
        let what = format!("status {status:?} of check {} for !{}", check.id(), self.iid());
        let details = || {
            let (present, head) = (self.status(check), self.sha());
            format!("it is {present:?} for head {}\n{}", short(&head), self.core.summary())
        };
        self.wait(&what, || self.status(check) == status, details).await;
    }

    /// Waits until something holds, or gives up with details.
    pub(super) async fn wait(
        &self,
        what: &str,
        holds: impl Fn() -> bool,
        details: impl FnOnce() -> String,
    ) {
        if let Err(error) = waiting::wait(&self.core, what, PATIENCE, holds).await {
            waiting::give_up(&error, &details());
        }
    }

    pub(super) fn read<T>(&self, read: impl FnOnce(&World, u64) -> T) -> T {
        self.core.read(|world| read(world, self.id))
    }

    pub(super) fn write<T>(&self, write: impl FnOnce(&mut World, u64) -> T) -> T {
        self.core.write(|world| write(world, self.id))
    }

    fn apply(&self, change: impl FnOnce(&mut MergeRequestRecord, &Moment) -> Option<Event>) {
        self.act(|world, actor| world.apply(self.id, actor, change));
    }

    /// Does something in the author's name.
    fn act<T>(&self, act: impl FnOnce(&mut World, u64) -> T) -> T {
        let author = self.look(|record| record.author_id);
        self.core.write(|world| act(world, author))
    }

    fn look<T>(&self, look: impl FnOnce(&MergeRequestRecord) -> T) -> T {
        self.with(|_, record| look(record))
    }

    #[expect(
        clippy::expect_used,
        reason = "a handle is only made for a record, and records are never removed"
    )]
    fn with<T>(&self, look: impl FnOnce(&World, &MergeRequestRecord) -> T) -> T {
        self.core.read(|world| {
            let record = world.merge_requests.get(&self.id);
            look(world, record.expect("a merge request is never removed"))
        })
    }
}

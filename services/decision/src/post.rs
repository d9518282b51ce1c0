//! One attempt to bring GitLab to show an answer: looked before, posted, looked at what came back.

use std::time::Instant;

use bus::Failure;
use gitlab::{Answer, ApiError, Client, Status};
use proto::v1::merge_request_seen::Origin;

use crate::{
    app::App,
    config::Answers,
    host::Host,
    outcome::Outcome,
    read_back::{Head, Seen, shown},
    respond::Command,
    seen::{self, Check},
};

/// What an attempt needs to know.
pub(crate) struct Post<'a> {
    pub(crate) app: &'a App,
    pub(crate) host: &'a Host,
    pub(crate) command: &'a Command,
    /// The target branch that was decided about.
    pub(crate) target_branch: String,
    /// Whether an earlier attempt may have reached GitLab.
    pub(crate) doubt: bool,
}

impl Post<'_> {
    pub(crate) async fn attempt(&self) -> Outcome {
        if self.command.status == Status::Passed
            && let Some(outcome) = self.look_first().await
        {
            return outcome;
        }
        if self.doubt || self.host.answers == Answers::First {
            match self.shown().await {
                Ok(Seen::Status(status)) if status == self.command.status => {
                    return Outcome::FoundStored;
                }
                Ok(Seen::Status(status)) if self.host.answers == Answers::First => {
                    if let Some(outcome) = self.make_way(status).await {
                        return outcome;
                    }
                }
                Ok(_) => {}
                Err(error) => return Outcome::NotAsked(error),
            }
        }
        let message = &self.command.message;
        let answer = Answer {
            project_id: message.project_id,
            iid: message.iid,
            check_id: message.check_id,
            sha: message.sha.clone(),
            status: self.command.status,
        };
        let started = Instant::now();
        let outcome = self.client().post_status(answer).await;
        metrics::histogram!("countersign_answer_seconds", "gitlab" => message.gitlab.clone())
            .record(started.elapsed().as_secs_f64());
        Outcome::Posted(outcome)
    }

    /// A `passed` is posted only for the merge request that was decided about: a retarget that no
    /// call has announced yet would otherwise take it along. That another commit is the head, GitLab
    /// says itself.
    async fn look_first(&self) -> Option<Outcome> {
        let message = &self.command.message;
        let found = match self.client().merge_request(message.project_id, message.iid).await {
            Ok(found) => found,
            Err(error) => return Some(Outcome::NotAsked(error)),
        };
        let another = found.sha.as_deref().is_some_and(|sha| sha != message.sha);
        if another || (found.target_branch == self.target_branch && found.state == "opened") {
            return None;
        }
        let project = match self.client().project(message.project_id).await {
            Ok(project) => project.path_with_namespace,
            Err(error) => return Some(Outcome::NotAsked(error)),
        };
        let check = Check {
            gitlab: &message.gitlab,
            project_path: &project,
            id: message.check_id,
            name: "",
        };
        let event = seen::event(Origin::LookUp, check, found);
        tracing::warn!(
            approval.request_id = %self.command.request_id,
            gitlab.project_id = message.project_id, merge_request.iid = message.iid,
            "the merge request is not what was approved any more, nothing is posted"
        );
        // When this fails, the next attempt finds the same.
        let _unpublished: Result<(), Failure> = seen::publish(self.app, &event).await;
        Some(Outcome::Elsewhere)
    }

    async fn shown(&self) -> Result<Seen, ApiError> {
        let message = &self.command.message;
        let head = Head {
            project_id: message.project_id,
            iid: message.iid,
            check_id: message.check_id,
            sha: &message.sha,
        };
        shown(self.client(), head).await
    }

    /// Where the first answer counts, a `failed` gives way to Retry, and a `passed` to nothing.
    async fn make_way(&self, status: Status) -> Option<Outcome> {
        match status {
            Status::Pending => None,
            Status::Passed => Some(Outcome::FirstAnswerStands),
            Status::Failed => {
                let message = &self.command.message;
                let (project, iid, check) = (message.project_id, message.iid, message.check_id);
                match self.client().retry_check(project, iid, check).await {
                    Ok(()) => None,
                    Err(error) => Some(Outcome::NotAsked(error)),
                }
            }
        }
    }

    fn client(&self) -> &Client {
        &self.host.client
    }
}

//! What GitLab's API said, on its way to recorder.

use std::time::Duration;

use bus::{Failure, Kind, Outgoing, Stream};
use gitlab::{MergeRequest, Status};
use proto::v1::{MergeRequestSeen, Status as WireStatus, merge_request_seen::Origin};

use crate::{ROLE, app::App};

/// A status check of a project.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Check<'a> {
    pub(crate) gitlab: &'a str,
    pub(crate) project_path: &'a str,
    pub(crate) id: i64,
    pub(crate) name: &'a str,
}

/// A merge request at a status check, as the API showed it just now.
pub(crate) fn event(
    origin: Origin,
    check: Check<'_>,
    merge_request: MergeRequest,
) -> MergeRequestSeen {
    let action = if origin == Origin::Sweep { "sweep" } else { "look-up" };
    MergeRequestSeen {
        delivery_id: kit::clock::new_id().to_string(),
        gitlab: check.gitlab.to_owned(),
        origin: origin.into(),
        received_at: Some(proto::timestamp(kit::clock::now_micros())),
        project_id: merge_request.target_project_id,
        project_path: check.project_path.to_owned(),
        iid: merge_request.iid,
        check_id: check.id,
        check_name: check.name.to_owned(),
        sha: merge_request.sha.unwrap_or_default(),
        action: action.to_owned(),
        state: merge_request.state,
        title: merge_request.title,
        url: merge_request.web_url,
        source_branch: merge_request.source_branch,
        target_branch: merge_request.target_branch,
        source_project_id: merge_request.source_project_id.unwrap_or_default(),
        author_id: merge_request.author_id.unwrap_or_default(),
        author_name: merge_request.author_name.unwrap_or_default(),
        labels: merge_request.labels,
        draft: merge_request.draft,
        updated_at: merge_request.updated_at.map(|it| proto::timestamp(it.as_microsecond())),
        ..MergeRequestSeen::default()
    }
}

/// Puts it on the way that every call goes.
pub(crate) async fn publish(app: &App, event: &MergeRequestSeen) -> Result<(), Failure> {
    let names = app.bus.names();
    let subject = names.intake(&event.gitlab, event.project_id);
    let target = (names.stream(&Stream::Intake), subject);
    let id = event.delivery_id.clone();
    let outgoing = Outgoing::new(target, Kind::MergeRequestSeen, ROLE, id, event);
    app.bus.publish(&outgoing).await.map_err(|error| {
        tracing::warn!(%error, "what GitLab said could not be published, it is asked again");
        Failure::Later(Duration::from_secs(1))
    })
}

/// GitLab's status as a message says it.
pub(crate) fn wire(status: Status) -> WireStatus {
    match status {
        Status::Passed => WireStatus::Passed,
        Status::Failed => WireStatus::Failed,
        Status::Pending => WireStatus::Pending,
    }
}

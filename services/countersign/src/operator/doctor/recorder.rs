//! What a running system knows: whether GitLab has reached it, and whether it is in safe mode.

use proto::v1::{GetSafeModeRequest, ListWatchedRequest};

use super::{super::connection, finding::Area};
use crate::Config;

pub(super) async fn look(config: &Config) -> Area {
    let mut area = Area::new("recorder");
    let mut client = match connection::connect(config).await {
        Ok(client) => client,
        Err(problem) => {
            area.unknown(problem.to_string(), "then doctor also says whether GitLab has called.");
            return area;
        }
    };
    match client.get_safe_mode(GetSafeModeRequest::default()).await {
        Ok(found) if found.get_ref().reason.is_empty() => area.ok("it answers"),
        Ok(found) => area.wrong(
            format!("safe mode: {}", found.into_inner().reason),
            "find out what happened, then: countersign safe-mode end --reason …",
        ),
        Err(status) => {
            area.wrong(connection::refused(&status).to_string(), "");
            return area;
        }
    }
    for gitlab in config.gitlab_names() {
        match client.list_watched(ListWatchedRequest { gitlab: gitlab.clone() }).await {
            Ok(found) if found.get_ref().checks.is_empty() => area.warning(
                format!("GitLab {gitlab} has never called with a right signature"),
                "open or edit a merge request in a gated project; then look at GitLab's way to us.",
            ),
            Ok(found) => area.ok(format!(
                "GitLab {gitlab} has called, for {} status checks",
                found.get_ref().checks.len()
            )),
            Err(status) => area.wrong(connection::refused(&status).to_string(), ""),
        }
    }
    area
}

//! Requests as they were judged, since a time: what another policy is tried on, and what auditors read.

use proto::{
    Timestamp,
    v1::{Caller, ListJudgedRequest, ListJudgedResponse},
};

use super::{
    Problem,
    connection::{connect, refused},
    wait_for,
};
use crate::Config;

/// The time that lies so far back, such as 30d.
pub(super) fn since(text: &str, now: i64) -> Result<Timestamp, Problem> {
    let back = crate::config::duration("--since", text)?;
    let back = back.ok_or_else(|| Problem::Usage("--since is empty".to_owned()))?;
    Ok(proto::timestamp(now.saturating_sub(back)))
}

/// Asks for all that changed since then, and takes one after the other.
pub(super) fn each(
    config: &Config,
    since: Timestamp,
    asking: &str,
    mut take: impl FnMut(ListJudgedResponse),
) -> Result<(), Problem> {
    wait_for(async {
        let mut recorder = connect(config).await?;
        let (since, caller) = (Some(since), Some(Caller::process(asking)));
        let question = ListJudgedRequest { since, caller };
        let found = recorder.list_judged(question).await.map_err(|status| refused(&status))?;
        let mut found = found.into_inner();
        while let Some(judged) = found.message().await.map_err(|status| refused(&status))? {
            take(judged);
        }
        Ok(())
    })
}

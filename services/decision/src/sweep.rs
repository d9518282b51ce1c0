//! The sweep: everything that is open is looked at, again and again, at one rate in calm and storm.
//!
//! It opens what no call has announced, finds what GitLab shows that nobody has decided, and ends
//! what was closed unseen. What it finds goes the way of every call.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use bus::Failure;
use gitlab::{ApiError, CheckStatus, MergeRequest};
use proto::v1::{
    CompareSightingRequest, ListWatchedRequest, ListWatchedResponse, MergeRequestSeen,
    merge_request_seen::Origin,
};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    host::{Busy, Host, Urgency, after_question},
    seen::{self, Check},
};

/// Pages of one list that are read before it counts as endless.
const PAGES_MAX: u32 = 10_000;
/// Wait after a round that could not be finished.
const PAUSE: Duration = Duration::from_secs(1);

/// Why a round could not be finished.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("{0}")]
    GitLab(#[from] ApiError),
    #[error("recorder cannot be asked ({0:?})")]
    Recorder(tonic::Code),
    #[error("what was found could not be published")]
    Bus,
    #[error("it was asked to stop")]
    Stopped,
}

impl From<tonic::Status> for Cut {
    fn from(status: tonic::Status) -> Self {
        Self::Recorder(status.code())
    }
}

impl From<Busy> for Cut {
    fn from(_: Busy) -> Self {
        Self::Stopped
    }
}

impl From<Failure> for Cut {
    fn from(_: Failure) -> Self {
        Self::Bus
    }
}

/// What the sweep of one instance needs.
pub(crate) struct Sweep {
    pub(crate) app: App,
    pub(crate) gitlab: String,
    /// Projects that are swept although none of their checks has called yet.
    pub(crate) projects: Vec<i64>,
    pub(crate) per_second: f64,
    /// A check that calls below this address is ours.
    pub(crate) public_url: Option<String>,
}

/// A round under way.
struct Round<'a> {
    sweep: &'a Sweep,
    host: &'a Host,
    pace: Interval,
    /// When the last full round ended.
    last: &'a Last,
}

/// When the last full round ended.
struct Last(Instant);

impl Last {
    fn tell(&self, gitlab: &str) {
        metrics::gauge!("countersign_sweep_age_seconds", "gitlab" => gitlab.to_owned())
            .set(self.0.elapsed().as_secs_f64());
    }
}

impl Sweep {
    /// Sweeps until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut last = Last(Instant::now());
        while !stop.is_cancelled() {
            let begun = Instant::now();
            match self.round(&last).await {
                Ok(()) => {
                    last = Last(Instant::now());
                    let took = begun.elapsed().as_secs_f64();
                    let gitlab = self.gitlab.clone();
                    metrics::histogram!("countersign_sweep_round_seconds", "gitlab" => gitlab)
                        .record(took);
                    tracing::debug!(gitlab = self.gitlab, took, "a round of the sweep is done");
                }
                Err(Cut::Stopped) => {}
                Err(error) => {
                    tracing::warn!(gitlab = self.gitlab, "a round of the sweep was cut: {error}");
                }
            }
            last.tell(&self.gitlab);
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(self.step().max(PAUSE / 10)) => {}
            }
        }
    }

    fn step(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second)
    }

    async fn round(&self, last: &Last) -> Result<(), Cut> {
        let host = self.app.gitlab(&self.gitlab)?;
        let mut recorder = self.app.recorder.clone();
        let question = ListWatchedRequest { gitlab: self.gitlab.clone() };
        let watched = recorder.list_watched(question).await?.into_inner();
        let mut pace = interval(self.step());
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut round = Round { sweep: self, host, pace, last };
        let mut left_out = 0_u32;
        for project in self.projects(&watched) {
            match round.project(project, &watched).await {
                // It was deleted or hidden from us: the others are swept all the same.
                Err(Cut::GitLab(error)) if !error.is_temporary() => {
                    left_out += 1;
                    tracing::warn!(
                        gitlab = self.gitlab,
                        gitlab.project_id = project,
                        code = error.code(),
                        "a project cannot be swept: {error}"
                    );
                }
                result => result?,
            }
        }
        metrics::gauge!("countersign_sweep_projects_left_out", "gitlab" => self.gitlab.clone())
            .set(f64::from(left_out));
        Ok(())
    }

    fn projects(&self, watched: &ListWatchedResponse) -> BTreeSet<i64> {
        let checks = watched.checks.iter().map(|check| check.project_id);
        let open = watched.merge_requests.iter().map(|it| it.project_id);
        checks.chain(open).chain(self.projects.iter().copied()).collect()
    }

    /// Whether a check is ours: it has called us, or it calls where we are.
    fn is_ours(&self, check: &CheckStatus, known: &HashSet<i64>) -> bool {
        known.contains(&check.id)
            || self
                .public_url
                .as_ref()
                .is_some_and(|url| kit::pages::is_hook(&check.external_url, url))
    }
}

impl Round<'_> {
    async fn project(&mut self, project: i64, watched: &ListWatchedResponse) -> Result<(), Cut> {
        let checks = watched.checks.iter().filter(|check| check.project_id == project);
        let known: HashSet<i64> = checks.map(|check| check.check_id).collect();
        let path = self.ask(async |host| host.client.project(project).await).await?;
        let path = path.path_with_namespace;
        let mut listed = BTreeSet::new();
        let mut page = Some(1);
        while let Some(number) = page.filter(|number| *number <= PAGES_MAX) {
            let found = self
                .ask(async |host| host.client.open_merge_requests(project, number).await)
                .await?;
            let mut new = false;
            for merge_request in found.items {
                // Pages overlap while merge requests come and go.
                if listed.insert(merge_request.iid) {
                    new = true;
                    self.merge_request(&path, merge_request, &known).await?;
                }
            }
            page = found.next.filter(|_| new);
        }
        self.ended(project, &path, &listed, watched).await
    }

    /// Compares what GitLab shows for an open merge request at our checks.
    async fn merge_request(
        &mut self,
        path: &str,
        listed: MergeRequest,
        known: &HashSet<i64>,
    ) -> Result<(), Cut> {
        let (project, iid) = (listed.target_project_id, listed.iid);
        let checks =
            match self.ask(async |host| host.client.status_checks(project, iid).await).await {
                // It was deleted meanwhile.
                Err(Cut::GitLab(ApiError::NotFound)) => return Ok(()),
                checks => checks?,
            };
        for check in checks.iter().filter(|check| self.sweep.is_ours(check, known)) {
            let mut event = self.event(path, check.id, &check.name, listed.clone());
            if let Some(status) = check.status {
                event.set_shown(seen::wire(status));
            }
            if let Some(last_command_id) = self.news(&event).await? {
                self.look_twice(path, check, &listed, last_command_id).await?;
            }
        }
        Ok(())
    }

    /// Something is new: it is read once more, after recorder has said which answer was the last,
    /// and reported.
    async fn look_twice(
        &mut self,
        path: &str,
        check: &CheckStatus,
        listed: &MergeRequest,
        last_command_id: String,
    ) -> Result<(), Cut> {
        let (project, iid) = (listed.target_project_id, listed.iid);
        let checks = self.ask(async |host| host.client.status_checks(project, iid).await).await?;
        let now = self.ask(async |host| host.client.merge_request(project, iid).await).await?;
        let same_head = now.sha == listed.sha;
        let mut event = self.event(path, check.id, &check.name, now);
        let shown = checks.iter().find(|it| it.id == check.id).and_then(|it| it.status);
        // The statuses name no commit: they are the head's only when it did not move. While an answer
        // is on its way they say nothing.
        if let Some(status) = shown.filter(|_| same_head && !last_command_id.is_empty()) {
            event.set_shown(seen::wire(status));
            event.shown_after = last_command_id;
        }
        self.report(&event).await
    }

    /// Merge requests that count as open and are not listed as open any more.
    async fn ended(
        &mut self,
        project: i64,
        path: &str,
        listed: &BTreeSet<i64>,
        watched: &ListWatchedResponse,
    ) -> Result<(), Cut> {
        let mut missing: BTreeMap<i64, BTreeSet<i64>> = BTreeMap::new();
        for open in watched.merge_requests.iter().filter(|it| it.project_id == project) {
            if !listed.contains(&open.iid) {
                missing.entry(open.iid).or_default().insert(open.check_id);
            }
        }
        for (iid, checks) in missing {
            let found = self.ask(async |host| host.client.merge_request(project, iid).await).await;
            let found = match found {
                Err(Cut::GitLab(ApiError::NotFound)) => continue,
                found => found?,
            };
            for check in checks {
                let event = self.event(path, check, self.name(check, watched), found.clone());
                if self.news(&event).await?.is_some() {
                    self.report(&event).await?;
                }
            }
        }
        Ok(())
    }

    fn name<'a>(&self, check: i64, watched: &'a ListWatchedResponse) -> &'a str {
        let known = watched.checks.iter().find(|it| it.check_id == check);
        known.map_or("", |known| known.name.as_str())
    }

    fn event(&self, path: &str, id: i64, name: &str, seen: MergeRequest) -> MergeRequestSeen {
        let check = Check { gitlab: &self.sweep.gitlab, project_path: path, id, name };
        seen::event(Origin::Sweep, check, seen)
    }

    /// Asks recorder whether this is new; the last command when it is.
    async fn news(&mut self, event: &MergeRequestSeen) -> Result<Option<String>, Cut> {
        let question = CompareSightingRequest { seen: Some(event.clone()) };
        let answer = self.sweep.app.recorder.clone().compare_sighting(question).await?.into_inner();
        Ok((!answer.known).then_some(answer.last_command_id))
    }

    async fn report(&mut self, event: &MergeRequestSeen) -> Result<(), Cut> {
        metrics::counter!("countersign_sweep_found_total").increment(1);
        tracing::info!(
            gitlab.project_id = event.project_id,
            merge_request.iid = event.iid,
            "the sweep found something that is not on record"
        );
        Ok(seen::publish(&self.sweep.app, event).await?)
    }

    /// Asks GitLab something when it is time, and the sweep's turn.
    async fn ask<T>(
        &mut self,
        question: impl AsyncFnOnce(&Host) -> Result<T, ApiError>,
    ) -> Result<T, Cut> {
        self.pace.tick().await;
        self.last.tell(&self.sweep.gitlab);
        let turn = self.host.turn(Urgency::Sweep, 1).await?;
        let answer = question(self.host).await;
        turn.found(after_question(&answer));
        Ok(answer?)
    }
}

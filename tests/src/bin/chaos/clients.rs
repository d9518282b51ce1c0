//! Those who use the product: developers at GitLab, people in browsers, the outside system, and
//! somebody who keeps old calls.

mod browser;
mod outside;

use std::sync::Arc;

use anyhow::Result;
use gitlab_sim::{MergeRequest, Outcome as CallOutcome, User, signature_of};
use serde_json::json;

use crate::{
    cluster::{Cluster, HOOK_SECRET},
    log::{Entry, Log, Outcome, Replayed, Sent},
    plan::Operation,
};

use outside::Outside;

/// Branches that merge requests point to.
const TARGETS: [&str; 2] = ["main", "release"];
/// Operations go to one of so many merge requests that were opened last.
const RECENT: usize = 8;

/// Everybody who does something.
#[derive(Debug)]
pub(crate) struct Clients {
    cluster: Arc<Cluster>,
    log: Arc<Log>,
    http: reqwest::Client,
    author: User,
    stranger: gitlab_sim::Token,
    outside: Outside,
}

/// What came of an operation.
pub(super) struct Came {
    outcome: Outcome,
    detail: String,
    sent: Option<Sent>,
    retargeted: Option<String>,
}

impl Came {
    fn new(outcome: Outcome, detail: impl Into<String>) -> Self {
        Self { outcome, detail: detail.into(), sent: None, retargeted: None }
    }

    fn done(detail: impl Into<String>) -> Self {
        Self::new(Outcome::Done, detail)
    }

    fn refused(detail: impl Into<String>) -> Self {
        Self::new(Outcome::Refused, detail)
    }
}

impl Clients {
    pub(crate) async fn new(cluster: Arc<Cluster>, log: Arc<Log>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(std::time::Duration::from_secs(8))
            .build()?;
        let author = cluster.gitlab.user_named("grace", "Grace Mbeki");
        let mallory = cluster.gitlab.user_named("mallory", "Mallory");
        let stranger = cluster.gitlab.token(&mallory, &["api"], gitlab_sim::Role::Developer);
        let outside = Outside::connect(cluster.link("servicenow -> nats").address()).await?;
        Ok(Self { cluster, log, http, author, stranger, outside })
    }

    /// Carries out an operation and notes what came of it.
    pub(crate) async fn carry_out(&self, number: usize, operation: &Operation) {
        let began = kit::clock::now_micros();
        let about = self.about(operation);
        let result = match (operation, &about) {
            (Operation::Open, _) => self.opens(number),
            (Operation::Nonsense, _) => self.outside.sends_nonsense().await,
            (Operation::RepeatMessage(which), _) => self.outside.repeats(*which).await,
            (Operation::ReuseId(which), _) => self.outside.reuses_an_id(*which).await,
            (Operation::ReplayCall(which), _) => self.replays_a_call(*which).await,
            (_, None) => Came::refused("there is no merge request yet"),
            (operation, Some(it)) => self.does(number, operation, it).await,
        };
        let entry = Entry {
            name: operation.name(),
            iid: result.sent.as_ref().map(|sent| sent.iid).or(about.map(|it| it.iid())),
            detail: result.detail,
            began,
            outcome: result.outcome,
            sent: result.sent,
            retargeted: result.retargeted,
        };
        self.log.operation(entry);
    }

    async fn does(&self, number: usize, operation: &Operation, it: &MergeRequest) -> Came {
        let refused = |error: gitlab_sim::Refused| Came::refused(error.to_string());
        let check = &self.cluster.check;
        match operation {
            Operation::Push(_) => Came::done(format!("to {}", short(&it.push()))),
            Operation::PushTwice(_) => {
                let (one, two) = (it.push(), it.push());
                Came::done(format!("to {} and {}", short(&one), short(&two)))
            }
            Operation::PushBack(which) => match earlier(it, *which) {
                None => Came::refused("there is no earlier commit"),
                Some(sha) => {
                    let done = |()| Came::done(format!("to {}", short(&sha)));
                    it.push_back_to(&sha).map_or_else(refused, done)
                }
            },
            Operation::Retarget(_) => {
                let now = it.target_branch();
                let other = TARGETS.into_iter().find(|branch| *branch != now).unwrap_or("main");
                it.retarget(other);
                let done = Came::done(format!("to {other}"));
                Came { retargeted: Some(other.to_owned()), ..done }
            }
            Operation::EditTitle(_) => {
                it.edit_title(&format!("Change {number}, once more"));
                Came::done("")
            }
            Operation::PressRetry(_) => it.retry(check).map_or_else(refused, |()| Came::done("")),
            Operation::Close(_) => moved(it, MergeRequest::close),
            Operation::Reopen(_) => moved(it, MergeRequest::reopen),
            Operation::Merge(_) => it.merge().map_or_else(refused, |()| Came::done("")),
            Operation::Form(_, person, word) => {
                let visit = browser::Visit { http: &self.http, pages: &self.cluster.pages };
                visit
                    .decides(number, &self.request_id(it, &it.sha()), it.iid(), person, *word)
                    .await
            }
            Operation::Message(which, person, word) => {
                let target = which.is_multiple_of(2).then(|| it.target_branch());
                let sent = self.sent(number, it, it.sha(), person, *word, target);
                self.outside.sends(sent, self.named(it, *which)).await
            }
            Operation::MessageAboutEarlierCommit(which, person) => match earlier(it, *which) {
                None => Came::refused("there is no earlier commit"),
                Some(sha) => {
                    let word = crate::plan::Word::Approve;
                    let request = json!({ "request_id": self.request_id(it, &sha) });
                    self.outside
                        .sends(self.sent(number, it, sha, person, word, None), request)
                        .await
                }
            },
            Operation::ForeignPassed(_) => self.stranger_posts_passed(it).await,
            _ => Came::refused("it is about no merge request"),
        }
    }

    fn opens(&self, number: usize) -> Came {
        let title = format!("Change {number}");
        let it = self.cluster.project.opens_merge_request(&title, &self.author);
        Came::done(format!("!{} at {}", it.iid(), short(&it.sha())))
    }

    /// The merge request that an operation chose.
    fn about(&self, operation: &Operation) -> Option<MergeRequest> {
        use Operation as Op;
        let which = match operation {
            Op::Open | Op::Nonsense | Op::RepeatMessage(_) | Op::ReuseId(_) | Op::ReplayCall(_) => {
                return None;
            }
            Op::Push(which)
            | Op::PushTwice(which)
            | Op::PushBack(which)
            | Op::Retarget(which)
            | Op::EditTitle(which)
            | Op::PressRetry(which)
            | Op::Close(which)
            | Op::Reopen(which)
            | Op::Merge(which)
            | Op::ForeignPassed(which)
            | Op::Form(which, ..)
            | Op::Message(which, ..)
            | Op::MessageAboutEarlierCommit(which, ..) => *which,
        };
        let all = self.cluster.project.merge_requests();
        let recent = &all[all.len().saturating_sub(RECENT)..];
        let at = usize::try_from(which >> 16).unwrap_or_default() % recent.len().max(1);
        recent.get(at).cloned()
    }

    fn sent(
        &self,
        number: usize,
        it: &MergeRequest,
        sha: String,
        person: &str,
        word: crate::plan::Word,
        target_branch: Option<String>,
    ) -> Sent {
        Sent {
            source: "servicenow",
            decision_id: Some(uuid::Uuid::new_v4().to_string()),
            reason: format!("operation {number}"),
            word,
            actor: person.to_owned(),
            iid: it.iid(),
            sha,
            target_branch,
        }
    }

    /// A request by its id, or by what names it.
    fn named(&self, it: &MergeRequest, which: u64) -> serde_json::Value {
        if which.is_multiple_of(3) {
            let (project, check) = (self.cluster.project.id(), self.cluster.check.id());
            return json!({ "target": {
                "gitlab": "main", "project_id": project, "merge_request_iid": it.iid(),
                "check_id": check,
            } });
        }
        json!({ "request_id": self.request_id(it, &it.sha()) })
    }

    fn request_id(&self, it: &MergeRequest, sha: &str) -> String {
        let number = |id: u64| i64::try_from(id).unwrap_or_default();
        let (project, check) = (self.cluster.project.id(), self.cluster.check.id());
        let id = proto::request_id("main", number(project), number(it.iid()), number(check), sha);
        id.to_string()
    }

    /// Somebody who kept a signed call sends it once more.
    async fn replays_a_call(&self, which: u64) -> Came {
        let answered: Vec<_> = self.cluster.gitlab.deliveries();
        let good = |it: &&gitlab_sim::Delivery| matches!(it.outcome, CallOutcome::Answered { .. });
        let answered: Vec<_> = answered.iter().filter(good).collect();
        let at = usize::try_from(which).unwrap_or_default() % answered.len().max(1);
        let Some(old) = answered.get(at) else {
            return Came::refused("there is no old call yet");
        };
        let request = self.http.post(&old.url).body(old.body.clone());
        let signature = signature_of(HOOK_SECRET, old.body.as_bytes());
        let request = request.header("content-type", "application/json");
        let answer = request.header("X-Gitlab-Signature", signature).send().await;
        let status = answer.ok().map(|answer| answer.status().as_u16());
        let replayed = Replayed { body: old.body.clone(), status };
        self.log.note(|notes| notes.replayed.push(replayed));
        let detail = format!("call {} about !{}", old.call_id, old.iid);
        match status {
            Some(200..=299) => Came::done(detail),
            Some(_) => Came::refused(detail),
            None => Came::new(Outcome::Unknown, detail),
        }
    }

    async fn stranger_posts_passed(&self, it: &MergeRequest) -> Came {
        let url = format!(
            "{}/api/v4/projects/{}/merge_requests/{}/status_check_responses",
            self.cluster.gitlab.url(),
            self.cluster.project.id(),
            it.iid()
        );
        let body = json!({
            "sha": it.sha(), "external_status_check_id": self.cluster.check.id(),
            "status": "passed",
        });
        let request = self.http.post(url).header("PRIVATE-TOKEN", self.stranger.value());
        match request.json(&body).send().await {
            Ok(answer) if answer.status() == 201 => Came::done(format!("for {}", short(&it.sha()))),
            Ok(answer) => Came::refused(answer.status().to_string()),
            Err(error) => Came::new(Outcome::Unknown, error.to_string()),
        }
    }
}

/// An earlier head.
fn earlier(it: &MergeRequest, which: u64) -> Option<String> {
    let head = it.sha();
    let earlier: Vec<String> = it.shas().into_iter().filter(|sha| *sha != head).collect();
    let at = usize::try_from(which).unwrap_or_default() % earlier.len().max(1);
    earlier.get(at).cloned()
}

fn moved(it: &MergeRequest, act: impl FnOnce(&MergeRequest)) -> Came {
    let before = it.state();
    act(it);
    if it.state() == before { Came::refused(before) } else { Came::done("") }
}

/// The first characters of a commit, as people see it.
pub(crate) fn short(sha: &str) -> &str {
    sha.get(..8).unwrap_or(sha)
}

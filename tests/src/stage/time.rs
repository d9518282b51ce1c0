//! Waiting for what takes time.

use std::time::Duration;

use gitlab_sim::{Check, MergeRequest};

use super::{Stage, until};

impl Stage {
    /// Time passes: for stories about what time does, where there is no condition to wait for.
    pub async fn passes_time(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// Waits until the timeline of a merge request's head has a line so many times.
    pub async fn is_told(&self, merge_request: &MergeRequest, line: &str, times: usize) {
        let reader = self.approver("Reader");
        let request_id = self.request_id(merge_request);
        until(&format!("{times} times: {line}"), async || {
            let told = reader.opens(&request_id).await.timeline();
            told.iter().filter(|it| *it == line).count() >= times
        })
        .await;
    }

    /// Waits until GitLab is to be told something about the head of a merge request.
    pub async fn is_asked(&self, merge_request: &MergeRequest) {
        self.shown_becomes(merge_request, "answer").await;
    }

    /// Waits until the page says this of what GitLab shows.
    pub async fn shown_becomes(&self, merge_request: &MergeRequest, words: &str) {
        let reader = self.approver("Reader");
        let request_id = self.request_id(merge_request);
        until(&format!("GitLab to show {words}"), async || {
            let page = reader.opens(&request_id).await;
            page.text_after("<dd id=\"shown\"").contains(words)
        })
        .await;
    }

    /// Waits until the alarm at the head of the list says this.
    pub async fn page_says(&self, words: &str) {
        let reader = self.approver("Reader");
        until(&format!("the pages to say {words}"), async || {
            reader.opens_list().await.text_after("<p class=\"alarm\"").contains(words)
        })
        .await;
    }

    /// What the product tells those who measure it.
    pub async fn metrics(&self) -> String {
        let url = self.role("decision").address("health").replace("/readyz", "/metrics");
        self.http().get(url).send().await.unwrap().text().await.unwrap()
    }

    /// How much the sweep has found so far.
    pub async fn sweeps_found(&self) -> u64 {
        self.counted("countersign_sweep_found_total").await
    }

    /// Waits for two more ends of a round: one whole round has then begun and ended.
    pub async fn sweeps_again(&self) {
        let rounds = async || self.counted("countersign_sweep_round_seconds_count").await;
        let before = rounds().await;
        until("two rounds of the sweep", async || rounds().await >= before + 2).await;
    }

    async fn counted(&self, metric: &str) -> u64 {
        let metrics = self.metrics().await;
        let line = metrics.lines().find(|line| line.starts_with(metric));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    }

    /// The address that GitLab calls.
    #[must_use]
    pub fn hook_url(&self) -> String {
        self.hook_program().address("hook")
    }

    /// The id of the request for the head of a merge request at another check.
    #[must_use]
    pub fn request_id_at(&self, merge_request: &MergeRequest, check: &Check) -> String {
        let number = |id: u64| i64::try_from(id).unwrap();
        let (project, iid) = (number(self.project.id()), number(merge_request.iid()));
        let sha = merge_request.sha();
        proto::request_id("main", project, iid, number(check.id()), &sha).to_string()
    }
}

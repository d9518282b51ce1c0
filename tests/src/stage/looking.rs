//! What can be seen of the product from outside, besides its pages.

use super::{Stage, until};
use crate::truth;

impl Stage {
    /// The events that wait in ingress for the bus.
    #[must_use]
    pub fn spooled(&self) -> usize {
        std::fs::read_dir(self.data_folder().join("spool")).unwrap().count()
    }

    /// Waits until no event waits in ingress.
    pub async fn has_an_empty_spool(&self) {
        until("the spool to be empty", async || self.spooled() == 0).await;
    }

    /// Waits until this stands in the log.
    pub async fn logs(&self, words: &str) {
        until(&format!("the log to say {words}"), async || self.log().contains(words)).await;
    }

    /// Waits until a role says that it is ready, or not, with this line.
    pub async fn is_ready(&self, role: &str, ready: bool, line: &str) {
        until(&format!("{role} to say {line}"), async || {
            let (said, text) = self.readiness(role).await;
            said == ready && text.lines().any(|it| it == line)
        })
        .await;
    }

    /// Everything that the product has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The most memory that a role has had so far, in bytes.
    #[must_use]
    pub fn most_memory(&self, role: &str) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.role(role).pid()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
    }

    /// Whether a role says that it is ready, and what it says.
    pub async fn readiness(&self, role: &str) -> (bool, String) {
        let answer = self.client.get(self.role(role).address("health")).send().await.unwrap();
        (answer.status().is_success(), answer.text().await.unwrap())
    }

    /// Everything that a role tells Prometheus.
    pub async fn role_says(&self, role: &str) -> String {
        let url = self.role(role).address("health").replace("/readyz", "/metrics");
        self.client.get(url).send().await.unwrap().text().await.unwrap()
    }

    /// What a role has counted under a name with its labels, such as `calls{status="202"}`.
    pub async fn metric(&self, role: &str, name: &str) -> f64 {
        let text = self.role_says(role).await;
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
    }

    /// Waits until this many dead letters are open, as the command lists them; their ids.
    pub async fn dead_letters_become(&self, count: usize) -> Vec<String> {
        let operator = self.operator();
        let list = || operator.says(&["dead", "list", "--json"]);
        until("the dead letters to be on record", async || {
            list().json()["dead_letters"].as_array().unwrap().len() == count
        })
        .await;
        let found = list().json();
        let ids = found["dead_letters"].as_array().unwrap().iter();
        ids.map(|letter| letter["dead_letter_id"].as_str().unwrap().to_owned()).collect()
    }

    /// The kinds of all audit records, in their order.
    pub async fn audit_kinds(&self) -> Vec<String> {
        let records = truth::audit_records(self.database.connection().await).await;
        records.iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// What the audit records of a kind hold for machines, in their order.
    pub async fn audit_data(&self, kind: &str) -> Vec<serde_json::Value> {
        let records = truth::audit_records(self.database.connection().await).await;
        let of_kind = records.into_iter().filter(|record| record["kind"] == kind);
        of_kind.map(|record| record["data"].clone()).collect()
    }

    /// All audit records, one a line.
    pub async fn audit_records(&self) -> String {
        let records = truth::audit_records(self.database.connection().await).await;
        records.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// The texts in these columns, put together, of every row.
    pub async fn texts(&self, table: &str, columns: &[&str]) -> Vec<String> {
        truth::texts(self.database.connection().await, table, &columns.join(" || ")).await
    }

    /// Another system that speaks HTTP, with a token or without.
    #[must_use]
    pub fn api_client(&self, token: Option<&str>) -> crate::ApiClient {
        crate::ApiClient::new(token, &self.url(), self.client.clone())
    }

    /// Waits until the admin port shows a metric with this value.
    pub async fn metric_becomes(&self, line: &str) {
        let url = self.program().address("health").replace("readyz", "metrics");
        let metrics = async || self.client.get(&url).send().await.unwrap().text().await.unwrap();
        until(line, async || metrics().await.lines().any(|it| it == line)).await;
    }
}

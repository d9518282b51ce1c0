//! Another system that speaks HTTP, with a token.

use std::{path::PathBuf, process::Stdio};

use reqwest::{Client, RequestBuilder, StatusCode, header};
use serde_json::Value;

/// A system with a token, or without one.
#[derive(Debug, Clone)]
pub struct ApiClient {
    token: Option<String>,
    url: String,
    client: Client,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// `content-type`.
    pub kind: String,
    /// `www-authenticate`; empty when absent.
    pub challenge: String,
    /// `retry-after`, in seconds; 0 when absent.
    pub retry_after: u64,
    /// The body.
    pub body: Value,
}

impl Answer {
    /// Status, code and detail of a problem.
    #[must_use]
    pub fn problem(&self) -> (u16, &str, &str) {
        assert_eq!(self.kind, "application/problem+json", "{:?}", self.body);
        let status = self.status.as_u16();
        assert_eq!(self.body["status"], status, "{:?}", self.body);
        (status, self.body["code"].as_str().unwrap(), self.body["detail"].as_str().unwrap())
    }
}

impl ApiClient {
    /// A system that calls below this address.
    #[must_use]
    pub fn new(token: Option<&str>, url: &str, client: Client) -> Self {
        Self { token: token.map(str::to_owned), url: url.to_owned(), client }
    }

    /// `GET` of a path below `/approval-apps/api/v1`.
    pub async fn asks(&self, path: &str) -> Answer {
        self.sends(self.client.get(self.address(path))).await
    }

    /// Sends a decision about a request.
    pub async fn decides(&self, request_id: &str, decision: &Value) -> Answer {
        self.posts(request_id, "application/json", decision.to_string()).await
    }

    /// Sends any body as a decision about a request.
    pub async fn posts(&self, request_id: &str, kind: &str, body: String) -> Answer {
        let path = self.address(&format!("/requests/{request_id}/decisions"));
        self.sends(self.client.post(path).header(header::CONTENT_TYPE, kind).body(body)).await
    }

    /// Decides with the example in shell; its exit code and what it printed.
    pub async fn decides_from_shell(&self, words: &[&str]) -> (Option<i32>, Value) {
        let script =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/integrations/decide.sh");
        let output = tokio::process::Command::new("sh")
            .arg(script)
            .args(words)
            .env("COUNTERSIGN_URL", &self.url)
            .env("COUNTERSIGN_TOKEN", self.token.clone().unwrap_or_default())
            .stdin(Stdio::null())
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let failed = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}\n{failed}"));
        (output.status.code(), said)
    }

    fn address(&self, path: &str) -> String {
        format!("{}/approval-apps/api/v1{path}", self.url)
    }

    async fn sends(&self, mut request: RequestBuilder) -> Answer {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let header = |name| {
            let value = response.headers().get(name);
            value.map_or(String::new(), |it| it.to_str().unwrap().to_owned())
        };
        let (kind, challenge) = (header(header::CONTENT_TYPE), header(header::WWW_AUTHENTICATE));
        let retry_after = header(header::RETRY_AFTER).parse().unwrap_or_default();
        let status = response.status();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
        Answer { status, kind, challenge, retry_after, body }
    }
}

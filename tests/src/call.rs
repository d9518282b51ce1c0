//! Calls to the hook as GitLab, or anybody else, could make them.

use std::time::Duration;

use gitlab_sim::signature_of;
use reqwest::{StatusCode, header};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{HOOK_SECRET, Stage};

/// A call to the hook.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its path.
    pub path: &'static str,
    /// Its body.
    pub body: Vec<u8>,
    /// Its `X-Gitlab-Signature`.
    pub signature: Option<String>,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, &'static str)>,
}

impl Call {
    /// A call with the right signature.
    pub fn signed(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self {
            path: "/approval-apps/status_check",
            signature: Some(signature_of(HOOK_SECRET, &body)),
            body,
            content_type: "application/json",
            headers: Vec::new(),
        }
    }

    /// The same with this signature.
    #[must_use]
    pub fn with_signature(self, signature: Option<String>) -> Self {
        Self { signature, ..self }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// A connection to the hook, below HTTP.
#[derive(Debug)]
pub struct Socket(TcpStream);

impl Socket {
    /// Sends bytes; whether anybody takes them is another question.
    pub async fn sends(&mut self, bytes: &[u8]) {
        let _closed = self.0.write_all(bytes).await;
    }

    /// Sends the same bytes every 200 ms until it is answered or the connection is closed; what was
    /// answered.
    pub async fn trickles(mut self, bytes: &[u8]) -> String {
        let mut answer = Vec::new();
        loop {
            let mut part = [0; 4096];
            match tokio::time::timeout(Duration::from_millis(200), self.0.read(&mut part)).await {
                Ok(Ok(0) | Err(_)) => break,
                Ok(Ok(length)) => answer.extend_from_slice(&part[..length]),
                Err(_nothing_yet) => self.sends(bytes).await,
            }
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What was answered before the connection was closed, within ten seconds.
    pub async fn reads_to_the_end(mut self) -> String {
        let mut answer = Vec::new();
        let read = self.0.read_to_end(&mut answer);
        let read = tokio::time::timeout(Duration::from_secs(10), read).await;
        let _reset = read.expect("the connection is closed within 10 s");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Stage {
    /// Makes a call; its status and what was said.
    pub async fn calls(&self, call: Call) -> (StatusCode, String) {
        let mut request = self
            .http()
            .post(format!("{}{}", self.hook_server(), call.path))
            .header(header::CONTENT_TYPE, call.content_type)
            .body(call.body);
        if let Some(signature) = call.signature {
            request = request.header("X-Gitlab-Signature", signature);
        }
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap().trim().to_owned())
    }

    /// Opens a connection to the hook.
    pub async fn connects(&self) -> Socket {
        let url = self.hook_server();
        Socket(TcpStream::connect(url.trim_start_matches("http://")).await.unwrap())
    }

    /// The body of the first call that GitLab made on this stage.
    pub async fn payload(&self) -> Value {
        let first = self.gitlab.deliveries().first().map(|it| it.body.clone());
        let body = match first {
            Some(body) => body,
            None => self.body_of_a_call().await,
        };
        serde_json::from_str(&body).unwrap()
    }
}

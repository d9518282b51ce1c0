//! A client of the API and a receiver of calls.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gitlab_sim::{Check, GitLabSim, MergeRequest, Options, Project, Role, Token, User};
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use reqwest::{Client, Method, header::HeaderMap};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the receiver does with a call.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Status(u16),
    Redirect(u16, String),
    Break,
}

/// A call the receiver got.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// A receiver of calls that follows a script and says 200 when the script is over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hook {
    pub(crate) url: String,
    script: Arc<Mutex<VecDeque<Reply>>>,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Hook {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let hook = Self { url: format!("http://{address}/hook"), ..Self::default() };
        let serving = hook.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let hook = serving.clone();
                let service = service_fn(move |request| hook.clone().answer(request));
                let connection =
                    http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        hook
    }

    pub(crate) fn will(&self, replies: &[Reply]) {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.extend(replies.iter().cloned());
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(
        self,
        request: Request<Incoming>,
    ) -> Result<Response<Full<bytes::Bytes>>, std::io::Error> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
        let got = Got {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            headers: parts.headers,
            body: body.to_vec(),
        };
        self.got.lock().unwrap_or_else(PoisonError::into_inner).push(got);
        let reply = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let response = Response::builder();
        let response = match reply.unwrap_or(Reply::Status(200)) {
            Reply::Status(status) => response.status(status),
            Reply::Redirect(status, to) => response.status(status).header("location", to),
            Reply::Break => return Err(std::io::Error::other("broken on purpose")),
        };
        response.body(Full::default()).map_err(std::io::Error::other)
    }
}

/// What the API said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Said {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or("(absent)")
    }

    /// Status and body, for comparing both at once.
    pub(crate) fn both(&self) -> (u16, Value) {
        (self.status, self.json())
    }
}

/// A small world: one project, one check, one author, one developer's token.
pub(crate) struct Story {
    pub(crate) sim: GitLabSim,
    pub(crate) hook: Hook,
    pub(crate) project: Project,
    pub(crate) check: Check,
    pub(crate) author: User,
    pub(crate) gate: User,
    pub(crate) token: Token,
    client: Client,
}

impl Story {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let options = Options { call_backoff: Duration::from_millis(5), ..options };
        let hook = Hook::start().await;
        let sim = GitLabSim::start(options).await.expect("the simulator starts");
        let project = sim.project("shop/backend");
        let check = project.check("Change approval", &hook.url, Some("secret"));
        let author = sim.user("alice");
        let gate = sim.user("gate");
        let token = sim.token(&gate, &["api"], Role::Developer);
        let client = Client::builder().redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.no_proxy().build().expect("a client"),
            sim,
            hook,
            project,
            check,
            author,
            gate,
            token,
        }
    }

    pub(crate) fn opens(&self) -> MergeRequest {
        self.project.opens_merge_request("Add a basket", &self.author)
    }

    pub(crate) fn mr_path(&self, mr: &MergeRequest) -> String {
        format!("/projects/{}/merge_requests/{}", mr.project().id(), mr.iid())
    }

    pub(crate) async fn get(&self, path: &str) -> Said {
        self.ask(self.token.value(), Method::GET, path, None).await.expect("an answer")
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Said {
        let said = self.ask(self.token.value(), method, path, Some(body)).await;
        said.expect("an answer")
    }

    pub(crate) async fn ask(
        &self,
        token: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Said, reqwest::Error> {
        let url = format!("{}/api/v4{path}", self.sim.url());
        let mut request = self.client.request(method, url).header("PRIVATE-TOKEN", token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        said(request).await
    }

    /// Answers the check for a sha.
    pub(crate) async fn answer(&self, mr: &MergeRequest, sha: &str, status: &str) -> Said {
        let body = self.body(sha, status);
        self.answer_with(self.token.value(), mr, body).await
    }

    pub(crate) async fn answer_with(&self, token: &str, mr: &MergeRequest, body: Value) -> Said {
        self.try_answer(token, mr, body).await.expect("an answer")
    }

    pub(crate) async fn try_answer(
        &self,
        token: &str,
        mr: &MergeRequest,
        body: Value,
    ) -> Result<Said, reqwest::Error> {
        let path = format!("{}/status_check_responses", self.mr_path(mr));
        self.ask(token, Method::POST, &path, Some(body)).await
    }

    pub(crate) fn body(&self, sha: &str, status: &str) -> Value {
        json!({ "sha": sha, "external_status_check_id": self.check.id(), "status": status })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.sim.url()))
    }

    /// The bodies of all calls sent so far.
    pub(crate) async fn calls(&self) -> Vec<Value> {
        self.sim.calls_settled().await;
        self.sim.deliveries().iter().map(gitlab_sim::Delivery::json).collect()
    }
}

pub(crate) async fn said(request: reqwest::RequestBuilder) -> Result<Said, reqwest::Error> {
    let response = request.send().await?;
    Ok(Said {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

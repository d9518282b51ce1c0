//! GitLab's calls as bytes that are ready to be sent, and a client that costs next to nothing.

use gitlab_sim::signature_of;
use serde_json::Value;
use tests::HOOK_SECRET;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Size of a body in bytes.
pub(crate) const BODY_BYTES: usize = 5 * 1024;
/// What stands in the template for the number of the merge request.
const IID: u64 = 4_294_967;
/// What stands there for its head.
const SHA: &str = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e";

/// A call of GitLab's that can be turned into many different ones.
#[derive(Debug)]
pub(crate) struct Template {
    body: String,
    /// The project, as GitLab numbers it.
    pub(crate) project_id: i64,
    /// The status check, as GitLab numbers it.
    pub(crate) check_id: i64,
}

/// One call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The whole HTTP request.
    pub(crate) bytes: Vec<u8>,
    /// The request that it is about, as everybody can compute it.
    pub(crate) request_id: String,
}

impl Template {
    /// Makes a template of a call, padded by a longer description.
    pub(crate) fn new(call: &str) -> Self {
        let mut body: Value = serde_json::from_str(call).unwrap();
        let number = |value: &Value| value.as_i64().unwrap();
        let project_id = number(&body["object_attributes"]["target_project_id"]);
        let check_id = number(&body["external_approval_rule"]["id"]);
        let attributes = &mut body["object_attributes"];
        attributes["iid"] = IID.into();
        attributes["last_commit"]["id"] = SHA.into();
        attributes["description"] = "".into();
        let missing = BODY_BYTES.saturating_sub(body.to_string().len());
        let text = "Prices are kept for a minute, so that a full cart opens at once. ";
        let padding: String = text.chars().cycle().take(missing).collect();
        body["object_attributes"]["description"] = padding.into();
        let body = body.to_string();
        assert_eq!(body.len(), BODY_BYTES, "GitLab's call has grown");
        Self { body, project_id, check_id }
    }

    /// The body of the call about one merge request.
    pub(crate) fn body(&self, iid: u64) -> Vec<u8> {
        // Same width as the marks, so that the size stays.
        let body = self.body.replace(SHA, &sha(iid));
        body.replace(&IID.to_string(), &format!("{}", 1_000_000 + iid)).into_bytes()
    }

    /// The call about one merge request, signed, for the hook at this address.
    pub(crate) fn call(&self, iid: u64, hook: &str) -> Call {
        let (host, path) = host_and_path(hook);
        let body = self.body(iid);
        let signature = signature_of(HOOK_SECRET, &body);
        let mut bytes = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             x-gitlab-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend(body);
        let iid = i64::try_from(1_000_000 + iid).unwrap();
        let id = proto::request_id("main", self.project_id, iid, self.check_id, &sha_of(iid));
        Call { bytes, request_id: id.to_string() }
    }
}

fn sha(iid: u64) -> String {
    sha_of(i64::try_from(1_000_000 + iid).unwrap())
}

fn sha_of(iid: i64) -> String {
    format!("{iid:040x}")
}

/// `127.0.0.1:8080` and `/approval-apps/...` of an address.
pub(crate) fn host_and_path(address: &str) -> (&str, &str) {
    let rest = address.trim_start_matches("http://");
    rest.split_at(rest.find('/').unwrap())
}

/// One connection that is kept open.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Line {
    /// Connects to the host of an address.
    pub(crate) async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(host_and_path(address).0).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::with_capacity(1024) }
    }

    /// Sends a call and waits for its 202.
    pub(crate) async fn send(&mut self, call: &[u8]) {
        self.stream.write_all(call).await.unwrap();
        self.unread.clear();
        while !self.is_whole() {
            let read = self.stream.read_buf(&mut self.unread).await.unwrap();
            assert!(read > 0, "hung up: {}", String::from_utf8_lossy(&self.unread));
        }
        let taken = self.unread.starts_with(b"HTTP/1.1 202 ");
        assert!(taken, "{}", String::from_utf8_lossy(&self.unread));
    }

    /// Whether the answer with its body is there.
    fn is_whole(&self) -> bool {
        let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") else {
            return false;
        };
        let head = String::from_utf8_lossy(&self.unread[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.unwrap().trim().parse().unwrap();
        self.unread.len() >= end + 4 + length
    }
}

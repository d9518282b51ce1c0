//! The other end of a real socket.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::response::Response;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::client;
use crate::client::Client;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) token: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) body: Vec<u8>,
}

/// A GitLab of one function, over a real socket.
pub(super) struct Fake {
    pub(super) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    pub(super) async fn answering(
        answer: impl Fn(&Seen) -> Response + Clone + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        let router = axum::Router::new().fallback(move |request: Request| {
            let (log, answer) = (Arc::clone(&log), answer.clone());
            async move {
                let request = note(request).await;
                let response = answer(&request);
                log.lock().unwrap().push(request);
                response
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, seen }
    }

    pub(super) fn client(&self) -> Client {
        client(&format!("http://{}", self.address))
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn note(request: Request) -> Seen {
    let (parts, body) = request.into_parts();
    let header = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
    Seen {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        token: header("private-token"),
        agent: header("user-agent"),
        body: axum::body::to_bytes(body, 1 << 20).await.unwrap().to_vec(),
    }
}

/// A peer that reads the request and then does whatever the function says with the socket.
pub(super) async fn raw<F: Future<Output = ()> + Send>(
    react: impl Fn(TcpStream) -> F + Send + 'static,
) -> (Client, Arc<Mutex<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            *counter.lock().unwrap() += 1;
            let mut request = [0_u8; 4_096];
            let _ = socket.read(&mut request).await;
            react(socket).await;
        }
    });
    (client(&format!("http://{address}")), count)
}
